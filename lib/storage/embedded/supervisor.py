"""Keeps the embedded pair of stores running: one owner a data directory, restarts what dies, stops what it started."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from lib.storage.embedded import place as places
from lib.storage.embedded.postgres import Postgres
from lib.storage.embedded.process import Cancelled, StoreFault
from lib.storage.embedded.valkey import Valkey

log = logging.getLogger(__name__)
WATCH_SECONDS = 0.2
MOST_BACKOFF_SECONDS = 5.0


class StoresBusy(StoreFault):
    """Another process owns this data directory."""


class EmbeddedStores:
    """Use as a context, once: inside, both stores run. Leaving it stops them.

    The lock on the directory is the kernel's (flock), so it is free the moment its owner dies in whatever way; the
    next owner ends the orphans and starts its own pair on the same files.
    """

    def __init__(self, data: Path, *, valkey: bool = True, postgres: bool = True) -> None:
        self._data = data
        self._wants = (valkey, postgres)
        self._lock_file: int | None = None
        self._place: places.Place | None = None
        self._stores: list[Valkey | Postgres] = []
        self._closing = threading.Event()
        self._cancelled = False
        self._watches: list[threading.Thread] = []
        self.valkey: Valkey | None = None
        self.postgres: Postgres | None = None

    @property
    def redis_url(self) -> str:
        if self.valkey is None:
            raise StoreFault("no embedded Valkey is running")
        return self.valkey.url

    @property
    def database_url(self) -> str:
        """As the product signs in: service_role and nothing more."""
        if self.postgres is None:
            raise StoreFault("no embedded Postgres is running")
        return self.postgres.url

    @property
    def admin_url(self) -> str:
        """As the database's owner: for migrations."""
        if self.postgres is None:
            raise StoreFault("no embedded Postgres is running")
        return self.postgres.admin_url

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def claim(self) -> None:
        """Take the directory's lock. Raises StoresBusy when another process has it."""
        if self._lock_file is not None:
            return
        self._place = places.prepare(self._data)
        handle = os.open(self._place.data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise StoresBusy(
                f"OpenManager already runs on {self._place.data} (process {holder}). "
                "Stop it first, or set OPENMANAGER_DATA to another directory."
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._lock_file = handle

    def start(self) -> None:
        """Returns when both stores answer. Raises StoreFault (and leaves nothing running) when one cannot."""
        self.claim()
        assert self._place is not None  # nosec B101 # noqa: S101 - claim() sets it or raises
        wants_valkey, wants_postgres = self._wants
        try:
            if wants_valkey:
                self.valkey = Valkey(self._place, self._is_closing)
                self._stores.append(self.valkey)
            if wants_postgres:
                self.postgres = Postgres(self._place, self._is_closing)
                self._stores.append(self.postgres)
            for store in self._stores:
                store.start()
        except BaseException:
            self.stop()
            raise
        for store in self._stores:
            watch = threading.Thread(
                target=self._keep_running, args=(store,), name=f"embedded-{store.name}", daemon=True
            )
            self._watches.append(watch)
            watch.start()

    def cancel(self) -> None:
        """Let a start() that is under way end soon with Cancelled. Safe in a signal handler: an Event's lock is not."""
        self._cancelled = True

    def _is_closing(self) -> bool:
        return self._cancelled or self._closing.is_set()

    def stop(self) -> None:
        """Ends both in order: appended posts are in Valkey's file before it goes, commits in Postgres' log."""
        self._closing.set()
        for watch in self._watches:
            watch.join(timeout=30)
        self._watches.clear()
        for store in self._stores:
            store.stop()
        self._stores.clear()
        if self._lock_file is not None:
            if self._place is not None:
                with contextlib.suppress(OSError):
                    places.sweep_away(self._place)
            os.close(self._lock_file)
            self._lock_file = None

    def _keep_running(self, store: Valkey | Postgres) -> None:
        failures = 0
        while not self._closing.wait(WATCH_SECONDS):
            if store.is_running() or self._is_closing():
                continue
            log.warning("%s has died; starting it again", store.name)
            began = time.monotonic()
            try:
                store.start()
            except Cancelled:
                return
            except (StoreFault, OSError, subprocess.SubprocessError) as error:
                failures += 1
                log.error("%s does not come back: %s", store.name, error)
                self._closing.wait(min(MOST_BACKOFF_SECONDS, 0.5 * 2**failures))
            else:
                failures = 0
                log.warning("%s is back after %.1f s", store.name, time.monotonic() - began)
