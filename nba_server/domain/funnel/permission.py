"""Stage 2: the do-not-contact list, then the customer's consent for the channel and the action's purpose."""

from __future__ import annotations

from nba_server.domain.consent import ConsentVerdict, allows, verdict
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.reasons import Reason, ReasonCode, Stage

_LISTED = "The customer is on the do-not-contact list."
_CODES = {
    ConsentVerdict.DENIED: (ReasonCode.CONSENT_DENIED, "The customer said no to {purpose} on {channel}."),
    ConsentVerdict.REVOKED: (
        ReasonCode.CONSENT_REVOKED,
        "The customer took back the consent to {purpose} on {channel}.",
    ),
    ConsentVerdict.EXPIRED: (ReasonCode.CONSENT_EXPIRED, "The consent to {purpose} on {channel} has expired."),
    ConsentVerdict.UNKNOWN: (ReasonCode.CONSENT_UNKNOWN, "There is no consent to {purpose} on {channel}."),
}


def run(works: Batch) -> None:
    """Removes all actions of a purpose that the customer does not allow on the channel; fallbacks too."""
    for work in works:
        if work.state.do_not_contact.bars(work.channel.id):
            work.remove(Stage.CONSENT, work.plan.barred)
        for purpose, mask in work.plan.purposes.items():
            if not _allowed(work, purpose):
                work.remove(Stage.CONSENT, mask)


def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """The reasons of this stage for one action."""
    purpose = work.catalog.actions[action].purpose
    barred = work.plan.barred[action] and work.state.do_not_contact.bars(work.channel.id)
    listed = (Reason(ReasonCode.DO_NOT_CONTACT, Stage.CONSENT, _LISTED, work.channel.id),) if barred else ()
    if _allowed(work, purpose):
        return listed
    code, text = _CODES[verdict(work.state.consents, work.channel.id, purpose, work.contact_ms)]
    words = text.format(purpose=purpose, channel=work.channel.id)
    return (*listed, Reason(code, Stage.CONSENT, words, f"{work.channel.id}/{purpose}"))


def _allowed(work: Work, purpose: str) -> bool:
    said = verdict(work.state.consents, work.channel.id, purpose, work.contact_ms)
    return allows(said, purpose, unknown_allowed=work.channel.unknown_consent_allowed)
