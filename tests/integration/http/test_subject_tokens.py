"""What a browser may do with a subject token: decide and report for its subject, and nothing else, whatever it tries."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import grpc
import jwt
import orjson
import pytest

from nba_server.pb.journal_pb2 import JournalEntry
from nba_server.transport.grpc.scopes import SCOPES, SUBJECTS, Scope
from nba_server.transport.subject_tokens import Subject, mint
from tests.integration.http.conftest import KEYS
from tests.integration.http.speaking import Door, status_of
from tests.integration.running import GRANTED, reason

NAME = Scope.SITE.value
SECRET = KEYS[Scope.SITE][1].token_secret
OTHER = "o" * 43
READS = ("Get", "List")


def token(sub: str = "c:anna", secret: str = SECRET, **claims: Any) -> str:
    """A token as a site signs it; None takes a claim away."""
    whole = {"sub": sub, "exp": time.time() + 600, "key": NAME} | claims
    return jwt.encode({name: value for name, value in whole.items() if value is not None}, secret, algorithm="HS256")


def bearer(credential: str) -> dict[str, str]:
    """The header."""
    return {"authorization": f"Bearer {credential}"}


async def decided(door: Door, credential: str, **fields: object) -> dict[str, Any]:
    """A decision on the website."""
    response = await door.json("DecisionService/Decide", {"channel": "web", **fields}, **bearer(credential))
    assert response.status_code == 200, response.text
    return dict(response.json())


async def consented(door: Door, customer_id: str = "anna") -> None:
    """A customer who may be offered something."""
    customer = {
        "customerId": customer_id,
        "attributes": {"age": {"integer": 41}, "country": {"text": "DE"}, "data_used": {"number": 0.95}},
        "consents": [{"channel": "*", "purpose": c.purpose, "status": "CONSENT_STATUS_GRANTED"} for c in GRANTED],
    }
    key = KEYS[Scope.IMPORT][0]
    response = await door.json("CustomerService/UpsertCustomers", {"customers": [customer]}, **bearer(key))
    assert response.status_code == 200, response.text


def outcome(decision_id: str, kind: str = "CLICKED", **fields: object) -> dict[str, Any]:
    """An outcome."""
    return {"decisionId": decision_id, "type": f"OUTCOME_TYPE_{kind}", **fields}


async def test_every_other_method_is_closed_to_tokens(guarded: Door) -> None:
    """Each method of the table is tried; no token reads anything, and what it may call is listed."""
    assert not [name for name in SUBJECTS if name.rpartition("/")[2].startswith(READS)]
    for method in SCOPES:
        response = await guarded.json(method.removeprefix("/nba.v1."), {}, **bearer(token()))
        closed = response.status_code == 403 and reason(status_of(response)) == "SUBJECT_MAY_NOT"
        assert closed == (method not in SUBJECTS), (method, response.text)


async def test_no_open_method_serves_a_foreign_subject(guarded: Door) -> None:
    """Every method that takes tokens refuses another's customer, visitor or decision."""
    await consented(guarded)
    theirs = (await decided(guarded, token()))["decisionId"]
    foreign: Mapping[str, list[dict[str, Any]]] = {
        "DecisionService/Decide": [{"customerId": "anna", "channel": "web"}, {"visitorId": "w", "channel": "web"}],
        "DecisionService/ActivateDecision": [{"decisionId": theirs}, {"decisionId": "nonsense"}, {}],
        "DecisionService/ReleaseDecision": [
            {"customerId": "anna", "requestId": "r"},
            {"visitorId": "w", "requestId": "r"},
        ],
        "OutcomeService/RecordOutcome": [
            {"outcome": outcome(theirs)},
            {"outcome": outcome("nonsense")},
            {"outcome": {"contactId": "x", "customerId": "anna", "type": "OUTCOME_TYPE_CLICKED"}},
        ],
        "OutcomeService/RecordOutcomes": [{"outcomes": [outcome(theirs)]}],
    }
    assert {f"/nba.v1.{method}" for method in foreign} == SUBJECTS
    for method, requests in foreign.items():
        for sub in ("c:bert", "v:anna"):
            for request in requests:
                response = await guarded.json(method, request, **bearer(token(sub)))
                if method.endswith("Outcomes"):
                    (result,) = response.json()["results"]
                    assert result["status"] == "OUTCOME_STATUS_REFUSED"
                    assert result["error"].startswith("DECISION_FOREIGN"), result
                else:
                    assert response.status_code == 403, (method, sub, response.text)
                    assert reason(status_of(response)) in ("SUBJECT_FOREIGN", "DECISION_FOREIGN")


async def test_a_token_decides_and_reports_for_its_subject(guarded: Door) -> None:
    """Without ids in the request the token's subject is meant, and its own outcome counts once."""
    await consented(guarded)
    decision = await decided(guarded, token())
    assert decision["actions"], decision
    assert (await decided(guarded, token(), customerId="anna"))["decisionId"] != decision["decisionId"]
    clicked = outcome(decision["decisionId"], action=decision["actions"][0]["action"])
    for status in ("OUTCOME_STATUS_RECORDED", "OUTCOME_STATUS_REPEATED"):
        response = await guarded.json("OutcomeService/RecordOutcome", {"outcome": clicked}, **bearer(token()))
        assert response.json()["result"]["status"] == status
    read = await guarded.json("ContactService/GetContacts", {"customerId": "anna"}, **bearer(KEYS[Scope.AGENT][0]))
    states = {c["contactId"]: c["state"] for c in read.json()["contacts"] if c["decisionId"] == decision["decisionId"]}
    assert "CONTACT_STATE_CONFIRMED" in states.values()


async def test_a_visitor_token_is_for_the_visitor(guarded: Door) -> None:
    """A visitor and a customer of the same id are two."""
    decision = await decided(guarded, token("v:anna"), visitorId="anna")
    response = await guarded.json(
        "OutcomeService/RecordOutcome", {"outcome": outcome(decision["decisionId"])}, **bearer(token("c:anna"))
    )
    assert response.status_code == 403


async def test_a_batch_refuses_only_what_is_not_its_own(guarded: Door) -> None:
    """Other outcomes of the same batch count."""
    await consented(guarded)
    own = await decided(guarded, token())
    foreign = await decided(guarded, token("c:bert"))
    action = own["actions"][0]["action"]
    batch = {"outcomes": [outcome(foreign["decisionId"]), outcome(own["decisionId"], action=action)]}
    response = await guarded.json("OutcomeService/RecordOutcomes", batch, **bearer(token()))
    statuses = [result["status"] for result in response.json()["results"]]
    assert statuses == ["OUTCOME_STATUS_REFUSED", "OUTCOME_STATUS_RECORDED"]


WRONG = {
    "TOKEN_EXPIRED": token(exp=time.time() - 3600),
    "TOKEN_FORGED": token(secret=OTHER),
    "TOKEN_AUDIENCE": token(aud="another"),
    "TOKEN_TOO_LONG": token(exp=time.time() + 9_000),
    "TOKEN_NOT_YET_VALID": token(nbf=time.time() + 3_000),
    "TOKEN_KEY_UNKNOWN": token(key="nobody"),
    "TOKEN_MALFORMED": "a.b.c",
}
ODD = {
    "no key": (token(key=None), "TOKEN_KEY_UNKNOWN"),
    "a key that signs nothing": (token(key="agent"), "TOKEN_KEY_UNKNOWN"),
    "no end": (token(exp=None), "TOKEN_MALFORMED"),
    "an end that is no number": (token(exp="soon"), "TOKEN_MALFORMED"),
    "no number as its end": (token(exp=float("nan")), "TOKEN_EXPIRED"),
    "an end beyond all time": (token(exp=float("inf")), "TOKEN_TOO_LONG"),
    "no subject": (token(sub=None), "TOKEN_MALFORMED"),  # type: ignore[arg-type]
    "a subject of no kind": (token("anna"), "TOKEN_MALFORMED"),
    "an empty subject": (token("c:"), "TOKEN_MALFORMED"),
    "unsigned": (jwt.encode({"sub": "c:anna", "exp": time.time() + 60, "key": NAME}, None, "none"), "TOKEN_FORGED"),
    "another algorithm": (
        jwt.encode({"sub": "c:anna", "exp": time.time() + 60, "key": NAME}, SECRET * 2, "HS384"),
        "TOKEN_FORGED",
    ),
}


async def test_a_wrong_token_is_refused_with_its_reason(guarded: Door) -> None:
    """Each fault has a reason of its own, and no token is taken for the other kind of credential."""
    for name, (credential, expected) in ({name: (text, name) for name, text in WRONG.items()} | ODD).items():
        response = await guarded.json("DecisionService/Decide", {"channel": "web"}, **bearer(credential))
        assert response.status_code == 401, name
        assert reason(status_of(response)) == expected, (name, response.text)


async def test_a_token_works_over_grpc_too(guarded: Door) -> None:
    """The same stack judges both ports; what `nba token` mints is what a site signs."""
    minted = mint(NAME, SECRET, Subject(customer_id="anna"), time.time())
    call = guarded.server.stubs.channel.unary_unary("/nba.v1.DecisionService/Decide")
    metadata = [("authorization", f"Bearer {minted}")]
    assert await call(b"\x1a\x03web", metadata=metadata)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call(b"\x0a\x04bert\x1a\x03web", metadata=metadata)
    assert raised.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_beacon_reports_with_the_token_in_its_body(guarded: Door) -> None:
    """`POST /report` needs no header, takes plain text, and is judged as the call that it is."""
    await consented(guarded)
    decision = await decided(guarded, token())
    reported = {"outcomes": [outcome(decision["decisionId"], action=decision["actions"][0]["action"])]}
    sent = orjson.dumps({"token": token(), "outcomes": reported})
    for status in ("OUTCOME_STATUS_RECORDED", "OUTCOME_STATUS_REPEATED"):
        response = await guarded.client.post("/report", content=sent, headers={"content-type": "text/plain"})
        assert (response.status_code, response.json()["results"][0]["status"]) == (200, status)
    without = await guarded.client.post("/report", json={"outcomes": reported})
    assert (without.status_code, reason(status_of(without))) == (401, "API_KEY_MISSING")
    unknown = await guarded.client.post("/report", json={"token": token(), "outcomes": {"outcome": []}})
    assert "did you mean outcomes?" in unknown.json()["message"]


async def test_an_agent_key_names_its_agent_in_the_journal(guarded: Door) -> None:
    """Who decided and who reported is journaled by the name of the key."""
    await consented(guarded)
    key = KEYS[Scope.AGENT][0]
    decision = await decided(guarded, key, customerId="anna")
    done = outcome(decision["decisionId"], action=decision["actions"][0]["action"])
    await guarded.json("OutcomeService/RecordOutcome", {"outcome": done}, **bearer(key))
    records = await guarded.server.serving.store.journal.read({}, 1_000)
    callers = {record.kind: JournalEntry.FromString(record.payload) for record in records}
    assert callers["decision"].decision.caller == "agent"
    assert callers["outcome"].outcome.caller == "agent"
