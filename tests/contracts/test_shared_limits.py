"""Limits counted in Redis, on a real Valkey by both roads: exact under threads, by Redis' clock, without leftovers."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.auth.limiter import Limiter, LocalLimits
from lib.domain.errors import Unavailable
from lib.domain.limits import ACCOUNT, POLICIES, SHARED, Claim, Policy, decide
from lib.storage.redis.client import Counting, Redis, Resting, RestRedis, UrlRedis
from lib.storage.redis.limits import PREFIX, RedisLimits
from tests.patience import FOR_EVER
from tests.real_stores import Pair
from tests.twins import faults
from tests.twins.upstash_twin import UpstashTwin

MINUTE = Policy("minute", 5, 300)


@pytest.fixture(params=["by URL", "by REST"])
def redis(request: pytest.FixtureRequest, fresh_stores: Pair) -> Iterator[Counting]:
    if request.param == "by URL":
        road: Redis = UrlRedis(fresh_stores.redis_url)
        yield Counting(road)
        road.close()
        return
    with UpstashTwin(fresh_stores.redis_url) as twin:
        road = RestRedis(twin.url, twin.token)
        yield Counting(road)
        road.close()


def taken(limits: RedisLimits, subject: str, times: int, policy: Policy = MINUTE) -> int:
    return sum(limits.take([Claim(subject, policy)])[0].admitted for _ in range(times))


def test_eight_threads_get_the_burst_and_the_rate_and_nearly_all_of_it(redis: Counting) -> None:
    policy = Policy("threads", 100, 4)  # 25 a second
    limits = RedisLimits(redis)
    began = time.monotonic()
    admitted = [taken(limits, "one", 1, policy)]
    counted_from = time.monotonic()
    ends = began + 3

    def ask() -> None:
        count = 0
        while time.monotonic() < ends:
            count += limits.take([Claim("one", policy)])[0].admitted
        admitted.append(count)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    left, asked = True, 0.0
    while left and asked < ends + FOR_EVER:  # what came back while a busy machine asked nothing
        asked = time.monotonic()
        left = bool(taken(limits, "one", 1, policy))
        admitted.append(left)
    answered = time.monotonic()
    assert redis.commands > 200
    least, most = (policy.quota + seconds * 1e6 / policy.step for seconds in (asked - counted_from, answered - began))
    assert least - 1 <= sum(admitted) <= most + 1


def test_several_claims_cost_one_command_and_are_taken_together_or_not_at_all(redis: Counting) -> None:
    limits = RedisLimits(redis)
    taken(limits, "a", 5)
    before = redis.commands
    refused = limits.take([Claim("b", MINUTE), Claim("a", MINUTE), Claim("c", ACCOUNT)])
    assert redis.commands == before + 1
    assert [one.admitted for one in refused] == [False] * 3
    assert [one.remaining for one in refused] == [5, 0, 6]
    assert 30 < refused[1].retry_after <= 60
    assert taken(limits, "b", 9) == 5


def test_what_is_given_back_may_be_taken_again(redis: Counting) -> None:
    limits = RedisLimits(redis)
    taken(limits, "a", 5)
    before = redis.commands
    limits.give_back([Claim("a", MINUTE), Claim("unknown", MINUTE)], [2, 1])
    assert redis.commands == before + 1
    assert taken(limits, "a", 9) == 2
    limits.give_back([Claim("a", MINUTE)], [100])
    assert taken(limits, "a", 9) == 5


def test_no_key_outlives_its_use_and_none_is_without_an_end(redis: Counting, fresh_stores: Pair) -> None:
    limits = RedisLimits(redis)
    with fresh_stores.redis() as client:
        taken(limits, "a", 2)
        assert 110_000 < client.pttl(PREFIX + "a") <= 120_001
        limits.give_back([Claim("a", MINUTE)], [1])
        assert 50_000 < client.pttl(PREFIX + "a") <= 60_001
        limits.give_back([Claim("a", MINUTE)], [1])
        assert client.keys("*") == []
        taken(limits, "b", 3, Policy("quick", 5, 1))
        deadline = time.monotonic() + 3
        while client.exists(PREFIX + "b") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert client.keys("*") == []


def test_the_clock_is_redis_own(redis: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance whose clock is a day off counts like the others, and none can wait its way out of a limit."""
    limits = RedisLimits(redis)
    taken(limits, "a", 4)
    real = time.time
    for off in (86_400, -86_400):
        monkeypatch.setattr(time, "time", lambda off=off: real() + off)
        answer = limits.take([Claim("a", MINUTE)])[0]
        assert answer.remaining == 0
    assert not answer.admitted


def test_a_moment_far_ahead_locks_nobody_out(redis: Counting, fresh_stores: Pair) -> None:
    """What a fail-over to a Redis with an earlier clock leaves behind."""
    with fresh_stores.redis() as client:
        client.set(PREFIX + "a", int((time.time() + 86_400) * 1e6))
        client.set(PREFIX + "nonsense", "nonsense")
    limits = RedisLimits(redis)
    quick = Policy("quick", 5, 1)
    assert limits.take([Claim("a", quick)])[0].retry_after <= 0.2
    assert taken(limits, "nonsense", 9) == 5


_runs = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 3)), max_size=12))
def test_redis_script_and_the_arithmetic_agree(redis: Counting, steps: list[tuple[str, int]]) -> None:
    """With an hour to a step no time passes: both must tell the same, number for number."""
    limits = RedisLimits(redis)
    tats: dict[str, int] = {}
    run = next(_runs)
    for name, quota in steps:
        policy = Policy("hours", quota, quota * 3_600)
        subject = f"{run} {name} {quota}"
        answer = limits.take([Claim(subject, policy)])[0]
        tats[subject], expected = decide(tats.get(subject, 0), 0, policy)
        assert (answer.admitted, answer.remaining) == (expected.admitted, expected.remaining)
        assert answer.retry_after == pytest.approx(expected.retry_after, abs=5)
        assert answer.reset == pytest.approx(expected.reset, abs=5)


def test_subjects_are_hashed_on_their_way(redis: Counting, fresh_stores: Pair) -> None:
    Limiter(RedisLimits(redis), b"key").take([Claim("account ada@example.org", ACCOUNT)])
    with fresh_stores.redis() as client:
        (name,) = client.keys("*")
    assert name.startswith(PREFIX)
    assert "ada" not in name
    assert len(name) == len(PREFIX) + 32


@pytest.mark.parametrize("road", ["by URL", "by REST"])
def test_with_redis_black_holed_it_is_still_limited_and_waited_for_once(road: str) -> None:
    with faults.silent() as server:
        redis = UrlRedis(f"redis://127.0.0.1:{server.port}/0") if road == "by URL" else RestRedis(server.url, "a-token")
        counted = Counting(redis)
        limiter = Limiter(RedisLimits(Resting(counted, 5.0)), b"key", LocalLimits())
        began = time.monotonic()
        admitted = sum(limiter.take([Claim("a", MINUTE)])[0].admitted for _ in range(50))
        limiter.give_back([Claim("a", MINUTE)], [1])
        took = time.monotonic() - began
        redis.close()
    assert admitted == 5
    assert took < FOR_EVER, "fifty waits are more than a minute"
    assert counted.commands == 1


@pytest.mark.parametrize("forbidden", ["eval", "time"])
def test_with_a_redis_that_refuses_the_script_it_is_still_limited(fresh_stores: Pair, forbidden: str) -> None:
    """As some services do: here a user who may not run scripts, or ask for the time."""
    password = secrets.token_hex(16)
    with fresh_stores.redis() as client:
        client.execute_command("ACL", "SETUSER", "bounded", "on", f">{password}", "~*", "+@all", f"-{forbidden}")
        redis = UrlRedis(fresh_stores.redis_url.replace("unix://", f"unix://bounded:{password}@"))
        try:
            assert Limiter(RedisLimits(redis), b"key").take([Claim("a", MINUTE)])[0].admitted
            assert client.keys("*") == []
        finally:
            redis.close()
            client.execute_command("ACL", "DELUSER", "bounded")


def test_what_redis_refuses_is_said_in_the_log(fresh_stores: Pair, caplog: pytest.LogCaptureFixture) -> None:
    with UpstashTwin(fresh_stores.redis_url) as twin:
        twin.refusal = "ERR This Redis command is not allowed from script"
        redis = RestRedis(twin.url, twin.token)
        limiter = Limiter(RedisLimits(redis), b"key")
        assert sum(limiter.take([Claim("a", MINUTE)])[0].admitted for _ in range(9)) == 5
        redis.close()
    assert "not allowed from script" in caplog.text


def test_a_redis_that_comes_back_is_asked_again() -> None:
    now = [0.0]
    with faults.refusing() as server:
        counted = Counting(UrlRedis(f"redis://127.0.0.1:{server.port}/0"))
        resting = Resting(counted, 5.0, lambda: now[0])
        for _ in range(3):
            with pytest.raises(Unavailable):
                resting.execute("PING")
        now[0] += 5.0
        with pytest.raises(Unavailable):
            resting.execute("PING")
        resting.close()
    assert counted.commands == 2


@pytest.mark.parametrize("name", sorted(SHARED & POLICIES.keys()))
def test_every_shared_class_is_counted_by_both_roads(redis: Counting, name: str) -> None:
    policy = POLICIES[name]  # type: ignore[index] # the names are those of the mapping
    assert taken(RedisLimits(redis), name, 3, policy) == 3
