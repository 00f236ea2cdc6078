// The second step of a refusal (why?) and of a "later" (when?). Number keys choose, Escape leaves.
import { html, type TemplateResult } from "lit";

import { REFUSALS } from "../config.js";
import { refusalWords, titleOf } from "./actions.js";
import type { Choice, Screen } from "./screen.js";

interface Option {
  reason: string;
  words: string;
}

export function choices(screen: Screen, choice: Choice): TemplateResult {
  const { texts } = screen;
  const options = choice.kind === "refused" ? refusals(screen) : days(screen);
  const title = texts.t(choice.kind === "refused" ? "refuse.title" : "later.title");
  return html`<div class="choices" role="group" data-roving="choice" aria-label=${`${title} ${titleOf(choice.proposal, texts)}`}>
    <span class="ask" aria-hidden="true">${title}</span>
    ${options.map(
      (option, index) => html`<button data-choice=${index + 1} aria-keyshortcuts=${index + 1} @click=${() => screen.react(choice.proposal, choice.kind, option.reason)}>
        ${option.words}<kbd aria-hidden="true">${index + 1}</kbd>
      </button>`,
    )}
    ${choice.kind === "later" ? day(screen, choice) : ""}
    <button class="quiet push" data-do="cancel" @click=${() => screen.choose(undefined)}>${texts.t("do.cancel")}<kbd aria-hidden="true">Esc</kbd></button>
  </div>`;
}

function refusals({ texts, config }: Screen): Option[] {
  const codes = config.refusals ?? REFUSALS;
  return [...codes.map((code) => ({ reason: code, words: refusalWords(code, texts, config) })), { reason: "", words: texts.t("refuse.none") }];
}

function days({ texts }: Screen): Option[] {
  return [
    { reason: "", words: texts.t("later.none") },
    { reason: inDays(1), words: texts.t("later.tomorrow") },
    { reason: inDays(7), words: texts.t("later.week") },
    { reason: inDays(30), words: texts.t("later.month") },
  ];
}

function day(screen: Screen, { proposal, kind }: Choice): TemplateResult {
  const { texts } = screen;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).elements.namedItem("day") as HTMLInputElement;
    if (field.value) screen.react(proposal, kind, field.value);
  };
  return html`<form class="day" @submit=${submit}>
    <label class="unseen" for="day">${texts.t("later.day")}</label>
    <input id="day" name="day" type="date" min=${inDays(1)} required />
    <button>${texts.t("context.set")}</button>
  </form>`;
}

/** A day from today, as 2026-12-01 on this machine's calendar. */
function inDays(days: number): string {
  const day = new Date();
  day.setDate(day.getDate() + days);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
