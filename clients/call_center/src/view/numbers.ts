// The numbers behind a proposal, for those who want to know, with the decision's id for support.
import { html, type TemplateResult } from "lit";

import type { Proposal } from "../proposal.js";
import type { Texts } from "../texts.js";

export function numbers({ offer, decisionId }: Proposal, texts: Texts): TemplateResult {
  const factors = offer.factors ?? {};
  const rows = [
    [texts.t("action.chance"), texts.percent(Number(offer.propensity ?? 0))],
    [texts.t("action.value"), texts.money(Number(factors.value ?? 0))],
    [texts.t("action.lever"), `× ${texts.number(Number(factors.lever ?? 1))}`],
    [texts.t("action.moment"), `× ${texts.number(Number(factors.contextWeight ?? 1))}`],
    [texts.t("action.pick"), texts.percent(Number(offer.pickProbability ?? 0))],
    [texts.t("action.decision"), decisionId],
  ];
  return html`<dl class="numbers">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
