"""The embedded pair of stores for tests: one a session, and a clean database on it in some hundredths of a second."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psycopg
import redis

from lib.settings import Settings
from lib.storage.embedded import migrate, postgres
from lib.storage.embedded.process import StoreFault
from lib.storage.embedded.supervisor import EmbeddedStores, StoresBusy

if TYPE_CHECKING:
    from lib import wiring

TEMPLATE = "omv_template"
PREFIX = "openmanager-tests-"
CRON_SECRET = "a-cron-secret-of-forty-characters-000000"
JWT_SECRET = "a-jwt-secret-of-forty-characters-0000000"
_numbers = itertools.count(1)
# Nothing in it outlives the machine, so nothing of it need be on the disk: what was committed is there after a kill all
# the same. To wait for the disk is most of what a clean database costs, and to compress its log most of the rest.
PASSING = {"fsync": "off", "full_page_writes": "off", "wal_compression": "off"}


@dataclass(frozen=True)
class Pair:
    """A migrated Postgres database and a Redis database, nobody else's."""

    database_url: str  # as the product signs in: it may call `omv_*` functions, tables are out of its reach
    admin_url: str  # as the owner: for looking behind the functions
    redis_url: str

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Look behind the functions, as the owner."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.redis_url, decode_responses=True)


def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether this becomes true in time; a store that is away counts as not yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except (redis.RedisError, psycopg.Error, OSError):
            pass
        time.sleep(0.05)
    return False


@contextmanager
def temporary_stores(*, as_shipped: bool = False) -> Iterator[EmbeddedStores]:
    """An embedded pair in a directory that goes away with it; not pytest's own, which only root may enter.

    It is as sure of what it wrote as the product's own only when it is taken `as_shipped`: to measure it.
    """
    _end_what_killed_sessions_left()
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    embedded = EmbeddedStores(directory)
    try:
        with patch.dict(postgres.SETTINGS, {} if as_shipped else PASSING):
            embedded.start()
        yield embedded
    finally:
        embedded.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _end_what_killed_sessions_left() -> None:
    """A test run that was killed left its stores running: starting and stopping on their directory ends them."""
    for directory in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            found = directory.stat()
        except FileNotFoundError:  # another run has just ended
            continue
        if found.st_uid != os.geteuid() or time.time() - found.st_mtime < 60 or not (directory / "lock").exists():
            continue
        try:
            with EmbeddedStores(directory):
                pass
        except StoresBusy:
            continue
        except StoreFault:
            pass
        shutil.rmtree(directory, ignore_errors=True)


def migrated_template(embedded: EmbeddedStores) -> Pair:
    """Migrate once; every clean database is a copy of the result."""
    migrate.apply(embedded.admin_url)
    with _maintenance(embedded) as connection:
        connection.execute(f"create database {TEMPLATE} template openmanager")
    return Pair(embedded.database_url, embedded.admin_url, f"{embedded.redis_url}?db=0")


@contextmanager
def fresh_pair(embedded: EmbeddedStores) -> Iterator[Pair]:
    number = next(_numbers)
    name = f"test_{number}"
    with _maintenance(embedded) as connection:
        connection.execute(f"create database {name} template {TEMPLATE}")
    pair = Pair(
        embedded.database_url.replace("/openmanager?", f"/{name}?"),
        embedded.admin_url.replace("/openmanager?", f"/{name}?"),
        f"{embedded.redis_url}?db={1 + number % 255}",
    )
    with pair.redis() as client:
        client.flushdb()
    try:
        yield pair
    finally:
        with _maintenance(embedded) as connection:
            connection.execute(f"drop database if exists {name} with (force)")


def _maintenance(embedded: EmbeddedStores) -> psycopg.Connection[Any]:
    return psycopg.connect(embedded.admin_url.replace("/openmanager?", "/postgres?"), autocommit=True)


class ServicesFactory:
    """Builds `lib.wiring.Services` on a pair and closes what it built.

    `make(pair)`; `make(pair, clock=..., install=True, retention={...}, ...)`: any field of Settings, `clock` for the
    use cases, `install` to put it behind `wiring.services()`, where the functions in api/ look.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __call__(
        self, pair: Pair, *, clock: Callable[[], float] = time.time, install: bool = False, **fields: Any
    ) -> wiring.Services:
        from lib import wiring

        settings = Settings(
            **{
                "redis_url": pair.redis_url,
                "database_url": pair.database_url,
                "cron_secret": CRON_SECRET,
                "jwt_secret": JWT_SECRET,
                **fields,
            }
        )
        services = wiring.build(settings)
        services.clock = clock
        self._stack.callback(services.storage.close)
        if install:
            wiring.use(services)
            self._stack.callback(wiring.use, None)
        return services

    def close(self) -> None:
        self._stack.close()
