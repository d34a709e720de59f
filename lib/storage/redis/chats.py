"""Conversations with the assistant: what was asked and how it was understood, until nobody has gone on for a while.

| key | holds | lives |
|---|---|---|
| `omv:chat:{owner}:{conversation}` | its last turns, JSON | 1 hour after the last |
| `omv:once:{token}` | that this confirmation was used | as long as the confirmation is good |

`owner` is a digest of whoever asks: nobody goes on with another's conversation.
"""

from __future__ import annotations

import hashlib

from lib.storage.redis.client import Redis

CHAT_SECONDS = 3_600


class RedisChats:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def turns(self, owner: str, conversation: str) -> str | None:
        """The turns as they were kept. May raise Unavailable."""
        found = self._redis.execute("GET", _key(owner, conversation))
        return None if found is None else str(found)

    def keep(self, owner: str, conversation: str, turns: str) -> None:
        self._redis.execute("SET", _key(owner, conversation), turns, "EX", CHAT_SECONDS)

    def first_use(self, token: str, seconds: int) -> bool:
        """True for one caller alone. Raises Unavailable: then nobody knows, and nothing may be done."""
        digest = hashlib.sha256(token.encode()).hexdigest()[:40]
        return bool(self._redis.execute("SET", f"omv:once:{digest}", "1", "NX", "EX", seconds))


def _key(owner: str, conversation: str) -> str:
    return f"omv:chat:{hashlib.sha256(owner.encode()).hexdigest()[:24]}:{conversation}"
