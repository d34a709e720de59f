"""Runs our own agent on this machine, so that the first page a person sees already shows a real server."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from lib.auth import agent_keys
from lib.auth.keyring import Keyring
from lib.local.secrets_file import write_private
from lib.storage.embedded import process

log = logging.getLogger(__name__)

KEY_NAME = "local agent (make dev)"
RESTART_SECONDS = 5.0
STOP = ((signal.SIGTERM, 1.0), (signal.SIGKILL, 1.0))


class KeyRevoked(Exception):
    """Somebody took the local agent's key away; making another by itself would undo that."""


def agent_key(keyring: Keyring, file: Path, name: str = KEY_NAME) -> None:
    """See to it that `file` holds a key that the database knows. Raises KeyRevoked."""
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        secret = ""  # nosec B105 # none yet
    if agent_keys.is_well_formed(secret):
        known = keyring.keys()
        for key in known:
            if secret.startswith(key["prefix"]) and secret.endswith(key["last4"]):
                if key["revoked_at"] is None:
                    return
                raise KeyRevoked(f"its key was revoked; delete {file} to have a new one made")
    write_private(file, keyring.create(name, scopes=("write",))[1] + "\n")


class LocalAgent:
    """`public/agent.py` as a child process, started again when it dies."""

    def __init__(self, script: Path, hub: str, data: Path, key_file: Path, environment: Mapping[str, str]) -> None:
        self._command = [
            sys.executable, str(script), "--hub", hub, "--key-file", str(key_file), "--data", str(data / "agent"),
            "--config", os.devnull,
        ]  # fmt: skip
        self._marker = str(data / "agent")
        self._pid_file = data / "agent.pid"
        self._log = data / "logs" / "agent.log"
        self._environment = dict(environment)
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_running, name="local-agent", daemon=True)

    def start(self) -> None:
        # A dev.py that was killed left its agent behind, and two cannot share a spool.
        orphan = process.left_behind(self._pid_file, self._marker)
        if orphan is not None:
            process.end(orphan, STOP)
        self._spawn()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=2)
        child = self._child
        if child is not None:
            process.end(child.pid, STOP, is_gone=lambda: child.poll() is not None)
        self._pid_file.unlink(missing_ok=True)

    def _spawn(self) -> None:
        self._log.parent.mkdir(mode=0o700, exist_ok=True)
        if self._log.exists() and self._log.stat().st_size > process.LOG_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        with self._log.open("ab") as output:
            # A session of its own: a Ctrl-C must not end it before its last post.
            self._child = subprocess.Popen(  # nosec B603 # noqa: S603 - our own interpreter and script
                self._command,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self._environment, start_new_session=True,
            )  # fmt: skip
        self._pid_file.write_text(f"{self._child.pid}\n")

    def _keep_running(self) -> None:
        while not self._stopping.wait(0.2):
            child = self._child
            if child is None or child.poll() is None:
                continue
            log.warning("the local agent ended (%s): %s", child.returncode, process.tail(self._log, 2))
            if not self._stopping.wait(RESTART_SECONDS):
                self._spawn()
