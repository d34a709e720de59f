"""Guessing is made slow: each failed sign-in makes the next one wait, per account, per address and for everybody.

Kept in the process, so it bounds one instance. Callers ask only `admit` and `forgive`, which a limiter that is shared
through Redis can answer too. Nobody is ever locked out for good: delays are capped and levels sink.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

MOST_SUBJECTS = 10_000


@dataclass(frozen=True, slots=True)
class Pace:
    """`free` failures cost nothing; each one more doubles the delay from one second up to `most_seconds`. A failure is
    forgotten every `forget_seconds`."""

    free: int
    most_seconds: float
    forget_seconds: float


ACCOUNT = Pace(free=5, most_seconds=60, forget_seconds=60)
ADDRESS = Pace(free=20, most_seconds=60, forget_seconds=10)
EVERYBODY = Pace(free=100, most_seconds=5, forget_seconds=0.5)


class Limiter(Protocol):
    def admit(self, email: str, address: str | None) -> float:
        """0 when an attempt may be made now, which is then counted as failed; else the seconds to wait."""

    def forgive(self, email: str, address: str | None) -> None:
        """The attempt counted last was a good one."""


@dataclass(slots=True)
class _Level:
    height: float
    at: float
    closed_until: float


class Delays:
    """Thread-safe. An attempt is counted before its password is checked, so a hundred at once gain nothing."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._levels: dict[str, _Level] = {}
        self._lock = threading.Lock()

    def admit(self, email: str, address: str | None) -> float:
        now = self._monotonic()
        subjects = _subjects(email, address)
        with self._lock:
            wait = max(level.closed_until - now if (level := self._levels.get(name)) else 0.0 for name in subjects)
            if wait > 0:
                return wait
            if len(self._levels) > MOST_SUBJECTS:
                self._forget(now)
            for name, pace in subjects.items():
                level = self._levels.setdefault(name, _Level(0.0, now, now))
                level.height = max(0.0, level.height - (now - level.at) / pace.forget_seconds) + 1
                level.at = now
                excess = math.ceil(level.height) - pace.free
                level.closed_until = now + (min(pace.most_seconds, 2.0 ** min(excess - 1, 16)) if excess > 0 else 0.0)
        return 0.0

    def forgive(self, email: str, address: str | None) -> None:
        account, *others = _subjects(email, address)
        with self._lock:
            # Whoever knows the password is the owner. An address or the public may hold guessers besides.
            self._levels.pop(account, None)
            for name in others:
                if level := self._levels.get(name):
                    level.height = max(0.0, level.height - 1)

    def _forget(self, now: float) -> None:
        """Drop what has been quiet longest: half of all, so that this is rare."""
        oldest = sorted(self._levels, key=lambda name: self._levels[name].at)
        for name in oldest[: len(oldest) // 2]:
            if self._levels[name].closed_until <= now:
                del self._levels[name]


def _subjects(email: str, address: str | None) -> dict[str, Pace]:
    return {f"account {email}": ACCOUNT, f"address {network_of(address)}": ADDRESS, "everybody": EVERYBODY}


def network_of(address: str | None) -> str:
    """The part of an address that one guesser holds: of IPv6 the first 64 bits."""
    if address is None:
        return "unknown"
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
