// What a company may set: where the screen decides, which facts come first, reasons for a refusal, words for ids. All of it is optional.

/** A text, or one a language: `{"en": "Age", "de": "Alter"}`. */
export type Label = string | Record<string, string>;

/** Words by `kind:id`: attribute, context, channel, product, segment, limit, purpose, group, action, refusal; values as `value:FIELD:VALUE`. */
export type Labels = Record<string, Label>;

export interface ScreenConfig {
  /** Channel of the catalogue; default: `call`, else its first inbound one. */
  channel?: string;
  /** Placement of that channel; default: all of it. */
  placement?: string;
  /** Live facts that are always shown, in order; default: those with values to choose from. The others are one click away. */
  context?: string[];
  /** Attributes that are always shown, in order; default: the first six. */
  attributes?: string[];
  /** Codes of the reasons for a refusal, in order; their words are labels `refusal:CODE`. */
  refusals?: string[];
  labels?: Labels;
}

export const REFUSALS = ["too_expensive", "no_need", "has_other", "bad_moment", "no_trust"];

/** The configuration of a JSON text. Throws `SyntaxError` with what is wrong, in words for whoever wrote it. */
export function parseConfig(json: string): ScreenConfig {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new SyntaxError("the configuration is no JSON object");
  const known = ["channel", "placement", "context", "attributes", "refusals", "labels"];
  const unknown = Object.keys(parsed).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new SyntaxError(`the configuration has unknown keys: ${unknown.join(", ")}; known are ${known.join(", ")}`);
  return parsed as ScreenConfig;
}
