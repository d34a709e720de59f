"""What is measured, and the goals. Everything runs through the product's own parts on a real Valkey and Postgres."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lib.monitoring.collectors.server_stats import decode
from lib.monitoring.rollup import roll_up
from lib.strict_json import parse
from lib.wiring import Services
from tests.bench.analysis_cost import apart
from tests.bench.fleet import Machine, series_of
from tests.bench.meter import Figure, Meter, best
from tests.real_stores import Pair

ROOT = Path(__file__).resolve().parents[2]
RETENTION = {"raw_days": 14, "five_days": 90, "hour_days": 400, "error_days": 30, "process_hours": 24}


def posting(services: Services, pair: Pair, meter: Meter, count: int = 1_000) -> Iterator[Figure]:
    """One agent's ordinary post (a minute of samples) through the WSGI app, again and again."""
    from api.ingest import app

    _, secret = services.keyring.create("bench", scopes=["write"])
    machine = Machine("posting", 1)
    now = int(time.time())
    bodies = [machine.post(now, 6) for _ in range(count + 20)]
    for body in bodies[:20]:
        _request(app, body, secret)
    calls = _Calls(services, pair)
    with meter.during("posting"):
        for body in bodies[20:]:
            _request(app, body, secret)
    commands, reads, queries = calls.since()
    spent = meter.spent["posting"]
    values = 6 * series_of(machine)
    yield Figure("a post", "requests a second, one worker", count / spent.wall, "/s")
    yield Figure("a post", f"CPU, 6 samples ({values} values)", spent.ours / count * 1e6, "us")
    yield Figure("a post", "CPU of Valkey", spent.valkey / count * 1e6, "us")
    yield Figure("a post", "Redis commands", commands / count, "", most=1.0)
    yield Figure("a post", "round trips to Redis", reads / count, "", most=1.0)
    yield Figure("a post", "Postgres calls, warm", queries / count, "", most=0.01)
    services.sweeper.run()


def _request(app: Any, body: bytes, secret: str) -> None:
    environ = {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": "/api/ingest", "QUERY_STRING": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)), "HTTP_HOST": "localhost",
        "HTTP_AUTHORIZATION": f"Bearer {secret}", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.multithread": True,
        "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    told: list[str] = []
    answer = app(environ, lambda status, headers, exc_info=None: told.append(status))
    text = b"".join(answer)
    answer.close()
    if told != ["202 ACCEPTED"]:
        raise RuntimeError(f"{told}: {text[:200]!r}")


class _Calls:
    """Commands and reads by Valkey's own count, less the looking; calls to Postgres by ours."""

    def __init__(self, services: Services, pair: Pair) -> None:
        self._redis = pair.redis()
        self._rpc: Any = services.storage.rpc
        self._queries = 0
        self._inner = self._rpc.call
        self._rpc.call = self._count
        self._look()
        before, after = self._look(), self._look()
        self._looking = (after[0] - before[0], after[1] - before[1])
        self._start = after

    def _count(self, *args: Any, **more: Any) -> Any:
        self._queries += 1
        return self._inner(*args, **more)

    def _look(self) -> tuple[int, int]:
        stats: dict[str, Any] = self._redis.info("stats")
        return stats["total_commands_processed"], stats["total_reads_processed"]

    def since(self) -> tuple[int, int, int]:
        commands, reads = self._look()
        self._rpc.call = self._inner
        self._redis.close()
        looked = self._looking
        return commands - self._start[0] - looked[0], reads - self._start[1] - looked[1], self._queries


def big_batches(
    services: Services, meter: Meter, servers: int = 100, samples: int = 60, rounds: int = 6
) -> Iterator[Figure]:
    """Many servers' posts at once: what one value costs from the wire to the committed row. The best of the rounds."""
    machines = [Machine(f"batch-{number:03}", number) for number in range(servers)]
    values = servers * samples * series_of(machines[0])
    stages = ("decode", "append", "sweep")
    each: list[dict[str, tuple[float, float, float]]] = []
    for number in range(rounds):
        now = time.time()
        bodies = [machine.post(int(now) - 600 * (rounds - number), samples) for machine in machines]
        found = {}
        for stage in stages:
            meter.spent.pop(stage, None)
        with meter.during("decode"):
            batches = [decode(parse(body), now) for body in bodies]
        with meter.during("append"):
            for batch in batches:
                services.ingest.take(batch, "bench")
        analysing: list[float] = []
        with meter.during("sweep"), apart(analysing):
            run = services.sweeper.run()
        if run.swept != servers * samples or run.dead:
            raise RuntimeError(f"{run.swept} samples swept, {run.dead} dead, not {servers * samples}")
        for stage in stages:
            spent = meter.spent[stage]
            found[stage] = (spent.ours, spent.valkey + spent.postgres, spent.wall)
        ours, stores, wall = found["sweep"]
        found["sweep"] = (ours - sum(analysing), stores, wall)
        found["analysis"] = (sum(analysing), 0.0, 0.0)
        each.append(found)
    group = f"a value, {servers} servers x {samples} samples x {series_of(machines[0])} metrics"
    total = min(sum(found[stage][0] for stage in stages) for found in each)
    wall = min(sum(found[stage][2] for stage in stages) for found in each)
    stores = min(sum(found[stage][1] for stage in stages) for found in each)
    for stage in stages:
        yield Figure(group, f"CPU of {stage}", min(found[stage][0] for found in each) / values * 1e6, "us")
    yield Figure(group, "CPU of all three", total / values * 1e6, "us", most=1.5)
    analysis = min(found["analysis"][0] for found in each) / values * 1e6
    yield Figure(group, "CPU of the detectors, apart", analysis, "us", most=12.5)
    yield Figure(group, "CPU of both stores", stores / values * 1e6, "us")
    yield Figure(group, "values a second, wire to commit", values / wall, "/s")


def ranges(services: Services, pair: Pair, name: str = "history") -> Iterator[Figure]:
    """A day at 10 s of one server: what charts cost, and what the values weigh."""
    machine = Machine(name, 7)
    now = time.time()
    for number in range(144):
        end = int(now) - 600 * (143 - number)
        services.ingest.take(decode(parse(machine.post(end, 60)), now), "bench")
        if number % 36 == 35:
            services.sweeper.run()
    roll_up(services.storage, RETENTION)
    group = "a chart of 24 h at 10 s"
    six = ["cpu", "memory", "load1", "net_in", "net_out", "disk"]
    for title, metrics, points, goal in (
        ("one metric", ["cpu"], 300, 20.0), ("six metrics", six, 300, None), ("one metric", ["cpu"], 2_000, None),
    ):  # fmt: skip

        def ask(metrics: list[str] = metrics, points: int = points) -> dict[str, Any]:
            return services.queries.series(name, metrics, int(now) - 86_400, int(now), points)

        found = ask()
        given = len(found["series"]["cpu"]["t"])
        if not 280 <= given <= points:
            raise RuntimeError(f"{given} points for a day of samples")
        yield Figure(group, f"{title}, {given} points ({found['tier']})", best(15, ask), "ms", most=goal)
    yield from _weights(pair)


def _weights(pair: Pair) -> Iterator[Figure]:
    ((hot_bytes, hot_values),) = pair.rows(
        "select (select sum(pg_total_relation_size(c.oid)) from pg_inherits i join pg_class c on c.oid = i.inhrelid"
        "          where i.inhparent = 'omv.sample_hot'::regclass),"
        "       (select sum(cardinality(v)) from omv.sample_hot)"
    )
    ((block_bytes, block_values),) = pair.rows(
        "select pg_total_relation_size('omv.hour_block'), sum(cardinality(v) + cardinality(f)) from omv.hour_block"
    )
    ((five_bytes, hour_bytes),) = pair.rows(
        "select pg_total_relation_size('omv.rollup_5m'), pg_total_relation_size('omv.rollup_1h')"
    )
    yield Figure("bytes a stored value", "fresh (hot rows)", float(hot_bytes) / float(hot_values), "B")
    yield Figure("bytes a stored value", "compacted (hour blocks)", float(block_bytes) / float(block_values), "B")
    rolled = float(five_bytes + hour_bytes) / float(block_values)
    yield Figure("bytes a stored value", "both roll-ups beside it", rolled, "B")


def fleet(services: Services, servers: int = 1_000) -> Iterator[Figure]:
    """The page's first question."""
    now = time.time()
    for number in range(servers):
        body = Machine(f"fleet-{number:04}", number).post(int(now), 1)
        services.ingest.take(decode(parse(body), now), "bench")
    services.sweeper.run()
    queries = services.queries
    text = queries.fleet({}).text
    before = services.storage.redis.commands
    queries.fleet({})
    commands = services.storage.redis.commands - before
    shown = text.count('"id":')
    if shown < servers:
        raise RuntimeError(f"{shown} servers in the fleet")
    group = f"the fleet of {shown} servers"
    yield Figure(
        group, f"put together, {len(text.encode()) / 1e3:.0f} kB", best(30, lambda: queries.fleet({})), "ms", most=10
    )
    yield Figure(group, "Redis commands", float(commands), "", most=1.0)
    yield Figure(group, "filtered by a tag", best(5, lambda: queries.fleet({"tag": "env:prod"})), "ms")


def cold_imports(times: int = 5) -> Iterator[Figure]:
    """Each function in fresh processes, the quickest: the interpreter's own start is not the product's."""
    for path in sorted((ROOT / "api").rglob("*.py")):
        module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        program = (
            f"import sys, time; sys.path.insert(0, {str(ROOT)!r}); began = time.perf_counter(); import {module};"
            "print(time.perf_counter() - began)"
        )
        command = [sys.executable, "-I", "-c", program]
        runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(times)]
        goal = 300.0 if module == "api.ingest" else None
        yield Figure(
            "cold import", module.replace(".", "/") + ".py", min(float(run.stdout) for run in runs) * 1_000, "ms", goal
        )
