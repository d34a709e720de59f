"""What it costs to ask for the analysis: of one server, of a fleet of a hundred, and why something changed in it."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator

from lib.monitoring.collectors.server_stats import decode
from lib.wiring import Services
from tests.bench.meter import Figure, Meter
from tests.history.past import Past
from tests.real_stores import Pair

HOUR, DAY = 3_600, 86_400
SERVERS, GROUPS = 100, ("web", "api", "db", "cache")
SERIES = (
    "cpu", "iowait", "steal", "load5", "memory", "swap", "disk", "disk:/", "disk:/data", "inode:/", "disk_busy",
    "disk_read", "disk_write", "net_in", "net_out", "latency", "error_rate", "app.queue",
)  # fmt: skip
LONG = "asked-000"  # has sixty days, so that thirty can be held against the thirty before
MOST_MS = 1_000.0  # a page's panel that comes later than that is felt to be missing


def asked(services: Services, pair: Pair, meter: Meter, servers: int = SERVERS) -> Iterator[Figure]:
    """Warm, the cheapest of some: processor time of ours and of Postgres', one of which waits for the other."""
    past = Past(pair)
    names = [f"asked-{number:03}" for number in range(servers)]
    moment = past.hour - HOUR
    try:
        _plant(past, names, moment)
    finally:
        past.close()
    for number, name in enumerate(names):
        body = {
            "server": name,
            "host": {"cores": 8, "memory_bytes": 34_359_738_368, "group": GROUPS[number % len(GROUPS)]},
            "samples": [{"at": int(time.time()), "cpu": 40.0}],
        }
        services.ingest.take(decode(body, time.time()), "bench")
    services.sweeper.run()
    end = past.hour
    ask, why = services.analysis, services.why
    if len((fleet := ask.of_fleet(end - DAY, end))["servers"]) != servers or fleet["score"] is None:
        raise RuntimeError(f"{len(fleet['servers'])} servers in the analysis")
    if not (found := why.of_server(names[1], "latency", moment))["hypotheses"]:
        raise RuntimeError("the planted cause was not found")
    questions: dict[str, Callable[[], object]] = {
        "of the fleet, 24 h": lambda: ask.of_fleet(end - DAY, end),
        "of the fleet, 7 d": lambda: ask.of_fleet(end - 7 * DAY, end),
        "of a group of it, 24 h": lambda: ask.of_fleet(end - DAY, end, GROUPS[0]),
        "of one server, 24 h and 7 days before": lambda: ask.of_server(LONG, end - DAY, end),
        "of one server, 30 d and 30 before": lambda: ask.of_server(LONG, end - 30 * DAY, end),
        f"why a series changed, of {found['looked_at']['series']}": lambda: why.of_server(names[1], "latency", moment),
    }
    for name, question in questions.items():
        group = f"the analysis, asked for; {servers} servers x {len(SERIES)} series"
        yield Figure(group, name, min(_spent(meter, question) for _ in range(3)), "ms", MOST_MS)


def _spent(meter: Meter, question: Callable[[], object]) -> float:
    meter.spent.pop("asked", None)
    with meter.during("asked"):
        question()
    return 1_000 * (meter.spent["asked"].ours + meter.spent["asked"].postgres)


def _plant(past: Past, names: list[str], moment: int) -> None:
    """Two days in five minutes, of which the last six hours are as agents post them, every ten seconds, and not rolled
    up yet; two servers change at `moment`."""
    past.hot_from(past.hour - 6 * HOUR)
    for place, name in enumerate(names):
        dice = random.Random(place)
        begun = past.hour - (60 if name == LONG else 2) * DAY
        times = [*range(begun, past.hour - 6 * HOUR, 300), *range(past.hour - 6 * HOUR, past.hour, 10)]
        is_odd = place in (1, 2)
        past.commit({name: {at: _sample(at, dice, is_odd and at >= moment) for at in times}}, SERIES)
    past.roll_up()


def _sample(at: int, dice: random.Random, is_odd: bool) -> list[float]:
    day = math.sin(at % DAY / DAY * 2 * math.pi)
    cpu = 30 + 10 * day + dice.gauss(0, 3) + (40 if is_odd else 0)
    values = [
        cpu, 3 + dice.random(), dice.random(), cpu / 10, 55 + dice.gauss(0, 1), 2.0, 60.0, 60 + dice.random() / 10,
        60.0, 12.0, 20 + 5 * day + dice.gauss(0, 2), *(1e6 * (1 + dice.random()) for _ in range(4)),
        100 + dice.gauss(0, 5) + (300 if is_odd else 0), dice.random() / 5, 50 + 20 * day + dice.gauss(0, 5),
    ]  # fmt: skip
    return [round(value, 2) for value in values]
