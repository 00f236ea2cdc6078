// The live facts of the call: reason, mood, whatever the catalogue declares. Every change ranks anew.
import type { DescribedFieldJson } from "@nba/protocol/catalog";
import type { ValueJson } from "@nba/protocol/value";
import { html, nothing, type TemplateResult } from "lit";

import type { Screen } from "./screen.js";

export function context(screen: Screen): TemplateResult {
  const { texts, call, words } = screen;
  const fields = [...(words?.context ?? [])].sort((one, other) => Number(/reason/.test(other.name ?? "")) - Number(/reason/.test(one.name ?? "")));
  const first = new Set(screen.config.context ?? fields.filter((field) => (field.values?.length ?? 0) > 0).map((field) => field.name ?? ""));
  const shown = [...first].flatMap((name) => fields.filter((field) => field.name === name));
  const others = fields.filter((field) => !first.has(field.name ?? ""));
  const given = others.filter((field) => call?.kept.context[field.name ?? ""] !== undefined);
  return html`<section class="context" part="context" data-region="context" tabindex="-1" aria-labelledby="context-title">
    <h2 id="context-title">${texts.t("context.title")}</h2>
    ${shown.map((field) => pick(screen, field))}
    ${given.map((field) => fact(screen, field))}
    ${others.length > 0 && !call?.kept.ended ? adding(screen, others) : nothing}
  </section>`;
}

/** Values to choose from; the chosen one again takes it back. Without a list: yes and no, or a field to type in. */
function pick(screen: Screen, field: DescribedFieldJson): TemplateResult {
  const { texts, call } = screen;
  const name = field.name ?? "";
  const label = texts.label("context", name);
  const options: ValueJson[] =
    field.type === "boolean" ? [{ flag: true }, { flag: false }] : (field.values ?? []).map((value) => ({ text: value }));
  const current = call?.kept.context[name];
  if (options.length === 0) return typed(screen, field, label);
  return html`<div class="pick" role="toolbar" data-roving="pick" data-field=${name} aria-label=${label}>
    <span class="field" title=${field.description ?? ""} aria-hidden="true">${label}</span>
    ${options.map((option) => {
      const on = JSON.stringify(option) === JSON.stringify(current);
      return html`<button class="chip" aria-pressed=${on ? "true" : "false"} ?disabled=${call?.kept.ended} @click=${() => call?.setContext(name, on ? undefined : option)}>
        ${texts.value(name, option)}
      </button>`;
    })}
  </div>`;
}

function typed(screen: Screen, field: DescribedFieldJson, label: string): TemplateResult {
  const name = field.name ?? "";
  const id = `context-${name}`;
  const set = (event: Event) => {
    const text = (event.target as HTMLInputElement).value.trim();
    screen.call?.setContext(name, text === "" ? undefined : valueOf(field, text));
  };
  const current = screen.call?.kept.context[name];
  return html`<div class="pick">
    <label class="field" for=${id} title=${field.description ?? ""}>${label}</label>
    <input id=${id} type=${inputType(field)} step="any" .value=${current ? textOf(current) : ""} ?disabled=${screen.call?.kept.ended} @change=${set} />
  </div>`;
}

function fact({ texts, call }: Screen, field: DescribedFieldJson): TemplateResult {
  const name = field.name ?? "";
  const label = texts.label("context", name);
  return html`<div class="pick">
    <span class="field">${label}</span>
    <span class="chip set">${texts.value(name, call?.kept.context[name] ?? {})}</span>
    ${call?.kept.ended
      ? nothing
      : html`<button class="quiet" aria-label=${texts.t("context.clear", { name: label })} @click=${() => call?.setContext(name, undefined)}>×</button>`}
  </div>`;
}

function adding(screen: Screen, others: DescribedFieldJson[]): TemplateResult {
  const { texts, call } = screen;
  const chosen = others.find((field) => field.name === screen.drafts.get("fact")) ?? others[0];
  if (chosen === undefined) return html``;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).elements.namedItem("fact-value") as HTMLInputElement | HTMLSelectElement;
    if (field.value.trim() === "") return;
    call?.setContext(chosen.name ?? "", valueOf(chosen, field.value.trim()));
    if (field instanceof HTMLInputElement) field.value = "";
  };
  const open = screen.open.has("facts");
  return html`<div class="more-facts">
    <button class="quiet" aria-expanded=${open ? "true" : "false"} @click=${() => screen.toggle("facts")}><span aria-hidden="true">+</span> ${texts.t("context.more")}</button>
    ${open
      ? html`<form class="row" @submit=${submit}>
          <label class="unseen" for="fact">${texts.t("context.fact")}</label>
          <select id="fact" @change=${(event: Event) => screen.draft("fact", (event.target as HTMLSelectElement).value)}>
            ${others.map((field) => html`<option value=${field.name ?? ""} ?selected=${field === chosen}>${texts.label("context", field.name ?? "")}</option>`)}
          </select>
          <label class="unseen" for="fact-value">${texts.t("context.value")}</label>
          ${chosen.type === "boolean" || (chosen.values?.length ?? 0) > 0
            ? html`<select id="fact-value" name="fact-value">
                ${(chosen.type === "boolean" ? ["true", "false"] : (chosen.values ?? [])).map(
                  (value) => html`<option value=${value}>${texts.value(chosen.name ?? "", valueOf(chosen, value))}</option>`,
                )}
              </select>`
            : html`<input id="fact-value" name="fact-value" type=${inputType(chosen)} step="any" placeholder=${chosen.description ?? ""} autocomplete="off" />`}
          <button>${texts.t("context.set")}</button>
        </form>`
      : nothing}
  </div>`;
}

function inputType(field: DescribedFieldJson): string {
  if (field.type === "integer" || field.type === "number") return "number";
  return field.type === "time" ? "datetime-local" : "text";
}

/** What was typed, in the type that the catalogue declares. */
function valueOf(field: DescribedFieldJson, text: string): ValueJson {
  if (field.type === "boolean") return { flag: text === "true" };
  if (field.type === "integer") return { integer: String(Math.trunc(Number(text))) };
  if (field.type === "number") return { number: Number(text) };
  if (field.type === "time") return { time: new Date(text).toISOString() };
  if (field.type === "strings") return { texts: { items: text.split(",").map((item) => item.trim()) } };
  return { text };
}

function textOf(value: ValueJson): string {
  if (value.time !== undefined) return value.time.slice(0, 16);
  return String(value.text ?? value.number ?? value.integer ?? value.texts?.items?.join(", ") ?? "");
}
