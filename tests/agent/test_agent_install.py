"""install.sh: what it writes, what it keeps, and what makes it stop before anything is changed."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.agent.conftest import AGENT, ListeningHub

INSTALL = AGENT.with_name("install.sh")
KEY = "omv_live_" + "k" * 38
Install = Any  # a function that runs the script, and gives its CompletedProcess


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """What the hub serves; `site/url` tells where."""
    folder = tmp_path / "site"
    folder.mkdir()
    for name in ("agent.py", "agent.py.sha256", "install.sh"):
        shutil.copyfile(AGENT.with_name(name), folder / name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    (folder / "url").write_text(f"http://127.0.0.1:{server.server_port}")
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def install(site: Path, tmp_path: Path, clean_environment: dict[str, str]) -> Install:
    def run(
        *arguments: str, hub: bool = True, key: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        given = [*arguments]
        given += ["--hub", (site / "url").read_text()] if hub else []
        given += ["--key", KEY] if key else []
        return subprocess.run(
            ["sh", "-s", "--", *given],
            input=INSTALL.read_text(),
            env={**clean_environment, "DESTDIR": str(tmp_path / "root"), **environment},
            capture_output=True,
            text=True,
            timeout=30,
        )

    return run


def files(tmp_path: Path) -> list[str]:
    root = tmp_path / "root"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


INSTALLED = [
    "etc/openmanager-agent.conf",
    "etc/openmanager-agent.key",
    "etc/systemd/system/openmanager-agent.service",
    "usr/local/lib/openmanager-agent/agent.py",
]


def test_the_checksum_beside_the_agent_is_its_own() -> None:
    told = AGENT.with_name("agent.py.sha256").read_text().split()
    found = hashlib.sha256(AGENT.read_bytes()).hexdigest()
    assert told == [found, "agent.py"], "write it anew: cd public && sha256sum agent.py > agent.py.sha256"


def test_it_installs_agent_configuration_key_and_unit(install: Install, tmp_path: Path) -> None:
    done = install(
        "--name", "web-01", "--group", "web", "--tag", "env=prod", "--tag", "region=seoul", "--log", "/var/log/a"
    )
    assert done.returncode == 0, done.stderr
    assert files(tmp_path) == INSTALLED
    root = tmp_path / "root"
    assert (root / INSTALLED[3]).read_bytes() == AGENT.read_bytes()
    settings = (root / INSTALLED[0]).read_text().splitlines()[1:]
    assert settings[1:] == [
        "key_file = /etc/openmanager-agent.key",
        "data = /var/lib/openmanager-agent",
        "name = web-01",
        "group = web",
        "tag = env=prod",
        "tag = region=seoul",
        "log = /var/log/a",
    ]


def test_the_key_is_in_one_file_that_only_its_owner_reads(install: Install, tmp_path: Path) -> None:
    done = install()
    root = tmp_path / "root"
    holding = [name for name in files(tmp_path) if KEY in (root / name).read_text()]
    assert holding == ["etc/openmanager-agent.key"]
    assert (root / holding[0]).stat().st_mode & 0o777 == 0o600
    assert KEY not in done.stdout + done.stderr


def test_the_installed_agent_reports(
    install: Install, tmp_path: Path, listening_hub: ListeningHub, clean_environment: dict[str, str]
) -> None:
    install("--name", "web-07")
    root = tmp_path / "root"
    command = [sys.executable, "-I", "-B", str(root / INSTALLED[3]), "--config", str(root / INSTALLED[0])]
    command += ["--hub", listening_hub.url, "--key-file", str(root / INSTALLED[1]), "--data", str(tmp_path / "spool")]
    child = subprocess.Popen(command, env=clean_environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 8
    while not listening_hub.posts and time.monotonic() < deadline:
        time.sleep(0.02)
    child.kill()
    child.wait()
    assert listening_hub.posts[0]["server"] == "web-07"
    assert listening_hub.keys[0] == "Bearer " + KEY


def test_running_it_again_upgrades_and_keeps_what_is_configured(install: Install, site: Path, tmp_path: Path) -> None:
    install("--name", "web-01", "--tag", "env=prod", "--journal", "--ports")
    newer = AGENT.read_text() + "# newer\n"
    (site / "agent.py").write_text(newer)
    (site / "agent.py.sha256").write_text(hashlib.sha256(newer.encode()).hexdigest() + "  agent.py\n")
    root = tmp_path / "root"
    (root / INSTALLED[3]).write_text("old")
    done = install("--group", "db", hub=False, key=False)
    assert done.returncode == 0, done.stderr
    assert (root / INSTALLED[3]).read_text() == newer
    settings = (root / INSTALLED[0]).read_text()
    for line in (
        "name = web-01",
        "group = db",
        "tag = env=prod",
        "journal = yes",
        "hub = " + (site / "url").read_text(),
    ):
        assert settings.count(line + "\n") == 1
    assert (root / INSTALLED[1]).read_text() == KEY + "\n"
    assert "AmbientCapabilities=CAP_SYS_PTRACE" in (root / INSTALLED[2]).read_text()
    again = install("--tag", "env=test", hub=False, key=False)
    assert again.returncode == 0
    assert (root / INSTALLED[0]).read_text() == settings.replace("env=prod", "env=test")


@pytest.mark.parametrize("spoil", ["agent", "checksum", "pinned"])
def test_an_agent_with_another_checksum_is_not_installed(
    install: Install, site: Path, tmp_path: Path, spoil: str
) -> None:
    if spoil == "agent":
        (site / "agent.py").write_text(AGENT.read_text()[:-1000])
    elif spoil == "checksum":
        (site / "agent.py.sha256").write_text("0" * 64 + "  agent.py\n")
    done = install(*(["--sha256", "0" * 64] if spoil == "pinned" else []))
    assert done.returncode == 1
    assert "does not have the checksum it should" in done.stderr
    assert files(tmp_path) == []


def test_a_dry_run_says_what_it_would_do_and_does_nothing(install: Install, tmp_path: Path) -> None:
    done = install("--dry-run", "--name", "web-01")
    assert done.returncode == 0
    assert files(tmp_path) == []
    for name in INSTALLED:
        assert f"would write {tmp_path / 'root' / name} " in done.stdout
    assert "| name = web-01" in done.stdout
    assert "ProtectSystem=strict" in done.stdout
    assert KEY not in done.stdout


def test_uninstalling_keeps_the_settings_unless_told_otherwise(install: Install, tmp_path: Path) -> None:
    install()
    assert install("--uninstall", hub=False, key=False).returncode == 0
    assert files(tmp_path) == INSTALLED[:2]
    assert install("--uninstall", "--purge", hub=False, key=False).returncode == 0
    assert files(tmp_path) == []
    assert install("--uninstall", hub=False, key=False).returncode == 0, "nothing to do is no error"


def test_without_a_python_it_says_what_is_needed(install: Install, tmp_path: Path) -> None:
    old = tmp_path / "python3.7"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = install("--python", str(old))
    assert done.returncode == 1
    assert "needs python3 >= 3.8" in done.stderr
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "hub", "key", "said"),
    [
        ([], False, True, "say where the hub is"),
        ([], True, False, "an agent key is needed"),
        (["--hub"], False, True, "--hub needs a value"),
        (["--tag", "prod"], True, True, "a tag is given as NAME=VALUE"),
        (["--what"], True, True, "unknown option --what"),
        (["--name", "a\nhub = https://evil"], True, True, "must be one line"),
        (["--purge"], True, True, "--purge goes with --uninstall"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    install: Install, tmp_path: Path, arguments: list[str], hub: bool, key: bool, said: str
) -> None:
    done = install(*arguments, hub=hub, key=key) if arguments != ["--hub"] else install("--hub", hub=False, key=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert files(tmp_path) == []


def test_a_hub_that_does_not_serve_the_agent_is_named(install: Install, site: Path, tmp_path: Path) -> None:
    os.remove(site / "agent.py")
    done = install()
    assert done.returncode == 1
    assert "/agent.py cannot be fetched" in done.stderr
    assert files(tmp_path) == []


def test_the_unit_lets_the_agent_see_what_it_measures_and_do_nothing_else(install: Install, tmp_path: Path) -> None:
    install()
    unit = dict(
        line.split("=", 1) for line in (tmp_path / "root" / INSTALLED[2]).read_text().splitlines() if "=" in line
    )
    assert unit["ProtectSystem"] == "strict"
    assert unit["ProtectHome"] == "read-only", "a hidden /home would be measured as empty"
    assert "ProtectProc" not in unit, "it reads /proc/1/mountinfo and every process"
    assert unit["CapabilityBoundingSet"] == ""
    assert unit["StateDirectory"] == "openmanager-agent"
    assert unit["ExecStart"].endswith("/agent.py --config /etc/openmanager-agent.conf")
