"""Signs messages by the Standard Webhooks scheme: HMAC-SHA256 over id, time and body, by one secret or by two at once.

While a secret is changed both sign, and a receiver that knows either of them accepts the message.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES = 24, 64


def headers(secrets_: Sequence[str], id_: str, body: bytes, at_s: float) -> dict[str, str]:
    """The three headers of a message that is sent at `at_s` (seconds since 1970 UTC)."""
    now = datetime.fromtimestamp(at_s, UTC)
    text = body.decode()
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at_s)),
        "webhook-signature": " ".join(Webhook(secret).sign(id_, now, text) for secret in secrets_),
    }


def secret_fault(secret: str) -> str:
    """What is wrong with a secret; empty when it is good."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX) + "==", validate=False)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not LEAST_BYTES <= len(key) <= MOST_BYTES:
        return f"must be `{PREFIX}` and {LEAST_BYTES} to {MOST_BYTES} bytes in base64; `nba webhooks secret` makes one"
    return ""


def new_secret() -> str:
    """A fresh secret of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
