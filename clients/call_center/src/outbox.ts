// What the agent has recorded and the server has not confirmed yet. It is written to storage before the click is over, survives reloads
// and crashes, and is sent in order, once: every item has an event id, so that a repeat changes nothing.
import { Fault } from "./fault.js";
import type { Server } from "./server.js";

/** `clicked`: when, by this machine; `at`: the same on the server's clock, 0: unknown. `refused`: why the server did not take it. */
export interface Item {
  id: string;
  method: string;
  body: Record<string, unknown>;
  clicked: number;
  at: number;
  base: string;
  label: string;
  refused?: string;
}

export type Sent = (item: Item, answer: unknown) => void;

const PREFIX = "nba-agent/outbox/";
const LOCK = "nba-agent-outbox";
const FRESH_MS = 3_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
const BROKEN_TRIES = 4;

export class Outbox {
  private count = 0;
  private wait = FIRST_WAIT_MS;
  private brokenTries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly server: Server,
    private readonly sent: Sent,
    private readonly changed: () => void,
    private readonly storage: Storage,
  ) {
    addEventListener("online", this.flush);
    addEventListener("storage", this.changed);
  }

  /** Waiting items first to last, those of all tabs. */
  get waiting(): Item[] {
    return this.items().filter((item) => item.refused === undefined);
  }

  get refused(): Item[] {
    return this.items().filter((item) => item.refused !== undefined);
  }

  /** Keeps an item and begins to send. It is safe in storage when this returns. */
  add(item: Omit<Item, "base">): void {
    const order = `${String(Date.now()).padStart(15, "0")}-${String(this.count++).padStart(5, "0")}`;
    this.storage.setItem(`${PREFIX}${order}-${item.id}`, JSON.stringify({ ...item, base: this.server.baseUrl }));
    this.changed();
    void this.flush();
  }

  /** Sends what waits, as far as the server is there; one tab at a time. */
  flush = (): Promise<void> => {
    clearTimeout(this.timer);
    this.running ??= this.exclusively().finally(() => {
      this.running = undefined;
    });
    return this.running;
  };

  retry(id: string): void {
    this.edit(id, (item) => {
      delete item.refused;
      return item;
    });
    void this.flush();
  }

  discard(id: string): void {
    this.edit(id, () => undefined);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    removeEventListener("online", this.flush);
    removeEventListener("storage", this.changed);
  }

  private async exclusively(): Promise<void> {
    // Locks exist on https and localhost only; without them two tabs may send an item twice, and its id makes it one.
    if (!navigator.locks) return this.drain();
    await navigator.locks.request(LOCK, () => this.drain());
  }

  private async drain(): Promise<void> {
    for (let item = this.waiting[0]; item !== undefined && !this.closed; item = this.waiting[0]) {
      try {
        const answer = await this.server.call(item.method, timed(item));
        this.settle(item, refusalIn(answer), answer);
      } catch (error) {
        if (!(await this.mend(item, error))) return;
      }
    }
  }

  private settle(item: Item, refusal: string | undefined, answer: unknown): void {
    this.wait = FIRST_WAIT_MS;
    this.brokenTries = 0;
    this.edit(item.id, (kept) => (refusal === undefined ? undefined : { ...kept, refused: refusal }));
    if (refusal === undefined) this.sent(item, answer);
  }

  /** Whether to go on with the next item. */
  private async mend(item: Item, error: unknown): Promise<boolean> {
    if (!(error instanceof Fault)) throw error;
    if (error.aboutKey) return false;
    if (error.violations.some((violation) => violation.field.endsWith("occurred_at"))) {
      this.edit(item.id, (kept) => ({ ...kept, at: 0 }));
      return true;
    }
    const unclear = error.passing || error.kind === "conflict" || (error.kind === "broken" && ++this.brokenTries < BROKEN_TRIES);
    if (!unclear) {
      this.settle(item, error.message, undefined);
      return true;
    }
    if (this.closed) return false;
    this.timer = setTimeout(this.flush, Math.max(this.wait * (0.5 + Math.random() / 2), error.retryAfterMs));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    return false;
  }

  private keys(): string[] {
    const names = Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index) ?? "");
    return names.filter((name) => name.startsWith(PREFIX)).sort();
  }

  private items(): Item[] {
    return this.keys()
      .map((key) => JSON.parse(this.storage.getItem(key) ?? "null") as Item | null)
      .filter((item): item is Item => item !== null && item.base === this.server.baseUrl);
  }

  private edit(id: string, change: (item: Item) => Item | undefined): void {
    for (const key of this.keys()) {
      const item = JSON.parse(this.storage.getItem(key) ?? "null") as Item | null;
      if (item?.id !== id) continue;
      const changed = change(item);
      if (changed === undefined) this.storage.removeItem(key);
      else this.storage.setItem(key, JSON.stringify(changed));
    }
    this.changed();
  }
}

/** The body with the moment of the click, where it has waited: what is sent at once happened "now" on the server's clock. */
function timed(item: Item): unknown {
  const late = item.at > 0 && Date.now() - item.clicked > FRESH_MS;
  if (!late) return item.body;
  const occurredAt = new Date(item.at).toISOString();
  const { outcome, events } = item.body as { outcome?: object; events?: object[] };
  if (outcome) return { ...item.body, outcome: { ...outcome, occurredAt } };
  if (events) return { ...item.body, events: events.map((event) => ({ ...event, occurredAt })) };
  return item.body;
}

/** Batches answer 200 and say in each result what was refused. */
function refusalIn(answer: unknown): string | undefined {
  const { results } = answer as { results?: { error?: string }[] };
  return results?.map((result) => result.error).find((error) => error !== undefined && error !== "");
}
