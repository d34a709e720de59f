"""Notes on senders that were refused (lib/auth/attempts.py): a fixed number of places, each with a time to live, so
that they are bounded whatever happens.

| key | holds | lives |
|---|---|---|
| `omv:refused:{place}` | the newest refusal there, JSON: reason, path's form, address; no secret | 10 minutes |
"""

from __future__ import annotations

from lib.storage.redis.client import Redis

REFUSED_SECONDS = 600


class RedisRefusals:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def keep(self, place: int, text: str) -> None:
        self._redis.execute("SET", _key(place), text, "EX", REFUSED_SECONDS)

    def kept(self, places: int) -> list[str]:
        found = self._redis.execute("MGET", *(_key(place) for place in range(places)))
        return [str(text) for text in found or () if text]


def _key(place: int) -> str:
    return f"omv:refused:{place}"
