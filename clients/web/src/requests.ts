// Requests as they are sent. A refresh of the page within the time that the places are held repeats the request instead of making a new
// one: the server gives the same answer, and it is one contact.
import type { DecideRequestJson } from "@nba/protocol/decision";
import type { ValueJson } from "@nba/protocol/value";
import type { Context, ContextValue } from "./options.js";
import { randomId, type Kept } from "./storage.js";

const REQUESTS = "requests";
const MOST = 20;

type Remembered = Record<string, { id: string; until: number }>;

export class Requests {
  constructor(private readonly kept: Kept) {}

  /** The request's id: that of an equal request whose answer still holds, else a new one. */
  idFor(request: DecideRequestJson): string {
    const known = this.#known()[keyOf(request)];
    return known && known.until > Date.now() ? known.id : randomId();
  }

  /** The answer to this request holds for so long. */
  remember(request: DecideRequestJson, id: string, forMs: number): void {
    const known = Object.entries(this.#known()).filter(([, { until }]) => until > Date.now());
    const mine: [string, { id: string; until: number }] = [keyOf(request), { id, until: Date.now() + forMs }];
    this.kept.set(REQUESTS, Object.fromEntries([...known, mine].slice(-MOST)), true);
  }

  /** The subject has changed: nothing is repeated for somebody else. */
  forget(): void {
    this.kept.set(REQUESTS, undefined, true);
  }

  #known(): Remembered {
    return this.kept.get<Remembered>(REQUESTS, true) ?? {};
  }
}

/** A short name of a request's content (FNV-1a, 53 bits): two that differ have different names, which suffices for one tab. */
function keyOf(request: DecideRequestJson): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (const letter of JSON.stringify(request)) {
    const code = letter.codePointAt(0) ?? 0;
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  return (high >>> 0).toString(36) + (low >>> 0).toString(36);
}

/** The context in the API's form. */
export function contextOf(context: Context): Record<string, ValueJson> {
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [name, valueOf(value)]));
}

function valueOf(value: ContextValue): ValueJson {
  if (typeof value === "string") return { text: value };
  if (typeof value === "number") return { number: value };
  if (typeof value === "boolean") return { flag: value };
  if (value instanceof Date) return { time: value.toISOString() };
  return { texts: { items: [...value] } };
}
