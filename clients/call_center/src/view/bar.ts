// The bar on top: who is on the line, since when, whether the server is there and what waits to be sent.
import { html, nothing, type TemplateResult } from "lit";

import type { Screen } from "./screen.js";

export function bar(screen: Screen): TemplateResult {
  const { call, texts } = screen;
  return html`<header class="bar" part="bar">
    ${call ? caller(screen) : ring(screen)}
    <div class="bar-end">
      ${link(screen)}
      <button class="quiet" aria-keyshortcuts="?" aria-haspopup="dialog" data-help @click=${() => screen.help(true)}>
        <span aria-hidden="true">⌨</span><span class="wide-only"> ${texts.t("help.title")}</span
        ><span class="narrow-name">${texts.t("help.open")}</span>
      </button>
      ${call && screen.standalone
        ? html`<button @click=${() => screen.hangUp()}>${texts.t("ring.next")}</button>`
        : nothing}
    </div>
  </header>`;
}

function caller({ call, texts }: Screen): TemplateResult {
  const id = call?.settings.customer ?? "";
  const name = call?.file?.customer?.attributes?.["name"]?.text;
  const since = call?.kept.ended ? texts.t("ring.ended") : texts.t("ring.since", { time: texts.clock(call?.kept.startedAt ?? 0) });
  return html`<div class="caller">
    <h2 class="name">${name ?? id}</h2>
    <p class="facts">${name ? html`<span class="id">${id}</span>` : nothing}<span class=${call?.kept.ended ? "ended" : "live"}>${since}</span></p>
  </div>`;
}

function ring(screen: Screen): TemplateResult {
  const { texts } = screen;
  if (!screen.standalone) return html`<div class="caller"><h2 class="name">${texts.t("ring.empty.title")}</h2></div>`;
  const start = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).elements.namedItem("customer") as HTMLInputElement;
    if (field.value.trim()) screen.ring(field.value.trim());
  };
  return html`<form class="ring" @submit=${start}>
    <label for="customer">${texts.t("ring.label")}</label>
    <input id="customer" name="customer" autocomplete="off" spellcheck="false" placeholder=${texts.t("ring.hint")} required />
    <button class="primary">${texts.t("ring.start")}</button>
  </form>`;
}

function link({ outbox, lost, texts }: Screen): TemplateResult {
  const waiting = outbox.waiting.length;
  const state = lost ? "lost" : waiting > 0 ? "sending" : "well";
  const words = lost ? texts.t("link.lost") : waiting > 0 ? texts.t("outbox.sending") : texts.t("outbox.saved");
  return html`<p class="link ${state}" part="link" data-waiting=${waiting}>
    <span class="lamp" aria-hidden="true"></span>${words}${lost && waiting > 0 ? html` · ${texts.n("outbox.waiting", waiting)}` : nothing}
  </p>`;
}
