"""Reasons."""

from __future__ import annotations

from nba_server.domain.reasons import Reason
from nba_server.pb import reason_pb2


def to_reason(reason: Reason) -> reason_pb2.Reason:
    """A reason as a message; the stages' numbers are the same on both sides."""
    return reason_pb2.Reason(
        code=reason.code.value,
        stage=reason_pb2.Stage.Name(reason.stage.value),
        text=reason.text,
        subject=reason.subject,
    )
