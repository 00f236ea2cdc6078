// The client of a website: decides, fills slots, tells the server what became of them, and respects what the visitor agreed to.
import type { DecideRequestJson, DecideResponseJson, PlacementRequestJson } from "@nba/protocol/decision";
import { Decision, type Conversion, type Offer } from "./decision.js";
import { Events, outcomeOf, type Kind } from "./events.js";
import type { Context, Options } from "./options.js";
import { contextOf, Requests } from "./requests.js";
import { fillAll, Slot } from "./slots.js";
import { Kept } from "./storage.js";
import { Subject } from "./subject.js";
import { Visibility } from "./visibility.js";
import { call, NbaError } from "./wire.js";

const BUDGET_MS = 300;
const CLICK = "click";
const LONGEST_MS = 10_000;
const NOTHING_HOLDS_MS = 60_000;

export interface DecideOptions {
  /** Placements by id, or with sizes. Empty: all of the channel. */
  placements?: readonly (string | PlacementRequestJson)[];
  context?: Context;
  /** How long the answer is of use, in milliseconds; afterwards it is given back. */
  budgetMs?: number;
  /** A decision that this one takes the place of: the two are one contact. */
  supersedes?: Decision;
}

interface Clicked {
  decisionId: string;
  action: string;
  /** The server's time, and this browser's. */
  decidedMs: number;
  atMs: number;
}

export class Client {
  readonly #options: Options;
  readonly #failed: (error: Error) => void;
  readonly #baseUrl: string;
  readonly #kept: Kept;
  readonly #subject: Subject;
  readonly #requests: Requests;
  readonly #events: Events;
  #visibility = new Visibility();
  #slots: Slot[] = [];
  #shown: Decision | undefined;
  #consent: boolean;
  #ended = new AbortController();

  constructor(options: Options) {
    this.#options = options;
    this.#failed = options.onError ?? warnOnce();
    this.#baseUrl = options.baseUrl.replace(/\/+$/, "");
    this.#consent = options.consent ?? false;
    this.#kept = new Kept(this.#consent);
    this.#subject = new Subject(options, this.#kept);
    this.#requests = new Requests(this.#kept);
    this.#events = new Events(this.#baseUrl, this.#kept, this.#subject, this.#failed);
    addEventListener("pagehide", () => this.#leave());
    addEventListener("online", () => this.#events.soon());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.#leave());
    if (this.#events.waiting > 0) this.#events.soon();
  }

  /** Asks for a decision. Undefined when there is none in time, or none may be asked for; what comes late is given back. */
  async decide(asked: DecideOptions = {}): Promise<Decision | undefined> {
    if (!this.#consent && this.#options.withoutConsent !== "anonymous") return undefined;
    const request = this.#request(asked);
    const id = this.#requests.idFor(request);
    const deciding = this.#ask(request, id).catch((error: Error) => {
      this.#failed(error);
      return undefined;
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), asked.budgetMs ?? this.#options.budgetMs ?? BUDGET_MS);
    });
    const decision = await Promise.race([deciding, late]);
    clearTimeout(timer);
    if (decision === "late") {
      void deciding.then((answer) => answer?.release());
      return undefined;
    }
    if (decision) this.#requests.remember(request, id, holds(decision));
    return decision;
  }

  /** Fills the slots below `root` that nobody has filled yet, with one decision for all of them. */
  async fill(asked: DecideOptions & { root?: ParentNode } = {}): Promise<Decision | undefined> {
    const slots = Slot.in(asked.root ?? document);
    this.#slots.push(...slots);
    return this.#fill(slots, asked);
  }

  /** Fills all slots anew: after a login, or when the page means something else now. What nobody saw is given back first. */
  async refill(asked: DecideOptions = {}): Promise<Decision | undefined> {
    this.#shown?.release();
    await this.#events.flush();
    for (const slot of this.#slots) slot.restore();
    return this.#fill(this.#slots, asked);
  }

  async #fill(slots: readonly Slot[], asked: DecideOptions): Promise<Decision | undefined> {
    if (slots.length === 0) return undefined;
    const placements = new Map(slots.map((slot) => [slot.placement, slot.request]));
    for (const slot of slots) slot.wait();
    const ended = this.#ended.signal;
    const decision = await this.decide({ ...asked, placements: [...placements.values()] });
    if (ended.aborted) return undefined;
    fillAll(slots, decision, this.#options.assetBase ?? document.baseURI, this.#visibility);
    this.#shown = decision;
    return decision;
  }

  /** A purchase: counts for the offer that was clicked last, if there was one. Slots on the page need not be there any more. */
  convert(conversion: Conversion = {}): boolean {
    const clicked = this.#kept.get<Clicked>(CLICK);
    if (!clicked) return false;
    const { orderId, value, product } = conversion;
    const eventId = orderId ? `web-converted-${orderId}` : "web-converted";
    const occurredAt = new Date(clicked.decidedMs + Date.now() - clicked.atMs).toISOString();
    const outcome = outcomeOf("converted", clicked.decisionId, clicked.action, eventId, occurredAt);
    this.#events.add({ ...outcome, ...(value !== undefined && { value }), ...(product !== undefined && { product }) });
    this.#events.soon();
    return true;
  }

  /** Whether the visitor agrees to be recognised. Taking it back clears what is kept, stops everything and restores the fallbacks. */
  consent(agreed: boolean): void {
    if (agreed === this.#consent) return;
    this.#consent = agreed;
    this.#kept.allow(agreed);
    if (agreed) return;
    this.#subject.forget();
    this.#stop();
    for (const slot of this.#slots) slot.restore();
  }

  /**
   * The visitor logged in. The site's server has said so (IdentifyVisitor) and signs for the customer from now on: with the token
   * given, or the one that `getToken` gives.
   */
  async identify(token?: string): Promise<void> {
    this.#shown?.release();
    await this.#events.flush();
    this.#requests.forget();
    await this.#subject.become(token);
  }

  /** The customer logged out: whoever comes next is somebody else. */
  async reset(): Promise<void> {
    this.#shown?.release();
    await this.#events.flush();
    this.#requests.forget();
    this.#kept.set(CLICK, undefined);
    this.#subject.forget();
  }

  /** The random id of an anonymous visitor, for the site's server to say at a login who that was; undefined for a customer. */
  get visitorId(): string | undefined {
    return this.#subject.visitorId;
  }

  /** Sends what waits now. */
  flush(): Promise<void> {
    return this.#events.flush();
  }

  #request(asked: DecideOptions): DecideRequestJson {
    return {
      channel: this.#options.channel ?? "web",
      placements: (asked.placements ?? []).map((one) => (typeof one === "string" ? { placement: one } : one)),
      ...(this.#consent && asked.context && { context: contextOf(asked.context) }),
      ...(this.#consent && this.#subject.ids()),
      ...(asked.supersedes && { supersedes: asked.supersedes.id }),
    };
  }

  async #ask(request: DecideRequestJson, requestId: string): Promise<Decision> {
    const ended = this.#ended.signal;
    const signal = AbortSignal.any([ended, AbortSignal.timeout(LONGEST_MS)]);
    const decide = async (fresh: boolean): Promise<DecideResponseJson> => {
      const token = this.#consent ? await this.#subject.token(fresh) : undefined;
      return call(this.#baseUrl, "DecisionService/Decide", { ...request, requestId }, { token, signal });
    };
    const answer = await decide(false).catch((error: NbaError) => {
      if (error.code === "unauthenticated" && this.#consent && this.#subject.byToken) return decide(true);
      throw error;
    });
    if (ended.aborted) throw new NbaError("canceled", "consent was taken back");
    const decision = new Decision(answer, this.#events, (offer, kind) => this.#reported(decision, offer, kind));
    return decision;
  }

  #reported(decision: Decision, offer: Offer, kind: Kind): void {
    this.#options.onEvent?.({ kind, decisionId: decision.id, action: offer.action, placement: offer.placement });
    if (kind !== "clicked") return;
    const clicked: Clicked = { decisionId: decision.id, action: offer.action, decidedMs: decision.decidedMs, atMs: Date.now() };
    this.#kept.set(CLICK, clicked);
  }

  #leave(): void {
    if (this.#consent || this.#options.withoutConsent === "anonymous") this.#events.leave();
  }

  #stop(): void {
    this.#ended.abort();
    this.#ended = new AbortController();
    this.#visibility.stop();
    this.#visibility = new Visibility();
    this.#events.drop();
    this.#shown = undefined;
  }
}

/** How long a refresh of the page may repeat the request: while its places are held. */
function holds(decision: Decision): number {
  return decision.offers.length > 0 ? decision.heldUntilMs - decision.decidedMs : NOTHING_HOLDS_MS;
}

/** For a page that does not ask what went wrong: the first time only, since a page goes on with its fallbacks. */
function warnOnce(): (error: Error) => void {
  let warned = false;
  return (error) => {
    if (!warned) console.warn(`nba: ${error.message} (said once; \`onError\` is told every time)`);
    warned = true;
  };
}

/** The client of a page; make one. */
export function createClient(options: Options): Client {
  return new Client(options);
}
