"""The arithmetic of limits: nobody gets more than the burst and the rate, nobody waits longer than one step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.limits import (
    ACCOUNT,
    ADDRESS,
    EVERYBODY,
    MICROSECONDS,
    POLICIES,
    SHARED,
    Policy,
    decide,
    hidden,
    tightest,
    told,
)

POLICY = Policy("test", 5, 50)
S = MICROSECONDS
policies = st.builds(Policy, st.just("any"), st.integers(1, 1_000), st.integers(1, 10_000))


@pytest.mark.parametrize(
    ("backlog", "admitted", "retry_after", "remaining", "reset"),
    [
        (0, True, 0, 4, 10),
        (10 * S, True, 0, 3, 10),
        (15 * S, True, 0, 2, 5),
        (40 * S, True, 0, 0, 10),
        (40 * S + 1, False, 1e-6, 0, 1e-6),
        (45 * S, False, 5, 0, 5),
        (50 * S, False, 10, 0, 10),
        (10_000 * S, False, 10, 0, 10),
    ],
)
def test_what_is_told(backlog: int, *, admitted: bool, retry_after: float, remaining: int, reset: float) -> None:
    tat, verdict = decide(1_000 * S + backlog, 1_000 * S, POLICY)
    assert (verdict.admitted, verdict.retry_after, verdict.remaining, verdict.reset) == (
        admitted, retry_after, remaining, reset
    )  # fmt: skip
    assert tat == 1_000 * S + min(backlog, 50 * S) + (10 * S if admitted else 0)


@given(policies, st.lists(st.integers(0, 3_000_000), max_size=200))
def test_nobody_gets_more_than_the_burst_and_the_rate(policy: Policy, gaps: list[int]) -> None:
    now, tat, admitted = 0, 0, 0
    for gap in gaps:
        now += gap
        tat, verdict = decide(tat, now, policy)
        admitted += verdict.admitted
    assert admitted <= policy.quota + now // policy.step
    # Whoever asks no faster than the rate is never refused.
    assert admitted == len(gaps) or any(gap < policy.step for gap in gaps)


@given(policies, st.integers(-(10**12), 10**16), st.integers(0, 10**15))
def test_whoever_waits_as_told_is_admitted_and_nobody_waits_longer_than_a_step(
    policy: Policy, tat: int, now: int
) -> None:
    """Also where the clock was put back, and the kept moment lies far ahead."""
    after, verdict = decide(tat, now, policy)
    assert 0 <= verdict.retry_after * S <= policy.step + 1
    assert 0 <= verdict.remaining < policy.quota
    assert verdict.admitted or verdict.reset == verdict.retry_after
    if not verdict.admitted:
        assert decide(after, now + round(verdict.retry_after * S), policy)[1].admitted


@given(policies, st.integers(0, 10**10))
def test_what_remains_may_follow_at_once_and_no_more_until_the_reset(policy: Policy, backlog: int) -> None:
    tat, verdict = decide(backlog, 0, policy)
    for _ in range(verdict.remaining):
        tat, following = decide(tat, 0, policy)
        assert following.admitted
    just_before = max(0, round(verdict.reset * S) - 1)
    assert not decide(tat, just_before, policy)[1].admitted
    assert decide(tat, round(verdict.reset * S), policy)[1].admitted


def test_of_several_the_longest_wait_counts_and_else_the_nearest_end() -> None:
    short, long = Policy("short", 2, 10), Policy("long", 100, 60)
    refused = [told(short, short.span, admitted=False), told(long, long.span, admitted=False)]
    assert tightest(refused).policy is short
    assert tightest([told(short, 0, admitted=True), told(long, 0, admitted=True)]).policy is short


def test_every_policy_is_a_sane_one() -> None:
    assert POLICIES.keys() >= SHARED - {"login"}
    for policy in (*POLICIES.values(), ACCOUNT, ADDRESS, EVERYBODY):
        assert policy.quota >= 1
        assert policy.window >= 1
        assert abs(policy.span / S - policy.window) < 0.01, "the header's q and w are what is counted"


def test_a_hidden_name_needs_its_key() -> None:
    assert hidden("account ada@example.org", b"a") == hidden("account ada@example.org", b"a")
    assert hidden("account ada@example.org", b"a") != hidden("account ada@example.org", b"b")
    assert "ada" not in hidden("account ada\udcff@example.org", b"a")
