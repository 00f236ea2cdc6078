"""The examples of docs/webhooks.md do what they say, on messages as they are sent; every type that there is, is documented."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from nba_server.adapters.webhooks.event import TYPES
from nba_server.adapters.webhooks.payload import cloud_event
from nba_server.adapters.webhooks.signature import headers, new_secret
from nba_server.transport.http.cloud_events import messages

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
BODY = cloud_event("m-1", "nba.purchase.recorded", 0, "jörg", {"value": 1.5})


def test_the_python_example(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It takes a signed message, drops the repeat, and refuses a forged one; while a secret is changed, too."""
    secret, older = new_secret(), new_secret()
    monkeypatch.setenv("CRM_WEBHOOK_SECRET", older)
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(source, "docs/webhooks.md", "exec"), names)  # our own page
    signed = headers((secret, older), "m-1", BODY, time.time())
    assert [names["receive"](signed, BODY) for _ in range(2)] == [204, 204]
    assert capsys.readouterr().out == "nba.purchase.recorded jörg {'value': 1.5}\n"
    assert names["receive"](headers((secret,), "m-1", BODY, time.time()), BODY) == 401
    assert names["receive"](headers((older,), "m-1", BODY, time.time() - 3_600), BODY) == 401


@pytest.mark.parametrize("type_", [*TYPES, *messages.TYPES])
def test_every_type_is_documented(type_: str) -> None:
    """Those that are told, and those that are taken."""
    assert f"`{type_}`" in PAGE
