"""Two fresh stores with equal data, seed and clock decide alike, in different processes."""

from __future__ import annotations

from pathlib import Path

from nba_client import Client
from nba_client.customer import Consent, ConsentStatus
from nba_client.explanation import Explanation
from nba_server.adapters.embedded import attach_url
from nba_server.demo.clock import ReplayClock
from nba_server.demo.process import ServerProcess, free_address

CATALOGUE = Path(__file__).resolve().parents[2] / "examples/minimal"
NOW_MS = 1_772_445_600_000  # 2 March 2026, 10:00 UTC, which the example's validity dates hold
CUSTOMERS = 12


def _decisions(folder: Path) -> list[Explanation]:
    """Answers and traces of a fresh server on a fresh store."""
    folder.mkdir()
    with ServerProcess(folder, CATALOGUE, free_address(0), "--seed", "7") as server:
        url = attach_url(folder)
        assert url is not None
        with ReplayClock(url) as clock, Client(server.address) as client:
            clock.advance(NOW_MS)
            return [_decided(client, number) for number in range(CUSTOMERS)]


def _decided(client: Client, number: int) -> Explanation:
    customer = f"customer-{number}"
    attributes = {"age": 17 + number * 3, "country": "DE", "data_used": number / CUSTOMERS, "dunning": number % 5 == 4}
    consents = [Consent("*", purpose, ConsentStatus.GRANTED) for purpose in ("advertising", "profiling")]
    client.customers.upsert(customer, attributes, consents=consents)
    decision = client.decide(customer, channel="call", context={"reason": "billing"}, request_id=f"request-{number}")
    explanation = client.explain(decision.decision_id)
    assert explanation.identical, explanation.differences
    return explanation


def test_equal_data_seed_and_clock_give_equal_decisions_in_different_processes(tmp_path: Path) -> None:
    """Ranking, factors, probabilities, ids and traces of two separate servers are the same, to the last bit."""
    first, second = _decisions(tmp_path / "first"), _decisions(tmp_path / "second")
    assert first == second
    assert any(explanation.decision.actions for explanation in first), "the example decides something"
    assert len({explanation.seed for explanation in first}) == CUSTOMERS, "every decision has a seed of its own"
