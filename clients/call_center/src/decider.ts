// Keeps the ranking in step with the call: one request at a time, each in the place of the one before, so that any number of changes is
// one contact. A request whose fate is unknown is repeated with its id until it is answered.
import type { DecideRequestJson, DecideResponseJson } from "@nba/protocol/decision";

import { Fault } from "./fault.js";
import type { Server } from "./server.js";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5_000;

export interface DeciderHost {
  /** Resolves to true when everything recorded so far is with the server: a ranking knows what the agent did before it. */
  ready(): Promise<boolean>;
  /** The request for the call as it is now, without its id. */
  request(): DecideRequestJson;
  taken(answer: DecideResponseJson): void;
  /** Not possible as asked; the ranking stays as it was. */
  refused(fault: Fault): void;
  changed(): void;
}

/** What a reload needs to go on. */
export interface DeciderState {
  callId: string;
  sequence: number;
  superseded: string;
  pending?: DecideRequestJson | undefined;
}

export class Decider {
  private wanted = false;
  private running = false;
  private readonly gone = new AbortController();
  private wake: (() => void) | undefined;

  constructor(
    private readonly server: Server,
    private readonly host: DeciderHost,
    readonly state: DeciderState,
  ) {}

  get busy(): boolean {
    return this.running;
  }

  /** Decides anew, at once or as soon as the request under way is answered. */
  decide(): void {
    this.wanted = true;
    if (!this.running) void this.run();
  }

  /** Goes on with a request that a reload left without an answer. */
  resume(): void {
    if (this.state.pending && !this.running) void this.run();
  }

  /** Tries again now: the connection is back, or the key was entered. */
  nudge = (): void => this.wake?.();

  /** Ends it; the server releases what a request under way would have held. */
  close(): void {
    this.gone.abort();
    this.wake?.();
  }

  private async run(): Promise<void> {
    this.running = true;
    this.host.changed();
    let wait = FIRST_WAIT_MS;
    while ((this.wanted || this.state.pending) && !this.gone.signal.aborted) {
      try {
        if (!this.state.pending && !(await this.host.ready())) {
          await this.pause(wait);
          wait = Math.min(wait * 2, LONGEST_WAIT_MS);
          continue;
        }
        const pending = (this.state.pending ??= this.next());
        this.host.changed();
        const answer = await this.server.decide(pending, this.gone.signal);
        this.state.pending = undefined;
        this.state.superseded = answer.decisionId ?? "";
        wait = FIRST_WAIT_MS;
        this.host.taken(answer);
      } catch (error) {
        if (this.gone.signal.aborted) break;
        if (!(error instanceof Fault)) throw error;
        if (this.settled(error)) continue;
        this.host.changed();
        await this.pause(Math.max(wait, error.retryAfterMs));
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      }
    }
    this.running = false;
    this.host.changed();
  }

  private next(): DecideRequestJson {
    this.wanted = false;
    const { callId, superseded } = this.state;
    const requestId = `${callId}-${++this.state.sequence}`;
    return { ...this.host.request(), requestId, ...(superseded ? { supersedes: superseded } : {}) };
  }

  /** Whether the fault is dealt with; otherwise the same request is sent again later. */
  private settled(fault: Fault): boolean {
    if (fault.passing || fault.aboutKey || fault.kind === "conflict") return false;
    this.state.pending = undefined;
    if (this.state.superseded && fault.violations.some((violation) => violation.field === "supersedes")) {
      this.state.superseded = ""; // it lapsed meanwhile, so it holds nothing any more
      this.wanted = true;
    } else {
      this.host.refused(fault);
    }
    return true;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
