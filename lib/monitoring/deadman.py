"""Our own life, told to somebody else's watch: who hears no more of us wakes the people that we cannot."""

from __future__ import annotations

import logging
import time

from lib.domain.errors import DomainError
from lib.outbound import Door

log = logging.getLogger(__name__)


class DeadMan:
    """Tells somebody else's watch that we live: after commits, at most once a minute. Never raises."""

    def __init__(self, url: str | None, door: Door, every: float = 60.0) -> None:
        self._url = url
        self._door = door
        self._every = every
        self._told = float("-inf")

    def __call__(self) -> None:
        now = time.monotonic()
        if not self._url or now - self._told < self._every:
            return
        self._told = now
        try:
            self._door.call("GET", self._url, trusted=True)
        except DomainError as error:
            log.warning("the dead-man address did not answer: %s", error)
