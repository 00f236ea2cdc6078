// Who is in front of the page: a visitor with a random id until a token says that it is a customer.
import type { Options } from "./options.js";
import { randomId, type Kept } from "./storage.js";
import { NbaError } from "./wire.js";

const VISITOR = "visitor";
const EARLY_MS = 60_000;
const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

interface Claims {
  sub?: string;
  exp?: number;
}

/** Ids for a request; all empty where a token names the subject. */
export interface Ids {
  customerId?: string;
  visitorId?: string;
}

export class Subject {
  readonly #options: Options;
  readonly #kept: Kept;
  #token: string | undefined;
  #pending: Promise<string | undefined> | undefined;
  #visitor: string | undefined;

  constructor(options: Options, kept: Kept) {
    this.#options = options;
    this.#kept = kept;
    this.#token = options.token;
  }

  /** Whether a token names the subject. */
  get byToken(): boolean {
    return Boolean(this.#options.token ?? this.#options.getToken);
  }

  /** The token that is there already, for a page that is being left. */
  get tokenNow(): string | undefined {
    return this.#token;
  }

  /** The visitor's id, if there is one. */
  get visitorId(): string | undefined {
    return this.#visitor ?? this.#kept.get<string>(VISITOR);
  }

  /** A good token; undefined where the site has none. `fresh`: the last one was refused. Raises `NbaError` for what is no token. */
  async token(fresh = false): Promise<string | undefined> {
    const source = this.#options.getToken;
    if (!source) return this.#token && formed(this.#token, "`token` is");
    if (!fresh && this.#token && (claimsOf(this.#token).exp ?? Infinity) * 1000 > Date.now() + EARLY_MS) return this.#token;
    this.#pending ??= source(this.#visitorId()).then((token) => this.#take(token)).finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  ids(): Ids {
    if (this.byToken) return {};
    return this.#options.customerId ? { customerId: this.#options.customerId } : { visitorId: this.#visitorId() };
  }

  /** Takes a new token, or asks for one that knows who logged in. */
  async become(token?: string): Promise<void> {
    if (token) this.#take(token);
    else await this.token(true);
  }

  /** Somebody logged out, or consent is gone: the next one here is somebody new. */
  forget(): void {
    this.#token = undefined;
    this.#visitor = undefined;
    this.#kept.set(VISITOR, undefined);
  }

  /** A customer's token ends the visitor: the server has made the two one, and the id must never stand for somebody else. */
  #take(given: string): string {
    const token = formed(given, "`getToken` or `identify` gave");
    this.#token = token;
    if (claimsOf(token).sub?.startsWith("c:")) {
      this.#visitor = undefined;
      this.#kept.set(VISITOR, undefined);
    }
    return token;
  }

  #visitorId(): string {
    this.#visitor ??= this.#kept.get<string>(VISITOR) ?? randomId();
    this.#kept.set(VISITOR, this.#visitor);
    return this.#visitor;
  }
}

/** The token without the blanks around it. Raises `NbaError` where it is none, as the page of an error that was taken for one. */
function formed(given: unknown, whence: string): string {
  const token = typeof given === "string" ? given.trim() : "";
  if (FORM.test(token)) return token;
  const seen = typeof given === "string" ? `"${token.slice(0, 20)}…"` : String(given);
  throw new NbaError("unavailable", `${whence} no subject token (three parts with dots) but ${seen}; check the status of the answer it came in`);
}

function claimsOf(token: string): Claims {
  try {
    const part = token.split(".")[1] ?? "";
    return JSON.parse(atob(part.replace(/-/g, "+").replace(/_/g, "/"))) as Claims;
  } catch {
    return {};
  }
}
