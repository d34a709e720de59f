"""Made-up servers with plausible values, in the native format as the agent writes it."""

from __future__ import annotations

import json
import random
from typing import Any

RATES = ("disk_read", "disk_write", "net_in", "net_out", "connections")
MOUNTS = ("/", "/data", "/var")
OWN = 16  # app.m0 ...: with 18 metrics and the two of each mount there are 40 series


class Machine:
    """One server: its values wander, as real ones do, and are rounded as an agent rounds them."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self._random = random.Random(seed)
        self._cpu = self._random.uniform(5, 60)
        self._posts = 0

    def sample(self, at: int) -> dict[str, Any]:
        wander = self._random.uniform
        self._cpu = min(99.0, max(1.0, self._cpu + wander(-5, 5)))
        load = self._cpu / 20
        percent = {name: round(wander(0, 40), 1) for name in ("iowait", "steal", "swap", "disk_busy", "disk", "inode")}
        rates = {
            name: round(wander(0, 2e6)) for name in ("disk_read", "disk_write", "net_in", "net_out", "connections")
        }
        return {
            "at": at, "cpu": round(self._cpu, 1), "load1": round(load, 2), "load5": round(load, 2),
            "load15": round(load, 2), "memory": round(wander(40, 60), 1), "temperature": round(wander(40, 60), 1),
            "uptime": at - 1_600_000_000, **percent, **rates,
            "mounts": {mount: {"disk": round(wander(40, 41), 1), "inode": round(wander(5, 6), 1)} for mount in MOUNTS},
            "metrics": {f"app.m{index}": round(wander(0, 1_000), 2) for index in range(OWN)},
        }  # fmt: skip

    def post(self, end: int, samples: int, every: int = 10) -> bytes:
        """The next numbered post; its last sample is taken at `end`."""
        self._posts += 1
        times = range(end - every * (samples - 1), end + 1, every)
        body = {
            "server": self.name,
            "host": {"os": "Debian 12", "cores": 8, "memory_bytes": 33_554_432_000, "tags": {"env": "prod"}},
            "post": {"epoch": "bench", "n": self._posts, "floor": 1},
            "samples": [self.sample(at) for at in times],
        }
        return json.dumps(body, separators=(",", ":")).encode()


def series_of(machine: Machine) -> int:
    """How many values one sample holds."""
    sample = machine.sample(1_700_000_000)
    return len(sample) - len(("at", "mounts", "metrics")) + 2 * len(MOUNTS) + OWN
