"""What a process remembers of series it has met, so that each is understood once: bounded in bytes, whoever sends what.

In two generations: when the younger is full it becomes the older one, and what is asked for there moves on. A flood of
labels that never come back pushes out other such labels, and not what every request asks for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

MOST_BYTES = 16_000_000
MOST_KEY = 4_000  # what is longer is understood anew each time
ENTRY = 600  # bytes of an entry besides its key: what it says, and its place


class Remembered[K: (str, bytes), V]:
    """`dropped` is told of what is forgotten."""

    def __init__(self, most_bytes: int = MOST_BYTES, dropped: Callable[[V], None] | None = None) -> None:
        self._most = most_bytes // 2
        self._dropped = dropped
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}
        self._bytes = 0  # of the younger generation
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        found = self._young.get(key)
        if found is None and self._old:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: K, value: V, more: int = 0) -> None:
        """`more` is what the value holds in bytes, where that is much."""
        size = ENTRY + 4 * len(key) + more
        if len(key) > MOST_KEY or size > self._most:
            return
        with self._lock:
            if self._bytes + size > self._most:
                forgotten, self._old, self._young, self._bytes = self._old, self._young, {}, 0
                if self._dropped is not None:
                    for key_, gone in forgotten.items():
                        if key_ not in self._old:
                            self._dropped(gone)
            self._bytes += size
            self._young[key] = value

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())
