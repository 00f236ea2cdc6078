"""Decisions drawn from the journal, recomputed by the server: each must come out as it was."""

from __future__ import annotations

import asyncio

import grpc

from nba_server.bench import loading
from nba_server.errors import FailedPrecondition
from nba_server.pb import decision_pb2, decision_pb2_grpc


def compare(store: str, port: int, most: int) -> dict[str, int]:
    """How many were asked for and how many were identical. Raises `FailedPrecondition` when one was not."""
    ids = asyncio.run(loading.some_decisions(store, most))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = decision_pb2_grpc.DecisionServiceStub(channel)
        answers = [stub.GetDecision(decision_pb2.GetDecisionRequest(decision_id=id_), timeout=60) for id_ in ids]
    different = [(id_, list(a.differences)) for id_, a in zip(ids, answers, strict=True) if not a.identical]
    if different or not ids:
        raise FailedPrecondition(f"{len(different)} of {len(ids)} decisions came out differently: {different[:3]}")
    return {"asked": len(ids), "identical": len(ids)}
