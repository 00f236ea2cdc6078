// A proposal and what became of it in this call. Pure records.
import type { RankedActionJson } from "@nba/protocol/decision";
import type { OutcomeJson, OutcomeTypeJson } from "@nba/protocol/outcome";

export type ReactionKind = "presented" | "accepted" | "refused" | "later" | "unmentioned";

/** `reason`: a short code; for `later` the day (2026-12-01) or empty. */
export interface Reaction {
  kind: ReactionKind;
  eventId: string;
  reason: string;
}

/** An action of a decision; `reactions` are those that stand, in order; `undone` when one was taken back. */
export interface Proposal {
  decisionId: string;
  offer: RankedActionJson;
  reactions: Reaction[];
  undone?: boolean;
}

export const OUTCOMES: Record<ReactionKind, OutcomeTypeJson> = {
  presented: "OUTCOME_TYPE_IMPRESSION",
  accepted: "OUTCOME_TYPE_ACCEPTED",
  refused: "OUTCOME_TYPE_REJECTED",
  later: "OUTCOME_TYPE_MAYBE_LATER",
  unmentioned: "OUTCOME_TYPE_NOT_MENTIONED",
};

export function latest(proposal: Proposal): Reaction | undefined {
  return proposal.reactions.at(-1);
}

/** Nothing was recorded of it: the server holds its contact for us, or lets it go. */
export function untouched(proposal: Proposal): boolean {
  return proposal.reactions.length === 0;
}

/** It has its answer; only undo is left. */
export function answered(proposal: Proposal): boolean {
  const last = latest(proposal);
  return last !== undefined && last.kind !== "presented";
}

export function outcome(proposal: Proposal, reaction: Reaction): OutcomeJson {
  return {
    decisionId: proposal.decisionId,
    action: proposal.offer.action ?? "",
    type: OUTCOMES[reaction.kind],
    eventId: reaction.eventId,
    ...(reaction.reason ? { reason: reaction.reason } : {}),
  };
}

export function withdrawal(proposal: Proposal, reaction: Reaction): OutcomeJson {
  return {
    decisionId: proposal.decisionId,
    action: proposal.offer.action ?? "",
    type: "OUTCOME_TYPE_WITHDRAWN",
    eventId: `${reaction.eventId}-undo`,
    withdraws: reaction.eventId,
  };
}
