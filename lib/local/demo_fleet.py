"""The demo fleet: 24 servers that do not exist. What each would measure is a function of its name and the time alone,

so that a post sent twice says the same twice and history can be filled in after a pause.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any

MINUTE, HOUR, DAY = 60, 3_600, 86_400
SEOUL = 9 * HOUR  # the fleet's people work in Korea: its day begins at their midnight
ERROR_ROLL = 120  # so often a server may tell of an error


@dataclass(frozen=True, slots=True)
class Host:
    """`busy` is its usual CPU at the day's height, in percent; `trait` what is remarkable about it."""

    name: str
    group: str
    region: str
    cores: int
    memory_gb: int
    busy: float
    trait: str = ""
    environment: str = "prod"

    @property
    def serves(self) -> bool:
        return self.group in {"web", "api", "결제"}


FLEET = (
    Host("demo-web-01", "web", "seoul", 8, 32, 46),
    Host("demo-web-02", "web", "seoul", 8, 32, 44),
    Host("demo-web-03", "web", "seoul", 8, 32, 49, "spikes"),
    Host("demo-web-04", "web", "tokyo", 8, 32, 38),
    Host("demo-web-05", "web", "tokyo", 8, 32, 36),
    Host("demo-api-01", "api", "seoul", 16, 64, 55),
    Host("demo-api-02", "api", "seoul", 16, 64, 57, "leaks"),
    Host("demo-api-03", "api", "tokyo", 16, 64, 41, "errors"),
    Host("demo-api-04", "api", "virginia", 8, 32, 33),
    Host("demo-db-01", "db", "seoul", 32, 256, 38),
    Host("demo-db-02", "db", "seoul", 32, 256, 27, "fills"),
    Host("demo-db-03", "db", "tokyo", 32, 256, 22),
    Host("demo-cache-01", "cache", "seoul", 4, 64, 18),
    Host("demo-cache-02", "cache", "tokyo", 4, 64, 15),
    Host("demo-batch-01", "batch", "seoul", 16, 64, 20, "nightly"),
    Host("demo-batch-02", "batch", "seoul", 16, 64, 16, "nightly"),
    Host("demo-gpu-01", "ml", "virginia", 32, 256, 63, "hot"),
    Host("demo-edge-01", "edge", "frankfurt", 2, 8, 24),
    Host("demo-edge-02", "edge", "virginia", 2, 8, 21),
    Host("demo-결제-01", "결제", "seoul", 8, 32, 34),
    Host("demo-결제-02", "결제", "seoul", 8, 32, 31),
    Host("demo-로그-01", "logs", "seoul", 8, 32, 42),
    Host("demo-staging-01", "web", "seoul", 4, 16, 9, environment="staging"),
    Host("demo-legacy-01", "legacy", "seoul", 4, 8, 28, "silent"),
)


def facts(host: Host, at: int) -> dict[str, Any]:
    """What the host tells of itself."""
    return {
        "os": "Ubuntu 16.04" if host.trait == "silent" else "Debian 12", "kernel": "6.1.0-demo", "arch": "x86_64",
        "cores": host.cores, "memory_bytes": host.memory_gb << 30, "timezone": "Asia/Seoul", "group": host.group,
        "boot_at": _booted(host, at),
        "tags": {"demo": "true", "env": host.environment, "region": host.region},
    }  # fmt: skip


def sample(host: Host, at: int, anchor: int) -> dict[str, Any]:
    """What the host measures at this second. `anchor` is when the demo began."""
    cpu = _cpu(host, at)
    memory = _memory(host, at)
    traffic = 40_000 * host.cores * _rhythm(host, at) * (0.8 + 0.4 * _noise(host, "net", at, 30))
    written = 25_000 * host.cores * (0.3 + cpu / 100) * (0.5 + _noise(host, "disk", at, 20))
    measured: dict[str, Any] = {
        "at": at,
        "cpu": round(cpu, 1),
        "iowait": round(0.6 * _noise(host, "iowait", at, 60) + (3.5 if host.group == "db" else 0.2), 1),
        "load1": round(host.cores * cpu / 95, 2),
        "load5": round(host.cores * (cpu + _cpu(host, at - 150)) / 200, 2),
        "memory": round(memory, 1),
        "swap": round(max(0.0, memory - 88) * 2, 1),
        "disk_read": round(written * (0.4 if host.group != "db" else 1.7)),
        "disk_write": round(written),
        "net_in": round(traffic),
        "net_out": round(traffic * (2.4 if host.serves else 0.8)),
        "connections": round(20 + traffic / 900),
        "temperature": round(38 + cpu / 4 + _noise(host, "heat", at, 300), 1),
        "uptime": at - _booted(host, at),
    }
    disks = {"/": 31 + 20 * _share(host.name)}
    if host.group in {"db", "logs"}:
        disks["/data"] = _data_disk(host, at, anchor)
    measured["disk"] = round(max(disks.values()), 1)
    measured["mounts"] = {mount: {"disk": round(used, 1), "inode": round(used / 4, 1)} for mount, used in disks.items()}
    if host.serves:
        troubled = host.trait == "errors" and _is_troubled(at)
        measured["metrics"] = {
            "requests": round(traffic / 1_500, 1),
            "latency": round(18 + (cpu / 20) ** 3 + 12 * _noise(host, "latency", at, 60) + (240 if troubled else 0), 1),
            "error_rate": round(0.1 + 0.3 * _noise(host, "errors", at, 120) + (6 if troubled else 0), 2),
        }
    elif host.group == "ml":
        measured["metrics"] = {"gpu": round(min(100.0, cpu * 1.3), 1)}
    elif host.group == "batch":
        measured["metrics"] = {"app.queue_depth": round(cpu * 14)}
    return measured


def errors(host: Host, since: int, until: int) -> list[dict[str, Any]]:
    """What went wrong in [since, until); each error has an id of its own, so telling it again adds none."""
    told = []
    for at in range(since + -since % ERROR_ROLL, until, ERROR_ROLL):
        often = 0.3 if host.trait == "errors" and _is_troubled(at) else 0.004 if host.serves else 0.001
        luck = _share(f"{host.name}:error:{at}")
        if luck < often:
            level, source, message = _ERRORS[int(luck / often * len(_ERRORS))]
            told.append(
                {"id": f"demo-{host.name}-{at}", "at": at, "level": level, "source": source, "message": message}
            )
    return told


def events(host: Host, since: int, until: int) -> list[dict[str, Any]]:
    """Deploys twice a working day, and the restarts of the server whose memory leaks."""
    told = []
    for at in range(since + -since % (30 * MINUTE), until, 30 * MINUTE):
        clock, day = (at + SEOUL) % DAY, (at + SEOUL) // DAY
        if host.serves and clock in (int(10.5 * HOUR), 16 * HOUR) and day % 7 not in (2, 3):
            told.append({"at": at, "kind": "deploy", "title": f"{host.group} v2.{day % 100}.{clock // (12 * HOUR)}"})
        if host.trait == "leaks" and at == _booted(host, at):
            told.append({"at": at, "kind": "reboot", "title": "restarted by hand: memory"})
    return [{"id": f"demo-{host.name}-{one['kind']}-{one['at']}", **one} for one in told]


def processes(host: Host, at: int) -> list[dict[str, Any]]:
    cpu, memory = _cpu(host, at), _memory(host, at)
    rows = [*_PROCESSES.get(host.group, _PROCESSES["web"]), ("sshd", "root", (22,), 0.01)]
    return [
        {
            "name": name, "pid": 400 + zlib.crc32(f"{host.name}{name}".encode()) % 30_000, "user": user,
            "ports": list(ports), "cpu": round(cpu * share, 1), "memory": round(memory * share, 1),
        }
        for name, user, ports, share in rows
    ]  # fmt: skip


_ERRORS = (
    ("error", "nginx", "upstream timed out (110: Connection timed out) while reading response header"),
    ("error", "api", "TimeoutError: the payment gateway did not answer in 3000 ms"),
    ("warning", "api", "retrying after a lost connection to demo-db-01"),
    ("error", "worker", "job 4711 failed: KeyError: 'customer_id'"),
    ("critical", "kernel", "Out of memory: Killed process 2417 (java)"),
)
_PROCESSES: dict[str, tuple[tuple[str, str, tuple[int, ...], float], ...]] = {
    "web": (("nginx", "www-data", (80, 443), 0.35), ("node", "app", (3000,), 0.45)),
    "api": (("gunicorn", "app", (8000,), 0.7), ("redis-server", "redis", (6379,), 0.1)),
    "결제": (("java", "app", (8443,), 0.75), ("filebeat", "root", (), 0.05)),
    "db": (("postgres", "postgres", (5432,), 0.85), ("pgbouncer", "postgres", (6432,), 0.05)),
    "cache": (("valkey-server", "valkey", (6379,), 0.8),),
    "batch": (("python3", "batch", (), 0.9),),
    "ml": (("python3", "train", (6006,), 0.93),),
    "logs": (("java", "elastic", (9200, 9300), 0.8), ("logstash", "elastic", (5044,), 0.1)),
}


def _share(text: str) -> float:
    """A number in [0, 1) that always is the same for a text."""
    return zlib.crc32(text.encode()) / 4_294_967_296


def _noise(host: Host, what: str, at: int, period: int) -> float:
    """0 to 1, wandering from one value to the next every `period` seconds."""
    step, part = divmod(at, period)
    before, after = _share(f"{host.name}{what}{step}"), _share(f"{host.name}{what}{step + 1}")
    return before + (after - before) * part / period


def _rhythm(host: Host, at: int) -> float:
    """The day's height is 1, at four in the afternoon; at four in the morning a quarter of it is left."""
    clock = (at + SEOUL + 600 * _share(host.name)) % DAY
    weekend = (at + SEOUL) // DAY % 7 in (2, 3)
    return (0.625 + 0.375 * math.cos((clock - 16 * HOUR) / DAY * math.tau)) * (0.7 if weekend else 1.0)


def _cpu(host: Host, at: int) -> float:
    cpu = host.busy * _rhythm(host, at) * (0.85 + 0.3 * _noise(host, "slow", at, 900)) + 6 * _noise(host, "cpu", at, 20)
    clock = (at + SEOUL) % DAY
    if host.trait == "spikes" and _share(f"{host.name}{at // HOUR}") < 0.25 and 600 <= at % HOUR < 1_320:
        cpu += 42
    elif host.trait == "nightly" and 2 * HOUR <= clock < 3.5 * HOUR:
        cpu = 88 + 8 * _noise(host, "cpu", at, 20)
    elif host.trait == "hot":
        cpu = 91 + 6 * _noise(host, "cpu", at, 60)
    elif host.trait == "errors" and _is_troubled(at):
        cpu *= 1.4
    return min(100.0, cpu)


def _memory(host: Host, at: int) -> float:
    usual = 38 + 30 * _share(f"{host.name}memory")
    if host.trait == "leaks":
        return 44 + 52 * (at - _booted(host, at)) / (1.5 * DAY)
    return usual + 6 * _rhythm(host, at) + 2 * _noise(host, "memory", at, 600)


def _booted(host: Host, at: int) -> int:
    every = int(1.5 * DAY) if host.trait == "leaks" else 90 * DAY
    return at - (at + int(every * _share(f"{host.name}boot")) // (30 * MINUTE) * (30 * MINUTE)) % every


def _data_disk(host: Host, at: int, anchor: int) -> float:
    """The one that fills is two days from full when the demo begins; it is emptied to 60 % then and fills again."""
    if host.trait != "fills":
        return 48 + 25 * _share(f"{host.name}data") + (at % (7 * DAY)) / DAY * 0.4
    return 60 + (27.5 + 4.5 * (at - anchor) / DAY) % 37


def _is_troubled(at: int) -> bool:
    """Twenty minutes in every five hours one server has a bad time."""
    return at % (5 * HOUR) < 20 * MINUTE
