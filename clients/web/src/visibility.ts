// Notices that somebody could see an element: half of it (or half of the window, for a larger one) for one second, in a page that is
// in front.

const HALF = 0.5;
const LONG_ENOUGH_MS = 1_000;
const STEPS = [0, 0.1, 0.2, 0.3, 0.4, HALF, 0.75, 1];

interface Watched {
  seen: () => void;
  visible: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class Visibility {
  readonly #watched = new Map<Element, Watched>();
  readonly #observer = new IntersectionObserver((entries) => {
    for (const entry of entries) this.#changed(entry);
  }, { threshold: STEPS });
  readonly #turned = () => {
    for (const [element, watched] of this.#watched) this.#judge(element, watched);
  };

  constructor() {
    document.addEventListener("visibilitychange", this.#turned);
  }

  /** Calls `seen` once. */
  watch(element: Element, seen: () => void): void {
    this.#watched.set(element, { seen, visible: false, timer: undefined });
    this.#observer.observe(element);
  }

  /** Stops watching all. */
  stop(): void {
    for (const [element] of this.#watched) this.#leave(element);
    this.#observer.disconnect();
    document.removeEventListener("visibilitychange", this.#turned);
  }

  #changed(entry: IntersectionObserverEntry): void {
    const watched = this.#watched.get(entry.target);
    if (!watched) return;
    const shown = entry.intersectionRect.width * entry.intersectionRect.height;
    const view = entry.rootBounds ? entry.rootBounds.width * entry.rootBounds.height : Infinity;
    watched.visible = entry.isIntersecting && (entry.intersectionRatio >= HALF || shown >= HALF * view);
    this.#judge(entry.target, watched);
  }

  #judge(element: Element, watched: Watched): void {
    if (!watched.visible || document.visibilityState !== "visible") {
      clearTimeout(watched.timer);
      watched.timer = undefined;
      return;
    }
    watched.timer ??= setTimeout(() => {
      this.#leave(element);
      watched.seen();
    }, LONG_ENOUGH_MS);
  }

  #leave(element: Element): void {
    clearTimeout(this.#watched.get(element)?.timer);
    this.#watched.delete(element);
    this.#observer.unobserve(element);
  }
}
