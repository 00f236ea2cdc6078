// <nba-agent-screen>: attributes in, events out, everything else in its shadow. What it can do is the desk's; here it is drawn.
import { html, LitElement, type PropertyValues, type TemplateResult } from "lit";

import { parseConfig, type ScreenConfig } from "./config.js";
import { Desk, type Settings } from "./desk.js";
import { goTo, type Place, placeOf, restore } from "./focus.js";
import { pressed, rove } from "./keys.js";
import { styles } from "./style/styles.js";
import type { TextKey } from "./texts.js";
import { layout } from "./view/layout.js";
import type { Region } from "./view/screen.js";

const LETTERS = ["presented", "accepted", "refused", "later", "unmentioned", "undo", "numbers"] as const;
const RINGS = ["customer", "callId", "baseUrl", "channel", "placement"];

export class NbaAgentScreen extends LitElement implements Settings {
  static override styles = styles;
  static override properties = {
    customer: { type: String, reflect: true },
    callId: { type: String, attribute: "call-id" },
    baseUrl: { type: String, attribute: "base-url" },
    channel: { type: String },
    placement: { type: String },
    agent: { type: String },
    standalone: { type: Boolean },
    theme: { type: String, reflect: true },
    config: { attribute: "config", converter: { fromAttribute: (text: string | null) => parseConfig(text ?? "{}") } },
  };

  customer = "";
  callId = "";
  baseUrl = "";
  channel = "";
  placement = "";
  agent = "";
  standalone = false;
  theme = "";
  config: ScreenConfig = {};

  private desk: Desk | undefined;
  private key = "";
  private place: Place | undefined;

  /** The agent's key, for a CRM that has it; else the screen asks once and keeps it in this tab. */
  set apiKey(key: string) {
    this.key = key;
    this.desk?.useKey(key);
  }

  get locale(): string {
    return this.lang || document.documentElement.lang || navigator.language;
  }

  /** Puts the focus on a region, for a CRM with keys of its own. */
  go(region: Region): void {
    goTo(this.renderRoot as ShadowRoot, region);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.desk = new Desk(this, this.key);
    this.keys.addEventListener("keydown", this.pressed);
    this.desk.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.keys.removeEventListener("keydown", this.pressed);
    this.desk?.stop();
    this.desk = undefined;
  }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    super.attributeChangedCallback(name, old, value);
    if (name === "lang") this.desk?.speak();
  }

  static override get observedAttributes(): string[] {
    return [...super.observedAttributes, "lang"];
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("config")) this.desk?.speak();
    if (RINGS.some((name) => changed.has(name))) this.desk?.answer();
    this.place = placeOf(this.renderRoot as ShadowRoot);
  }

  override render(): TemplateResult {
    return html`${this.desk ? layout(this.desk) : ""}`;
  }

  override updated(): void {
    const root = this.renderRoot as ShadowRoot;
    rove(root);
    if (this.place) restore(root, this.place);
    const dialog = root.querySelector("dialog");
    if (dialog && this.desk?.helpOpen && !dialog.open) dialog.showModal();
  }

  /** Runs when the next drawing is done. */
  drawn(then: (root: ShadowRoot) => void): void {
    void this.updateComplete.then(() => then(this.renderRoot as ShadowRoot));
  }

  emit(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  /** On a page of its own the function keys work wherever the focus is; in a CRM only while it is here. */
  private get keys(): EventTarget {
    return this.standalone ? document : this;
  }

  private readonly pressed = (event: Event): void => {
    const desk = this.desk;
    if (!desk || !(event instanceof KeyboardEvent)) return;
    pressed(event, {
      root: this.renderRoot as ShadowRoot,
      letters: desk.letters,
      letter: (key) => LETTERS.find((name) => desk.texts.t(`keys.${name}` as TextKey) === key),
      go: (region) => this.go(region),
      leave: () => desk.choose(undefined),
      help: () => desk.help(true),
    });
  };
}

customElements.define("nba-agent-screen", NbaAgentScreen);
