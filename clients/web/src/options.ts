// What a site tells the client once.
import type { Kind } from "./events.js";

/** A value of the live context, as the catalogue declares it. */
export type ContextValue = string | number | boolean | readonly string[] | Date;

/** Live facts of this moment by name: page, basket, search words … Nothing that names a person. */
export type Context = Readonly<Record<string, ContextValue>>;

/**
 * Gives a subject token that the site's own server signed: for the customer who is logged in, else for the visitor id that is
 * handed in. Called again when a token is about to expire.
 */
export type TokenSource = (visitorId: string | undefined) => Promise<string>;

/** What became of an offer. */
export interface Reported {
  kind: Kind;
  decisionId: string;
  action: string;
  placement: string;
}

export interface Options {
  /** Where the server's HTTP door is, e.g. `https://nba.example.com`. */
  baseUrl: string;
  /** The channel of this site, as the catalogue names it. Default: `web`. */
  channel?: string;
  /** A token, or where to get one. Without either the ids travel in the request: only a server without API keys takes that. */
  token?: string;
  getToken?: TokenSource;
  /** Who is logged in, for development against a server without API keys. With tokens the token says it. */
  customerId?: string;
  /**
   * Whether the visitor agreed to be recognised. `true` also where no consent is needed. Until then there is no id, no storage and
   * no context, and slots show their fallback. Default: false; `client.consent()` changes it.
   */
  consent?: boolean;
  /** What happens without consent: `fallback` asks nothing; `anonymous` asks for a decision without any id, token or context. */
  withoutConsent?: "fallback" | "anonymous";
  /** How long slots wait for an answer, in milliseconds, before their fallback is shown. Default: 300. */
  budgetMs?: number;
  /** Where relative addresses of pictures in content lead. Default: the page's own address, as for links. */
  assetBase?: string;
  /** Is told of every event that is reported, e.g. for a site's own statistics. */
  onEvent?: (event: Reported) => void;
  /** Is told what went wrong; pages go on with their fallbacks. Without it the console is told the first time. */
  onError?: (error: Error) => void;
}
