// Where things are kept: the outbox in local storage (it must outlive the tab), the call and the key in the tab's own storage.
import type { Kept } from "./call.js";

const LONGEST_CALL_MS = 4 * 3_600_000;
const CALL = "nba-agent/call";
const KEY = "nba-agent/key";
const LETTERS = "nba-agent/letters";

/** Local storage, or memory where the browser forbids it (then a reload forgets). */
export function lasting(): Storage {
  try {
    localStorage.setItem("nba-agent/probe", "1");
    localStorage.removeItem("nba-agent/probe");
    return localStorage;
  } catch {
    return new Memory();
  }
}

export function tab(): Storage {
  try {
    return sessionStorage;
  } catch {
    return new Memory();
  }
}

export function keptCall(storage: Storage, base: string): Kept | undefined {
  const kept = JSON.parse(storage.getItem(CALL) ?? "null") as (Kept & { base: string }) | null;
  return kept?.base === base && Date.now() - kept.startedAt < LONGEST_CALL_MS ? kept : undefined;
}

export function keepCall(storage: Storage, base: string, kept: Kept | undefined): void {
  if (kept) storage.setItem(CALL, JSON.stringify({ ...kept, base }));
  else storage.removeItem(CALL);
}

export function keptKey(storage: Storage, base: string): string {
  return storage.getItem(`${KEY}/${base}`) ?? "";
}

export function keepKey(storage: Storage, base: string, key: string): void {
  storage.setItem(`${KEY}/${base}`, key);
}

export function lettersOn(storage: Storage): boolean {
  return storage.getItem(LETTERS) !== "off";
}

export function keepLetters(storage: Storage, on: boolean): void {
  storage.setItem(LETTERS, on ? "on" : "off");
}

class Memory implements Storage {
  private readonly map = new Map<string, string>();

  get length(): number {
    return this.map.size;
  }

  clear(): void {
    this.map.clear();
  }

  getItem(key: string): string | null {
    return this.map.get(key) ?? null;
  }

  key(index: number): string | null {
    return [...this.map.keys()][index] ?? null;
  }

  removeItem(key: string): void {
    this.map.delete(key);
  }

  setItem(key: string, value: string): void {
    this.map.set(key, value);
  }
}
