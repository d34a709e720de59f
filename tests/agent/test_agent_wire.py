"""The agent and the product speak of the same things: its posts are taken whole, and its numbers are kept by both."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lib import strict_json
from lib.domain.posts import PostMarks
from lib.monitoring.collectors import error_tracker, server_stats
from tests.agent.conftest import AGENT, Clock


def once(clean_environment: dict[str, str], *arguments: str) -> bytes:
    command = [sys.executable, str(AGENT), "--once", "--name", "web-01", *arguments]
    return subprocess.check_output(command, env=clean_environment, timeout=20)


def test_what_this_machine_sends_is_taken_without_one_reject(clean_environment: dict[str, str]) -> None:
    printed = once(clean_environment, "--group", "web", "--tag", "env=prod")
    document = strict_json.parse(printed.strip())
    batch = server_stats.decode(document, document["sent_at"])
    assert batch.rejected == []
    assert batch.accepted == 1
    share = batch.shares[0]
    assert {"cpu", "iowait", "steal", "memory", "disk", "load1", "load5", "load15", "net_in", "uptime"} <= set(
        share.series
    )
    assert "disk:/" in share.series
    assert share.extra["mounts"]["/"][0] > 0
    facts = share.extra["host"]
    assert {"os", "kernel", "cores", "memory_bytes", "boot_at", "timezone", "arch", "tags", "group"} <= set(facts)
    sent = document["processes"]
    assert [one["name"] for one in share.extra["processes"]] == [one["name"].strip() for one in sent]


def test_its_errors_and_events_are_taken(agent: Any) -> None:
    error, event = agent.error_item(100, "critical", "nginx", "gone", "cursor"), agent.event_item(100, "deploy", "v2")
    refused: list[str] = []
    errors = error_tracker.read_errors([json.loads(error[2])], 100, lambda *why: refused.append(str(why)))
    events = error_tracker.read_events([json.loads(event[2])], 100, lambda *why: refused.append(str(why)))
    assert refused == []
    assert errors[0][1:] == [100, "critical", "nginx", "gone"]
    assert errors[0][0] == json.loads(error[2])["id"]
    assert events[0][1:] == [100, "deploy", "v2"]


class ForgetfulHub:
    """Takes posts by the product's own rules, and loses some it had acknowledged, as a wiped Redis does."""

    url = "http://hub"

    def __init__(self, agent: Any, clock: Clock, chance: random.Random) -> None:
        self._agent, self._clock, self._chance = agent, clock, chance
        self.queue: list[dict[str, Any]] = []
        self.marks: dict[str, PostMarks] = {}
        self.stored: list[int] = []
        self.up = True
        self.kind = False

    def sweep(self) -> None:
        if not self.kind and self._chance.random() < 0.1:
            self.queue.clear()  # acknowledged, and gone
        for document in self.queue:
            post = document["post"]
            marks = self.marks.setdefault(post["epoch"], PostMarks())
            if not marks.has(post["n"]):
                marks.add(post["n"], post["floor"], self._clock.wall())
                self.stored += [sample["at"] for sample in document.get("samples", ())]
        self.queue.clear()

    def post(self, body: str, timeout: Any = None) -> Any:
        document = json.loads(body)
        if not self.up:
            return self._agent.Reply(0, {}, "connection refused")
        luck = 1.0 if self.kind else self._chance.random()
        if luck < 0.05:
            return self._agent.Reply(503, {}, "answered 503")
        self.queue.append(document)
        if luck < 0.1:
            return self._agent.Reply(0, {}, "timed out after the hub had taken it")
        marks = self.marks.get(document["post"]["epoch"], PostMarks())
        told = {
            "sample_every": 10,
            "post_every": 10,
            "stored": marks.n,
            "resend": marks.missing(self._clock.wall()) or [],
        }
        return self._agent.Reply(202, {"accepted": 1, "rejected": [], "next": told}, "")


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_lost_on_the_way_every_sample_is_stored_once(
    agent: Any, tmp_path: Path, clock: Clock, seed: int
) -> None:
    chance = random.Random(seed)
    hub = ForgetfulHub(agent, clock, chance)
    taken: list[int] = []
    spool: Any = None
    sender: Any = None

    def start() -> None:
        nonlocal spool, sender
        if spool is not None:
            spool.close()
        spool = agent.Spool(str(tmp_path))
        sender = agent.Sender(spool, hub, "web-01", lambda live: {}, clock.mono, clock.wall, chance.random)

    start()
    for second in range(2_400):
        hub.kind = second > 1_500  # the storm is over: now all must come to rest
        if second % 10 == 0 and second < 2_000:
            taken.append(round(clock.wall()))
            spool.add([("sample", taken[-1], json.dumps({"at": taken[-1], "cpu": 1.0}))])
        if not hub.kind and chance.random() < 0.01:
            start()
        hub.up = hub.kind or (second // 200) % 3 != 1
        sender.step()
        if second % 5 == 0:
            hub.sweep()
        clock.advance(1.0)
    assert sorted(hub.stored) == taken
    assert spool._one("select count(*) from posts") <= 1, "and what is stored has left the spool"
    spool.close()
