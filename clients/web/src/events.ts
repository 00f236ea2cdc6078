// Outcomes on their way to the server: kept until it has taken them, sent together, and by a beacon when the page is left.
// Every event has an id, so that sending it again counts once.
import type { OutcomeJson, OutcomeTypeJson, RecordOutcomesResponseJson } from "@nba/protocol/outcome";
import type { Kept } from "./storage.js";
import type { Subject } from "./subject.js";
import { call, NbaError } from "./wire.js";

const QUEUE = "queue";
const MOST = 100;
const OLDEST_MS = 24 * 3_600_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

interface Waiting {
  outcome: OutcomeJson;
  /** This browser's time, only to forget what is too old. */
  since: number;
}

export type Kind = "impression" | "clicked" | "converted" | "rejected" | "maybe_later" | "not_mentioned";

export class Events {
  #waiting: Waiting[];
  #sending: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(
    private readonly baseUrl: string,
    private readonly kept: Kept,
    private readonly subject: Subject,
    private readonly onError: (error: Error) => void,
  ) {
    const old = Date.now() - OLDEST_MS;
    this.#waiting = (kept.get<Waiting[]>(QUEUE) ?? []).filter((event) => event.since > old);
  }

  /** How many the server has not taken yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(outcome: OutcomeJson): void {
    if (this.#waiting.some((event) => sameEvent(event.outcome, outcome))) return;
    this.#waiting = [...this.#waiting, { outcome, since: Date.now() }].slice(-MOST);
    this.#keep();
  }

  /** Sends soon; several events travel together. */
  soon(ms = 0): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, ms);
  }

  /** Sends what waits. What the server could not take stays and is tried again, later each time. */
  flush(): Promise<void> {
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
    return this.#sending;
  }

  /**
   * The page is being left: nobody will hear the answer, so what was handed over is kept and sent once more on the next page.
   * The beacon carries the token in its body; where the browser takes no beacon, a request that outlives the page does.
   */
  leave(): void {
    if (this.#waiting.length === 0) return;
    const token = this.subject.tokenNow;
    if (this.subject.byToken && !token) return;
    const outcomes = { outcomes: this.#waiting.map((event) => event.outcome) };
    const body = new Blob([JSON.stringify({ ...(token && { token }), outcomes })], { type: "text/plain" });
    if (navigator.sendBeacon?.(`${this.baseUrl}/report`, body)) return;
    call(this.baseUrl, "OutcomeService/RecordOutcomes", outcomes, { token, keepalive: true }).catch(() => undefined);
  }

  /** Consent is gone: so are the events. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  async #send(): Promise<void> {
    const batch = this.#waiting;
    if (batch.length === 0) return;
    try {
      const outcomes = { outcomes: batch.map((event) => event.outcome) };
      const answer = await this.#withToken((token) =>
        call<RecordOutcomesResponseJson>(this.baseUrl, "OutcomeService/RecordOutcomes", outcomes, { token, keepalive: true }),
      );
      for (const result of answer.results ?? []) if (result.error) this.onError(new NbaError("refused", result.error));
    } catch (fault) {
      const error = fault instanceof NbaError ? fault : new NbaError("unavailable", String(fault));
      this.onError(error);
      if (error.passing) {
        this.soon(this.#pauseMs);
        this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
        return;
      }
    }
    this.#pauseMs = FIRST_PAUSE_MS;
    const sent = new Set(batch);
    this.#waiting = this.#waiting.filter((event) => !sent.has(event));
    this.#keep();
    if (this.#waiting.length > 0) this.soon();
  }

  /** A token that has expired on the way is replaced once. */
  async #withToken<Answer>(send: (token: string | undefined) => Promise<Answer>): Promise<Answer> {
    try {
      return await send(await this.subject.token());
    } catch (fault) {
      if (!(fault instanceof NbaError) || fault.code !== "unauthenticated") throw fault;
      return send(await this.subject.token(true));
    }
  }

  #keep(): void {
    this.kept.set(QUEUE, this.#waiting.length > 0 ? this.#waiting : undefined);
  }
}

/** The outcome as the server wants it. */
export function outcomeOf(kind: Kind, decisionId: string, action: string, eventId: string, occurredAt: string): OutcomeJson {
  const type = `OUTCOME_TYPE_${kind.toUpperCase()}` as OutcomeTypeJson;
  return { decisionId, action, type, eventId, occurredAt };
}

function sameEvent(one: OutcomeJson, other: OutcomeJson): boolean {
  return one.decisionId === other.decisionId && one.action === other.action && one.eventId === other.eventId;
}
