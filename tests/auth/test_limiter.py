"""Counting in one process: bounded, safe under threads, and what stands in while Redis is away."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from lib.auth import limiter as module
from lib.auth.limiter import Limiter, LocalLimits, network_of
from lib.domain.errors import Unavailable
from lib.domain.limits import Claim, Policy, Verdict

POLICY = Policy("test", 5, 50)
SLOW = Policy("slow", 5, 50_000)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Away:
    """Redis, gone."""

    def take(self, claims: Sequence[Claim]) -> list[Verdict]:
        raise Unavailable("gone")

    def give_back(self, claims: Sequence[Claim], units: Sequence[int]) -> None:
        raise Unavailable("gone")


def taken(limits: LocalLimits | Limiter, subject: str, times: int, policy: Policy = POLICY) -> int:
    return sum(limits.take([Claim(subject, policy)])[0].admitted for _ in range(times))


def test_a_burst_and_then_one_at_a_time() -> None:
    clock = Clock()
    limits = LocalLimits(clock)
    assert taken(limits, "a", 20) == 5
    clock.now += 10
    assert taken(limits, "a", 20) == 1
    clock.now += 1_000
    assert taken(limits, "a", 20) == 5


def test_subjects_do_not_pay_for_each_other() -> None:
    limits = LocalLimits(Clock())
    taken(limits, "a", 20)
    assert taken(limits, "b", 20) == 5


def test_all_claims_of_a_request_or_none() -> None:
    limits = LocalLimits(Clock())
    taken(limits, "a", 5)
    refused = limits.take([Claim("b", POLICY), Claim("a", POLICY)])
    assert [one.retry_after for one in refused] == [0.0, 10.0]
    assert not any(one.admitted for one in refused)
    assert refused[0].remaining == 5
    assert taken(limits, "b", 20) == 5


def test_what_is_given_back_may_be_taken_again() -> None:
    limits = LocalLimits(Clock())
    taken(limits, "a", 5)
    limits.give_back([Claim("a", POLICY), Claim("never seen", POLICY)], [2, 1])
    assert taken(limits, "a", 20) == 2
    assert taken(limits, "never seen", 20) == 5


def test_more_than_was_taken_cannot_be_given_back() -> None:
    limits = LocalLimits(Clock())
    taken(limits, "a", 1)
    limits.give_back([Claim("a", POLICY)], [100])
    assert taken(limits, "a", 20) == 5


def test_a_flood_of_names_does_not_fill_the_memory_or_free_who_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SUBJECTS", 100)
    limits = LocalLimits(Clock())
    taken(limits, "held", 5, SLOW)
    for number in range(1_000):
        taken(limits, str(number), 1)
        assert len(limits._tats) <= 101
    assert taken(limits, "held", 1, SLOW) == 0


def test_eight_threads_get_no_more_than_one() -> None:
    limits = LocalLimits()
    policy = Policy("threads", 100, 86_400)
    admitted: list[int] = []
    threads = [threading.Thread(target=lambda: admitted.append(taken(limits, "a", 100, policy))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(admitted) == 100


def test_without_redis_this_process_is_as_strict() -> None:
    limiter = Limiter(Away(), b"", LocalLimits(Clock()))
    assert taken(limiter, "a", 20) == 5
    limiter.give_back([Claim("a", POLICY)], [1])
    assert taken(limiter, "a", 20) == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_one_caller_holds_an_ipv4_address_or_64_bits_of_ipv6(address: str | None, network: str) -> None:
    assert network_of(address) == network
