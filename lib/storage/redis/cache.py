"""Every key the product keeps in Redis, with what may be relied on. Every key but the stream has a time to live.

| key | holds | lives |
|---|---|---|
| `omv:{shard}:samples` | stream: one entry a post, one field a part | trimmed 10 minutes behind the sweep's cursor |
| `omv:{shard}:snapshot` | the fleet as last committed | 1 day |
| `omv:emergency` | the emergency webhook was called | 1 hour |
| `omv:chat:{owner}:{id}`, `omv:once:{hash}` | conversations and used confirmations (chats.py) | an hour, ten minutes |
| `omv:refused:{place}` | why a sender was refused (refusals.py): 112 places | 10 minutes |
| `omv:limit:{hash}` | how much of a limit somebody has used up (limits.py) | until nothing is, 6 minutes at most |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lib.storage.port import Entry
from lib.storage.redis.client import Redis

SNAPSHOT_SECONDS = 86_400
EMERGENCY_SECONDS = 3_600
TRIM_BEHIND_MS = 600_000
TRIM_AT_MOST = 1_000


def id_key(stream_id: str) -> tuple[int, int]:
    """Stream ids compare as numbers, not as text."""
    head, _, tail = stream_id.partition("-")
    return int(head or 0), int(tail or 0)


class Cache:
    def __init__(self, redis: Redis, shard: int = 0) -> None:
        self._redis = redis
        self._samples = f"omv:{shard}:samples"
        self._snapshot = f"omv:{shard}:snapshot"

    def append(self, parts: Sequence[str], cursor: str) -> str:
        """Append one post and trim what is ten minutes behind the cursor, in one command. Gives the entry's id."""
        fields: list[str] = []
        for index, part in enumerate(parts):
            fields += (str(index), part)
        behind = max(0, id_key(cursor)[0] - TRIM_BEHIND_MS)
        answer = self._redis.execute("XADD", self._samples, "MINID", "~", behind, "LIMIT", TRIM_AT_MOST, "*", *fields)
        return str(answer)

    def read(self, cursor: str, count: int) -> list[Entry]:
        """Up to `count` entries after the cursor, oldest first. Fewer than `count` means: that is all there is."""
        answer = self._redis.execute("XREAD", "COUNT", count, "STREAMS", self._samples, cursor)
        if not answer:
            return []
        return [
            Entry(str(entry_id), int(str(entry_id).partition("-")[0]) / 1000, [str(value) for value in fields[1::2]])
            for entry_id, fields in answer[0][1]
        ]

    def put_snapshot(self, body: str) -> None:
        self._redis.execute("SET", self._snapshot, body, "EX", SNAPSHOT_SECONDS)

    def get_snapshot(self) -> str | None:
        answer: Any = self._redis.execute("GET", self._snapshot)
        return None if answer is None else str(answer)

    def first_emergency_this_hour(self) -> bool:
        """True for one caller an hour, however many functions see the same trouble."""
        return bool(self._redis.execute("SET", "omv:emergency", "1", "NX", "EX", EMERGENCY_SECONDS))

    def ping(self) -> None:
        self._redis.execute("PING")
