// The places in the page that the server fills: `<div data-nba-placement="hero">fallback</div>`. The fallback is what the page has in
// the slot; it is hidden, with its room kept, while the answer is awaited, and shown for good when that takes too long.
import type { PlacementRequestJson } from "@nba/protocol/decision";
import type { Decision, Offer } from "./decision.js";
import { rendered } from "./render.js";
import type { Visibility } from "./visibility.js";

const SELECTOR = "[data-nba-placement]";

/** `waiting`, then `filled` or `fallback`; the element's `data-nba-state` says the same. */
export type SlotState = "waiting" | "filled" | "fallback";

export class Slot {
  readonly placement: string;
  readonly #fallback: readonly Element[];
  /** Bare text cannot be hidden: while it must not be seen, it stands in an element of its own, one of the fallback's. */
  readonly #veils: ReadonlyMap<Element, Text>;
  readonly #template: HTMLTemplateElement | null;

  constructor(readonly element: HTMLElement) {
    this.placement = element.dataset["nbaPlacement"] ?? "";
    this.#template = element.querySelector("template");
    const texts = [...element.childNodes].filter((child): child is Text => child instanceof Text && child.data.trim() !== "");
    const veils = new Map(texts.map((text) => [text, document.createElement("nba-text")]));
    this.#veils = new Map([...veils].map(([text, veil]) => [veil, text]));
    this.#fallback = [...element.childNodes]
      .map((child) => (child instanceof Element ? child : veils.get(child as Text)))
      .filter((part): part is Element => part !== undefined && part !== this.#template && !part.hasAttribute("data-nba-action"));
  }

  /** Those below `root` that nobody fills yet. */
  static in(root: ParentNode): Slot[] {
    const found = [...root.querySelectorAll<HTMLElement>(SELECTOR)];
    return found.filter((element) => !element.dataset["nbaState"]).map((element) => new Slot(element));
  }

  /** What is asked for: the slot's size, so that only content comes that fits. */
  get request(): PlacementRequestJson {
    const { width, height } = this.element.getBoundingClientRect();
    return { placement: this.placement, slots: this.#slots, width: Math.round(width), height: Math.round(height) };
  }

  get #slots(): number {
    return Number(this.element.dataset["nbaSlots"] ?? 0);
  }

  /** Keeps the room and hides the fallback. */
  wait(): void {
    this.element.style.minHeight = `${this.element.getBoundingClientRect().height}px`;
    this.#veil();
    this.#show("waiting", false);
  }

  /** Shows the fallback, for good. */
  giveUp(): void {
    for (const shown of this.element.querySelectorAll("[data-nba-action]")) shown.remove();
    this.#show("fallback", true);
    for (const [veil, text] of this.#veils) veil.replaceWith(text);
  }

  /**
   * Shows the offers in place of the fallback; in a slot of several, what is missing is left to the fallback's last elements. Bare
   * text goes with the first offer.
   */
  fill(offers: readonly Offer[], base: string, visibility: Visibility): void {
    if (offers.length === 0) return this.giveUp();
    const elements = this.#fallback.filter((part) => !this.#veils.has(part));
    const replaced = elements.slice(0, this.#slots > 1 ? offers.length : undefined);
    for (const part of [...replaced, ...this.#veils.keys()]) part.remove();
    const behind = this.#fallback.find((part) => part.isConnected) ?? null;
    for (const offer of offers) {
      const element = rendered(offer, this.#template, base);
      element.addEventListener("click", () => offer.clicked());
      element.addEventListener("auxclick", (event) => event.button === 1 && offer.clicked());
      this.element.insertBefore(element, behind);
      visibility.watch(element, () => offer.shown());
    }
    this.#show("filled", true);
  }

  /** Takes the offers away again and shows the fallback. */
  restore(): void {
    this.#veil();
    this.element.append(...this.#fallback);
    this.giveUp();
  }

  #veil(): void {
    for (const [veil, text] of this.#veils) {
      if (text.parentNode === veil) continue;
      text.replaceWith(veil);
      veil.append(text);
    }
  }

  #show(state: SlotState, visible: boolean): void {
    this.element.dataset["nbaState"] = state;
    this.element.removeAttribute("aria-busy");
    if (!visible) this.element.setAttribute("aria-busy", "true");
    for (const part of this.#fallback) if (part instanceof HTMLElement || part instanceof SVGElement) part.style.visibility = visible ? "" : "hidden";
  }
}

/** Fills every slot with what the decision has for it; without a decision all show their fallback. */
export function fillAll(slots: readonly Slot[], decision: Decision | undefined, base: string, visibility: Visibility): void {
  const left = new Map<string, Offer[]>();
  for (const offer of decision?.offers ?? []) left.set(offer.placement, [...(left.get(offer.placement) ?? []), offer]);
  for (const slot of slots) {
    slot.fill(left.get(slot.placement) ?? [], base, visibility);
    left.delete(slot.placement);
  }
}
