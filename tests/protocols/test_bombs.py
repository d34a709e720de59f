"""Hostile bodies cost bounded memory: what they would be is never made of them. Measured in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.admitted import Admitted
from tests.protocols.peak import BODIES

ROOT = Path(__file__).resolve().parents[2]
BOMBS = [name for name in BODIES if name.startswith(("gzip", "deflate", "snappy", "zstd"))]
# Of a function's 1 GB or more. A bomb is stopped at what a request may be unpacked (4 MB; 16 of remote_write), which for a
# moment is there twice; what is read of 4 MB of the smallest pieces is held as lists and objects.
MOST_OF_A_BOMB, MOST = 40, 400


def posted(hub: Admitted, names: list[str], folder: Path) -> dict[str, tuple[int, float, float]]:
    files = {}
    for number, name in enumerate(names):
        files[name] = str(folder / str(number))
        Path(files[name]).write_bytes(BODIES[name][2]())
    asked = {
        "redis_url": hub.pair.redis_url, "database_url": hub.pair.database_url, "secret": hub.secrets["write key"],
        "bodies": files,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.protocols.peak"], input=json.dumps(asked), cwd=ROOT, capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    return {name: tuple(told) for name, told in json.loads(done.stdout).items()}


def test_bombs_are_refused_without_being_unpacked(hub: Admitted, tmp_path: Path) -> None:
    for name, (status, _, grown) in posted(hub, BOMBS, tmp_path).items():
        assert status == {"snappy that lies, small": 400, "zstd": 415}.get(name, 413), name
        assert grown < MOST_OF_A_BOMB, f"{name}: {grown} MB"


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in BODIES if name not in BOMBS])
def test_what_is_slow_and_large_to_read_is_answered(hub: Admitted, tmp_path: Path, name: str) -> None:
    ((status, seconds, grown),) = posted(hub, [name], tmp_path).values()
    print(f"{name}: {status}, {seconds} s, {grown} MB")  # with -s it is a report
    assert status < 500, name
    assert grown < MOST, f"{name}: {grown} MB"
