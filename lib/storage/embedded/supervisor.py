"""Keeps the embedded pair of stores running: one owner a data directory, restarts what dies, stops what it started."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from lib.storage.embedded import place as places
from lib.storage.embedded.postgres import Postgres
from lib.storage.embedded.process import StoreFault
from lib.storage.embedded.valkey import Valkey

log = logging.getLogger(__name__)
WATCH_SECONDS = 0.2
MOST_BACKOFF_SECONDS = 5.0


class StoresBusy(StoreFault):
    """Another process owns this data directory."""


class EmbeddedStores:
    """Use as a context: inside, both stores run. Leaving it stops them.

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
        self._watch: threading.Thread | None = None
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
        assert self._place is not None  # noqa: S101 - claim() sets it or raises
        wants_valkey, wants_postgres = self._wants
        try:
            if wants_valkey:
                self.valkey = Valkey(self._place)
                self._stores.append(self.valkey)
            if wants_postgres:
                self.postgres = Postgres(self._place)
                self._stores.append(self.postgres)
            for store in self._stores:
                store.start()
        except BaseException:
            self.stop()
            raise
        self._watch = threading.Thread(target=self._keep_running, name="embedded-stores", daemon=True)
        self._watch.start()

    def stop(self) -> None:
        """Ends both in order: appended posts are in Valkey's file before it goes, commits in Postgres' log."""
        self._closing.set()
        if self._watch is not None:
            self._watch.join(timeout=30)
            self._watch = None
        for store in self._stores:
            store.stop()
        self._stores.clear()
        if self._lock_file is not None:
            if self._place is not None:
                with contextlib.suppress(OSError):
                    places.sweep_away(self._place)
            os.close(self._lock_file)
            self._lock_file = None

    def _keep_running(self) -> None:
        failures = 0
        while not self._closing.wait(WATCH_SECONDS):
            for store in self._stores:
                if store.is_running() or self._closing.is_set():
                    continue
                log.warning("%s has died; starting it again", store.name)
                began = time.monotonic()
                try:
                    store.start()
                except (StoreFault, OSError) as error:
                    failures += 1
                    log.error("%s does not come back: %s", store.name, error)
                    self._closing.wait(min(MOST_BACKOFF_SECONDS, 0.5 * 2**failures))
                else:
                    failures = 0
                    log.warning("%s is back after %.1f s", store.name, time.monotonic() - began)
