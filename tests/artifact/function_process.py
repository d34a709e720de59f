"""One function under the real `vercel-runtime`: a process that serves HTTP and talks to us as to the platform."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

START_SECONDS = 30


class FunctionProcess:
    """Cold until `start`. `started` is what the runtime announced: its port and how long the start took."""

    def __init__(self, command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> None:
        self._command = list(command)
        self._directory = directory
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._home = tempfile.mkdtemp(prefix="omv-ipc-")
        self._lock = threading.Lock()
        self.started: dict[str, Any] = {}
        self.logs: list[str] = []

    @property
    def port(self) -> int:
        with self._lock:
            if self._process is None:
                self._start()
        return int(self.started["httpPort"])

    def stop(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
                self._process = None
        shutil.rmtree(self._home, ignore_errors=True)

    def _start(self) -> None:
        path = f"{self._home}/ipc.sock"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            listening.listen(1)
            listening.settimeout(START_SECONDS)
            log = open(f"{self._home}/stderr", "wb")  # noqa: SIM115 - the process writes to it as long as it lives
            self._process = subprocess.Popen(
                self._command,
                cwd=self._directory,
                env={**self._environment, "VERCEL_IPC_PATH": path},
                stdout=log,
                stderr=log,
            )
            log.close()
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                raise self._failed("it never spoke") from None
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(connection, ready), daemon=True).start()
        if not ready.wait(START_SECONDS) or not self.started:
            raise self._failed("it did not start")

    def _failed(self, what: str) -> RuntimeError:
        said = Path(f"{self._home}/stderr").read_text(errors="replace")[-3000:]
        return RuntimeError(f"{self._directory.name}: {what}\n{said}\n" + "\n".join(self.logs[-20:]))

    def _listen(self, connection: socket.socket, ready: threading.Event) -> None:
        waiting = b""
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(65_536):
                *messages, waiting = (waiting + data).split(b"\0")
                for message in map(json.loads, messages):
                    self._hear(message)
                    if self.started:
                        ready.set()
        ready.set()

    def _hear(self, message: dict[str, Any]) -> None:
        payload = message["payload"]
        if message["type"] == "server-started":
            self.started = payload
        elif message["type"] == "log":
            text = base64.b64decode(payload["message"]).decode(errors="replace")
            self.logs.append(f"{payload.get('level') or payload.get('stream')}: {text}")
        elif message["type"] == "unrecoverable-error":
            self.logs.append(f"fatal: {payload['message']}")


def from_bundle(directory: Path, config: Mapping[str, Any], environment: Mapping[str, str]) -> FunctionProcess:
    """As the platform starts it: nothing is importable but the standard library and what is in the bundle."""
    python = getattr(sys, "_base_executable", sys.executable)
    program = f"import sys; sys.path.insert(0, {str(directory)!r}); import vc__handler__python"
    return FunctionProcess(
        [python, "-I", "-S", "-B", "-c", program], directory, {**environment, **config.get("environment", {})}
    )


def from_tree(root: Path, name: str, environment: Mapping[str, str]) -> FunctionProcess:
    """The same runtime on the files as they lie in the tree, with this Python's packages."""
    file = f"{name.strip('/')}.py"
    handler = {
        "__VC_HANDLER_MODULE_NAME": name.strip("/").replace("/", "."),
        "__VC_HANDLER_ENTRYPOINT": file,
        "__VC_HANDLER_ENTRYPOINT_ABS": str(root / file),
        "__VC_HANDLER_VENDOR_DIR": "_vendor",
        "__VC_HANDLER_VARIABLE_NAME": "app",
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-c", "import vercel_runtime.vc_init"]
    return FunctionProcess(command, root, {**environment, **handler})


def base_environment() -> dict[str, str]:
    """What any process here needs; nothing of the developer's own."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
