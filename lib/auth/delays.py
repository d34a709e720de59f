"""Guessing is made slow: failed sign-ins are limited per account, per address and for everybody, in one question.

Nobody is ever locked out for good: of an account that somebody guesses at, one attempt comes back every minute.
"""

from __future__ import annotations

from lib.auth.limiter import network_of
from lib.domain.limits import ACCOUNT, ADDRESS, EVERYBODY, Claim, Limits, tightest


class Delays:
    """An attempt is counted before its password is checked, so a hundred at once gain nothing; one that has to wait is
    not counted at all."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def admit(self, email: str, address: str | None) -> float:
        """0 when an attempt may be made now, which is then counted as failed; else the seconds to wait."""
        return tightest(self._limits.take(_claims(email, address))).retry_after

    def forgive(self, email: str, address: str | None) -> None:
        """The attempt counted last was a good one. Whoever knows the password is the owner, so the account starts anew;
        an address or the public may hold guessers besides, so they get back the one attempt."""
        self._limits.give_back(_claims(email, address), (ACCOUNT.quota, 1, 1))


def _claims(email: str, address: str | None) -> list[Claim]:
    return [
        Claim(f"account {email}", ACCOUNT),
        Claim(f"address {network_of(address)}", ADDRESS),
        Claim("everybody", EVERYBODY),
    ]
