// Why, in the screen's language. The server's own sentence is kept for codes that the screen has no words for: rules of the catalogue say it best.
import type { RankedActionJson } from "@nba/protocol/decision";
import type { ReasonJson } from "@nba/protocol/reason";
import type { ValueJson } from "@nba/protocol/value";

import type { Texts } from "./texts.js";

const STRONGEST = 3;

/** The strongest reasons for an offer, in order. */
export function reasonsFor(offer: RankedActionJson, context: Record<string, ValueJson>, texts: Texts): string[] {
  const reasons = (offer.reasons ?? []).slice(0, STRONGEST);
  return reasons.map((reason) => texts.has(`reason.${reason.code}`) ? texts.t(`reason.${reason.code}` as never, params(reason, offer, context, texts)) : (reason.text ?? ""));
}

/** Why a place stays empty. English keeps the server's sentence, which knows more. */
export function reasonAgainst(reason: ReasonJson | undefined, texts: Texts): string {
  const key = `reason.${reason?.code ?? ""}`;
  const said = reason?.text ?? "";
  if (!texts.has(key) || (texts.language === "en" && said)) return said;
  const purpose = texts.label("purpose", reason?.subject?.split("/")[1] ?? "");
  return texts.t(key, { limit: texts.label("limit", reason?.subject ?? ""), purpose });
}

function params(reason: ReasonJson, offer: RankedActionJson, context: Record<string, ValueJson>, texts: Texts) {
  const name = reason.subject ?? "";
  const factors = offer.factors;
  return {
    chance: texts.percent(Number(offer.propensity ?? 0)),
    value: reason.code === "context_match" ? texts.value(name, context[name] ?? {}) : texts.money(Number(factors?.value ?? 0)),
    percent: texts.signedPercent(Number(factors?.lever ?? 1) - 1),
    name: texts.label("context", name),
  };
}
