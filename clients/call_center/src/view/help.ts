// The keys, in a dialog; single letters can be switched off, for those who speak to their computer.
import { html, type TemplateResult } from "lit";

import type { TextKey } from "../texts.js";
import type { Screen } from "./screen.js";

export function help(screen: Screen): TemplateResult {
  const { texts } = screen;
  const rows: [string, TextKey][] = [
    ["F2", "help.context"],
    ["F4", "help.actions"],
    ["F8", "help.caller"],
    ["F9", "help.wrap"],
    ["↑ ↓", "help.move"],
    ...(["presented", "accepted", "refused", "later", "unmentioned", "undo", "numbers"] as const).map(
      (name): [string, TextKey] => [texts.t(`keys.${name}`).toUpperCase(), `help.${name}`],
    ),
    ["Esc", "help.leave"],
  ];
  return html`<dialog class="help" aria-labelledby="help-title" @close=${() => screen.help(false)}>
    <h2 id="help-title">${texts.t("help.title")}</h2>
    <dl>${rows.map(([key, words]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${texts.t(words)}</dd></div>`)}</dl>
    <p class="faint">${texts.t("help.letters")}</p>
    <label class="check"><input type="checkbox" .checked=${screen.letters} @change=${(event: Event) => screen.setLetters((event.target as HTMLInputElement).checked)} /> ${texts.t("help.letters.toggle")}</label>
    <form method="dialog"><button class="primary">${texts.t("help.close")}</button></form>
  </dialog>`;
}
