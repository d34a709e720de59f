"""Ten sweeps in parallel have the effect of one: the same posts on two hubs, one swept once and one by ten at a time.

What is compared is all that a sweep leaves: samples, incidents, transitions, decisions, notices, findings, the snapshot
and what receivers were sent. Left out are the clocks' own times and how many commits it took.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from typing import Any

import pytest

from lib import wiring
from lib.domain.errors import DomainError
from lib.monitoring.collectors.server_stats import decode
from lib.storage.embedded.supervisor import EmbeddedStores
from tests.channels.outbox import OPEN, SIGNING, key
from tests.channels.receiver import Receiver, receiving
from tests.real_stores import Pair, ServicesFactory, fresh_pair

TOGETHER = 10
LONG_TRIALS = 200
SERVERS = 6
LEFT = {
    "samples": "select s.name, h.at from omv.sample_hot h join omv.server s on s.id = h.server",
    "incidents": "select id, rule, server, subject, kind, severity, state, opened_at, resolved_at, why, body->>'value',"
                 " body->>'level', body->>'peak', body->>'flaps', evidence->>'values' from omv.incident",
    "transitions": "select incident, seq, kind, at, severity, value, actor, note from omv.transition",
    "decisions": "select incident, seq, channel, verdict, reason from omv.decision",
    "notices": "select id, channel, kind, severity, state from omv.notice",
    "notice_incidents": "select notice, incident, seq from omv.notice_incident",
    "anomalies": "select s.name, a.series, a.since, a.until from omv.anomaly a join omv.server s on s.id = a.server",
    "errors": "select s.name, e.at, e.message from omv.error_event e join omv.server s on s.id = e.server",
    "events": "select s.name, e.at, e.title from omv.event e join omv.server s on s.id = e.server",
    "waiting": "select 1 from omv.inbox union all select 2 from omv.dead_letter",
}  # fmt: skip


class Hub:
    """Ten instances on one pair of stores, and a receiver of its own."""

    def __init__(self, pair: Pair, make: ServicesFactory, receiver: Receiver, most: int) -> None:
        self.pair, self.receiver = pair, receiver
        given: dict[str, Any] = {"outbound_allow": OPEN, "encryption_keys": (key(),)}
        self.instances: list[wiring.Services] = [make(pair, **given) for _ in range(most)]
        secret = self.instances[0].vault.seal(json.dumps({"url": receiver.url, "secrets": SIGNING}))
        policy = json.dumps({"wait_seconds": 0, "interval_seconds": 0, "budget": 1_000})
        pair.rows(
            "insert into omv.channel (id, kind, name, locale, policy, secret, sealed)"
            " values ('hook', 'webhook', 'hook', 'en', %s::jsonb, %s, array['url', 'secrets'])", policy, secret,
        )  # fmt: skip
        pair.rows("select omv.rules_changed()")

    def take(self, batches: list[Any]) -> None:
        for batch in batches:
            self.instances[0].ingest.take(batch, "k")

    def sweep(self, count: int) -> None:
        """So many at once, each as api/cron/sweep.py does it. One that finds another at work leaves it to that one."""
        start = threading.Barrier(count)
        failed: list[DomainError] = []

        def one(services: wiring.Services) -> None:
            start.wait()
            try:
                if services.sweeper.run().owed:
                    services.notifier.run()
            except DomainError as error:
                failed.append(error)

        threads = [threading.Thread(target=one, args=(services,)) for services in self.instances[:count]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []

    def effect(self) -> dict[str, Any]:
        left: dict[str, Any] = {name: sorted(self.pair.rows(query), key=repr) for name, query in LEFT.items()}
        [(body,)] = self.pair.rows("select body from omv.snapshot")
        header, _, fragments = str(body).partition("\n")
        facts = json.loads(header.partition(" ")[2])
        # [name, heard, expected, status, why]; what is heard is the hub's own clock.
        left["snapshot"] = [[name, status, why and why["code"]] for name, _, _, status, why in facts["servers"]]
        left["fragments"] = [_timeless(json.loads("{" + line)) for line in fragments.splitlines()]
        left["sent"] = Counter(request.headers["webhook-id"] for request in self.receiver.requests)
        left["told"] = [
            (item["incident"], item["seq"], item["transition"])
            for request in self.receiver.requests for item in json.loads(request.body)["data"]["items"]
        ]  # fmt: skip
        left["told"].sort()
        return left


def _timeless(found: Any) -> Any:
    """Without what the hub's own clock gave."""
    if isinstance(found, dict):
        hidden = ("heard", "since", "last_seen")
        return {name: _timeless(one) for name, one in found.items() if not name.startswith(hidden)}
    return [_timeless(one) for one in found] if isinstance(found, list) else found


def rounds(seed: int, now: float) -> list[list[Any]]:
    """Posts of a small fleet in three rounds: disks fill, grow worse, are emptied; each server as chance has it."""
    chance = random.Random(seed)
    servers = [f"s{number}" for number in range(SERVERS)]
    found = []
    for ages in ((290, 220), (160, 110), (60, 30)):
        posts = []
        for server in servers:
            for ago in ages:
                disk = chance.choice((20.0, 20.0, 91.0, 96.0, 99.0))
                sample = {
                    "at": int(now) - ago,
                    "cpu": chance.randint(0, 100),
                    "mounts": {"/": disk, "/data": 96.0 - ago % 7},
                }
                document: dict[str, Any] = {"server": server, "samples": [sample]}
                if chance.random() < 0.3:
                    document["errors"] = [{"at": int(now) - ago, "message": f"no route to {server}", "level": "error"}]
                if chance.random() < 0.2:
                    document["events"] = [{"at": int(now) - ago, "kind": "deploy", "title": "v2"}]
                posts.append(document)
        chance.shuffle(posts)
        posts += chance.sample(posts, 3)  # an agent that heard no answer posts again
        found.append([decode(document, now) for document in posts])
    return found


def trial(embedded: EmbeddedStores, seed: int) -> Counter[str]:
    """Compares one fleet. Gives how much there was of each."""
    now = time.time()
    posts = rounds(seed, now)
    make = ServicesFactory()
    with fresh_pair(embedded) as first, fresh_pair(embedded) as second, receiving() as one, receiving() as other:
        try:
            alone, crowd = Hub(first, make, one, 1), Hub(second, make, other, TOGETHER)
            for batches in posts:
                for hub, count in ((alone, 1), (crowd, TOGETHER)):
                    hub.take(batches)
                    hub.sweep(count)
                # Whoever found all places taken, or an order to keep, leaves a message to the next sweep.
                alone.sweep(1)
                crowd.sweep(1)
            wanted, found = alone.effect(), crowd.effect()
        finally:
            make.close()
    for name, what in wanted.items():
        assert found[name] == what, f"seed {seed}: {name}"
    assert set(wanted["sent"].values()) <= {1}, f"seed {seed}: sent twice"
    assert wanted["waiting"] == []
    return Counter({name: len(what) for name, what in wanted.items()})


def run(embedded: EmbeddedStores, trials: int) -> Counter[str]:
    total: Counter[str] = Counter()
    for seed in range(trials):
        total += trial(embedded, seed)
    return total


@pytest.mark.usefixtures("stores")
def test_ten_sweeps_at_once_have_the_effect_of_one(embedded: EmbeddedStores) -> None:
    total = trial(embedded, 3)
    assert min(total[name] for name in ("incidents", "transitions", "notices", "sent", "told")) > 0


@pytest.mark.long
@pytest.mark.usefixtures("stores")
def test_two_hundred_times_ten_sweeps_have_the_effect_of_one(embedded: EmbeddedStores) -> None:
    total = run(embedded, LONG_TRIALS)
    print(f"seeds 0 to {LONG_TRIALS - 1}, ten sweeps three times each, the same as one: {dict(total)}")
    assert total["notices"] > LONG_TRIALS
