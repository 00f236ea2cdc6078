// What counts against the customer, until when and why, and the contacts on all channels that make it up.
import type { ActiveSuppressionJson, GetContactsResponseJson, LedgerContactJson, LimitUseJson, PressureUseJson } from "@nba/protocol/contact";
import { html, nothing, svg, type TemplateResult } from "lit";

import { countsUntil } from "../file.js";
import type { TextKey } from "../texts.js";
import type { Screen } from "./screen.js";

const DOTS = 8;

export function contacts(screen: Screen): TemplateResult {
  const { texts, call } = screen;
  const reading = call?.file?.contacts;
  return html`<section class="panel contacts" part="contacts" aria-labelledby="counts-title">
    <h2 id="counts-title">${texts.t("contacts.counts")}</h2>
    ${reading === undefined
      ? html`<p class="faint">…</p>`
      : html`${limits(screen, reading)} ${mutes(screen, reading)}
          <h2>${texts.t("contacts.recent")}</h2>
          ${recent(screen, reading)}`}
  </section>`;
}

function limits(screen: Screen, reading: GetContactsResponseJson): TemplateResult {
  const { texts } = screen;
  const uses = reading.limits ?? [];
  const pressures = reading.pressures ?? [];
  if (uses.length + pressures.length === 0) return html`<p class="faint">${texts.t("limits.none")}</p>`;
  return html`<ul class="limits" aria-label=${texts.t("limits.title")}>
    ${uses.map((use) => limit(screen, use, reading))} ${pressures.map((use) => pressure(screen, use))}
  </ul>`;
}

function limit({ texts }: Screen, use: LimitUseJson, reading: GetContactsResponseJson): TemplateResult {
  const marks = [use.household ? texts.t("limits.household") : "", use.shadow ? texts.t("limits.shadow") : ""].filter((mark) => mark !== "");
  const per = texts.t("limits.per", { length: texts.length(Number(use.windowSeconds ?? 0)) });
  const free = use.until ? texts.t("limits.free", { when: texts.when(use.until, reading.at) }) : texts.t("limits.never");
  return html`<li class=${use.usedUp && !use.shadow ? "limit full" : "limit"} data-limit=${use.limit}>
    <span class="limit-name">${texts.label("limit", use.limit ?? "")}${marks.map((mark) => html` <small>${mark}</small>`)}</span>
    ${meter(use.used ?? 0, use.cap ?? 0)}
    <span class="limit-use">${texts.t("limits.used", { used: use.used ?? 0, cap: use.cap ?? 0 })} ${per}${use.usedUp ? html` · <strong>${free}</strong>` : nothing}</span>
  </li>`;
}

function pressure({ texts }: Screen, use: PressureUseJson): TemplateResult {
  const full = (use.channels ?? []).filter((room) => room.usedUp);
  return html`<li class=${full.length > 0 && !use.shadow ? "limit full" : "limit"}>
    <span class="limit-name">${texts.label("limit", use.pressure ?? "")} <small>${texts.t("pressure.name")}</small></span>
    ${meter(Number(use.level ?? 0), Number(use.budget ?? 0))}
    <span class="limit-use">${texts.t("limits.used", { used: texts.number(Number(use.level ?? 0)), cap: texts.number(Number(use.budget ?? 0)) })}</span>
  </li>`;
}

/** Dots for few, a bar for many. The words beside it say the same. */
function meter(used: number, cap: number): TemplateResult {
  if (Number.isInteger(used) && cap <= DOTS) {
    const dots = Array.from({ length: Math.max(cap, used) }, (_, index) => svg`<circle class=${index < used ? "on" : "off"} cx=${6 + index * 13} cy="6" r="4.5"></circle>`);
    return html`<svg class="meter" aria-hidden="true" width=${Math.max(cap, used) * 13} height="12">${dots}</svg>`;
  }
  const share = cap > 0 ? Math.min(1, used / cap) : 0;
  return html`<svg class="meter" aria-hidden="true" width="104" height="12">
    <rect class="off" x="0.5" y="3" width="103" height="6" rx="3"></rect>
    <rect class="on" x="0.5" y="3" width=${103 * share} height="6" rx="3"></rect>
  </svg>`;
}

function mutes(screen: Screen, reading: GetContactsResponseJson): TemplateResult | typeof nothing {
  const { texts } = screen;
  const pauses = reading.suppressions ?? [];
  if (pauses.length === 0) return nothing;
  return html`<h3>${texts.t("muted.title")}</h3>
    <ul class="mutes">${pauses.map((pause) => html`<li><span>${mutedName(screen, pause)}</span><small>${pause.until ? texts.t("muted.until", { when: texts.when(pause.until, reading.at) }) : texts.t("muted.forever")}</small></li>`)}</ul>`;
}

function mutedName({ texts }: Screen, pause: ActiveSuppressionJson): string {
  const key = pause.key ?? "";
  const where = pause.channel && pause.channel !== "*" ? ` · ${texts.label("channel", pause.channel)}` : "";
  if (pause.level === "group") return texts.t("muted.level.group", { name: texts.label("group", key) }) + where;
  if (pause.level === "related") return texts.t("muted.level.related", { name: key.split("=").pop() ?? key }) + where;
  return texts.t("muted.level.action", { name: texts.label("action", key) }) + where;
}

/** Entries of one decision are one contact. What was held and let go without a word never reached the customer. */
function recent(screen: Screen, reading: GetContactsResponseJson): TemplateResult {
  const { texts } = screen;
  const reached = (reading.contacts ?? []).filter((contact) => contact.state !== "CONTACT_STATE_RELEASED" || (contact.outcomes?.length ?? 0) > 0);
  if (reached.length === 0) return html`<p class="faint">${texts.t("contacts.none")}</p>`;
  const left = (reading.totalContacts ?? 0) - (reading.contacts?.length ?? 0);
  const held = (contact: LedgerContactJson) => contact.state === "CONTACT_STATE_RESERVED" && !contact.outbound && (contact.outcomes?.length ?? 0) === 0;
  const single = reached.filter((contact) => !held(contact));
  const together = Map.groupBy(reached.filter(held), (contact) => contact.decisionId ?? "");
  return html`<ol class="history">
      ${[...together.values()].map((contacts) => heldTogether(screen, contacts, reading))} ${single.map((contact) => entry(screen, contact, reading))}
    </ol>
    ${left > 0 ? html`<p class="faint">${texts.t("contacts.older", { count: left })}</p>` : nothing}`;
}

function heldTogether(screen: Screen, contacts: LedgerContactJson[], reading: GetContactsResponseJson): TemplateResult {
  const { texts } = screen;
  const [first] = contacts;
  if (first === undefined || contacts.length === 1) return html`${contacts.map((contact) => entry(screen, contact, reading))}`;
  return html`<li class="entry" data-state=${first.state}>
    <span class="channel">${texts.label("channel", first.channel ?? "")}</span>
    <span class="entry-title">${texts.t("contacts.together", { count: contacts.length })}</span>
    <time datetime=${first.at ?? ""}>${texts.when(first.at ?? 0, reading.at)}</time>
    <span class="entry-state">${counting(screen, first, reading)}</span>
  </li>`;
}

function entry(screen: Screen, contact: LedgerContactJson, reading: GetContactsResponseJson): TemplateResult {
  const { texts } = screen;
  const planned = contact.at !== undefined && reading.at !== undefined && Date.parse(contact.at) > Date.parse(reading.at);
  const off = planned && contact.state === "CONTACT_STATE_RELEASED";
  const standing = (contact.outcomes ?? []).filter((outcome) => !outcome.withdrawn);
  const heard = off ? [texts.t("contacts.called_off")] : standing.map((outcome) => heardWord(screen, outcome.type ?? ""));
  const title = contact.action ? texts.label("action", contact.action) : texts.t("contacts.elsewhere");
  return html`<li class=${contact.counts ? "entry" : "entry over"} data-action=${contact.action} data-state=${contact.state}>
    <span class="channel ${contact.channel}">${texts.label("channel", contact.channel ?? "")}</span>
    <span class="entry-title">${title}</span>
    <time datetime=${contact.at ?? ""}>${texts.when(contact.at ?? 0, reading.at)}${planned && !off ? html` · <strong>${texts.t("contacts.planned")}</strong>` : nothing}</time>
    <span class="entry-state">${[...heard, counting(screen, contact, reading)].filter((part) => part !== "").join(" · ")}</span>
  </li>`;
}

function heardWord({ texts }: Screen, type: string): string {
  const key = `outcome.${type.replace("OUTCOME_TYPE_", "").toLowerCase()}`;
  return texts.has(key) ? texts.t(key as TextKey) : key;
}

function counting({ texts, call }: Screen, contact: LedgerContactJson, reading: GetContactsResponseJson): string {
  if (contact.state === "CONTACT_STATE_RELEASED") return texts.t("contacts.released");
  if (contact.state === "CONTACT_STATE_RESERVED" && contact.reservedUntil && !contact.outbound) {
    const ours = contact.decisionId === call?.kept.decider.superseded;
    return texts.t(ours ? "contacts.held" : "contacts.held.elsewhere", { when: texts.clock(contact.reservedUntil) });
  }
  const until = countsUntil(contact, reading);
  if (until) return texts.t("contacts.until", { when: texts.when(until, reading.at) });
  return contact.counts ? "" : texts.t("contacts.released");
}
