// The end of a call: a score, and what was not mentioned is let go.
import { html, nothing, type TemplateResult } from "lit";

import { latest } from "../proposal.js";
import type { Screen } from "./screen.js";

const SCORES = Array.from({ length: 11 }, (_, score) => score);

export function wrapUp(screen: Screen): TemplateResult {
  const { texts, call } = screen;
  const kept = call?.kept;
  const count = (call?.proposals ?? []).filter((proposal) => latest(proposal) && latest(proposal)?.kind !== "unmentioned").length;
  return html`<section class="wrap" part="wrap-up" data-region="wrap" tabindex="-1" aria-labelledby="wrap-title">
    <h2 id="wrap-title">${texts.t(kept?.ended ? "wrap.summary.title" : "wrap.title")}</h2>
    ${kept?.ended ? html`<p>${texts.n("wrap.summary", count)}</p>` : nothing}
    <div class="scores" role="toolbar" data-roving="scores" aria-label=${texts.t("wrap.score")}>
      <span class="field" aria-hidden="true">${texts.t("wrap.score")}</span>
      <span class="score-row">
        ${SCORES.map((score) => html`<button class="chip score" data-score=${score} aria-pressed=${kept?.score === score ? "true" : "false"} ?disabled=${kept?.score !== undefined && kept.score !== score} @click=${() => (kept?.score === undefined ? screen.score(score) : undefined)}>${score}</button>`)}
      </span>
    </div>
    ${kept?.ended
      ? nothing
      : html`<div class="row end-row">
          <button class="primary" data-end @click=${() => screen.end()}>${texts.t("wrap.end")}</button>
          <p class="faint">${texts.t("wrap.text")}</p>
        </div>`}
  </section>`;
}
