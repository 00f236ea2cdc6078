// Who the customer is: attributes, products, segments, consents.
import type { ConsentJson } from "@nba/protocol/consent";
import type { CustomerJson } from "@nba/protocol/customer";
import { html, nothing, type TemplateResult } from "lit";

import type { Screen } from "./screen.js";

const AT_FIRST = 6;

export function profile(screen: Screen): TemplateResult {
  const { texts, call } = screen;
  const customer = call?.file?.customer;
  return html`<section class="panel profile" part="profile" data-region="caller" tabindex="-1" aria-labelledby="profile-title">
    <h2 id="profile-title">${texts.t("profile.title")}</h2>
    ${call?.file === undefined ? html`<p class="faint">…</p>` : customer ? known(screen, customer) : html`<p class="faint">${texts.t("profile.unknown")}</p>`}
  </section>`;
}

function known(screen: Screen, customer: CustomerJson): TemplateResult {
  const { texts } = screen;
  const all = Object.keys(customer.attributes ?? {}).filter((name) => name !== "name").sort();
  const first = screen.config.attributes?.filter((name) => all.includes(name)) ?? all.slice(0, AT_FIRST);
  const open = screen.open.has("attributes");
  const names = open ? [...first, ...all.filter((name) => !first.includes(name))] : first;
  return html`<dl class="facts-list">
      ${names.map((name) => html`<div><dt>${texts.label("attribute", name)}</dt><dd>${texts.value(name, customer.attributes?.[name] ?? {})}</dd></div>`)}
    </dl>
    ${all.length > first.length
      ? html`<button class="quiet" aria-expanded=${open ? "true" : "false"} @click=${() => screen.toggle("attributes")}>${texts.t("profile.more")}</button>`
      : nothing}
    <h3>${texts.t("profile.products")}</h3>
    ${tags(customer.products ?? [], (id) => texts.label("product", id), texts.t("profile.none"))}
    ${(customer.segments?.length ?? 0) > 0
      ? html`<h3>${texts.t("profile.segments")}</h3>
          ${tags(customer.segments ?? [], (id) => texts.label("segment", id), "")}`
      : nothing}
    <h3>${texts.t("consents.title")}</h3>
    ${consents(screen, customer)}`;
}

function tags(ids: readonly string[], label: (id: string) => string, none: string): TemplateResult {
  if (ids.length === 0) return html`<p class="faint">${none}</p>`;
  return html`<ul class="tags">${ids.map((id) => html`<li>${label(id)}</li>`)}</ul>`;
}

function consents({ texts, call }: Screen, customer: CustomerJson): TemplateResult {
  const barred = call?.file?.contacts.doNotContact ?? customer.doNotContact;
  const channels = (barred?.channels ?? []).map((channel) => texts.label("channel", channel)).join(", ") || texts.t("channel.all");
  const rows = [...(customer.consents ?? [])].sort((one, other) => (one.purpose ?? "").localeCompare(other.purpose ?? ""));
  return html`${barred?.listed ? html`<p class="notice bad">${texts.t("consent.dnc", { channels })}</p>` : nothing}
    ${rows.length === 0 ? html`<p class="faint">${texts.t("consents.none")}</p>` : nothing}
    <ul class="consents">
      ${rows.map((consent) => {
        const status = consent.status ?? "CONSENT_STATUS_UNSPECIFIED";
        const over = consent.validTo !== undefined && Date.parse(consent.validTo) < Date.now();
        return html`<li>
          <span>${texts.label("purpose", consent.purpose ?? "")} · ${consent.channel === "*" ? texts.t("channel.all") : texts.label("channel", consent.channel ?? "")}</span>
          <span class=${status === "CONSENT_STATUS_GRANTED" && !over ? "yes" : "no"}>${over ? texts.t("consent.expired") : texts.t(`consent.${status}` as never)}${span(consent, texts)}</span>
        </li>`;
      })}
    </ul>`;
}

function span(consent: ConsentJson, texts: Screen["texts"]): TemplateResult | typeof nothing {
  if (consent.validTo) return html` <small>${texts.t("consent.until", { when: texts.date(consent.validTo) })}</small>`;
  if (consent.validFrom) return html` <small>${texts.t("consent.since", { when: texts.date(consent.validFrom) })}</small>`;
  return nothing;
}
