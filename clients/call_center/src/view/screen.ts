// What views may read and ask for. The element implements it; views are functions of it and keep nothing.
import type { DescribeCatalogResponseJson } from "@nba/protocol/catalog";

import type { Call } from "../call.js";
import type { ScreenConfig } from "../config.js";
import type { Fault } from "../fault.js";
import type { Outbox } from "../outbox.js";
import type { Proposal, ReactionKind } from "../proposal.js";
import type { Speaker } from "../speaker.js";
import type { Texts } from "../texts.js";

/** An open choice of a proposal: the reason of a refusal, or the day of a "later". */
export interface Choice {
  proposal: Proposal;
  kind: "refused" | "later";
}

export interface Screen {
  readonly texts: Texts;
  readonly config: ScreenConfig;
  readonly words: DescribeCatalogResponseJson | undefined;
  readonly call: Call | undefined;
  readonly outbox: Outbox;
  readonly lost: boolean;
  readonly keyFault: Fault | undefined;
  readonly choice: Choice | undefined;
  readonly letters: boolean;
  readonly helpOpen: boolean;
  readonly standalone: boolean;
  readonly speaker: Speaker;
  /** What people have typed and not sent yet, by field. */
  readonly drafts: Map<string, string>;
  /** Which disclosures are open, by name. */
  readonly open: Set<string>;

  ring(customer: string): void;
  hangUp(): void;
  signIn(key: string): void;
  react(proposal: Proposal, kind: ReactionKind, reason?: string): void;
  undo(proposal: Proposal): void;
  choose(choice: Choice | undefined): void;
  toggle(name: string): void;
  go(region: Region): void;
  draft(field: string, text: string): void;
  closeMatter(matterId: string, title: string): void;
  complain(): void;
  score(value: number): void;
  end(): void;
  help(open: boolean): void;
  setLetters(on: boolean): void;
  nudge(): void;
}

export type Region = "context" | "actions" | "caller" | "wrap" | "matters";
