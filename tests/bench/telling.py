"""From a post that breaches a level to the first delivery of it, through `make dev`: HTTP, sweep, outbox, receiver."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.meter import Figure
from tests.channels.receiver import Receiver, receiving
from tests.local.dev_process import Dev

TRIALS = 20
PATIENCE = 30.0
PASSWORD = secrets.token_urlsafe(24)
EMAIL = "bench@example.org"


def telling() -> Iterator[Figure]:
    directory = Path(tempfile.mkdtemp(prefix="openmanager-bench-")).resolve()
    directory.chmod(0o711)  # the stores run as another user where root starts them
    dev = Dev(
        directory / "data", OPENMANAGER_OUTBOUND_ALLOW="127.0.0.1/32", OPENMANAGER_ADMIN_EMAIL=EMAIL,
        OPENMANAGER_ADMIN_PASSWORD=PASSWORD,
    )  # fmt: skip
    try:
        dev.ready()
        with receiving() as receiver:
            taken = sorted(_trials(dev, receiver))
        dev.stop()
    finally:
        dev.close()
        shutil.rmtree(directory, ignore_errors=True)
    group = f"from a breaching post to its first delivery, {len(taken)} servers one after the other"
    yield Figure(group, "median", taken[len(taken) // 2], "s")
    yield Figure(group, "95th percentile", taken[int(0.95 * (len(taken) - 1))], "s", most=5.0)


def _trials(dev: Dev, receiver: Receiver) -> Iterator[float]:
    bearer = {"Authorization": dev.sign_in(EMAIL, PASSWORD)}
    status, made = dev.ask("POST", "/api/auth/keys", {"name": "bench"}, **bearer)
    _expect(status, made)
    signing = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    channel = {"name": "bench", "kind": "webhook", "config": {"url": receiver.url, "secrets": signing}}
    _expect(*dev.ask("POST", "/api/rules/channels", channel, **bearer))
    key = {"Authorization": f"Bearer {made['secret']}"}
    for number in range(TRIALS):
        name = f"breach-{number:02}"
        now = int(time.time())
        samples = [{"at": now - back, "cpu": 20.0, "mounts": {"/": 97.0}} for back in (120, 60, 1)]
        post = {"epoch": "bench", "n": 1, "floor": 1}
        body = {"server": name, "sent_at": now, "post": post, "samples": samples}
        began = time.monotonic()
        _expect(*dev.ask("POST", "/api/ingest", body, **key))
        while not any(name.encode() in request.body for request in receiver.requests):
            if time.monotonic() - began > PATIENCE:
                raise RuntimeError(f"nothing was told of {name} in {PATIENCE:.0f} s")
            time.sleep(0.02)
        yield time.monotonic() - began
        time.sleep(secrets.randbelow(5_000) / 1_000)  # at any moment between two sweeps


def _expect(status: int, answer: object) -> None:
    if status >= 300:
        raise RuntimeError(f"{status}: {json.dumps(answer)[:300]}")
