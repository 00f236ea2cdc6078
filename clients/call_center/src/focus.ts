// Where the focus goes when what had it is gone: never lost, never a surprise.
import type { Region } from "./view/screen.js";

/** Remembers the focused proposal and button before a drawing, to find them or their successor after it. */
export interface Place {
  action: string;
  button: string;
  index: number;
}

export function placeOf(root: ShadowRoot): Place | undefined {
  const focused = root.activeElement as HTMLElement | null;
  const card = focused?.closest<HTMLElement>("li.card, li.answer");
  if (!focused || !card) return undefined;
  const cards = [...root.querySelectorAll("li.card")];
  return { action: card.dataset["action"] ?? "", button: focused.dataset["do"] ?? "", index: Math.max(0, cards.indexOf(card)) };
}

/** After a drawing: the same button; else another one of the same proposal; else the proposal that took its place; else the list. */
export function restore(root: ShadowRoot, place: Place): void {
  if (root.activeElement !== null) return;
  const same = root.querySelector<HTMLElement>(`li.card[data-action="${CSS.escape(place.action)}"]`);
  const cards = [...root.querySelectorAll<HTMLElement>("li.card")];
  const card = same ?? cards[Math.min(place.index, cards.length - 1)];
  const button = card?.querySelector<HTMLElement>(`[data-do="${place.button}"]`) ?? card?.querySelector<HTMLElement>("button");
  (button ?? root.querySelector<HTMLElement>('[data-region="actions"]'))?.focus();
}

/** The first thing to work with in a region, or the region itself. */
export function goTo(root: ShadowRoot, region: Region): void {
  const section = root.querySelector<HTMLElement>(`[data-region="${region}"]`);
  const first: Record<Region, string> = {
    context: "button, input",
    actions: "li.card button",
    caller: "",
    wrap: "button:not(:disabled)",
    matters: "textarea",
  };
  const target = first[region] ? section?.querySelector<HTMLElement>(first[region]) : null;
  (target ?? section)?.focus();
  (target ?? section)?.scrollIntoView({ block: "nearest" });
}
