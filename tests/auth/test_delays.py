"""Guessing slows down, per account, per address and for all; nobody is locked out for good."""

from __future__ import annotations

from lib.auth.delays import Delays
from lib.auth.limiter import LocalLimits
from lib.domain.limits import ACCOUNT, ADDRESS, EVERYBODY


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def delays(clock: Clock) -> Delays:
    return Delays(LocalLimits(clock))


def failures(limiter: Delays, clock: Clock, seconds: float, email: str = "", addresses: int = 1) -> int:
    """How many guesses somebody gets in that time who never gives up, from that many addresses."""
    end = clock.now + seconds
    made = 0
    while clock.now < end:
        for number in range(addresses):
            wait = limiter.admit(email or f"{made}@x", f"192.0.2.{number}")
            made += wait == 0
        clock.now += 0.5
    return made


def test_a_few_slips_cost_nothing() -> None:
    limiter = delays(Clock())
    assert [limiter.admit("a@x", "192.0.2.1") for _ in range(ACCOUNT.quota)] == [0.0] * ACCOUNT.quota


def test_each_failure_after_those_waits_and_never_longer_than_a_minute() -> None:
    clock = Clock()
    limiter = delays(clock)
    waits = []
    for number in range(ACCOUNT.quota + 12):
        while (wait := limiter.admit("a@x", f"2001:db8:{number}::1")) > 0:
            waits.append(wait)
            clock.now += wait
    assert waits == [60.0] * 12


def test_one_account_takes_few_guesses_an_hour_from_anywhere() -> None:
    clock = Clock()
    assert failures(delays(clock), clock, 3_600, email="a@x", addresses=5) < 80


def test_one_address_takes_few_guesses_an_hour_whatever_the_account() -> None:
    clock = Clock()
    assert failures(delays(clock), clock, 3_600) < 420


def test_everybody_together_is_bounded_too() -> None:
    clock = Clock()
    assert failures(delays(clock), clock, 60, addresses=250) <= EVERYBODY.quota + 60 * 1e6 / EVERYBODY.step + 1


def test_a_waiting_attempt_is_not_counted() -> None:
    clock = Clock()
    limiter = delays(clock)
    for _ in range(ACCOUNT.quota):
        limiter.admit("a@x", None)
    first = limiter.admit("a@x", None)
    assert first > 0
    assert [limiter.admit("a@x", None) for _ in range(100)] == [first] * 100


def test_an_account_that_waits_costs_its_address_nothing() -> None:
    limiter = delays(Clock())
    for _ in range(100):
        limiter.admit("a@x", "192.0.2.1")
    others = [limiter.admit(f"{number}@x", "192.0.2.1") for number in range(ADDRESS.quota - ACCOUNT.quota)]
    assert others == [0.0] * len(others)


def test_the_owner_is_let_in_again_and_starts_anew() -> None:
    clock = Clock()
    limiter = delays(clock)
    for _ in range(ACCOUNT.quota):
        limiter.admit("a@x", None)
    clock.now += limiter.admit("a@x", None)
    assert limiter.admit("a@x", None) == 0
    limiter.forgive("a@x", None)
    assert [limiter.admit("a@x", None) for _ in range(ACCOUNT.quota)] == [0.0] * ACCOUNT.quota


def test_signing_in_to_ones_own_account_buys_no_guesses_at_others() -> None:
    limiter = delays(Clock())
    for number in range(ADDRESS.quota - 1):
        limiter.admit(f"{number}@x", "192.0.2.1")
    limiter.admit("own@x", "192.0.2.1")
    limiter.forgive("own@x", "192.0.2.1")
    assert limiter.admit("other@x", "192.0.2.1") == 0
    assert limiter.admit("another@x", "192.0.2.1") > 0


def test_failures_are_forgotten_with_time() -> None:
    clock = Clock()
    limiter = delays(clock)
    for _ in range(ACCOUNT.quota):
        limiter.admit("a@x", None)
    clock.now += ACCOUNT.window
    assert [limiter.admit("a@x", None) for _ in range(ACCOUNT.quota)] == [0.0] * ACCOUNT.quota
