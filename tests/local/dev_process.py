"""`make dev` as a process: started on a free port over a data directory of its own, asked over HTTP, stopped."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from lib.storage.embedded import process

ROOT = Path(__file__).resolve().parents[2]


class Dev:
    """A running dev.py."""

    started: ClassVar[list[Dev]] = []

    def __init__(
        self, data: Path, *, port: int = 0, command: Sequence[str] = (str(ROOT / "dev.py"),), **settings: str
    ) -> None:
        self.started.append(self)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            self.port = probe.getsockname()[1]
        environment = {"PATH": os.environ["PATH"], "HOME": str(data), "OPENMANAGER_DATA": str(data)}
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=data.parent,
            env={**environment, "PYTHONPATH": str(ROOT), "PORT": str(self.port), "OPENMANAGER_AGENT": "0", **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def close(self) -> None:
        """Whatever became of the test: no process and no pipe stays."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def ready(self) -> Dev:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("ready: "):
                return self
        raise AssertionError("\n".join(["it ended:", *self.lines]))

    def says_and_ends(self) -> tuple[int, str]:
        output, _ = self.process.communicate(timeout=60)
        return self.process.returncode, output

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float, str]:
        """(exit code, seconds it took, what else it said)"""
        began = time.monotonic()
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=60)
        return self.process.returncode, time.monotonic() - began, output

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{self.port}", **headers}
            connection.request(method, path, body=json.dumps(body) if body else None, headers=sent)
            response = connection.getresponse()
            content = response.read()
            return response.status, json.loads(content) if "json" in (
                response.headers["Content-Type"] or ""
            ) else content
        finally:
            connection.close()

    def sign_in(self, email: str, password: str) -> str:
        status, answer = self.ask("POST", "/api/auth/login", {"email": email, "password": password})
        assert status == 200, answer
        return f"Bearer {answer['access_token']}"


def of_this(data: Path) -> list[int]:
    """Processes that have our data directory in their command line."""
    found = []
    if Path("/proc/self").exists():
        listed = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
    else:
        listed = subprocess.run(["ps", "-eo", "pid="], capture_output=True, text=True, check=True).stdout.split()
    for pid in map(int, listed):
        if str(data) in process.command_line(pid) and pid != os.getpid():
            found.append(pid)
    return found
