"""Who is counted where: for all instances in Redis, or in this process alone, which stands in while Redis is away.

What must be limited stays limited without Redis: each instance then counts for itself, by the same rates.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from collections.abc import Callable, Sequence

from lib.domain.errors import Unavailable
from lib.domain.limits import MICROSECONDS, Claim, Limits, Verdict, backlog_of, decide, hidden, told

log = logging.getLogger(__name__)

MOST_SUBJECTS = 10_000


class LocalLimits:
    """lib/domain/limits.Limits for one process. Thread-safe, and bounded: whoever has the least to wait for is
    forgotten first, so a flood of new names frees nobody who is being held back."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._tats: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, claims: Sequence[Claim]) -> list[Verdict]:
        now = self._now()
        with self._lock:
            before = [self._tats.get(claim.subject, now) for claim in claims]
            found = [decide(tat, now, claim.policy) for tat, claim in zip(before, claims, strict=True)]
            if all(verdict.admitted for _, verdict in found):
                for claim, (tat, _) in zip(claims, found, strict=True):
                    self._tats[claim.subject] = tat
                if len(self._tats) > MOST_SUBJECTS:
                    self._forget(now)
                return [verdict for _, verdict in found]
        return [
            told(claim.policy, backlog_of(tat, now, claim.policy), admitted=False)
            for tat, claim in zip(before, claims, strict=True)
        ]

    def give_back(self, claims: Sequence[Claim], units: Sequence[int]) -> None:
        with self._lock:
            for claim, count in zip(claims, units, strict=True):
                if claim.subject in self._tats:
                    self._tats[claim.subject] -= count * claim.policy.step

    def _now(self) -> int:
        return int(self._monotonic() * MICROSECONDS)

    def _forget(self, now: int) -> None:
        """Whose time is over is as good as unknown; of the others, half, so that this is rare."""
        waiting = sorted((tat, subject) for subject, tat in self._tats.items() if tat > now)
        kept = waiting[len(waiting) // 2 :] if len(waiting) > MOST_SUBJECTS // 2 else waiting
        self._tats = {subject: tat for tat, subject in kept}


class Limiter:
    """`shared` counts for all instances, `local` for this one. Subjects leave this process hashed with `key`, which is
    the same in every instance."""

    def __init__(self, shared: Limits, key: bytes, local: LocalLimits | None = None) -> None:
        self._shared = shared
        self._key = key
        self.local = local or LocalLimits()

    def take(self, claims: Sequence[Claim]) -> list[Verdict]:
        """With all instances; by this process alone while Redis does not answer. Never raises Unavailable."""
        try:
            return self._shared.take(self._hidden(claims))
        except Unavailable as error:
            log.debug("limits are counted by this process alone: %s", error)
            return self.local.take(claims)

    def give_back(self, claims: Sequence[Claim], units: Sequence[int]) -> None:
        # In both: while Redis was away the claim was counted here, and nobody notes where.
        self.local.give_back(claims, units)
        try:
            self._shared.give_back(self._hidden(claims), units)
        except Unavailable as error:
            log.debug("what was taken is not given back: %s", error)

    def _hidden(self, claims: Sequence[Claim]) -> list[Claim]:
        return [Claim(hidden(claim.subject, self._key), claim.policy) for claim in claims]


def network_of(address: str | None) -> str:
    """The part of an address that one caller holds: of IPv6 the first 64 bits."""
    if address is None:
        return "unknown"
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
