// What is open with the customer and what others noted: opened, muting, closed with a note that the next agent reads.
import type { MatterJson } from "@nba/protocol/matter";
import { html, nothing, type TemplateResult } from "lit";

import type { Screen } from "./screen.js";

export function matters(screen: Screen): TemplateResult {
  const { texts, call } = screen;
  const all = call?.file?.matters ?? [];
  return html`<section class="panel matters" part="matters" data-region="matters" tabindex="-1" aria-labelledby="matters-title">
    <h2 id="matters-title">${texts.t("matters.title")}</h2>
    ${all.length === 0 ? html`<p class="faint">${texts.t("matters.none")}</p>` : nothing}
    <ul class="plain">
      ${all.map((matter) => html`<li class=${matter.open ? "matter open" : "matter"} data-matter=${matter.matterId}>${matter.open ? openMatter(screen, matter) : closedMatter(screen, matter)}</li>`)}
    </ul>
    ${complaint(screen)}
  </section>`;
}

/** One line beside the proposals, wherever the matters themselves are on this screen. */
export function matterBanner(screen: Screen): TemplateResult {
  const { texts, call } = screen;
  const open = (call?.file?.matters ?? []).filter((matter) => matter.open);
  return html`${open.map(
    (matter) => html`<p class="notice warn" data-banner>
      <span>${texts.t("matters.banner", { title: matter.title ?? "" })}</span>
      <button class="quiet" @click=${() => screen.go("matters")}>${texts.t("matters.go")}</button>
    </p>`,
  )}`;
}

function openMatter(screen: Screen, matter: MatterJson): TemplateResult {
  const { texts } = screen;
  const now = screen.call?.file?.contacts.at ?? Date.now();
  const muted = matter.mutedActions?.length ?? 0;
  const id = `note-${matter.matterId}`;
  const closing = screen.outbox.waiting.some((item) => item.body["matterId"] === matter.matterId);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    screen.closeMatter(matter.matterId ?? "", matter.title ?? "");
  };
  return html`<div class="matter-head">
      <h3>${matter.title}</h3>
      <span class="badge warn">${texts.t("matters.open")}</span>
    </div>
    <p class="faint">
      ${texts.t("matters.opened", { when: texts.when(matter.openedAt ?? 0, now) })}${matter.score !== undefined ? html` · ${texts.t("matters.score", { score: texts.number(Number(matter.score)) })}` : nothing}
    </p>
    ${matter.text ? html`<p>${matter.text}</p>` : nothing}
    ${matter.advice ? html`<p class="advice">${matter.advice}</p>` : nothing}
    ${muted > 0 ? html`<p class="faint">${texts.n("matters.mutes", muted)}</p>` : nothing}
    ${notes(screen, matter)}
    ${closing
      ? html`<p class="faint" role="status">${texts.t("matters.closing")}</p>`
      : html`<form class="stack" @submit=${submit} novalidate>
          <label for=${id}>${texts.t("matters.note")}</label>
          <textarea id=${id} rows="2" maxlength="2000" .value=${screen.drafts.get(id) ?? ""} aria-invalid=${screen.open.has(`missing:${id}`) ? "true" : nothing} aria-describedby=${screen.open.has(`missing:${id}`) ? `${id}-missing` : nothing} @input=${(event: Event) => screen.draft(id, (event.target as HTMLTextAreaElement).value)}></textarea>
          ${screen.open.has(`missing:${id}`) ? html`<p class="bad-text" id="${id}-missing">${texts.t("matters.note.missing")}</p>` : nothing}
          <button>${texts.t("matters.close")}</button>
        </form>`}`;
}

function closedMatter(screen: Screen, matter: MatterJson): TemplateResult {
  const { texts } = screen;
  const now = screen.call?.file?.contacts.at ?? Date.now();
  return html`<div class="matter-head"><h3>${matter.title}</h3></div>
    ${matter.note ? html`<p class="note" part="note">${matter.note}</p>` : nothing}
    <p class="faint">${texts.t("matters.closed", { when: texts.when(matter.closedAt ?? 0, now), who: matter.closedBy ?? "" })}</p>
    ${notes(screen, matter)}`;
}

function notes({ texts }: Screen, matter: MatterJson): TemplateResult {
  return html`${(matter.earlierNotes ?? []).map(
    (note) => html`<p class="note">${note.text}</p>
      <p class="faint">${texts.t("matters.closed", { when: texts.when(note.at ?? 0), who: note.by ?? "" })}</p>`,
  )}`;
}

function complaint(screen: Screen): TemplateResult {
  const { texts } = screen;
  const open = screen.open.has("complaint");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    screen.complain();
  };
  return html`<button class="quiet" data-complain aria-expanded=${open ? "true" : "false"} @click=${() => screen.toggle("complaint")}>${texts.t("matters.complain")}</button>
    ${open
      ? html`<form class="stack" @submit=${submit}>
          <label for="complaint">${texts.t("matters.complain.text")}</label>
          <textarea id="complaint" rows="2" maxlength="2000" .value=${screen.drafts.get("complaint") ?? ""} @input=${(event: Event) => screen.draft("complaint", (event.target as HTMLTextAreaElement).value)}></textarea>
          <button>${texts.t("matters.complain.save")}</button>
        </form>`
      : nothing}`;
}
