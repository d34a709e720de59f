"""Links in messages that let their reader act on one incident without signing in: signed, for a week, for one act.

Opening one changes nothing: the page says what would be done, and a button does it. The token names the incident, the
act and the channel it was sent through, so that the audit log can say by which way somebody acted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass

from lib.domain.errors import Forbidden

LAST_SECONDS = 7 * 86_400
MOST_LENGTH = 1_000
ACTS = ("acknowledge", "silence")
_PURPOSE = b"openmanager act links v1"


@dataclass(frozen=True, slots=True)
class Act:
    incident: str
    act: str
    channel: str
    expires: int  # epoch seconds


class ActLinks:
    """Signs and reads tokens with a key of its own, derived from the secret that all instances share."""

    def __init__(self, secret: str, clock: Callable[[], float]) -> None:
        self._key = hmac.new(secret.encode(), _PURPOSE, hashlib.sha256).digest()
        self._clock = clock

    def sign(self, incident: str, act: str, channel: str) -> str:
        """`<document>.<signature>`, fit for an address."""
        document = json.dumps([incident, act, channel, int(self._clock()) + LAST_SECONDS], separators=(",", ":"))
        body = _text(document.encode())
        return f"{body}.{_text(self._signature(body))}"

    def read(self, token: str) -> Act:
        """Raises Forbidden for one that is not ours, was changed, or is over."""
        if len(token) > MOST_LENGTH or not token.isascii():
            raise _refused()
        body, _, signature = token.partition(".")
        try:
            given = base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise _refused() from None
        if not hmac.compare_digest(given, self._signature(body)):
            raise _refused()
        # Signed by us, so it has our form.
        incident, act, channel, expires = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if act not in ACTS:
            raise _refused()
        if expires <= self._clock():
            raise Forbidden("this link is older than a week: open the alert itself")
        return Act(incident, act, channel, expires)

    def _signature(self, body: str) -> bytes:
        return hmac.new(self._key, body.encode(), hashlib.sha256).digest()


def _refused() -> Forbidden:
    return Forbidden("this link is not one of ours, or was cut")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
