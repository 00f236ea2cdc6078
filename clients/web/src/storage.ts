// What is kept in the browser, only while the visitor agrees: a random visitor id, events that wait to be sent, the ids of
// requests that a refresh may repeat, and the last click. Nothing of it names a person. A browser that keeps nothing is fine.

const PREFIX = "nba.";

export class Kept {
  #allowed: boolean;

  constructor(allowed: boolean) {
    this.#allowed = allowed;
  }

  /** Forgets everything when it is not allowed any more. */
  allow(allowed: boolean): void {
    this.#allowed = allowed;
    if (!allowed) for (const store of [localStore(), sessionStore()]) clear(store);
  }

  get<T>(name: string, session = false): T | undefined {
    if (!this.#allowed) return undefined;
    try {
      const text = (session ? sessionStore() : localStore())?.getItem(PREFIX + name);
      return text ? (JSON.parse(text) as T) : undefined;
    } catch {
      return undefined;
    }
  }

  set(name: string, value: unknown, session = false): void {
    if (!this.#allowed) return;
    try {
      const store = session ? sessionStore() : localStore();
      if (value === undefined) store?.removeItem(PREFIX + name);
      else store?.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
      // Full or forbidden: the page works without.
    }
  }
}

/** A random id of 128 bits: says nothing of anybody. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function localStore(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

function sessionStore(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

function clear(store: Storage | undefined): void {
  if (!store) return;
  for (const name of Object.keys(store)) if (name.startsWith(PREFIX)) store.removeItem(name);
}
