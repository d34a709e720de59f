"""An embedded Valkey: one child process on a unix socket, its append-only file beside it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from lib.domain.errors import Unavailable
from lib.storage.embedded import place as places
from lib.storage.embedded import process
from lib.storage.embedded.place import Place
from lib.storage.embedded.process import StoreFault
from lib.storage.embedded.programs import valkey_server
from lib.storage.redis.client import UrlRedis

START_SECONDS = 30.0
STOP = ((signal.SIGTERM, 1.5), (signal.SIGKILL, 2.0))


class Valkey:
    name = "Valkey"

    def __init__(self, place: Place, is_closing: Callable[[], bool]) -> None:
        self._place = place
        self._is_closing = is_closing
        self._directory = place.home / "valkey"
        self._socket = place.run / "valkey.sock"
        self._pid_file = self._directory / "valkey.pid"
        self._log = place.logs / "valkey.log"
        self._child: subprocess.Popen[bytes] | None = None
        self._program: Path | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Come up with the data of last time, whatever ended that. Raises StoreFault when it cannot,
        and Cancelled once it is to close."""
        places.own_directory(self._directory, self._place)
        self._program = self._program or valkey_server(self._place)
        self._end_left_behind()
        self._child = process.spawn([str(self._program), *self._settings()], self._place.account, self._log)
        up = process.wait_until(lambda: self._answers() or not self.is_running() or self._is_closing(), START_SECONDS)
        if self._is_closing():
            self.stop()
            raise process.Cancelled("Valkey was stopped while it started")
        if not up or not self.is_running():
            self.stop()
            raise StoreFault(f"Valkey does not start. The end of {self._log}:\n{process.tail(self._log)}")

    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            process.end(child.pid, STOP, is_gone=lambda: child.poll() is not None)

    def _settings(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._directory),
            "pidfile": str(self._pid_file),
            "daemonize": "no",
            "set-proc-title": "no",  # the command line is how an orphan is known
            # `everysec`, not `always`: an append reaches the kernel before its answer, so kill -9 loses nothing. A
            # power cut may take the last second, but what Postgres has not stored yet the agents hold and re-send.
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            # An evicted post would be a lost one; a full Redis refuses, and posts go to Postgres' inbox instead.
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "databases": "256",  # the product uses 0; tests take one each
            "enable-debug-command": "no",
            "timeout": "0",
        }
        return [word for name, value in settings.items() for word in (f"--{name}", value)]

    def _end_left_behind(self) -> None:
        """An orphan keeps appending to the same file, so it has to go before the next one reads it."""
        pid = process.left_behind(self._pid_file, str(self._directory))
        if pid is not None and not process.end(pid, STOP):
            raise StoreFault(f"A Valkey of an earlier start (process {pid}) does not end.")
        if self._answers():
            raise StoreFault(f"Another Valkey answers at {self._socket}. Stop it, or set OPENMANAGER_DATA.")

    def _answers(self) -> bool:
        if not self._socket.exists():
            return False
        client = UrlRedis(self.url, timeout=1.0)
        try:
            return bool(client.execute("PING") == "PONG")
        except Unavailable:
            return False  # not listening yet, or still reading its file
        finally:
            client.close()
