"""Deliveries: what is owed is claimed, sent and settled, a few at a time. Runs after the sweep and never disturbs it.

A claim lasts 30 s. Whoever dies in between leaves the notice to the next run, which sends it under the same id: each is
sent at least once, and a receiver that honours ids sees none twice.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from lib.domain.errors import DomainError
from lib.monitoring.alerts.channels import Config, Later, Never, Sent, Tools, Verdict, deliver
from lib.monitoring.alerts.messages import Sign, write
from lib.outbound import TIMEOUT_SECONDS, Door
from lib.storage.port import Deliveries

if TYPE_CHECKING:
    from lib.monitoring.alerts.push import PushKey

log = logging.getLogger(__name__)

RUN_SECONDS = 15.0
AT_ONCE = 8
SETTLE_SECONDS = 2.0
BACK_OFF_SECONDS = (10.0, 30.0, 120.0, 600.0, 1_800.0)  # the last one again and again, until the notice is too old


def pause_after(attempts: int, notice: str, asked: float | None = None) -> float:
    """Seconds until the next try after so many. Spread by id, so that what failed together does not return together;
    never sooner than the receiver asked for."""
    base = BACK_OFF_SECONDS[min(attempts, len(BACK_OFF_SECONDS)) - 1]
    share = hashlib.sha256(f"{notice} {attempts}".encode()).digest()[0] / 255
    return max(base * (1 + 0.2 * share), asked or 0.0)


class Notifier:
    """`open_secret` opens what the vault sealed; `sign` makes tokens for links, or is None. `push` is asked who we
    are to push services, when one is to be called."""

    def __init__(
        self,
        deliveries: Deliveries,
        door: Door,
        open_secret: Callable[[str], str],
        *,
        clock: Callable[[], float] = time.time,
        base_url: str | None = None,
        sign: Sign | None = None,
        timezone: str = "UTC",
        push: Callable[[], PushKey | None] = lambda: None,
        run_seconds: float = RUN_SECONDS,
        send_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._deliveries = deliveries
        self._door = door
        self._open = open_secret
        self._clock = clock
        self._base_url = base_url
        self._sign = sign
        self._timezone = timezone
        self._push = push
        self._run_seconds = run_seconds
        self._send_seconds = send_seconds

    def run(self) -> int:
        """How many were sent. Over after 15 s; never raises: what went wrong is owed still, and logged."""
        until = time.monotonic() + self._run_seconds
        sent = 0
        # Not as a context: leaving it would wait for a thread that hangs. Each ends by itself.
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="delivery")
        try:
            while until - time.monotonic() > self._send_seconds + SETTLE_SECONDS:
                lease = uuid.uuid4().hex
                owed = self._deliveries.notices_claim(lease, AT_ONCE)
                if not owed:
                    break
                tried = [pool.submit(self._one, notice, lease) for notice in owed]
                done, _ = wait(tried, timeout=max(until - time.monotonic(), 0.0))
                sent += sum(one.result() for one in done if one.exception() is None)
        except DomainError as error:
            log.warning("deliveries wait: %s", error)
        except Exception:
            log.exception("deliveries failed")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return sent

    def _one(self, notice: Mapping[str, Any], lease: str) -> bool:
        """Whether it was sent and that was written down."""
        began = time.monotonic()
        verdict = self._tried(notice)
        ms = int((time.monotonic() - began) * 1_000)
        try:
            self._settle(notice, lease, verdict, ms)
        except DomainError as error:
            log.warning("notice %s was tried, and that could not be written down: %s", notice["id"], error)
            return False
        if not isinstance(verdict, Sent):
            log.warning("notice %s by %s: %s", notice["id"], notice["channel"]["kind"], verdict.detail)
        return isinstance(verdict, Sent)

    def _tried(self, notice: Mapping[str, Any]) -> Verdict:
        channel = notice["channel"]
        try:
            config = opened(channel, self._open)
            whole = {**notice["body"], "id": notice["id"], "kind": notice["kind"], "severity": notice["severity"],
                     "at": notice["created_at"]}  # fmt: skip
            message = write(whole, channel, self._base_url, self._sign, timezone=self._timezone)
        except DomainError as error:
            return Later(None, error.detail)  # the vault's key is missing: it may come back
        except Exception:
            log.exception("notice %s cannot be put into words", notice["id"])
            return Never("this notice cannot be put into words")
        push = self._push() if channel["kind"] == "web_push" else None
        return deliver(channel["kind"], config, message, Tools(self._door, self._clock(), self._send_seconds, push))

    def _settle(self, notice: Mapping[str, Any], lease: str, verdict: Verdict, ms: int) -> None:
        retry_in = None
        if isinstance(verdict, Later):
            retry_in = pause_after(int(notice["attempts"]) + 1, notice["id"], verdict.seconds)
        disable = isinstance(verdict, Never) and verdict.disable
        self._deliveries.notice_settle(
            notice["id"], lease, ok=isinstance(verdict, Sent), detail=verdict.detail, ms=ms, retry_in=retry_in,
            disable=disable,
        )  # fmt: skip


def opened(channel: Mapping[str, Any], open_secret: Callable[[str], str]) -> Config:
    """A channel's fields, secrets among them. Raises Unavailable when they cannot be opened."""
    sealed = channel.get("secret")
    secrets: dict[str, str] = json.loads(open_secret(sealed)) if sealed else {}
    return {**channel["config"], **secrets}
