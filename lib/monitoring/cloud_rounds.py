"""Asking the clouds, source after source, in the seconds that there are. Called by the roll-up.

A source is one region, project or subscription of one account. Each has its turn every few minutes; who died or ran out
of time goes on where it was, and a source that fails is asked less often and holds up no other.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.domain.clouds import CloudAccount
from lib.domain.errors import BadInput, Unavailable
from lib.domain.moments import told
from lib.monitoring.collectors.clouds import (
    GONE,
    Asker,
    Busy,
    CloudProvider,
    Instance,
    Refused,
    batch_of,
    named,
    provider,
)
from lib.monitoring.ingest import Ingest
from lib.monitoring.polling import KEY
from lib.monitoring.snapshot import read as read_snapshot
from lib.outbound import Door
from lib.storage.port import Clouds, Storage

log = logging.getLogger(__name__)

RUN_SECONDS = 18.0  # of a function's sixty; the roll-up and the forecasts want theirs
LEASE_SECONDS = 120.0
CHUNK = 40  # machines whose metrics are asked for, and posted, at a time
FIRST_SECONDS = 3_600  # how far back a source is read at first,
MOST_SECONDS = 86_400  # and after it could not be read for long
OVERLAP = 1_200  # points come late: the last of each window are asked for again
LONGEST_PAUSE = 3_600.0
MANY_FAILS = 3  # so often in a row is no hiccup
# What an answer of another shape than documented raises where it is read.
STRANGE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


@dataclass(slots=True)
class _Memory:
    """What a source is to know the next time. `names` is {instance: server}."""

    names: dict[str, str] = field(default_factory=dict)
    until: int = 0  # the end of the last round
    since: int = 0  # the window of a round that is not ended,
    now: int = 0
    done: str = ""  # and the last instance that it dealt with
    kept: dict[str, Any] = field(default_factory=dict)  # the provider's

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> _Memory:
        return cls(**{name: value for name, value in document.items() if name in cls.__dataclass_fields__})

    def document(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def begin(self, now: int) -> None:
        """Go on with the round that was not ended, unless it is too old to go on with."""
        if self.now and now - self.now < LEASE_SECONDS * 3:
            return
        first = self.until - OVERLAP if self.until else now - FIRST_SECONDS
        self.since, self.now, self.done = max(first, now - MOST_SECONDS), now, ""

    def end(self) -> None:
        self.until, self.since, self.now, self.done = self.now, 0, 0, ""


@dataclass(slots=True)
class _Outcome:
    ended: bool = False
    failed: bool = False
    refused: bool = False
    detail: dict[str, str] | None = None
    servers: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class CloudRounds:
    """All that a round needs. `clock` is the hub's, `provided` finds a provider by its name."""

    storage: Storage
    ingest: Ingest
    door: Door
    accounts: Sequence[CloudAccount]
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    provided: Callable[[str], CloudProvider] = provider
    chunk: int = CHUNK

    def run(self, end: float) -> dict[str, Any]:
        """Ask whoever is due, until nobody is or `end` (monotonic) has come. Gives `{sources, failed, servers, points,
        more}`. Raises Unavailable when Postgres is away."""
        by_source = {source: (account, scope) for account in self.accounts for source, scope in account.sources.items()}
        total = {"sources": 0, "failed": 0, "servers": 0, "points": 0, "more": True}
        while self.monotonic() < end:
            lease = uuid.uuid4().hex
            claimed = self.storage.clouds.clouds_claim(list(by_source), lease, LEASE_SECONDS)
            if claimed is None:
                total["more"] = False
                break
            account, scope = by_source[claimed["id"]]
            outcome = self._source(account, scope, claimed, lease, end)
            total["sources"] += 1
            total["failed"] += outcome.failed
            total["servers"] += outcome.servers
            total["points"] += outcome.points
        return total

    def _source(
        self, account: CloudAccount, scope: str, claimed: Mapping[str, Any], lease: str, end: float
    ) -> _Outcome:
        memory = _Memory.read(claimed["memory"])
        outcome = _Outcome()
        try:
            self._round(account, scope, memory, claimed["taken"], outcome, end)
        except Refused as trouble:
            outcome.failed = outcome.refused = True
            outcome.detail = trouble.text
        except Busy as trouble:
            outcome.failed = self.monotonic() < end  # that our own time was over is nobody's failure
            outcome.detail = trouble.text if outcome.failed else None
        except Unavailable as trouble:
            outcome.failed = True
            outcome.detail = {
                "en": f"what it told could not be kept: {trouble.detail}",
                "ko": f"받은 값을 보관하지 못했습니다: {trouble.detail}",
            }
        except STRANGE:
            log.exception("an answer to %s", claimed["id"])
            outcome.failed = True
            outcome.detail = {
                "en": "it gave an answer that is not understood; the log has more",
                "ko": "이해할 수 없는 응답을 받았습니다. 로그에 더 있습니다",
            }
        fails = claimed["fails"] + 1 if outcome.failed else 0
        if outcome.failed:
            log.warning("%s cannot be read: %s", claimed["id"], (outcome.detail or {}).get("en"))
        self.storage.clouds.clouds_settle(
            claimed["id"],
            lease,
            {
                "ended": outcome.ended,
                "failed": outcome.failed,
                "failing": outcome.refused or fails >= MANY_FAILS,
                "detail": json.dumps(outcome.detail, ensure_ascii=False) if outcome.detail else "",
                "due_in": _pause(account.every, fails) if outcome.ended or outcome.failed else 0.0,
                "servers": len(memory.names),
                "memory": memory.document(),
            },
        )
        return outcome

    def _round(
        self,
        account: CloudAccount,
        scope: str,
        memory: _Memory,
        taken: Sequence[str],
        outcome: _Outcome,
        end: float,
    ) -> None:
        """List the machines, then read and post chunk after chunk; `memory` is true after each."""
        cloud = self.provided(account.provider)
        asker = Asker(self.door, account, scope, end, self.clock, self.monotonic)
        contents = self.storage.directory.contents()
        now = int(self.clock() + contents.clock_ahead)
        memory.begin(now)
        instances = cloud.instances(asker)
        before = dict(memory.names)
        names = named(instances, before, taken, self._fleet())
        gone = self._gone(before, names, instances)
        events = _replaced(before, names, instances, now)
        # Of those that are gone something is still to be told; until then they are remembered.
        memory.names = {**{one.id: before[one.id] for one in gone}, **names}
        there = sorted((one for one in instances if one.id in names), key=lambda one: one.id)
        left = [*gone, *(one for one in there if one.id > memory.done)]
        for first in range(0, len(left), self.chunk):
            chunk = left[first : first + self.chunk]
            if first and self.monotonic() >= end:
                return
            points = list(cloud.points(asker, chunk, memory.since, memory.now, memory.kept))
            batch = batch_of(account, chunk, memory.names, points, now, events)
            self._post(batch)
            outcome.servers += len(batch.shares)
            outcome.points += batch.accepted
            memory.done = max(memory.done, *(one.id for one in chunk if one.id in names), "")
            memory.names = {id_: name for id_, name in memory.names.items() if id_ in names or id_ not in _ids(chunk)}
        memory.end()
        outcome.ended = True

    @staticmethod
    def _gone(before: Mapping[str, str], names: Mapping[str, str], instances: Sequence[Instance]) -> list[Instance]:
        """Machines that were there the last time: told once more, and once only, as what they are now. Whose server
        another has become is not spoken of."""
        found = {one.id: one for one in instances}
        held = set(names.values())
        return [
            found.get(id_) or Instance(id_, "", GONE)
            for id_, name in sorted(before.items())
            if id_ not in names and name not in held
        ]

    def _fleet(self) -> list[str]:
        body = self.storage.snapshot()["body"]
        return [row[0] for row in read_snapshot(body).servers] if body else []

    def _post(self, batch: Any) -> None:
        try:
            self.ingest.take(batch, KEY)
        except BadInput as nothing:
            log.warning("nothing of a cloud's answer could be taken: %s", nothing.detail)


def _ids(instances: Sequence[Instance]) -> set[str]:
    return {one.id for one in instances}


def _replaced(
    before: Mapping[str, str], names: Mapping[str, str], instances: Sequence[Instance], now: int
) -> dict[str, list[Any]]:
    """{instance: event}, of machines that have come after another under the same name."""
    of_name = {name: id_ for id_, name in before.items() if id_ not in names}
    return {
        one.id: [f"cloud-{one.id}", int(one.facts.get("boot_at") or now), "replaced", f"{of_name[name]} → {one.id}"]
        for one in instances
        if one.id not in before and (name := names.get(one.id)) in of_name
    }


def _pause(every: float, fails: int) -> float:
    """Until a source is asked again: later the more often it failed."""
    return float(every) if not fails else min(LONGEST_PAUSE, every * 2.0 ** min(fails - 1, 10))


def sources_told(clouds: Clouds) -> list[dict[str, Any]]:
    """Where each source stands, for people."""
    found = []
    for one in clouds.clouds():
        provider_name, account, scope = one["id"].split(":", 2)
        found.append({
            "provider": provider_name, "account": account, "scope": scope, "servers": one["servers"],
            "failing": one["failing"], "fails": one["fails"],
            "text": json.loads(one["detail"]) if one["detail"] else None,
            **told("read_at", one["ok_at"]), **told("tried_at", one["tried_at"]), **told("next_at", one["due_at"]),
        })  # fmt: skip
    return found
