"""Fleets to speak of: their servers are called in many ways, so that no name can be learned."""

from __future__ import annotations

from random import Random
from typing import Any

Server = dict[str, Any]

_STEMS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("web", "web"), ("api", "api"), ("db", "db"), ("cache", "cache"), ("mq", "mq"), ("k8s-node", "k8s"), ("log", "log")),
    (("front", "web"), ("gw", "lb"), ("pg-main", "db"), ("redis-a", "cache"), ("nightly", "batch"), ("vault", "backup")),
    (("prd-was", "was"), ("prd-db", "db"), ("stg-was", "was"), ("jump", "bastion"), ("ml", "gpu"), ("win", "ad")),
    (("kr1-app", "app"), ("kr1-mysql", "db"), ("jp1-edge", "lb"), ("jp1-worker", "batch"), ("us-kafka", "mq")),
    (("orion", "web"), ("vega", "api"), ("atlas", "db"), ("pulsar", "cache"), ("comet", "log"), ("titan", "gpu")),
    (("shop-fe", "web"), ("pay-api", "payment"), ("ord-api", "order"), ("search-es", "search"), ("mon", "monitor")),
    (("node", "k8s"), ("master", "k8s"), ("nas", "storage"), ("mail", "mail"), ("ci-runner", "ci"), ("proxy", "proxy")),
)  # fmt: skip
_OS = ("ubuntu", "rocky", "debian", "windows", "centos", "rhel")
_REGIONS = ("seoul", "tokyo", "busan", "singapore", "frankfurt", "virginia", "pangyo")
_TEAMS = ("payment", "data", "infra", "platform", "security", "search")


def fleets(rng: Random) -> list[list[Server]]:
    """Seven fleets of some twenty servers, the same ones for the same seed."""
    return [_fleet(stems, number, rng) for number, stems in enumerate(_STEMS)]


def _fleet(stems: tuple[tuple[str, str], ...], number: int, rng: Random) -> list[Server]:
    width = (2, 1, 3, 2, 1, 2, 1)[number]
    joint = ("-", "-", "", "-", "", "-", "-")[number]
    servers: list[Server] = []
    for stem, group in stems:
        for count in range(1, rng.randint(2, 5)):
            tags = {
                "env": "staging" if stem.startswith("stg") or (count > 3 and rng.random() < 0.4) else "prod",
                "region": rng.choice(_REGIONS[:4] if number % 2 else _REGIONS[3:]),
                "os": rng.choice(_OS),
            }
            if rng.random() < 0.4:
                tags["team"] = rng.choice(_TEAMS)
            if group == "db":
                tags["role"] = "primary" if count == 1 else "replica"
            servers.append({"id": f"{stem}{joint}{count:0{width}}", "group": group, "tags": tags})
    return servers
