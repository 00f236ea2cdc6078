"""Why an action was proposed or not: the funnel's stages and the stable reason codes.

Owns the words; it knows nothing of how a stage works.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Stage(IntEnum):
    """The funnel's stages in their order; the numbers equal those of `nba.v1.Stage`."""

    AVAILABILITY = 1
    CONSENT = 2
    ELIGIBILITY = 3
    APPLICABILITY = 4
    SUITABILITY = 5
    CONTACT_POLICY = 6
    SCORING = 7
    ARBITRATION = 8
    SLATE = 9
    HOLDOUT = 10
    RESERVATION = 11
    OFFERED = 12


class ReasonCode(StrEnum):
    """Stable codes for programs; a code is never renamed. Each belongs to the stage it is listed under."""

    # availability
    NOT_APPROVED = "not_approved"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    NO_TREATMENT = "no_treatment"
    DOES_NOT_FIT = "does_not_fit"
    EXCLUDED_BY_CALLER = "excluded_by_caller"
    # consent
    DO_NOT_CONTACT = "do_not_contact"
    CONSENT_UNKNOWN = "consent_unknown"
    CONSENT_DENIED = "consent_denied"
    CONSENT_REVOKED = "consent_revoked"
    CONSENT_EXPIRED = "consent_expired"
    WITHDRAWN_SINCE = "withdrawn_since"
    # eligibility, applicability, suitability
    RULE_FAILED = "rule_failed"
    MISSING_DATA = "missing_data"
    RULE_ERROR = "rule_error"
    OPEN_MATTER = "open_matter"
    # contact policy
    SUPPRESSED = "suppressed"
    QUIET_HOURS = "quiet_hours"
    CONTACT_LIMIT = "contact_limit"
    CONTACT_PRESSURE = "contact_pressure"
    CAP_REACHED = "cap_reached"
    # scoring and arbitration
    NO_PROPENSITY = "no_propensity"
    LEVER_ZERO = "lever_zero"
    VALUE_ZERO = "value_zero"
    # slate
    OUTRANKED = "outranked"
    PLACED_ELSEWHERE = "placed_elsewhere"
    NOT_NEEDED = "not_needed"
    # reservation
    LOST_RACE = "lost_race"
    # offered
    BEST_PRIORITY = "best_priority"
    SHOWN_TO_LEARN = "shown_to_learn"
    MANDATORY = "mandatory"
    FALLBACK = "fallback"
    SUBSTITUTED = "substituted"
    LIKELY = "likely"
    VALUABLE = "valuable"
    LEVERED = "levered"
    CONTEXT_MATCH = "context_match"
    # decision without candidates
    NO_ACTIONS = "no_actions"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code for programs, a sentence for people, and what it refers to (rule, limit, suppression id)."""

    code: ReasonCode
    stage: Stage
    text: str
    subject: str = ""
