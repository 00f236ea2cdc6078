// <nba-agent-screen>: attributes in, events out, everything else in its shadow. It wires call, outbox and views together.
import type { DescribeCatalogResponseJson } from "@nba/protocol/catalog";
import { html, LitElement, type PropertyValues, type TemplateResult } from "lit";

import { Call, type CallSettings } from "./call.js";
import { parseConfig, type ScreenConfig } from "./config.js";
import { Fault } from "./fault.js";
import { goTo, type Place, placeOf, restore } from "./focus.js";
import { pressed, rove } from "./keys.js";
import { type Item, Outbox } from "./outbox.js";
import { answered, type Proposal, type ReactionKind } from "./proposal.js";
import { Server } from "./server.js";
import { Speaker } from "./speaker.js";
import { keepCall, keepKey, keepLetters, keptCall, keptKey, lasting, lettersOn, tab } from "./storage.js";
import { styles } from "./style/styles.js";
import { type TextKey, Texts } from "./texts.js";
import { stateWords, titleOf } from "./view/actions.js";
import { layout } from "./view/layout.js";
import type { Choice, Region, Screen } from "./view/screen.js";

const LETTERS = ["presented", "accepted", "refused", "later", "unmentioned", "undo", "numbers"] as const;

export class NbaAgentScreen extends LitElement implements Screen {
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

  texts = new Texts("en", {}, undefined);
  words: DescribeCatalogResponseJson | undefined;
  call: Call | undefined;
  outbox!: Outbox;
  lost = false;
  keyFault: Fault | undefined;
  choice: Choice | undefined;
  letters = true;
  helpOpen = false;
  readonly drafts = new Map<string, string>();
  readonly open = new Set<string>();

  private server!: Server;
  private key = "";
  private readonly speaker = new Speaker(() => this.requestUpdate());
  private place: Place | undefined;
  private takesFocus = false;
  private readonly openMatters = new Set<string>();

  /** The agent's key, for a CRM that has it; else the screen asks once and keeps it in this tab. */
  set apiKey(key: string) {
    this.key = key;
    if (this.isConnected) this.signedIn();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.key ||= keptKey(tab(), this.base);
    this.letters = lettersOn(lasting());
    this.server = new Server(this.base, () => this.key, (reached) => this.heard(reached));
    this.outbox = new Outbox(this.server, (item) => this.sent(item), () => this.requestUpdate(), lasting());
    this.keys.addEventListener("keydown", this.pressed);
    addEventListener("online", this.nudge);
    document.addEventListener("visibilitychange", this.shown);
    this.speak();
    void this.describe();
    void this.outbox.flush();
    if (!this.customer && this.standalone) this.customer = keptCall(tab(), this.base)?.settings.customer ?? "";
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.call?.close();
    this.outbox.close();
    this.keys.removeEventListener("keydown", this.pressed);
    removeEventListener("online", this.nudge);
    document.removeEventListener("visibilitychange", this.shown);
  }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    super.attributeChangedCallback(name, old, value);
    if (name === "lang") this.speak();
  }

  static override get observedAttributes(): string[] {
    return [...super.observedAttributes, "lang"];
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("config")) this.speak();
    const ringing = ["customer", "callId", "baseUrl", "channel", "placement"].some((name) => (changed as Map<PropertyKey, unknown>).has(name));
    if (ringing && this.isConnected) this.answer();
    this.place = this.renderRoot ? placeOf(this.renderRoot as ShadowRoot) : undefined;
  }

  override render(): TemplateResult {
    return html`${this.speaker.view()}${layout(this)}`;
  }

  override updated(): void {
    const root = this.renderRoot as ShadowRoot;
    rove(root);
    if (this.place) restore(root, this.place);
    if (this.takesFocus && this.call && root.activeElement === null) this.go("actions");
    const dialog = root.querySelector("dialog");
    if (dialog && this.helpOpen && !dialog.open) dialog.showModal();
  }

  ring(customer: string): void {
    this.callId = "";
    this.customer = customer;
    this.takesFocus = true;
  }

  hangUp(): void {
    this.leaveCall();
    this.customer = "";
    this.emit("nba-next", {});
    void this.updateComplete.then(() => this.shadowRoot?.querySelector<HTMLElement>("#customer")?.focus());
  }

  signIn(key: string): void {
    this.key = key;
    keepKey(tab(), this.base, key);
    this.signedIn();
  }

  react(proposal: Proposal, kind: ReactionKind, reason = ""): void {
    this.choice = undefined;
    this.call?.react(proposal, kind, reason);
    if (answered(proposal)) this.moveOn(proposal);
  }

  undo(proposal: Proposal): void {
    this.call?.undo(proposal);
  }

  choose(choice: Choice | undefined): void {
    const before = this.choice;
    this.choice = choice;
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const card = (action: string | undefined) => this.shadowRoot?.querySelector(`li.card[data-action="${CSS.escape(action ?? "")}"]`);
      if (choice) card(choice.proposal.offer.action)?.querySelector<HTMLElement>("[data-choice]")?.focus();
      else if (before) card(before.proposal.offer.action)?.querySelector<HTMLElement>(`[data-do="${before.kind}"]`)?.focus();
    });
  }

  toggle(name: string): void {
    if (!this.open.delete(name)) this.open.add(name);
    this.requestUpdate();
  }

  go(region: Region): void {
    goTo(this.renderRoot as ShadowRoot, region);
  }

  draft(field: string, text: string): void {
    this.drafts.set(field, text);
    this.open.delete(`missing:${field}`);
    if (field === "fact") this.requestUpdate();
  }

  closeMatter(matterId: string, title: string): void {
    const field = `note-${matterId}`;
    const note = (this.drafts.get(field) ?? "").trim();
    if (note === "") {
      this.open.add(`missing:${field}`);
      this.speaker.warn(this.texts.t("matters.note.missing"));
      this.shadowRoot?.getElementById(field)?.focus();
      return;
    }
    this.drafts.delete(field);
    this.call?.closeMatter(matterId, note, title);
    this.go("matters");
    this.say(this.texts.t("say.closed", { title }));
    this.emit("nba-matter-closed", { matterId, note });
  }

  complain(): void {
    const text = (this.drafts.get("complaint") ?? "").trim();
    this.drafts.delete("complaint");
    this.open.delete("complaint");
    this.call?.complain(text);
    this.say(this.texts.t("say.complaint"));
    this.emit("nba-complaint", { text });
    this.shadowRoot?.querySelector<HTMLElement>("[data-complain]")?.focus();
  }

  score(value: number): void {
    this.call?.giveScore(value);
    this.say(this.texts.t("say.scored", { score: value }));
    this.emit("nba-score", { value });
  }

  end(): void {
    this.choice = undefined;
    this.call?.end();
    const reactions = (this.call?.proposals ?? []).map((proposal) => ({ action: proposal.offer.action, reaction: proposal.reactions.at(-1) }));
    this.emit("nba-call-ended", { customer: this.customer, callId: this.call?.settings.callId, reactions });
    this.say(this.texts.t("ring.ended"));
    void this.updateComplete.then(() => this.go("wrap"));
  }

  help(open: boolean): void {
    this.helpOpen = open;
    this.requestUpdate();
  }

  setLetters(on: boolean): void {
    this.letters = on;
    keepLetters(lasting(), on);
    this.requestUpdate();
  }

  nudge = (): void => {
    this.call?.nudge();
    void this.outbox.flush();
    if (this.words === undefined) void this.describe();
  };

  /** On a page of its own the function keys work wherever the focus is; in a CRM only while it is here. */
  private get keys(): { addEventListener: Document["addEventListener"]; removeEventListener: Document["removeEventListener"] } {
    return this.standalone ? document : (this as unknown as Document);
  }

  private get base(): string {
    return (this.baseUrl || location.origin).replace(/\/$/, "");
  }

  private get locale(): string {
    return this.lang || document.documentElement.lang || navigator.language;
  }

  private speak(): void {
    const labels = this.config.labels ?? {};
    this.texts = new Texts(this.locale, labels, this.words);
    this.requestUpdate();
  }

  private async describe(): Promise<void> {
    try {
      this.words = await this.server.describe();
      this.speak();
      if (!this.call && this.customer) this.answer();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Somebody is on the line: goes on with the call of this tab if it is theirs, else begins a new one. */
  private answer(): void {
    const kept = keptCall(tab(), this.base);
    const same = kept && kept.settings.customer === this.customer && (this.callId === "" || kept.settings.callId === this.callId);
    if (!this.customer || this.words === undefined) return this.customer ? undefined : this.leaveCall();
    if (this.call && same) return;
    this.call?.close();
    const start = same ? kept : this.settings();
    this.call = new Call(this.server, this.outbox, this.callHost(), start);
    this.choice = undefined;
    this.drafts.clear();
    this.open.clear();
    this.openMatters.clear();
    this.call.begin();
    this.emit("nba-call-started", { customer: this.customer, callId: this.call.settings.callId });
  }

  private leaveCall(): void {
    this.call?.close();
    this.call = undefined;
    keepCall(tab(), this.base, undefined);
    this.requestUpdate();
  }

  private settings(): CallSettings {
    const inbound = (this.words?.channels ?? []).filter((channel) => !channel.outbound).map((channel) => channel.channel ?? "");
    const channel = this.channel || this.config.channel || (inbound.includes("call") ? "call" : (inbound[0] ?? "call"));
    const placement = this.placement || this.config.placement || "";
    return { customer: this.customer, callId: this.callId || crypto.randomUUID(), channel, placement, agent: this.agent };
  }

  private callHost() {
    return {
      changed: () => this.drawn(),
      ranked: (proposals: readonly Proposal[]) => this.ranked(proposals),
      reacted: (proposal: Proposal, reaction: Proposal["reactions"][number]) => {
        this.say(this.texts.t("say.recorded", { title: titleOf(proposal, this.texts), what: stateWords(proposal, this) }));
        this.emit("nba-reaction", { decisionId: proposal.decisionId, action: proposal.offer.action, ...reaction });
      },
      undone: (proposal: Proposal, reaction: Proposal["reactions"][number]) => {
        this.speaker.say(this.texts.t("say.undone", { title: titleOf(proposal, this.texts) }));
        this.emit("nba-reaction-undone", { decisionId: proposal.decisionId, action: proposal.offer.action, ...reaction });
      },
    };
  }

  private drawn(): void {
    if (this.call) keepCall(tab(), this.base, this.call.kept);
    for (const matter of this.call?.file?.matters ?? []) {
      const id = matter.matterId ?? "";
      if (matter.open && !this.openMatters.has(id)) {
        this.openMatters.add(id);
        this.speaker.warn(this.texts.t("say.matter", { title: matter.title ?? "" }));
      } else if (!matter.open) this.openMatters.delete(id);
    }
    const fault = this.call?.decideFault ?? this.call?.fileFault;
    if (fault?.aboutKey) this.failed(fault);
    this.requestUpdate();
  }

  private ranked(proposals: readonly Proposal[]): void {
    const open = proposals.filter((proposal) => !answered(proposal));
    const title = open[0] ? titleOf(open[0], this.texts) : "";
    this.speaker.say(open.length > 0 ? this.texts.n("say.ranked", open.length, { title }) : this.texts.t("say.ranked.none"));
    if (this.choice && !proposals.includes(this.choice.proposal)) this.choice = undefined;
    if (this.takesFocus) void this.updateComplete.then(() => this.go("actions"));
    this.takesFocus = false;
    this.emit("nba-ranked", { actions: open.map((proposal) => proposal.offer) });
  }

  private sent(item: Item): void {
    this.call?.heard(item);
    this.emit("nba-sent", { id: item.id });
  }

  private heard(reached: boolean): void {
    if (this.lost === !reached) return;
    this.lost = !reached;
    if (reached) {
      this.speaker.say(this.texts.t("link.back"));
      this.nudge();
    } else {
      this.speaker.warn(this.texts.t("link.lost.text"));
    }
    this.emit("nba-connection", { connected: reached });
  }

  private say(sentence: string): void {
    this.speaker.say(this.lost ? `${sentence} ${this.texts.t("say.kept")}` : sentence);
  }

  private failed(error: unknown): void {
    if (!(error instanceof Fault)) throw error;
    if (error.aboutKey) this.keyFault = error;
    else if (error.passing && this.words === undefined) setTimeout(this.nudge, 2_000);
    this.requestUpdate();
  }

  private signedIn(): void {
    this.keyFault = undefined;
    this.nudge();
    this.requestUpdate();
  }

  /** The next open proposal takes the focus, else the answered one keeps it. */
  private moveOn(proposal: Proposal): void {
    void this.updateComplete.then(() => {
      const next = this.shadowRoot?.querySelector<HTMLElement>("li.card button");
      const undo = this.shadowRoot?.querySelector<HTMLElement>(`li.answer[data-action="${CSS.escape(proposal.offer.action ?? "")}"] button`);
      (next ?? undo)?.focus();
    });
  }

  private readonly pressed = (event: Event): void => {
    if (!(event instanceof KeyboardEvent)) return;
    pressed(event, {
      root: this.renderRoot as ShadowRoot,
      letters: this.letters,
      letter: (key) => LETTERS.find((name) => this.texts.t(`keys.${name}` as TextKey) === key),
      go: (region) => this.go(region),
      leave: () => this.choose(undefined),
      help: () => this.help(true),
    });
  };

  private readonly shown = (): void => {
    if (document.visibilityState === "visible") void this.call?.refresh();
  };

  private emit(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

customElements.define("nba-agent-screen", NbaAgentScreen);
