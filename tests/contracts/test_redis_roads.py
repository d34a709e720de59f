"""One list of commands through both roads to Redis: by URL, and by Upstash's own SDK."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from lib.storage.embedded.supervisor import EmbeddedStores
from lib.storage.redis.cache import Cache
from lib.storage.redis.client import Redis, RestRedis, UrlRedis
from tests.contracts.roads import HARD_TEXT, outcome
from tests.twins.upstash_twin import UpstashTwin


@pytest.fixture(scope="module")
def valkey_url(embedded: EmbeddedStores) -> str:
    return f"{embedded.redis_url}?db=254"


@pytest.fixture
def redis_roads(valkey_url: str) -> Iterator[list[Redis]]:
    with UpstashTwin(valkey_url) as twin:
        found: list[Redis] = [UrlRedis(valkey_url), RestRedis(twin.url, twin.token)]
        yield found
        for one in found:
            one.close()


REDIS_CALLS: list[tuple[Any, ...]] = [
    ("PING",),
    ("GET", "nothing"),
    ("SET", "text", HARD_TEXT),
    ("GET", "text"),
    ("SET", "number", 42, "EX", 60),
    ("GET", "number"),
    ("SET", "number", 1.5, "NX"),
    ("SET", "once", "1", "NX", "EX", 3600),
    ("SET", "once", "1", "NX", "EX", 3600),
    ("TTL", "once"),
    ("XREAD", "COUNT", 2, "STREAMS", "s", "0-0"),
    ("XADD", "s", "1-1", "0", HARD_TEXT, "1", ""),
    ("XADD", "s", "1-2", "0", "{}"),
    ("XADD", "s", "1-1", "0", "late"),  # an id that is not above the last one
    ("XADD", "s", "MINID", "~", 0, "LIMIT", 1000, "5-0", "0", "x"),
    ("XREAD", "COUNT", 2, "STREAMS", "s", "0-0"),
    ("XREAD", "COUNT", 9, "STREAMS", "s", "5-0"),
    ("XLEN", "s"),
    ("GET", "s"),  # a key of the wrong kind
    ("INCR", "text"),
    ("NO.SUCH.COMMAND", "x"),
    ("SET", "short"),
    ("SET", "large", "x" * 700_000),
    ("GET", "large"),
    ("SET", "surrogate", "\ud800"),
    ("DEL", "large", "text"),
]


def test_every_redis_command_answers_alike_on_both_roads(redis_roads: list[Redis]) -> None:
    seen = []
    for road in redis_roads:
        road.execute("FLUSHDB")
        seen.append([outcome(lambda road=road, call=call: road.execute(*call)) for call in REDIS_CALLS])
    for call, direct, rest in zip(REDIS_CALLS, *seen, strict=True):
        assert (direct.answer, direct.raised) == (rest.answer, rest.raised), call
        assert type(direct.answer) is type(rest.answer), call
    raised = {one.raised for one in seen[0]}
    assert raised == {None, "RuntimeError"}


REFUSALS = {
    **dict.fromkeys(("OOM", "BUSY", "LOADING", "READONLY", "MISCONF", "MASTERDOWN", "NOPERM", "NOAUTH"), "Unavailable"),
    "ERR max daily request limit exceeded. Limit: 10000, Usage: 10000.": "Unavailable",
    "ERR something of at most 3": "RuntimeError",
    "WRONGTYPE": "RuntimeError",
    "UNHEARDOF": "RuntimeError",
}


@pytest.mark.parametrize(("code", "expected"), REFUSALS.items())
def test_a_refusal_by_redis_means_the_same_on_both_roads(redis_roads: list[Redis], code: str, expected: str) -> None:
    script = f"return redis.error_reply('{code} for some reason')"
    outcomes = [outcome(lambda road=road: road.execute("EVAL", script, 0)) for road in redis_roads]
    assert {one.raised for one in outcomes} == {expected}
    assert all(code.split()[0] in str(one.message) for one in outcomes), "whoever reads the log must see why"


def test_the_cache_keeps_its_promises_on_both_roads(redis_roads: list[Redis]) -> None:
    for road in redis_roads:
        road.execute("FLUSHDB")
        cache = Cache(road)
        assert cache.get_snapshot() is None
        assert cache.read("0-0", 5) == []
        ids = [cache.append([HARD_TEXT, f"part {number}"], "0-0") for number in range(3)]
        entries = cache.read("0-0", 2)
        assert [entry.id for entry in entries] == ids[:2]
        assert entries[0].parts == [HARD_TEXT, "part 0"]
        assert abs(entries[0].heard_at - time.time()) < 60
        assert [entry.id for entry in cache.read(ids[1], 9)] == ids[2:]
        cache.put_snapshot("7 " + HARD_TEXT)
        assert cache.get_snapshot() == "7 " + HARD_TEXT
        assert [cache.first_emergency_this_hour() for _ in range(3)] == [True, False, False]
        cache.ping()
        lasting = {key for key in road.execute("KEYS", "*") if road.execute("TTL", key) == -1}
        assert lasting == {"omv:0:samples"}, "every key but the stream has a time to live"
