"""Notes on refused senders in a real Valkey, by both roads: one command each, and none of them stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lib.auth.attempts import PLACES
from lib.storage.redis.client import Counting, Redis, RestRedis, UrlRedis
from lib.storage.redis.refusals import REFUSED_SECONDS, RedisRefusals
from tests.real_stores import Pair
from tests.twins.upstash_twin import UpstashTwin


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


def test_the_newest_note_of_a_place_is_kept_for_ten_minutes(redis: Counting) -> None:
    refusals = RedisRefusals(redis)
    assert refusals.kept(PLACES) == []
    for text in ("first", "거부됨"):
        refusals.keep(3, text)
    refusals.keep(PLACES - 1, "last")
    assert redis.commands == 4
    assert refusals.kept(PLACES) == ["거부됨", "last"]
    assert redis.commands == 5
    assert 0 < int(redis.execute("TTL", "omv:refused:3")) <= REFUSED_SECONDS
