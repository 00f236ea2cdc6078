"""Turns the data's records into messages of the API. Ids are derived from the data, so that sending twice is harmless."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from nba_client.pb import consent_pb2, contact_pb2, customer_pb2, event_pb2, outcome_pb2, value_pb2
from nba_server.demo.catalogue import action_id
from nba_server.demo.source import Basket, Campaign, Household, Mailing, Redemption

CONSENTED = (("letter", "advertising"), ("call", "advertising"), ("web", "advertising"), ("*", "profiling"))
"""Assumed for holders of a loyalty card; the data say nothing of consent. E-mail stays unknown, which means no."""


def customer_id(household: int) -> str:
    """The customer id of a household."""
    return f"household-{household}"


def contact_id(campaign: int, household: int) -> str:
    """The id of a mailing."""
    return f"mailing-{campaign}-{household}"


def moment(at_ms: int) -> Timestamp:
    """A protobuf timestamp."""
    return Timestamp(seconds=at_ms // 1000, nanos=at_ms % 1000 * 1_000_000)


def customer(household: Household, since_ms: int) -> customer_pb2.CustomerPatch:
    """A household with its survey answers and the assumed consents."""
    return customer_pb2.CustomerPatch(
        customer_id=customer_id(household.id),
        attributes={name: value_pb2.Value(text=value) for name, value in household.attributes.items()},
        consents=[
            consent_pb2.Consent(
                channel=channel,
                purpose=purpose,
                status=consent_pb2.CONSENT_STATUS_GRANTED,
                source="loyalty card (assumed by the demo)",
                valid_from=moment(since_ms),
            )
            for channel, purpose in CONSENTED
        ],
    )


def contact(mailing: Mailing, campaign: Campaign) -> contact_pb2.Contact:
    """A mailing as a contact made elsewhere. Its pick probability is unknown: the targeting was not random."""
    return contact_pb2.Contact(
        customer_id=customer_id(mailing.household),
        contact_id=contact_id(mailing.campaign, mailing.household),
        channel="letter",
        action=action_id(mailing.campaign),
        occurred_at=moment(campaign.start_ms),
    )


def redemption(found: Redemption) -> outcome_pb2.Outcome:
    """A redeemed coupon as a conversion of the mailing."""
    return outcome_pb2.Outcome(
        contact_id=contact_id(found.campaign, found.household),
        customer_id=customer_id(found.household),
        action=action_id(found.campaign),
        type=outcome_pb2.OUTCOME_TYPE_CONVERTED,
        event_id=f"redemption-{found.row}",
        occurred_at=moment(found.at_ms),
        product=str(found.coupon),
    )


def purchase(basket: Basket) -> event_pb2.Purchase:
    """A basket."""
    return event_pb2.Purchase(
        customer_id=customer_id(basket.household),
        purchase_id=f"basket-{basket.id}",
        occurred_at=moment(basket.at_ms),
        value=basket.value,
        value_by_category=basket.departments,
    )
