// The proposals: what to say, why, and one key or click for each answer.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { answered, latest, type Proposal, type ReactionKind } from "../proposal.js";
import { reasonAgainst, reasonsFor } from "../reasons.js";
import type { Texts, TextKey } from "../texts.js";
import { choices } from "./choices.js";
import { numbers } from "./numbers.js";
import type { Screen } from "./screen.js";

const KINDS: readonly ReactionKind[] = ["presented", "accepted", "refused", "later", "unmentioned"];

export function actions(screen: Screen): TemplateResult {
  const { call, texts } = screen;
  const proposals = call?.proposals ?? [];
  const open = call?.kept.ended ? [] : proposals.filter((proposal) => !answered(proposal));
  const done = proposals.filter((proposal) => answered(proposal) || call?.kept.ended);
  return html`<section class="actions" part="actions" data-region="actions" tabindex="-1" aria-labelledby="actions-title" aria-busy=${call?.deciding ? "true" : "false"}>
    <div class="head">
      <h2 id="actions-title">${texts.t("actions.title")}</h2>
      <span class="busy" ?hidden=${!call?.deciding}>${texts.t("actions.deciding")}</span>
      ${call?.kept.ended || call?.deciding ? nothing : html`<button class="quiet push" data-again @click=${() => call?.again()}>${texts.t("actions.refresh")}</button>`}
    </div>
    ${open.length > 0
      ? html`<ol class="cards" aria-label=${texts.t("actions.list")}>
          ${repeat(open, keyOf, (proposal, index) => card(screen, proposal, index + 1))}
        </ol>`
      : empty(screen, proposals.length > 0)}
    ${done.length > 0
      ? html`<h3 class="small">${texts.t("actions.answered")}</h3>
          <ul class="answered">
            ${repeat(done, keyOf, (proposal) => answeredLine(screen, proposal))}
          </ul>`
      : nothing}
  </section>`;
}

function keyOf(proposal: Proposal): string {
  return `${proposal.decisionId}:${proposal.offer.action}`;
}

function card(screen: Screen, proposal: Proposal, rank: number): TemplateResult {
  const { texts, call } = screen;
  const { offer } = proposal;
  const id = `p-${offer.action}`;
  const { say, ...more } = spoken(offer.content ?? {}, texts.language);
  const presented = latest(proposal)?.kind === "presented";
  return html`<li class="card ${presented ? "presented" : ""}" part="proposal" data-action=${offer.action} data-decision=${proposal.decisionId}>
    <div class="card-head">
      <span class="rank" aria-hidden="true">${rank}</span>
      <h3 id=${id}>${titleOf(proposal, texts)}</h3>
      ${badges(proposal, texts)}
    </div>
    ${say ? html`<p class="say" part="say"><span class="unseen">${texts.t("action.say")}: </span>${say}</p>` : nothing}
    ${Object.keys(more).length > 0
      ? html`<dl class="content">
          ${Object.entries(more).map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}
        </dl>`
      : nothing}
    <ul class="why" aria-label=${texts.t("action.why")}>
      ${reasonsFor(offer, call?.kept.context ?? {}, texts).map((reason) => html`<li>${reason}</li>`)}
    </ul>
    ${screen.choice?.proposal === proposal ? choices(screen, screen.choice) : reactions(screen, proposal, presented)}
    ${numbersToggle(screen, proposal)} ${screen.open.has(`numbers:${keyOf(proposal)}`) ? numbers(proposal, texts) : nothing}
  </li>`;
}

/** The content in the screen's language: `say_de` stands for `say` where the screen is German; other languages' fields are left out. */
function spoken(content: Record<string, string>, language: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, text] of Object.entries(content)) {
    const [, stem, suffix] = /^(.+)_([a-z]{2})$/.exec(name) ?? [];
    if (stem === undefined || !(stem in content)) found[name] ??= text;
    else if (suffix === language) found[stem] = text;
  }
  return found;
}

function badges({ offer, reactions }: Proposal, texts: Texts): TemplateResult {
  const codes = (offer.reasons ?? []).map((reason) => reason.code);
  return html`<span class="badges"
    >${reactions.length > 0 ? html`<span class="badge good">${texts.t("done.presented")}</span>` : nothing}
    ${offer.explored ? html`<span class="badge learn">${texts.t("action.learn")}</span>` : nothing}
    ${codes.includes("mandatory") ? html`<span class="badge warn">${texts.t("action.mandatory")}</span>` : nothing}
    ${offer.fallback ? html`<span class="badge">${texts.t("action.fallback")}</span>` : nothing}</span
  >`;
}

/** One tab stop; arrows move within, up and down to the same place of the next proposal. */
function reactions(screen: Screen, proposal: Proposal, presented: boolean): TemplateResult {
  const { texts } = screen;
  const kinds = presented ? KINDS.filter((kind) => kind !== "presented" && kind !== "unmentioned") : KINDS;
  const opens = (kind: ReactionKind) => kind === "refused" || kind === "later";
  const act = (kind: ReactionKind) => (opens(kind) ? screen.choose({ proposal, kind: kind as "refused" | "later" }) : screen.react(proposal, kind));
  return html`<div class="reactions" role="toolbar" data-roving="card" aria-label=${texts.t("reaction.group", { title: titleOf(proposal, texts) })}>
    ${kinds.map((kind) => {
      const key = texts.t(`keys.${kind}` as TextKey);
      return html`<button class="do-${kind}" data-do=${kind} aria-keyshortcuts=${key} aria-expanded=${opens(kind) ? "false" : nothing} @click=${() => act(kind)}>
        ${texts.t(`do.${kind}`)}<kbd aria-hidden="true" ?hidden=${!screen.letters}>${key}</kbd>
      </button>`;
    })}
    ${presented ? html`<button class="quiet" data-do="undo" @click=${() => screen.undo(proposal)}>${texts.t("do.undo")}</button>` : nothing}
  </div>`;
}

function numbersToggle(screen: Screen, proposal: Proposal): TemplateResult {
  const name = `numbers:${keyOf(proposal)}`;
  const open = screen.open.has(name) ? "true" : "false";
  return html`<button class="quiet numbers-toggle" data-do="numbers" aria-expanded=${open} @click=${() => screen.toggle(name)}>
    ${screen.texts.t("action.numbers")}
  </button>`;
}

function answeredLine(screen: Screen, proposal: Proposal): TemplateResult {
  const { texts } = screen;
  return html`<li class="answer ${latest(proposal)?.kind}" data-action=${proposal.offer.action}>
    <span class="title">${titleOf(proposal, texts)}</span>
    <span class="state">${stateWords(proposal, screen)}</span>
    <button class="quiet" data-do="undo" aria-label=${`${texts.t("do.undo")}: ${titleOf(proposal, texts)}`} @click=${() => screen.undo(proposal)}>${texts.t("do.undo")}</button>
  </li>`;
}

export function titleOf({ offer }: Proposal, texts: Texts): string {
  return texts.titled(offer.action ?? "", offer.title ?? "");
}

/** What the latest reaction says, in words. */
export function stateWords(proposal: Proposal, { texts, config }: Pick<Screen, "texts" | "config">): string {
  const last = latest(proposal);
  if (last === undefined) return "";
  if (last.kind === "refused" && last.reason) return texts.t("done.refused.reason", { reason: refusalWords(last.reason, texts, config) });
  if (last.kind === "later" && last.reason) return texts.t("done.later.when", { when: texts.date(`${last.reason}T12:00`) });
  return texts.t(`done.${last.kind}`);
}

export function refusalWords(code: string, texts: Texts, config: Screen["config"]): string {
  const label = config.labels?.[`refusal:${code}`];
  const own = texts.has(`refuse.${code}`) ? texts.t(`refuse.${code}` as TextKey) : code;
  return (typeof label === "object" ? label[texts.language] : label) ?? own;
}

function empty({ call, texts }: Screen, spoken: boolean): TemplateResult | typeof nothing {
  if (call === undefined || call.kept.ended) return nothing;
  if (call.kept.decider.sequence === 0 || (call.deciding && call.kept.noOffers.length === 0 && !spoken)) {
    return html`<p class="empty" aria-hidden="true"></p>`;
  }
  const why = [...new Set(call.kept.noOffers.map((none) => reasonAgainst(none.reason, texts)))].filter((reason) => reason !== "");
  if (why.length === 0 && spoken) return html`<p class="empty">${texts.t("actions.done")}</p>`;
  return html`<div class="empty">
    <p><strong>${texts.t("actions.none")}</strong></p>
    ${why.length > 0
      ? html`<p>${texts.t("actions.none.text")}</p>
          <ul class="why">${why.map((reason) => html`<li>${reason}</li>`)}</ul>`
      : nothing}
  </div>`;
}
