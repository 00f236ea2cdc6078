"""One browser cannot take what others need."""

from __future__ import annotations

import pytest

from nba_server.errors import Overloaded
from nba_server.transport.grpc.call import Call, Caller
from nba_server.transport.grpc.interceptors import rates
from nba_server.transport.grpc.passage import Passage
from nba_server.transport.subject_tokens import Subject


async def handler(request: bytes, call: Call) -> bytes:
    """Answers."""
    return b"answer"


def called(customer: str) -> Call:
    """A call with a token for a customer."""
    return Call("/m", {}, caller=Caller("shop", frozenset(), Subject(customer_id=customer)))


async def test_a_subject_has_a_burst_and_then_a_rate() -> None:
    """Beyond the burst it is told when to come back, and then one call passes."""
    now = [0.0]
    limited = Passage("/m", [rates.Rates(lambda: now[0])]).around(handler)
    for _ in range(int(rates.BURST)):
        assert await limited(b"", called("anna")) == b"answer"
    with pytest.raises(Overloaded) as refused:
        await limited(b"", called("anna"))
    assert refused.value.reason == "RATE_LIMITED"
    now[0] += refused.value.retry_after_s
    assert await limited(b"", called("anna")) == b"answer"
    with pytest.raises(Overloaded):
        await limited(b"", called("anna"))
    now[0] += 3_600
    for _ in range(int(rates.BURST)):
        assert await limited(b"", called("anna")) == b"answer"


async def test_others_are_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another subject, and callers with a key, are served; what was long ago is forgotten."""
    monkeypatch.setattr(rates, "SUBJECTS", 2)
    limited = Passage("/m", [rates.Rates(lambda: 0.0)]).around(handler)
    for _ in range(int(rates.BURST)):
        await limited(b"", called("anna"))
    assert await limited(b"", called("bert")) == b"answer"
    for _ in range(200):
        assert await limited(b"", Call("/m", {}, caller=Caller("shop", frozenset({"site"})))) == b"answer"
    await limited(b"", called("carla"))
    assert await limited(b"", called("anna")) == b"answer"
