// The keyboard: function keys go to regions, arrows move within a group that is one tab stop, single letters answer the focused proposal.
// It presses the buttons that are there and knows nothing of what they do.
import type { Region } from "./view/screen.js";

const REGIONS: Record<string, Region> = { F2: "context", F4: "actions", F8: "caller", F9: "wrap" };
const NEXT = ["ArrowRight"];
const PREVIOUS = ["ArrowLeft"];

export interface KeyHost {
  readonly root: ShadowRoot;
  readonly letters: boolean;
  /** Letter -> what it does on a proposal (`presented`, `undo`, …), in the screen's language. */
  letter(key: string): string | undefined;
  go(region: Region): void;
  leave(): void;
  help(): void;
}

export function pressed(event: KeyboardEvent, host: KeyHost): void {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  const region = REGIONS[event.key];
  const done = region ? (host.go(region), true) : typing(event) ? leaving(event, host) : moved(event, host) || chosen(event, host) || lettered(event, host);
  if (done) event.preventDefault();
}

/** After each drawing: every group has one tab stop, the button that had the focus last. */
export function rove(root: ShadowRoot): void {
  for (const group of root.querySelectorAll<HTMLElement>("[data-roving]")) {
    const buttons = buttonsOf(group);
    const stop = buttons.find((button) => button === root.activeElement) ?? buttons.find((button) => button.tabIndex === 0) ?? buttons[0];
    const pressedOne = buttons.find((button) => button.getAttribute("aria-pressed") === "true");
    const first = root.activeElement && group.contains(root.activeElement) ? stop : (pressedOne ?? buttons[0]);
    for (const button of buttons) button.tabIndex = button === first ? 0 : -1;
  }
}

function typing(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (target instanceof HTMLInputElement) return target.type !== "checkbox";
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

function leaving(event: KeyboardEvent, host: KeyHost): boolean {
  const inChoice = (event.composedPath()[0] as Element).closest('[data-roving="choice"]') !== null;
  if (event.key !== "Escape" || !inChoice) return false;
  host.leave();
  return true;
}

function moved(event: KeyboardEvent, host: KeyHost): boolean {
  const current = host.root.activeElement;
  const group = current?.closest<HTMLElement>("[data-roving]");
  if (!(current instanceof HTMLElement) || !group) return false;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") return toNeighbour(host.root, current, event.key === "ArrowDown" ? 1 : -1);
  const buttons = buttonsOf(group);
  const at = buttons.indexOf(current);
  const to = NEXT.includes(event.key)
    ? (at + 1) % buttons.length
    : PREVIOUS.includes(event.key)
      ? (at - 1 + buttons.length) % buttons.length
      : event.key === "Home"
        ? 0
        : event.key === "End"
          ? buttons.length - 1
          : -1;
  return focus(buttons[to]);
}

/** The button that does the same on the next proposal, or its first. */
function toNeighbour(root: ShadowRoot, current: HTMLElement, step: number): boolean {
  const cards = [...root.querySelectorAll<HTMLElement>("li.card")];
  const at = cards.findIndex((card) => card.contains(current));
  const card = cards[at + step];
  if (at < 0 || !card) return at >= 0;
  return focus(card.querySelector<HTMLElement>(`[data-do="${current.dataset["do"] ?? ""}"]`) ?? card.querySelector<HTMLElement>("button"));
}

function chosen(event: KeyboardEvent, host: KeyHost): boolean {
  const choice = host.root.activeElement?.closest('[data-roving="choice"]');
  if (!choice) return false;
  if (event.key === "Escape") {
    host.leave();
    return true;
  }
  const button = choice.querySelector<HTMLElement>(`[data-choice="${CSS.escape(event.key)}"]`);
  button?.click();
  return button !== null;
}

function lettered(event: KeyboardEvent, host: KeyHost): boolean {
  const place = host.root.activeElement?.closest("li.card, li.answer");
  if (!host.letters || !place) return false;
  if (event.key === "?") {
    host.help();
    return true;
  }
  const name = host.letter(event.key.toLowerCase());
  const button = name ? place.querySelector<HTMLElement>(`[data-do="${name}"]`) : null;
  button?.click();
  return button !== null;
}

function buttonsOf(group: HTMLElement): HTMLElement[] {
  return [...group.querySelectorAll<HTMLElement>("button:not(:disabled)")];
}

function focus(element: HTMLElement | null | undefined): boolean {
  element?.focus();
  return element !== null && element !== undefined;
}
