"""One road, killed at every step: post, sweep, commit, claim, send, settle. Each incident is told, and nothing twice.

A fault ends the process it strikes: from then on none of its calls comes through, what it had written stays, and what
it remembered is gone with it. It strikes before and after each step, after the receiver took a message but before its
answer, and twice in each run. Whatever a dead process left leased is waited for by setting the database's clock on.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from lib import wiring
from lib.monitoring.collectors.server_stats import decode
from tests.channels.outbox import OPEN, SIGNING, due_now, key
from tests.channels.receiver import Receiver, Reply, Request, receiving
from tests.real_stores import Pair, ServicesFactory

AROUND = ("post", "begin", "read", "commit", "publish", "claim", "send", "settle")
STEPS = (*(f"{step}:{when}" for step in AROUND for when in ("before", "after")),
         "vault:before", "answer:lost", "answer:500", "answer:429", "none")  # fmt: skip
LONG_RUNS = 1_000
ROUNDS = 15
SUBJECTS = ("disk:/", "disk:/data")


class Killed(BaseException):
    """As SIGKILL: no `except Exception` of the product may catch it."""


class Fate:
    """Strikes once at the step it is set to. A process that was struck does nothing any more."""

    def __init__(self) -> None:
        self.step, self.dead = "none", False

    def strikes(self, step: str) -> bool:
        if self.step != step:
            return False
        self.step = "none"
        return True

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def faulted(*words: Any, **more: Any) -> Any:
            self._die_at(f"{name}:before")
            answer = call(*words, **more)
            self._die_at(f"{name}:after")
            return answer

        return faulted

    def _die_at(self, step: str) -> None:
        if self.dead or self.strikes(step):
            self.dead = True
            raise Killed


class Road:
    """A hub that may die at each step, and starts again as a new process."""

    def __init__(self, pair: Pair, url: str, keys: str) -> None:
        self.pair, self.fate = pair, Fate()
        self._keys, self._stack = keys, ExitStack()
        self.hub = self._started()
        secret = self.hub.vault.seal(json.dumps({"url": url, "secrets": SIGNING}))
        policy = {"wait_seconds": 0, "interval_seconds": 0, "repeat_seconds": 0, "budget": 1_000_000}
        pair.rows("insert into omv.channel (id, kind, name, locale, policy, secret, sealed)"
                  " values ('hook', 'webhook', 'hook', 'en', %s::jsonb, %s, array['url', 'secrets'])",
                  json.dumps(policy), secret)  # fmt: skip
        pair.rows("select omv.rules_changed()")

    def close(self) -> None:
        self._stack.close()

    def lives(self, act: Callable[[], object]) -> bool:
        """Whether the process survived this; if not, another one stands in its place, and the leases are over."""
        try:
            act()
        except Killed:
            assert self.fate.dead
        died, self.fate.dead = self.fate.dead, False
        if died:
            self._stack.close()
            self.hub = self._started()
            self.pair.rows("update omv.sweep set lease_until = now() - interval '1 s' where lease is not null")
        return not died

    def post(self, server: str, ago: int, percent: float) -> None:
        """As an agent: again and the same until it was answered."""
        now = time.time()
        sample = {"at": int(now) - ago, "cpu": 1.0, "mounts": {"/": percent, "/data": percent}}
        batch = decode({"server": server, "samples": [sample]}, now)
        while not self.lives(lambda: self.hub.ingest.take(batch, "k")):
            pass

    def sweeps(self) -> bool:
        def both() -> None:  # as api/cron/sweep.py
            if self.hub.sweeper.run().owed:
                self.hub.notifier.run()

        return self.lives(both)

    def _started(self) -> wiring.Services:
        make = ServicesFactory()
        self._stack.callback(make.close)
        hub = make(self.pair, outbound_allow=OPEN, encryption_keys=(self._keys,))
        around, storage = self.fate.around, hub.storage
        hub.ingest.take = around("post", hub.ingest.take)  # type: ignore[method-assign]
        storage.queries.sweep_begin = around("begin", storage.queries.sweep_begin)  # type: ignore[method-assign]
        storage.read = around("read", storage.read)  # type: ignore[method-assign]
        storage.queries.sweep_commit = around("commit", storage.queries.sweep_commit)  # type: ignore[method-assign]
        storage.publish = around("publish", storage.publish)  # type: ignore[method-assign]
        storage.deliveries.notices_claim = around("claim", storage.deliveries.notices_claim)  # type: ignore[method-assign]
        storage.deliveries.notice_settle = around("settle", storage.deliveries.notice_settle)  # type: ignore[method-assign]
        hub.door.ask = around("send", hub.door.ask)  # type: ignore[method-assign]
        hub.notifier._open = around("vault", hub.notifier._open)
        return hub


@contextmanager
def road(pair: Pair, receiver: Receiver) -> Iterator[Road]:
    made = Road(pair, receiver.url, key())
    try:
        yield made
    finally:
        made.close()


def shown(receiver: Receiver) -> list[tuple[str, str, str]]:
    """(server, subject, what became of it), as a receiver that honours ids shows it."""
    messages = {request.headers["webhook-id"]: json.loads(request.body) for request in receiver.requests}
    items = [item for body in messages.values() for item in body["data"]["items"]]
    return [(item["server"], item["subject"], item["transition"]) for item in items]


def trial(on: Road, receiver: Receiver, seed: int) -> str:
    """One server whose two disks fill up and are emptied; a fault on the way up, or down, and another anywhere."""
    chance = random.Random(seed)
    fate, server, fault = on.fate, f"web-{seed}", STEPS[seed % len(STEPS)]
    faults = [fault, chance.choice(STEPS)]
    chance.shuffle(faults)
    receiver.requests.clear()
    on.pair.rows("truncate omv.notice cascade")

    def reply(request: Request) -> Reply | None:
        if fate.strikes("answer:lost"):
            return None
        if fate.strikes("answer:500"):
            return Reply(500)
        return Reply(429, headers=(("Retry-After", "1"),)) if fate.strikes("answer:429") else Reply()

    receiver.reply = reply

    def until(kind: str, *posts: tuple[int, float]) -> None:
        wanted = {(server, subject, kind) for subject in SUBJECTS}
        fate.step = faults.pop()
        for ago, percent in posts:
            on.post(server, ago, percent)
        for _ in range(ROUNDS):
            calm = on.sweeps()
            due_now(on.pair)
            open_ones = on.pair.rows("select 1 from omv.notice where state = 'pending'")
            if calm and not open_ones and wanted <= set(shown(receiver)):
                break
        assert fate.step == "none", f"seed {seed}: {fate.step} is not on the road"
        assert wanted <= set(shown(receiver)), f"seed {seed}, {fault}: {kind} was not told"

    until("opened", (200, 97.0), (110, 97.5))
    until("resolved", (30, 20.0))
    expected = [(server, subject, kind) for kind in ("opened", "resolved") for subject in SUBJECTS]
    told = shown(receiver)
    assert sorted(told[:2]) + sorted(told[2:]) == expected, f"seed {seed}, {fault}: not each once and in order"
    states = on.pair.rows("select state from omv.notice")
    assert set(states) == {("sent",)}, f"seed {seed}, {fault}: {states}"
    transitions = on.pair.rows(
        "select i.subject, t.seq, t.kind from omv.incident i join omv.transition t on t.incident = i.id"
        " where i.server = %s order by 1, 2", server,
    )  # fmt: skip
    assert transitions == [(one, n, kind) for one in SUBJECTS for n, kind in ((1, "opened"), (2, "resolved"))]
    [(samples,)] = on.pair.rows(
        "select count(*) from omv.sample_hot h join omv.server s on s.id = h.server where s.name = %s", server
    )
    assert samples == 3, f"seed {seed}, {fault}: {samples} samples of three"
    on.hub.queries.delete(server)
    return fault


def run(pair: Pair, seeds: range) -> Counter[str]:
    with receiving() as receiver, road(pair, receiver) as on:
        return Counter(trial(on, receiver, seed) for seed in seeds)


def test_what_opens_and_ends_is_told_once_whatever_step_dies(fresh_stores: Pair) -> None:
    assert run(fresh_stores, range(len(STEPS))).keys() == set(STEPS)


@pytest.mark.long
def test_a_thousand_crashes_between_post_and_delivery_lose_nothing_and_tell_nothing_twice(fresh_stores: Pair) -> None:
    found = run(fresh_stores, range(LONG_RUNS))
    told = f"{2 * LONG_RUNS} incidents, each told once open and once ended"
    print(f"seeds 0 to {LONG_RUNS - 1}, two faults each: {told}; by fault: {dict(found)}")
    assert found.total() == LONG_RUNS
