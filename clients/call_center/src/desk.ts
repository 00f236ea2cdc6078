// The agent's desk: one server, one outbox, at most one call, and what the views may ask of them. It knows the element only as `Settings`.
import type { DescribeCatalogResponseJson } from "@nba/protocol/catalog";

import { Call, type CallHost, type CallSettings } from "./call.js";
import type { ScreenConfig } from "./config.js";
import { Fault } from "./fault.js";
import { goTo } from "./focus.js";
import { type Item, Outbox } from "./outbox.js";
import { answered, type Proposal, type ReactionKind } from "./proposal.js";
import { Server } from "./server.js";
import { Speaker } from "./speaker.js";
import { keepCall, keepKey, keepLetters, keptCall, keptKey, lasting, lettersOn, tab } from "./storage.js";
import { Texts } from "./texts.js";
import { stateWords, titleOf } from "./view/actions.js";
import type { Choice, Region, Screen } from "./view/screen.js";

const AGAIN_MS = 2_000;

/** The element's attributes, and what the desk needs of it. */
export interface Settings {
  customer: string;
  callId: string;
  readonly baseUrl: string;
  readonly channel: string;
  readonly placement: string;
  readonly agent: string;
  readonly standalone: boolean;
  readonly config: ScreenConfig;
  readonly locale: string;
  requestUpdate(): void;
  drawn(then: (root: ShadowRoot) => void): void;
  emit(name: string, detail: unknown): void;
}

export class Desk implements Screen {
  texts: Texts;
  words: DescribeCatalogResponseJson | undefined;
  call: Call | undefined;
  lost = false;
  keyFault: Fault | undefined;
  choice: Choice | undefined;
  letters = lettersOn(lasting());
  helpOpen = false;
  readonly drafts = new Map<string, string>();
  readonly open = new Set<string>();
  readonly outbox: Outbox;
  readonly speaker: Speaker;

  private readonly base: string;
  private readonly server: Server;
  private readonly openMatters = new Set<string>();
  private takesFocus = false;

  constructor(
    private readonly element: Settings,
    private key: string,
  ) {
    this.base = (element.baseUrl || location.origin).replace(/\/$/, "");
    this.key ||= keptKey(tab(), this.base);
    this.texts = new Texts(element.locale, {}, undefined);
    this.speaker = new Speaker(() => this.draw());
    this.server = new Server(this.base, () => this.key, (reached) => this.heard(reached));
    this.outbox = new Outbox(this.server, (item) => this.sent(item), () => this.draw(), lasting());
  }

  get config(): ScreenConfig {
    return this.element.config;
  }

  get standalone(): boolean {
    return this.element.standalone;
  }

  start(): void {
    addEventListener("online", this.nudge);
    document.addEventListener("visibilitychange", this.shown);
    this.speak();
    void this.describe();
    void this.outbox.flush();
    if (!this.element.customer && this.standalone) this.element.customer = keptCall(tab(), this.base)?.settings.customer ?? "";
  }

  stop(): void {
    this.call?.close();
    this.outbox.close();
    removeEventListener("online", this.nudge);
    document.removeEventListener("visibilitychange", this.shown);
  }

  speak(): void {
    this.texts = new Texts(this.element.locale, this.config.labels ?? {}, this.words);
    this.draw();
  }

  /** Somebody is on the line: goes on with the call of this tab if it is theirs, else begins a new one. */
  answer(): void {
    const { customer, callId } = this.element;
    if (!customer) return this.call && this.leaveCall();
    if (this.words === undefined) return;
    const kept = keptCall(tab(), this.base);
    const same = kept && kept.settings.customer === customer && (callId === "" || kept.settings.callId === callId);
    if (this.call && same) return;
    this.call?.close();
    this.call = new Call(this.server, this.outbox, this.callHost(), same ? kept : this.callSettings());
    this.choice = undefined;
    for (const kept of [this.drafts, this.open, this.openMatters]) kept.clear();
    this.call.begin();
    this.element.emit("nba-call-started", { customer, callId: this.call.settings.callId });
  }

  ring(customer: string): void {
    this.takesFocus = true;
    this.element.callId = "";
    this.element.customer = customer;
  }

  hangUp(): void {
    this.leaveCall();
    this.element.customer = "";
    this.element.emit("nba-next", {});
    this.element.drawn((root) => root.querySelector<HTMLElement>("#customer")?.focus());
  }

  signIn(key: string): void {
    keepKey(tab(), this.base, key);
    this.useKey(key);
  }

  useKey(key: string): void {
    this.key = key;
    this.keyFault = undefined;
    this.nudge();
    this.draw();
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
    this.draw();
    this.element.drawn((root) => {
      const of = ({ proposal }: Choice, button: string) =>
        root.querySelector<HTMLElement>(`li.card[data-action="${CSS.escape(proposal.offer.action ?? "")}"] ${button}`);
      if (choice) of(choice, "[data-choice]")?.focus();
      else if (before) of(before, `[data-do="${before.kind}"]`)?.focus();
    });
  }

  toggle(name: string): void {
    if (!this.open.delete(name)) this.open.add(name);
    this.draw();
  }

  go(region: Region): void {
    this.element.drawn((root) => goTo(root, region));
  }

  draft(field: string, text: string): void {
    this.drafts.set(field, text);
    this.open.delete(`missing:${field}`);
    if (field === "fact") this.draw();
  }

  closeMatter(matterId: string, title: string): void {
    const field = `note-${matterId}`;
    const note = (this.drafts.get(field) ?? "").trim();
    if (note === "") {
      this.open.add(`missing:${field}`);
      this.speaker.warn(this.texts.t("matters.note.missing"));
      return this.element.drawn((root) => root.getElementById(field)?.focus());
    }
    this.drafts.delete(field);
    this.call?.closeMatter(matterId, note, title);
    this.element.drawn((root) => root.querySelector<HTMLElement>('[data-region="matters"]')?.focus());
    this.say(this.texts.t("say.closed", { title }));
    this.element.emit("nba-matter-closed", { matterId, note });
  }

  complain(): void {
    const text = (this.drafts.get("complaint") ?? "").trim();
    this.drafts.delete("complaint");
    this.open.delete("complaint");
    this.call?.complain(text);
    this.say(this.texts.t("say.complaint"));
    this.element.emit("nba-complaint", { text });
    this.element.drawn((root) => root.querySelector<HTMLElement>("[data-complain]")?.focus());
  }

  score(value: number): void {
    this.call?.giveScore(value);
    this.say(this.texts.t("say.scored", { score: value }));
    this.element.emit("nba-score", { value });
  }

  end(): void {
    this.choice = undefined;
    this.call?.end();
    const reactions = (this.call?.proposals ?? []).map((proposal) => ({ action: proposal.offer.action, reaction: proposal.reactions.at(-1) }));
    this.element.emit("nba-call-ended", { customer: this.element.customer, callId: this.call?.settings.callId, reactions });
    this.say(this.texts.t("ring.ended"));
    this.go("wrap");
  }

  help(open: boolean): void {
    this.helpOpen = open;
    this.draw();
  }

  setLetters(on: boolean): void {
    this.letters = on;
    keepLetters(lasting(), on);
    this.draw();
  }

  nudge = (): void => {
    this.call?.nudge();
    void this.outbox.flush();
    if (this.words === undefined) void this.describe();
  };

  private draw(): void {
    this.element.requestUpdate();
  }

  private async describe(): Promise<void> {
    try {
      this.words = await this.server.describe();
      this.keyFault = undefined;
      this.speak();
      if (!this.call) this.answer();
    } catch (error) {
      this.failed(error);
    }
  }

  private leaveCall(): void {
    this.call?.close();
    this.call = undefined;
    keepCall(tab(), this.base, undefined);
    this.draw();
  }

  private callSettings(): CallSettings {
    const inbound = (this.words?.channels ?? []).filter((channel) => !channel.outbound).map((channel) => channel.channel ?? "");
    const { customer, callId, channel, placement, agent } = this.element;
    return {
      customer,
      agent,
      callId: callId || crypto.randomUUID(),
      channel: channel || this.config.channel || (inbound.includes("call") ? "call" : (inbound[0] ?? "call")),
      placement: placement || this.config.placement || "",
    };
  }

  private callHost(): CallHost {
    return {
      changed: () => this.changed(),
      ranked: (proposals) => this.ranked(proposals),
      reacted: (proposal, reaction) => {
        this.say(this.texts.t("say.recorded", { title: titleOf(proposal, this.texts), what: stateWords(proposal, this) }));
        this.element.emit("nba-reaction", { decisionId: proposal.decisionId, action: proposal.offer.action, ...reaction });
      },
      undone: (proposal, reaction) => {
        this.speaker.say(this.texts.t("say.undone", { title: titleOf(proposal, this.texts) }));
        this.element.emit("nba-reaction-undone", { decisionId: proposal.decisionId, action: proposal.offer.action, ...reaction });
      },
    };
  }

  private changed(): void {
    if (this.call) keepCall(tab(), this.base, this.call.kept);
    for (const matter of this.call?.file?.matters ?? []) {
      const id = matter.matterId ?? "";
      if (!matter.open) this.openMatters.delete(id);
      else if (!this.openMatters.has(id)) {
        this.openMatters.add(id);
        this.speaker.warn(this.texts.t("say.matter", { title: matter.title ?? "" }));
      }
    }
    const fault = this.call?.decideFault ?? this.call?.fileFault;
    if (fault?.aboutKey) this.failed(fault);
    this.draw();
  }

  private ranked(proposals: readonly Proposal[]): void {
    const open = proposals.filter((proposal) => !answered(proposal));
    const title = open[0] ? titleOf(open[0], this.texts) : "";
    this.speaker.say(open.length > 0 ? this.texts.n("say.ranked", open.length, { title }) : this.texts.t("say.ranked.none"));
    if (this.choice && !proposals.includes(this.choice.proposal)) this.choice = undefined;
    if (this.takesFocus) this.go("actions");
    this.takesFocus = false;
    this.element.emit("nba-ranked", { actions: open.map((proposal) => proposal.offer) });
  }

  private sent(item: Item): void {
    this.call?.heard(item);
    this.element.emit("nba-sent", { id: item.id });
  }

  private heard(reached: boolean): void {
    if (this.lost !== reached) return;
    this.lost = !reached;
    if (reached) {
      this.speaker.say(this.texts.t("link.back"));
      this.nudge();
    } else {
      this.speaker.warn(this.texts.t("link.lost.text"));
    }
    this.element.emit("nba-connection", { connected: reached });
  }

  private say(sentence: string): void {
    this.speaker.say(this.lost ? `${sentence} ${this.texts.t("say.kept")}` : sentence);
  }

  private failed(error: unknown): void {
    if (!(error instanceof Fault)) throw error;
    if (error.kind === "no-key" && this.key) return this.nudge(); // it was on its way before the key was there
    if (error.aboutKey) this.keyFault = error;
    else if (error.passing && this.words === undefined) setTimeout(this.nudge, AGAIN_MS);
    this.draw();
  }

  /** The next open proposal takes the focus, else the answered one keeps it. */
  private moveOn(proposal: Proposal): void {
    this.element.drawn((root) => {
      const undo = `li.answer[data-action="${CSS.escape(proposal.offer.action ?? "")}"] button`;
      (root.querySelector<HTMLElement>("li.card button") ?? root.querySelector<HTMLElement>(undo))?.focus();
    });
  }

  private readonly shown = (): void => {
    if (document.visibilityState === "visible") void this.call?.refresh();
  };
}
