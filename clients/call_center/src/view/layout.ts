// The whole screen. The order in the document is the order on the screen and the order of the focus.
import { html, nothing, type TemplateResult } from "lit";

import { actions } from "./actions.js";
import { bar } from "./bar.js";
import { contacts } from "./contacts.js";
import { context } from "./context.js";
import { help } from "./help.js";
import { matterBanner, matters } from "./matters.js";
import { notices } from "./notices.js";
import { profile } from "./profile.js";
import type { Screen } from "./screen.js";
import { wrapUp } from "./wrapup.js";

export function layout(screen: Screen): TemplateResult {
  return html`${screen.speaker.view()}
    <div class="screen" part="screen" lang=${screen.texts.language}>
      ${bar(screen)} ${notices(screen)} ${screen.call ? columns(screen) : idle(screen)}
    </div>
    ${screen.helpOpen ? help(screen) : nothing}`;
}

function columns(screen: Screen): TemplateResult {
  return html`<div class="columns">
    <div class="work">${matterBanner(screen)} ${context(screen)} ${actions(screen)} ${wrapUp(screen)}</div>
    <div class="file">${matters(screen)} ${profile(screen)}</div>
    ${contacts(screen)}
  </div>`;
}

function idle({ texts, standalone, keyFault }: Screen): TemplateResult | typeof nothing {
  if (keyFault) return nothing;
  return html`<div class="idle">
    ${standalone ? html`<h2>${texts.t("ring.empty.title")}</h2>` : nothing}
    <p>${texts.t("ring.empty.text")}</p>
  </div>`;
}
