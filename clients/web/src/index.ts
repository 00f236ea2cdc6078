// @nba/web: personalised places in a website.
export { Client, createClient, type DecideOptions } from "./client.js";
export { Decision, Offer, type Conversion } from "./decision.js";
export type { Context, ContextValue, Options, Reported, TokenSource } from "./options.js";
export { NbaError } from "./wire.js";
