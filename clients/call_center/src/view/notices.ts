// What went wrong, in plain words with what to do; and the form for the key where the server asks for one.
import { html, nothing, type TemplateResult } from "lit";

import type { Fault } from "../fault.js";
import type { Texts } from "../texts.js";
import type { Screen } from "./screen.js";

export function notices(screen: Screen): TemplateResult {
  const { texts, outbox, lost, call } = screen;
  const faults = [call?.decideFault, call?.fileFault].filter((fault) => fault !== undefined && !fault.aboutKey && !(lost && fault.passing));
  return html`<div class="notices">
    ${screen.keyFault ? signIn(screen, screen.keyFault) : nothing}
    ${lost ? html`<p class="notice warn">${texts.t("link.lost.text")} <button class="quiet" @click=${() => screen.nudge()}>${texts.t("fault.retry")}</button></p>` : nothing}
    ${faults.slice(0, 1).map((fault) => html`<p class="notice bad">${faultWords(fault as Fault, texts)} <button class="quiet" @click=${() => screen.nudge()}>${texts.t("fault.retry")}</button></p>`)}
    ${outbox.refused.length > 0 ? refused(screen) : nothing}
  </div>`;
}

export function faultWords(fault: Fault, texts: Texts): string {
  const said = fault.violations.map((violation) => `${violation.field}: ${violation.message}`).join("; ") || fault.message;
  return texts.t(`fault.${fault.kind}`, { message: said });
}

function refused({ outbox, texts }: Screen): TemplateResult {
  return html`<div class="notice bad">
    <p>${texts.n("outbox.refused", outbox.refused.length)}</p>
    <ul class="plain">
      ${outbox.refused.map(
        (item) => html`<li>
          ${item.label ? html`<strong>${item.label}</strong>: ` : nothing}${item.refused}
          <button class="quiet" @click=${() => outbox.retry(item.id)}>${texts.t("outbox.retry")}</button>
          <button class="quiet" @click=${() => outbox.discard(item.id)}>${texts.t("outbox.discard")}</button>
        </li>`,
      )}
    </ul>
  </div>`;
}

function signIn(screen: Screen, fault: Fault): TemplateResult {
  const { texts } = screen;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).elements.namedItem("key") as HTMLInputElement;
    if (field.value.trim()) screen.signIn(field.value.trim());
    field.value = "";
  };
  return html`<form class="notice sign-in" @submit=${submit}>
    <h2>${texts.t("key.title")}</h2>
    <p id="key-text">${texts.t(fault.kind === "wrong-key" ? "key.wrong" : "key.text")}</p>
    <label for="key">${texts.t("key.label")}</label>
    <div class="row">
      <input id="key" name="key" type="password" autocomplete="off" aria-describedby="key-text" required />
      <button class="primary">${texts.t("key.save")}</button>
    </div>
  </form>`;
}
