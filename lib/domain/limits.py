"""How much of what anybody may ask for: the classes of routes, their rates, and the arithmetic that all limits share.

The arithmetic is GCRA: of a subject one number is kept, the moment at which it would have used up nothing (`tat`). Each
admitted request moves it one step on; what would move it more than the window ahead is refused. Times are whole
microseconds, so that Redis' script and this module round alike.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

MICROSECONDS = 1_000_000

type RateClass = Literal["login", "write", "chat", "read", "agent"]


@dataclass(frozen=True, slots=True)
class Policy:
    """`quota` requests at once, and as many again in every `window` (whole seconds), each coming back by itself."""

    name: str
    quota: int
    window: int

    @property
    def step(self) -> int:
        """Microseconds until one request comes back."""
        return max(1, self.window * MICROSECONDS // self.quota)

    @property
    def span(self) -> int:
        """Microseconds until all of them have come back."""
        return self.step * self.quota


# A sign-in is held to three at once; a good one is given back.
ACCOUNT = Policy("login-account", 6, 360)
ADDRESS = Policy("login-address", 30, 300)
EVERYBODY = Policy("login-everybody", 120, 60)

# By class, of a key, a person, or where nobody signed in a network. `login` has the three above.
POLICIES: dict[RateClass, Policy] = {
    "write": Policy("write", 300, 60),
    "chat": Policy("chat", 30, 60),
    "read": Policy("read", 600, 60),
    "agent": Policy("agent", 12_000, 60),  # of this one the setting OPENMANAGER_POSTS_PER_MINUTE decides
}
# Counted in Redis, for all instances together. The others are counted in each process: a post stays at one command.
SHARED: frozenset[RateClass] = frozenset({"login", "write", "chat"})


class Claim(NamedTuple):
    """One request's worth of a policy, for whom it is to be counted."""

    subject: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Verdict:
    """`remaining` requests may follow at once, and no more than that for `reset` seconds. A refused one may come again
    after `retry_after` seconds (0 when admitted)."""

    policy: Policy
    admitted: bool
    retry_after: float
    remaining: int
    reset: float


class Limits(Protocol):
    """Where subjects are counted. Names of subjects are kept as they are given: whoever gives them has hashed them."""

    def take(self, claims: Sequence[Claim]) -> list[Verdict]:
        """All of the claims or, when one is refused, none. Raises Unavailable when nobody can tell."""

    def give_back(self, claims: Sequence[Claim], units: Sequence[int]) -> None:
        """So many units of each were taken for nothing. Raises Unavailable."""


def decide(tat: int, now: int, policy: Policy) -> tuple[int, Verdict]:
    """The subject's new `tat` and what to tell. A `tat` further ahead than the window, as of a clock that was put back,
    counts as used up: nobody waits longer than one step."""
    backlog = backlog_of(tat, now, policy)
    admitted = backlog + policy.step <= policy.span
    return now + backlog + (policy.step if admitted else 0), told(policy, backlog, admitted=admitted)


def backlog_of(tat: int, now: int, policy: Policy) -> int:
    """Microseconds until the subject has used up nothing."""
    return min(max(tat - now, 0), policy.span)


def told(policy: Policy, backlog: int, *, admitted: bool) -> Verdict:
    """The verdict on a request that met this backlog (microseconds). `admitted` is False also when another claim of the
    same request was refused: then nothing was taken of this one either."""
    after = backlog + (policy.step if admitted else 0)
    remaining = (policy.span - after) // policy.step
    return Verdict(
        policy,
        admitted=admitted,
        retry_after=0.0 if admitted else max(0, backlog + policy.step - policy.span) / MICROSECONDS,
        remaining=remaining,
        reset=0.0 if not after else (after - (policy.quota - remaining - 1) * policy.step) / MICROSECONDS,
    )


def tightest(verdicts: Sequence[Verdict]) -> Verdict:
    """Of several the one to heed: the longest wait, else what is nearest to its end."""
    return max(verdicts, key=lambda one: (one.retry_after, -one.remaining / one.policy.quota))


def hidden(subject: str, key: bytes) -> str:
    """A subject's name for a store that must not know people or addresses. Without the key it cannot be guessed."""
    return hmac.new(key, subject.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def whole_seconds(seconds: float) -> int:
    """As headers say it: never too early."""
    return max(0, math.ceil(seconds))
