"""Guessing slows down, per account, per address and for all; nobody is locked out for good."""

from __future__ import annotations

import pytest

from lib.auth import delays
from lib.auth.delays import ACCOUNT, ADDRESS, EVERYBODY, Delays, network_of


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


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
    limiter = Delays(Clock())
    assert [limiter.admit("a@x", "192.0.2.1") for _ in range(ACCOUNT.free)] == [0.0] * ACCOUNT.free


def test_each_failure_after_those_doubles_the_wait_up_to_a_minute() -> None:
    clock = Clock()
    limiter = Delays(clock)
    waits = []
    for number in range(ACCOUNT.free + 12):
        while (wait := limiter.admit("a@x", f"2001:db8:{number}::1")) > 0:
            waits.append(wait)
            clock.now += wait
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == ACCOUNT.most_seconds


def test_one_account_takes_few_guesses_an_hour_from_anywhere() -> None:
    clock = Clock()
    assert failures(Delays(clock), clock, 3_600, email="a@x", addresses=5) < 80


def test_one_address_takes_few_guesses_an_hour_whatever_the_account() -> None:
    clock = Clock()
    assert failures(Delays(clock), clock, 3_600) < 420


def test_everybody_together_is_bounded_too() -> None:
    clock = Clock()
    assert failures(Delays(clock), clock, 60, addresses=250) < 60 / EVERYBODY.forget_seconds + 2 * EVERYBODY.free


def test_a_waiting_attempt_is_not_counted() -> None:
    clock = Clock()
    limiter = Delays(clock)
    for _ in range(ACCOUNT.free + 1):
        limiter.admit("a@x", None)
    first = limiter.admit("a@x", None)
    assert [limiter.admit("a@x", None) for _ in range(100)] == [first] * 100


def test_the_owner_is_let_in_again_and_starts_anew() -> None:
    clock = Clock()
    limiter = Delays(clock)
    for _ in range(ACCOUNT.free + 1):
        limiter.admit("a@x", None)
    clock.now += limiter.admit("a@x", None)
    assert limiter.admit("a@x", None) == 0
    limiter.forgive("a@x", None)
    assert [limiter.admit("a@x", None) for _ in range(ACCOUNT.free)] == [0.0] * ACCOUNT.free


def test_signing_in_to_ones_own_account_buys_no_guesses_at_others() -> None:
    limiter = Delays(Clock())
    for number in range(ADDRESS.free):
        limiter.admit(f"{number}@x", "192.0.2.1")
    limiter.admit("own@x", "192.0.2.1")
    limiter.forgive("own@x", "192.0.2.1")
    assert limiter.admit("other@x", "192.0.2.1") > 0


def test_failures_are_forgotten_with_time() -> None:
    clock = Clock()
    limiter = Delays(clock)
    for _ in range(ACCOUNT.free + 1):
        limiter.admit("a@x", None)
    clock.now += 3_600
    assert [limiter.admit("a@x", None) for _ in range(ACCOUNT.free)] == [0.0] * ACCOUNT.free


def test_a_flood_of_names_does_not_fill_the_memory_or_free_the_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delays, "MOST_SUBJECTS", 100)
    clock = Clock()
    limiter = Delays(clock)
    for _ in range(ACCOUNT.free + 6):
        clock.now += limiter.admit("a@x", None)
        limiter.admit("a@x", None)
    assert limiter.admit("a@x", None) > 10
    for number in range(1_000):
        limiter.admit(f"{number}@x", f"2001:db8:{number:x}::1")
        clock.now += 0.005
    assert len(limiter._levels) <= 110
    assert limiter.admit("a@x", None) > 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_one_guesser_holds_an_ipv4_address_or_64_bits_of_ipv6(address: str | None, network: str) -> None:
    assert network_of(address) == network
