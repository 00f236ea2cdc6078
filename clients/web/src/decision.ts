// A decision as the page uses it: offers with their content, and what became of each.
import type { DecideResponseJson, RankedActionJson } from "@nba/protocol/decision";
import { outcomeOf, type Events, type Kind } from "./events.js";

/** What a conversion was worth. `orderId` makes a repeat count once. */
export interface Conversion {
  orderId?: string;
  value?: number;
  product?: string;
}

/** One proposed action. */
export class Offer {
  readonly placement: string;
  readonly action: string;
  readonly title: string;
  /** What to show, by field name: text, never markup. */
  readonly content: Readonly<Record<string, string>>;
  /** True when nothing personal qualified. */
  readonly fallback: boolean;

  constructor(
    private readonly decision: Decision,
    action: RankedActionJson,
  ) {
    this.placement = action.placement ?? "";
    this.action = action.action ?? "";
    this.title = action.title ?? "";
    this.content = action.content ?? {};
    this.fallback = action.fallback ?? false;
  }

  /** The visitor saw it. Slots say this by themselves. */
  shown(): void {
    this.decision.report(this, "impression");
  }

  /** The visitor clicked it. Slots say this by themselves. */
  clicked(): void {
    this.decision.report(this, "clicked");
  }

  /** The visitor closed it and wants no more of it. */
  rejected(): void {
    this.decision.report(this, "rejected");
  }

  /** The visitor bought what it was about. */
  converted(conversion: Conversion = {}): void {
    this.decision.report(this, "converted", conversion);
  }
}

export class Decision {
  readonly id: string;
  readonly offers: readonly Offer[];
  /** Until when the places are held, on the server's clock, in milliseconds since 1970; infinite without offers. */
  readonly heldUntilMs: number;
  readonly decidedMs: number;
  readonly #received = performance.now();
  readonly #used = new Set<Offer>();

  constructor(
    answer: DecideResponseJson,
    private readonly events: Events,
    private readonly reported: (offer: Offer, kind: Kind) => void,
  ) {
    this.id = answer.decisionId ?? "";
    this.decidedMs = Date.parse(answer.decidedAt ?? "");
    this.offers = (answer.actions ?? []).map((action) => new Offer(this, action));
    this.heldUntilMs = Math.min(...(answer.actions ?? []).map((action) => Date.parse(action.reservedUntil ?? "")));
  }

  /** The offers of a placement, the best first. */
  for(placement: string): readonly Offer[] {
    return this.offers.filter((offer) => offer.placement === placement);
  }

  /** Gives back what is held for offers that nobody saw. */
  release(): void {
    for (const offer of this.offers) if (!this.#used.has(offer)) this.report(offer, "not_mentioned");
  }

  /** Queues an event. Its time is told on the server's clock: a browser's clock may be wrong, its stop-watch is not. */
  report(offer: Offer, kind: Kind, conversion: Conversion = {}): void {
    if (!this.id) return;
    this.#used.add(offer);
    const occurredAt = new Date(this.decidedMs + performance.now() - this.#received).toISOString();
    const eventId = conversion.orderId ? `web-${kind}-${conversion.orderId}` : `web-${kind}`;
    const { value, product } = conversion;
    const outcome = outcomeOf(kind, this.id, offer.action, eventId, occurredAt);
    this.events.add({ ...outcome, ...(value !== undefined && { value }), ...(product !== undefined && { product }) });
    this.reported(offer, kind);
    this.events.soon(kind === "impression" ? 500 : 0);
  }
}
