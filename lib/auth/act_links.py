"""Links in messages that let their reader act on one incident without signing in: signed, for a week, for one act.

Opening one changes nothing: the page says what would be done, and a button does it. The token names the incident, the
act and the channel it was sent through, so that the audit log can say by which way somebody acted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lib.auth.signed import Signed
from lib.domain.errors import Forbidden

LAST_SECONDS = 7 * 86_400
MOST_LENGTH = 1_000
ACTS = ("acknowledge", "silence")


@dataclass(frozen=True, slots=True)
class Act:
    incident: str
    act: str
    channel: str
    expires: int  # epoch seconds


class ActLinks:
    def __init__(self, secret: str, clock: Callable[[], float]) -> None:
        refusal = "this link is not one of ours, or was cut"
        self._signed = Signed(secret, b"openmanager act links v1", MOST_LENGTH, refusal)
        self._clock = clock

    def sign(self, incident: str, act: str, channel: str) -> str:
        """`<document>.<signature>`, fit for an address."""
        return self._signed.write([incident, act, channel, int(self._clock()) + LAST_SECONDS])

    def read(self, token: str) -> Act:
        """Raises Forbidden for one that is not ours, was changed, or is over."""
        incident, act, channel, expires = self._signed.read(token)
        if act not in ACTS:
            raise self._signed.refused()
        if expires <= self._clock():
            raise Forbidden("this link is older than a week: open the alert itself")
        return Act(incident, act, channel, expires)
