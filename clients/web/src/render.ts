// Puts an offer's content into the page: text as text, addresses only of known kinds, never markup from the server.
import type { Offer } from "./decision.js";

const LINKS = ["http:", "https:", "mailto:", "tel:"];
const IMAGES = ["http:", "https:"];

/** The address when its scheme is one of a page's, else undefined: `javascript:` and the like never pass. */
export function safeUrl(text: string | undefined, base: string, schemes: readonly string[] = LINKS): string | undefined {
  if (!text) return undefined;
  try {
    const url = new URL(text, base);
    return schemes.includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The element of an offer: a copy of the slot's template, or a plain link with picture, headline and text. In a template
 * `data-nba-text="headline"` is filled with that field, `data-nba-src="image"` and `data-nba-href="link"` with checked addresses;
 * elements whose field is missing are left out.
 */
export function rendered(offer: Offer, template: HTMLTemplateElement | null, base: string): HTMLElement {
  const copy = template?.content.firstElementChild?.cloneNode(true);
  const element = copy instanceof HTMLElement ? copy : plain(offer);
  for (const part of [element, ...element.querySelectorAll<HTMLElement>("[data-nba-text],[data-nba-src],[data-nba-href]")]) {
    fill(part, element, offer, base);
  }
  element.dataset["nbaAction"] = offer.action;
  return element;
}

function fill(part: HTMLElement, root: HTMLElement, offer: Offer, base: string): void {
  const { nbaText, nbaSrc, nbaHref } = part.dataset;
  const field = (name: string) => offer.content[name] ?? (name === "title" ? offer.title : undefined);
  const missing = () => part !== root && part.remove();
  if (nbaText !== undefined) {
    const text = field(nbaText);
    if (text) part.textContent = text;
    else missing();
  }
  if (nbaSrc !== undefined && part instanceof HTMLImageElement) {
    const url = safeUrl(field(nbaSrc), base, IMAGES);
    part.alt = field("alt") ?? part.alt;
    if (url) part.src = url;
    else missing();
  }
  if (nbaHref !== undefined && part instanceof HTMLAnchorElement) {
    const url = safeUrl(field(nbaHref), document.baseURI);
    if (url) part.href = url;
    if (url && new URL(url).origin !== location.origin) part.rel = "noopener noreferrer";
  }
}

function plain(offer: Offer): HTMLElement {
  const link = document.createElement("a");
  link.dataset["nbaHref"] = "link";
  for (const [name, tag] of [["image", "img"], ["headline", "strong"], ["text", "span"]] as const) {
    const part = document.createElement(offer.content[name] === undefined && name === "headline" ? "strong" : tag);
    if (tag === "img") part.dataset["nbaSrc"] = name;
    else part.dataset["nbaText"] = name === "headline" && offer.content[name] === undefined ? "title" : name;
    link.append(part);
  }
  return link;
}
