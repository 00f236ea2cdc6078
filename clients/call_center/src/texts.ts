// The screen's language: texts from one catalogue a language, dates and numbers as people write them, labels for ids.
import type { DescribeCatalogResponseJson } from "@nba/protocol/catalog";
import type { ValueJson } from "@nba/protocol/value";

import type { Labels } from "./config.js";
import de from "./text/de.json";
import en from "./text/en.json";

export type TextKey = keyof typeof en;
export type Counted = { [K in TextKey]: K extends `${infer Stem}.one` ? (`${Stem}.other` extends TextKey ? Stem : never) : never }[TextKey];
type Params = Record<string, string | number>;

// A key that one language lacks, or has alone, does not compile.
const CATALOGUES: Record<string, Record<TextKey, string>> = { en, de } satisfies Record<
  string,
  Record<TextKey, string> & Record<Exclude<keyof typeof de, TextKey>, never>
>;

/** Languages of the screen; anything else is shown in English. */
export const LANGUAGES = Object.keys(CATALOGUES);

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

export class Texts {
  readonly language: string;
  private readonly texts: Record<TextKey, string>;
  private readonly plural: Intl.PluralRules;

  constructor(
    readonly locale: string,
    private readonly labels: Labels,
    private readonly words: DescribeCatalogResponseJson | undefined,
  ) {
    const language = locale.split("-")[0]?.toLowerCase() ?? "en";
    this.language = CATALOGUES[language] ? language : "en";
    this.texts = CATALOGUES[this.language] ?? en;
    this.plural = new Intl.PluralRules(this.language);
  }

  t(key: TextKey, params: Params = {}): string {
    return this.texts[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
  }

  /** A text with a count: the form of `one` or `other`. */
  n(stem: Counted, count: number, params: Params = {}): string {
    const form = this.plural.select(count) === "one" ? "one" : "other";
    return this.t(`${stem}.${form}` as TextKey, { count, ...params });
  }

  has(key: string): key is TextKey {
    return key in this.texts;
  }

  /** People's word for an id: the configuration's, the screen's own, the catalogue's, else the id spelled out. */
  label(kind: "attribute" | "context" | "channel" | "product" | "segment" | "limit" | "purpose" | "group" | "action", id: string): string {
    const own = kind === "channel" && this.has(`channel.${id}`) ? this.t(`channel.${id}` as TextKey) : undefined;
    return this.configured(kind, id) ?? own ?? this.catalogued(kind, id) ?? this.word(id);
  }

  /** The title of an action: the configuration's, else the given one. */
  titled(action: string, title: string): string {
    return this.configured("action", action) ?? title;
  }

  /** People's word for a value of a field. */
  value(name: string, value: ValueJson): string {
    const text = value.text ?? (value.texts?.items ? value.texts.items.join(", ") : undefined);
    if (text !== undefined) return this.configured("value", `${name}:${text}`) ?? this.word(text);
    if (value.flag !== undefined) return this.t(value.flag ? "value.yes" : "value.no");
    if (value.time !== undefined) return this.date(value.time);
    const number = value.number ?? value.integer;
    if (number === undefined) return this.t("context.unknown");
    return new Intl.NumberFormat(this.language, { maximumFractionDigits: 2 }).format(Number(number));
  }

  percent(share: number): string {
    const digits = share < 0.1 ? 1 : 0;
    return new Intl.NumberFormat(this.language, { style: "percent", maximumFractionDigits: digits }).format(share);
  }

  signedPercent(share: number): string {
    return new Intl.NumberFormat(this.language, { style: "percent", signDisplay: "always", maximumFractionDigits: 0 }).format(share);
  }

  number(value: number, digits = 2): string {
    return new Intl.NumberFormat(this.language, { maximumFractionDigits: digits }).format(value);
  }

  money(value: number): string {
    const currency = this.words?.currency || "EUR";
    return new Intl.NumberFormat(this.language, { style: "currency", currency, maximumFractionDigits: value % 1 ? 2 : 0 }).format(value);
  }

  clock(moment: string | number | Date): string {
    return this.format(moment, { hour: "2-digit", minute: "2-digit" });
  }

  date(moment: string | number | Date): string {
    return this.format(moment, { day: "numeric", month: "short", year: "numeric" });
  }

  /** A moment near now: "today, 14:03", "Thu 26 Nov, 14:03", with the year only where it is another one. */
  when(moment: string | number | Date, now: string | number | Date = Date.now()): string {
    const then = new Date(moment);
    const days = Math.round((midnight(then) - midnight(new Date(now))) / 86_400_000);
    const near = { "-1": "day.yesterday", 0: "day.today", 1: "day.tomorrow" }[String(days)] as TextKey | undefined;
    if (near) return `${this.t(near)}, ${this.clock(then)}`;
    const year = then.getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" as const };
    return `${this.format(then, { weekday: "short", day: "numeric", month: "short", ...year })}, ${this.clock(then)}`;
  }

  /** A window's length in its largest whole unit. */
  length(seconds: number): string {
    const [unit, size] = UNITS.find(([, size]) => seconds % size === 0) ?? ["minute", 60];
    return this.n(`length.${unit}`, seconds / size);
  }

  private format(moment: string | number | Date, options: Intl.DateTimeFormatOptions): string {
    return new Intl.DateTimeFormat(this.locale, options).format(new Date(moment));
  }

  private configured(kind: string, id: string): string | undefined {
    const label = this.labels[`${kind}:${id}`];
    return typeof label === "object" ? (label[this.language] ?? label["en"]) : label;
  }

  /** A word that many catalogues use, in the screen's language; else the id spelled out. */
  private word(id: string): string {
    const key = `word.${id}`;
    return this.has(key) ? this.t(key) : spelled(id);
  }

  private catalogued(kind: string, id: string): string | undefined {
    if (kind === "action") return this.words?.actions?.find((action) => action.action === id)?.title;
    if (kind === "group") return this.words?.groups?.[id];
    if (kind === "product") return this.words?.actions?.find((action) => action.product === id)?.title;
    return undefined;
  }
}

function spelled(id: string): string {
  const text = id.replace(/[-_.]+/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function midnight(moment: Date): number {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
}
