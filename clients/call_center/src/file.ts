// The caller's file: profile, contacts, matters, read together; and from it what the views ask: until when a contact counts, what is muted.
import type { GetContactsResponseJson, LedgerContactJson } from "@nba/protocol/contact";
import type { CustomerJson } from "@nba/protocol/customer";
import type { MatterJson } from "@nba/protocol/matter";
import type { RankedActionJson } from "@nba/protocol/decision";

import { Fault } from "./fault.js";
import type { Server } from "./server.js";

/** `customer` is null for somebody without a profile. */
export interface CallerFile {
  customer: CustomerJson | null;
  contacts: GetContactsResponseJson;
  matters: MatterJson[];
}

export async function read(server: Server, id: string): Promise<CallerFile> {
  const [customer, contacts, matters] = await Promise.all([
    server.customer(id).then(
      (answer) => answer.customer ?? null,
      (error: unknown) => {
        if (error instanceof Fault && error.kind === "not-found") return null;
        throw error;
      },
    ),
    server.contacts(id),
    server.matters(id),
  ]);
  return { customer, contacts, matters: matters.matters ?? [] };
}

/** Until when a contact counts against some limit; undefined when it counts against none. */
export function countsUntil(contact: LedgerContactJson, contacts: GetContactsResponseJson): Date | undefined {
  if (!contact.counts || !contact.at) return undefined;
  const ends = (contacts.limits ?? [])
    .filter((limit) => !limit.shadow && limit.contactIds?.includes(contact.contactId ?? ""))
    .map((limit) => Date.parse(contact.at ?? "") + Number(limit.windowSeconds ?? 0) * 1000);
  return ends.length > 0 ? new Date(Math.max(...ends)) : undefined;
}

/** Whether something that holds now forbids the offer: a pause after an outcome, or an open matter. */
export function muted(offer: RankedActionJson, file: CallerFile, channel: string): boolean {
  const bySuppression = (file.contacts.suppressions ?? []).some(
    (pause) =>
      (pause.channel === "*" || pause.channel === channel) &&
      ((pause.level === "action" && pause.key === offer.action) ||
        (pause.level === "group" && pause.key === offer.group)),
  );
  return bySuppression || file.matters.some((matter) => matter.open && matter.mutedActions?.includes(offer.action ?? ""));
}
