// One call: who is on the line, what is proposed, what became of it. Owns the state that the views draw; draws nothing itself.
import type { DescribeCatalogResponseJson } from "@nba/protocol/catalog";
import type { DecideRequestJson, DecideResponseJson, NoOfferJson } from "@nba/protocol/decision";
import type { EventJson } from "@nba/protocol/event";
import type { ValueJson } from "@nba/protocol/value";

import { Decider, type DeciderState } from "./decider.js";
import type { Fault } from "./fault.js";
import { type CallerFile, muted, read } from "./file.js";
import type { Item, Outbox } from "./outbox.js";
import { outcome, type Proposal, type Reaction, type ReactionKind, untouched, withdrawal } from "./proposal.js";
import type { Server } from "./server.js";

/** What happens in a call, for the screen and, as DOM events, for the CRM around it. */
export interface CallHost {
  changed(): void;
  ranked(proposals: readonly Proposal[]): void;
  reacted(proposal: Proposal, reaction: Reaction): void;
  undone(proposal: Proposal, reaction: Reaction): void;
}

/** Who and where. `channel` is the catalogue's; `placement` empty: all of the channel. */
export interface CallSettings {
  customer: string;
  callId: string;
  channel: string;
  placement: string;
  agent: string;
}

/** What a reload restores. */
export interface Kept {
  settings: CallSettings;
  startedAt: number;
  context: Record<string, ValueJson>;
  proposals: Proposal[];
  noOffers: NoOfferJson[];
  decider: DeciderState;
  ended: boolean;
  score?: number | undefined;
}

export class Call {
  file: CallerFile | undefined;
  fileFault: Fault | undefined;
  decideFault: Fault | undefined;
  readonly kept: Kept;
  private readonly decider: Decider;
  private skew = 0;
  private reading = 0;

  constructor(
    private readonly server: Server,
    private readonly outbox: Outbox,
    private readonly host: CallHost,
    start: CallSettings | Kept,
  ) {
    this.kept = "settings" in start ? start : fresh(start);
    this.decider = new Decider(
      server,
      {
        ready: () => this.outbox.flush().then(() => this.outbox.waiting.length === 0),
        request: () => this.request(),
        taken: (answer) => this.taken(answer),
        refused: (fault) => this.refuse(fault),
        changed: () => host.changed(),
      },
      this.kept.decider,
    );
  }

  get settings(): CallSettings {
    return this.kept.settings;
  }

  get proposals(): readonly Proposal[] {
    return this.kept.proposals;
  }

  get deciding(): boolean {
    return this.decider.busy;
  }

  /** Reads the file and ranks; after a reload it goes on where it was. */
  begin(): void {
    void this.refresh();
    if (this.kept.ended) return;
    if (this.kept.decider.sequence === 0) this.decider.decide();
    else this.decider.resume();
  }

  async refresh(): Promise<void> {
    const reading = ++this.reading;
    try {
      const file = await read(this.server, this.settings.customer);
      if (reading !== this.reading) return;
      this.file = file;
      this.fileFault = undefined;
      this.againIfMuted(file);
    } catch (error) {
      if (reading === this.reading) this.fileFault = error as Fault;
    }
    this.host.changed();
  }

  /** Sets a live fact (undefined: not known) and decides anew. */
  setContext(name: string, value: ValueJson | undefined): void {
    if (JSON.stringify(this.kept.context[name]) === JSON.stringify(value)) return;
    if (value === undefined) delete this.kept.context[name];
    else this.kept.context[name] = value;
    this.decideFault = undefined;
    this.host.changed();
    if (!this.kept.ended) this.decider.decide();
  }

  react(proposal: Proposal, kind: ReactionKind, reason = ""): void {
    const reaction: Reaction = { kind, eventId: crypto.randomUUID(), reason };
    proposal.reactions.push(reaction);
    this.send("OutcomeService/RecordOutcome", { outcome: outcome(proposal, reaction) }, proposal.offer.title ?? "", reaction.eventId);
    this.host.reacted(proposal, reaction);
    this.host.changed();
  }

  /** Takes the latest reaction back. */
  undo(proposal: Proposal): void {
    const reaction = proposal.reactions.pop();
    if (reaction === undefined) return;
    const body = withdrawal(proposal, reaction);
    this.send("OutcomeService/RecordOutcome", { outcome: body }, proposal.offer.title ?? "", body.eventId ?? "");
    proposal.undone = true;
    if (untouched(proposal) && proposal.decisionId !== this.kept.decider.superseded) this.drop(proposal);
    this.host.undone(proposal, reaction);
    this.host.changed();
  }

  giveScore(value: number): void {
    this.kept.score = value;
    this.event({ score: { measure: "nps", value } });
    this.host.changed();
  }

  complain(text: string): void {
    this.event({ text, complaint: {} });
    this.host.changed();
  }

  closeMatter(matterId: string, note: string, title: string): void {
    const { customer, agent } = this.settings;
    this.send("MatterService/CloseMatter", { customerId: customer, matterId, note, ...(agent ? { agent } : {}) }, title);
    this.host.changed();
  }

  /** Ends the call: what was not mentioned is said so, and its contact is released. */
  end(): void {
    for (const proposal of this.proposals.filter(untouched)) this.react(proposal, "unmentioned");
    this.kept.ended = true;
    this.decider.close();
    this.host.changed();
  }

  /** The server has taken an item of this or another call. */
  heard(item: Item): void {
    if (item.method.startsWith("MatterService") && !this.kept.ended) this.decider.decide();
    void this.refresh();
  }

  nudge(): void {
    this.decider.nudge();
    if (this.file === undefined || this.fileFault !== undefined) void this.refresh();
  }

  again(): void {
    if (!this.kept.ended) this.decider.decide();
  }

  close(): void {
    this.reading++;
    this.decider.close();
  }

  private request(): DecideRequestJson {
    const { customer, channel, placement } = this.settings;
    return {
      customerId: customer,
      channel,
      ...(placement ? { placements: [{ placement }] } : {}),
      context: { ...this.kept.context },
      excludedActions: this.proposals.filter((proposal) => !untouched(proposal)).map((proposal) => proposal.offer.action ?? ""),
      deferActivation: true,
    };
  }

  private taken(answer: DecideResponseJson): void {
    if (answer.decidedAt) this.skew = Date.parse(answer.decidedAt) - Date.now();
    const touched = this.proposals.filter((proposal) => !untouched(proposal));
    // What was taken back is held again by a decision that nobody looks at any more.
    for (const old of this.proposals.filter((proposal) => untouched(proposal) && proposal.undone)) this.letGo(old);
    const fresh = (answer.actions ?? []).map((offer): Proposal => ({ decisionId: answer.decisionId ?? "", offer, reactions: [] }));
    // What the agent spoke of while the request was under way stays as it is; the new ranking's copy of it is let go.
    const known = new Set(touched.map((proposal) => proposal.offer.action));
    for (const copy of fresh.filter((proposal) => known.has(proposal.offer.action))) this.letGo(copy);
    this.kept.proposals = [...touched, ...fresh.filter((proposal) => !known.has(proposal.offer.action))];
    this.kept.noOffers = answer.noOffers ?? [];
    this.decideFault = undefined;
    void this.refresh();
    void this.outbox.flush();
    this.host.ranked(this.kept.proposals);
  }

  private refuse(fault: Fault): void {
    this.decideFault = fault;
    this.host.changed();
  }

  private againIfMuted(file: CallerFile): void {
    if (this.kept.ended || this.deciding) return;
    const { channel } = this.settings;
    if (this.proposals.some((proposal) => untouched(proposal) && muted(proposal.offer, file, channel))) this.decider.decide();
  }

  private letGo(copy: Proposal): void {
    const reaction: Reaction = { kind: "unmentioned", eventId: crypto.randomUUID(), reason: "" };
    this.send("OutcomeService/RecordOutcome", { outcome: outcome(copy, reaction) }, copy.offer.title ?? "", reaction.eventId);
  }

  private drop(proposal: Proposal): void {
    this.kept.proposals = this.kept.proposals.filter((kept) => kept !== proposal);
    this.letGo(proposal);
    this.again();
  }

  private event(event: EventJson): void {
    const { customer, channel, agent } = this.settings;
    const eventId = crypto.randomUUID();
    const whole: EventJson = { customerId: customer, eventId, channel, ...(agent ? { agent } : {}), ...event };
    this.send("EventService/RecordEvents", { events: [whole] }, "", eventId);
  }

  private send(method: string, body: Item["body"], label: string, id: string = crypto.randomUUID()): void {
    const clicked = Date.now();
    this.outbox.add({ id, method, body, label, clicked, at: clicked + this.skew });
  }
}

function fresh(settings: CallSettings): Kept {
  const decider: DeciderState = { callId: settings.callId, sequence: 0, superseded: "" };
  return { settings, startedAt: Date.now(), context: {}, proposals: [], noOffers: [], decider, ended: false };
}

export type Words = DescribeCatalogResponseJson;
