"""A small fleet whose every value is known: what an answer says of it can be worked out beside it.

Each server measures once in five minutes, for thirty hours, and every minute in the last twenty; the newest sample is a
minute old. `measured` is the one place that knows what was measured.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lib import wiring
from lib.domain.access import EVERYTHING, Sight
from lib.mcp.core.assistant import answer
from lib.mcp.core.facts import unfounded
from lib.mcp.core.question import Asked
from lib.mcp.core.responder import Reply, Say
from lib.mcp.core.sources import Sources
from lib.monitoring.collectors.server_stats import decode
from lib.monitoring.parts import encode_parts
from lib.monitoring.rollup import roll_up
from tests.real_stores import Pair, ServicesFactory

HOUR, DAY = 3_600, 86_400
GIB = 1 << 30
ZONE = "Asia/Seoul"


@dataclass(frozen=True)
class Known:
    group: str
    tags: dict[str, str]
    cpu: float
    memory: float
    disk: float
    growth: float = 0.0  # of the disk, points a day
    silent: bool = False  # since two hours


FLEET: dict[str, Known] = {
    "web-01": Known("web", {"env": "prod", "region": "seoul"}, 20, 40, 50),
    "web-02": Known("web", {"env": "prod", "region": "seoul"}, 30, 45, 60, growth=4),
    "web-03": Known("web", {"env": "prod", "region": "tokyo"}, 40, 78.4, 30),
    "api-01": Known("api", {"env": "prod", "region": "seoul"}, 35, 55, 42),
    "api-02": Known("api", {"env": "prod", "region": "seoul"}, 25, 50, 41),
    "db-01": Known("db", {"env": "prod", "region": "seoul", "role": "primary"}, 55, 97.2, 70),
    "결제-01": Known("결제", {"env": "prod", "region": "seoul"}, 15, 35, 20),
    "batch-01": Known("batch", {"env": "staging", "region": "seoul"}, 10, 82, 25),
    "log-01": Known("log", {"env": "prod", "region": "tokyo"}, 12, 30, 87.1, growth=2),
    "legacy-01": Known("legacy", {"env": "prod", "region": "seoul"}, 5, 20, 10, silent=True),
}
CORES, MEMORY_BYTES, DISK_BYTES = 8, 16 * GIB, 200 * GIB


def measured(name: str, at: float, now: float) -> dict[str, Any]:
    """api-02 became slow and db-01 waited for its disk 30 minutes ago; everything else is as ever."""
    one = FLEET[name]
    minute = int(at // 60)
    wobble = (minute % 7 - 3) / 10  # so that minimum, mean and maximum differ
    disk = round(one.disk + one.growth * (at - now) / DAY, 2)
    late = at > now - 1_800
    found = {
        "at": int(at),
        "cpu": round(one.cpu + wobble, 1),
        "memory": round(one.memory + wobble / 10, 2),
        "disk": disk,
        "load1": round(one.cpu / 10, 2),
        "iowait": 38.0 + wobble if name == "db-01" and late else 4.0 + wobble,
        "swap": 1.0,
        "net_in": 1_000_000 + 10_000 * (minute % 5),
        "net_out": 2_000_000 + 10_000 * (minute % 5),
        "disk_read": 300_000,
        "disk_write": 700_000,
        "connections": 120 + minute % 3,
        "uptime": 42 * DAY + int(at - now),
        "mounts": {
            "/": {
                "disk": disk,
                "inode": 12.0,
                "size_bytes": DISK_BYTES,
                "free_bytes": int(DISK_BYTES * (1 - disk / 100)),
            }
        },
    }
    if one.group in {"web", "api"}:
        slow = name == "api-02" and late
        found["metrics"] = {
            "latency": 1_240.0 + wobble if slow else 180.0 + wobble,
            "error_rate": 0.2,
            "requests": 90.0,
        }
    return found


def instants(name: str, now: float) -> Iterator[int]:
    newest = int(now) - 60
    for at in range(newest - 30 * HOUR, newest - 1_200, 300):
        if not (FLEET[name].silent and at > now - 2 * HOUR):
            yield at
    if not FLEET[name].silent:
        yield from range(newest - 1_200, newest + 1, 60)


@dataclass
class Hub:
    services: wiring.Services
    pair: Pair
    now: float  # when the fleet was made: `measured` of it is what is known
    heard: float = 0.0  # when it was kept alive last

    def keep_alive(self) -> None:
        """Whoever reported when the fleet was made still does, without new values: a test may come minutes later."""
        began = time.time()
        if began - max(self.heard, self.now) < 25:  # silent for 50 seconds, a server is stale
            return
        for row in json.loads(self.services.queries.fleet({}).text)["servers"]:
            if (row["last_seen_epoch"] or 0) > self.now - 600:
                self.services.ingest.take(
                    decode({"server": row["id"], "host": {"os": row["os"]}}, time.time()), "nobody's"
                )
        # As if the hub had slept: it listens anew, and whoever was silent then is not called offline meanwhile.
        self.pair.rows("update omv.sweep set swept_at = now() - interval '10 minutes'")
        self.services.sweeper.run()
        self.heard = began

    def ask(
        self, intent: str, locale: str = "ko", *, text: str = "", sight: Sight = EVERYTHING, **entities: Any
    ) -> Reply:
        """The answer to a frame, which must keep the contract."""
        from zoneinfo import ZoneInfo

        self.keep_alive()
        sources = Sources(self.services, sight, ZoneInfo(ZONE))
        say = Say("ko" if locale == "ko" else "en", sources.zone, sources.now)
        asked = Asked(intent, entities, text=text, may_act=True, who="someone", sight=sight)
        answer(asked, sources, say)
        reply = say.finish(sources.data_as_of)
        keeps_contract(reply, say.is_long)
        return reply

    def newest(self, name: str) -> dict[str, Any]:
        return measured(name, max(instants(name, self.now)), self.now)

    def values(self, name: str, metric: str, start: float, end: float) -> list[float]:
        """What was measured in [start, end)."""
        return [measured(name, at, self.now)[metric] for at in instants(name, self.now) if start <= at < end]


def keeps_contract(reply: Reply, is_long: bool = False) -> None:
    assert reply.answer.strip()
    assert unfounded(reply.answer, reply.facts, reply.names) == [], reply.answer
    lines = [line for line in reply.answer.splitlines() if not line.startswith("|")]
    assert is_long or len(lines) <= 8, reply.answer
    assert len({fact.id for fact in reply.facts}) == len(reply.facts)


def make(pair: Pair, factory: ServicesFactory, **settings: Any) -> Hub:
    services = factory(pair, install=True, timezone=ZONE, **settings)
    now = time.time()
    for name in sorted(FLEET, key=lambda name: not FLEET[name].silent):  # whoever was heard first stands first
        _report(services, pair, name, now)
    services.sweeper.run()
    roll_up(services.storage, services.settings.retention)
    return Hub(services, pair, now)


def _report(services: wiring.Services, pair: Pair, name: str, now: float) -> None:
    one = FLEET[name]
    samples = [measured(name, at, now) for at in instants(name, now)]
    host = {"os": "Debian 12", "cores": CORES, "memory_bytes": MEMORY_BYTES, "boot_at": int(now) - 42 * DAY,
            "group": one.group, "tags": one.tags}  # fmt: skip
    for first in range(0, len(samples), 200):
        post: dict[str, Any] = {"server": name, "host": host, "samples": samples[first : first + 200]}
        if first + 200 >= len(samples):
            post |= _happenings(name, now)
        if one.silent:
            (share,) = decode(post, now).shares
            parts = {str(place): part for place, part in enumerate(encode_parts(share, "key"))}
            with pair.redis() as redis:
                redis.xadd("omv:0:samples", parts, id=f"{int((now - 2 * HOUR) * 1000)}-{first}")
        else:
            services.ingest.take(decode(post, now), "nobody's")
    services.sweeper.run()


def _happenings(name: str, now: float) -> Mapping[str, Any]:
    if name == "api-02":
        return {
            "events": [{"id": "d-1", "at": int(now) - 2_100, "kind": "deploy", "title": "api v2.4.1"}],
            "errors": [
                {
                    "id": f"e-{n}",
                    "at": int(now) - 1_500 + 60 * n,
                    "level": "error",
                    "source": "nginx",
                    "message": "upstream timed out",
                }
                for n in range(3)
            ],
        }
    if name == "db-01":
        return {
            "processes": [
                {"name": "postgres", "pid": 811, "user": "postgres", "cpu": 42.0, "memory": 61.5, "ports": [5432]},
                {"name": "sshd", "pid": 12, "user": "root", "cpu": 0.1, "memory": 0.2, "ports": [22]},
            ]
        }
    return {}


def facts(reply: Reply, metric: str, server: str | None = None) -> list[Any]:
    return [one.value for one in reply.facts if one.metric == metric and (server is None or one.server == server)]
