"""Our own life and our own trouble, told outside: a watch that hears no more of us wakes the people that we cannot, and
an emergency that no channel can carry goes to an address of the operator's."""

from __future__ import annotations

import json
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


class Emergency:
    """Says a text to the emergency webhook, in the form that Slack and Discord both read. Never raises."""

    def __init__(self, url: str | None, door: Door) -> None:
        self._url = url
        self._door = door

    def __call__(self, text: str) -> None:
        if not self._url:
            return
        body = json.dumps({"text": text, "content": text}).encode()
        headers = {"Content-Type": "application/json"}
        try:
            self._door.call("POST", self._url, headers=headers, content=body, trusted=True)
        except DomainError as error:
            log.error("the emergency webhook failed: %s", error)
