"""A store that is silent, gone, slow, full, locked or replaced by a page: an answer within two seconds, and no command
sent twice."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lib.domain.errors import Forbidden, Unavailable
from lib.storage.embedded.supervisor import EmbeddedStores
from lib.storage.hybrid.storage import HybridStorage
from lib.storage.redis.client import NoRedis, Redis, RestRedis, UrlRedis
from lib.storage.supabase.client import PostgrestRpc, PsycopgRpc, Rpc
from tests.patience import FOR_EVER, soonest
from tests.real_stores import Pair
from tests.twins import faults
from tests.twins.faults import Faulty
from tests.twins.supabase_project import Project
from tests.twins.upstash_twin import UpstashTwin

MOST_SECONDS = 2.0

FAULTS: dict[str, Callable[[], AbstractContextManager[Faulty]]] = {
    "silent": faults.silent,
    "unreachable": faults.unreachable,
    "refusing": faults.refusing,
    "page": faults.page,
    "page with 200": partial(faults.page, "200 OK"),
    "bare list": partial(faults.page, "200 OK", b"[1, 2]", "application/json"),
    "nothing": partial(faults.page, "200 OK", b"", "application/json"),
    "dripping": faults.dripping,
}


DIRECTORY = {
    "now": time.time(), "cursor": "7-0", "swept_at": None, "rollup_due": False, "keys_version": 1,
    "keys": [["id", "h" * 64, ["write"], None, [], None, None]], "stored": {}, "watch": {}, "tagged": {},
}  # fmt: skip


def redis_by_url(server: Faulty) -> Redis:
    return UrlRedis(f"redis://127.0.0.1:{server.port}/0")


def redis_by_rest(server: Faulty) -> Redis:
    return RestRedis(server.url, "a-token")


def postgres_by_url(server: Faulty) -> Rpc:
    return PsycopgRpc(f"postgresql://somebody@127.0.0.1:{server.port}/x?sslmode=disable&gssencmode=disable")


def postgres_by_rest(server: Faulty) -> Rpc:
    return PostgrestRpc(f"{server.url}/rest/v1", "a.legacy.jwt")


ROADS: dict[str, tuple[Callable[[Faulty], Any], Callable[[Any], Any]]] = {
    "redis by URL": (redis_by_url, lambda road: road.execute("XADD", "s", "*", "0", "x")),
    "redis by REST": (redis_by_rest, lambda road: road.execute("XADD", "s", "*", "0", "x")),
    "postgres by URL": (postgres_by_url, lambda road: road.call("omv_health", {})),
    "postgres by REST": (postgres_by_rest, lambda road: road.call("omv_health", {})),
}


# redis-py bounds each read, not the whole answer. A Redis that sends a byte at a time is none that anybody has met;
# a proxy that does it stands before REST.
CASES = [(road, fault) for road in ROADS for fault in FAULTS if (road, fault) != ("redis by URL", "dripping")]


@pytest.mark.parametrize(("road", "fault"), CASES)
def test_a_faulty_server_is_unavailable_within_two_seconds(road: str, fault: str) -> None:
    connect, call = ROADS[road]

    def ask() -> float:
        with FAULTS[fault]() as server:
            client = connect(server)
            began = time.monotonic()
            try:
                with pytest.raises(Unavailable):
                    call(client)
                return time.monotonic() - began
            finally:
                client.close()

    soonest(MOST_SECONDS, ask)


# --- An answer that is lost: the command may have run, so it is not sent again ---


def test_a_post_whose_answer_was_lost_reached_redis_once(embedded: EmbeddedStores) -> None:
    assert embedded.valkey is not None
    url = f"{embedded.redis_url}?db=253"
    direct = UrlRedis(url)
    with ExitStack() as stack:
        stack.callback(direct.close)
        twin = stack.enter_context(UpstashTwin(url))
        by_url = stack.enter_context(faults.answer_lost(embedded.redis_url.removeprefix("unix://"), to=b"XADD"))
        by_rest = stack.enter_context(faults.answer_lost(twin.url))
        roads: list[Redis] = [UrlRedis(f"redis://127.0.0.1:{by_url.port}/253"), RestRedis(by_rest.url, twin.token)]
        for road in roads:
            stack.callback(road.close)
            direct.execute("DEL", "lost")
            with pytest.raises(Unavailable):
                road.execute("XADD", "lost", "*", "0", "x")
            time.sleep(0.2)  # whoever tries again does it soon
            assert direct.execute("XLEN", "lost") == 1
        assert twin.commands == ["XADD"]
        assert b"".join(by_url.received).count(b"XADD") == 1


def test_a_call_whose_answer_was_lost_reached_postgres_once(
    embedded: EmbeddedStores, fresh_stores: Pair, postgrest: Project | None
) -> None:
    socket = fresh_stores.database_url.partition("?host=")[2] + "/.s.PGSQL.5432"
    name = fresh_stores.database_url.partition("@/")[2].partition("?")[0]
    with ExitStack() as stack:
        lossy = stack.enter_context(faults.answer_lost(socket, to=b"omv_inbox_append"))
        dsn = f"postgresql://openmanager@127.0.0.1:{lossy.port}/{name}?sslmode=disable&gssencmode=disable"
        roads: list[tuple[Rpc, Pair]] = [(PsycopgRpc(dsn), fresh_stores)]
        if postgrest is not None:
            lossy = stack.enter_context(faults.answer_lost(postgrest.url))
            roads.append((PostgrestRpc(f"{lossy.url}/rest/v1", postgrest.service_key), postgrest.pair))
        for rpc, pair in roads:
            stack.callback(rpc.close)
            with pytest.raises(Unavailable):
                rpc.call("omv_inbox_append", {"shard": 99, "body": ["lost"]})
            time.sleep(0.2)
            assert pair.rows("select count(*) from omv.inbox where shard = 99") == [(1,)]
            pair.rows("delete from omv.inbox where shard = 99")


# --- Refusals that only a real server can make ---


@pytest.fixture
def valkey_of_its_own() -> Iterator[EmbeddedStores]:
    """Of this test alone: it is filled, locked and made a replica."""
    directory = Path(tempfile.mkdtemp(prefix="openmanager-tests-"))
    try:
        with EmbeddedStores(directory, postgres=False) as running:
            yield running
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def test_a_redis_that_is_full_locked_or_a_replica_is_unavailable(valkey_of_its_own: EmbeddedStores) -> None:
    url = valkey_of_its_own.redis_url
    with ExitStack() as stack:
        twin = stack.enter_context(UpstashTwin(url))
        roads: list[Redis] = [UrlRedis(url), RestRedis(twin.url, twin.token)]
        admin = UrlRedis(url)
        for one in (*roads, admin):
            stack.callback(one.close)

        def both_refuse(reason: str) -> None:
            for road in roads:
                with pytest.raises(Unavailable, match=reason):
                    road.execute("XADD", "s", "*", "0", "x")

        admin.execute("CONFIG", "SET", "maxmemory", "1")
        both_refuse("OOM")
        admin.execute("CONFIG", "SET", "maxmemory", "0")
        admin.execute("REPLICAOF", "127.0.0.1", "1")
        both_refuse("READONLY")
        admin.execute("REPLICAOF", "NO", "ONE")
        needless = UrlRedis(url.replace("://", "://:needless@", 1))
        stack.callback(needless.close)
        with pytest.raises(Unavailable, match="without any password"):
            needless.execute("XADD", "s", "*", "0", "x")
        admin.execute("CONFIG", "SET", "requirepass", "a-password")
        newcomer = UrlRedis(url)
        stack.callback(newcomer.close)
        with pytest.raises(Unavailable, match="NOAUTH"):
            newcomer.execute("XADD", "s", "*", "0", "x")
        stranger = RestRedis(twin.url, "another-token")
        stack.callback(stranger.close)
        with pytest.raises(Unavailable, match="WRONGPASS"):
            stranger.execute("XADD", "s", "*", "0", "x")
        twin.refusal = "ERR max daily request limit exceeded. Limit: 10000, Usage: 10000."
        with pytest.raises(Unavailable, match="max daily request limit"):
            roads[1].execute("PING")


def test_a_key_that_a_project_does_not_know_is_an_outage_and_not_the_callers_fault(postgrest: Project | None) -> None:
    with ExitStack() as stack:
        refusal = b'{"message":"Invalid API key","hint":"Double check your API keys."}'
        server = stack.enter_context(faults.page("401 Unauthorized", refusal, "application/json"))
        rpcs = [postgres_by_rest(server)]
        if postgrest is not None:
            rpcs.append(PostgrestRpc(postgrest.rest_url, "sb_secret_of_somebody_else"))
        for rpc in rpcs:
            stack.callback(rpc.close)
            with pytest.raises(Unavailable, match="Invalid API key"):
                rpc.call("omv_health", {})


@pytest.mark.parametrize("refusal", [Unavailable("no key"), Forbidden("no role")])
def test_known_agents_outlive_a_service_key_that_was_revoked(refusal: Exception) -> None:
    now = [1000.0]
    storage = HybridStorage(NoRedis(), Refusing(refusal), billed=False)
    directory = storage.directory
    directory._monotonic = lambda: now[0]
    with pytest.raises(Unavailable):
        directory.key("h" * 64)
    real, directory._queries.directory = directory._queries.directory, lambda version: DIRECTORY  # type: ignore[method-assign]
    now[0] += 10
    assert directory.key("h" * 64) is not None
    directory._queries.directory = real  # type: ignore[method-assign]
    now[0] += 300
    assert directory.key("h" * 64) is not None
    now[0] += 600
    with pytest.raises(Unavailable):
        directory.key("h" * 64)


class Refusing:
    """A road whose every call is refused."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def call(self, name: str, body: Any, *, timeout: float = 0.0) -> Any:
        raise self._error

    def close(self) -> None:
        return


@pytest.mark.parametrize("status", ["429 Too Many Requests", "502 Bad Gateway", "540 Project Paused"])
def test_a_gateways_own_refusal_is_unavailable(status: str) -> None:
    for body, kind in ((faults.PAGE, "text/html"), (b'{"message":"no"}', "application/json")):
        with faults.page(status, body, kind) as server:
            rpc = postgres_by_rest(server)
            with pytest.raises(Unavailable):
                rpc.call("omv_health", {})
            rpc.close()


# --- The facade: what one store cannot do, the other does ---


def test_a_post_goes_to_postgres_while_redis_is_away(fresh_stores: Pair) -> None:
    for fault in ("silent", "unreachable", "refusing", "page"):
        for connect in (redis_by_url, redis_by_rest):
            with FAULTS[fault]() as server:
                storage = HybridStorage(connect(server), PsycopgRpc(fresh_stores.database_url), billed=False)
                try:
                    storage.queries.health()  # connected: of two seconds Redis leaves Postgres few tenths
                    began = time.monotonic()
                    assert storage.append(["{}"], "0-0") == "inbox"
                    assert time.monotonic() - began < FOR_EVER, fault
                    asked = storage.redis.commands
                    assert storage.append(["{}"], "0-0") == "inbox"
                    assert storage.redis.commands == asked, "a store that has just failed is left alone"
                finally:
                    storage.close()
    assert fresh_stores.rows("select count(*) from omv.inbox") == [(16,)]


@pytest.mark.parametrize(("redis", "postgres"), [(redis_by_url, postgres_by_url), (redis_by_rest, postgres_by_rest)])
def test_with_both_stores_black_holed_a_post_is_refused_within_two_seconds(
    redis: Callable[[Faulty], Redis], postgres: Callable[[Faulty], Rpc]
) -> None:
    def waited(ask: Callable[[HybridStorage], object]) -> float:
        with faults.silent() as server:
            storage = HybridStorage(redis(server), postgres(server), billed=False)
            began = time.monotonic()
            try:
                ask(storage)
                return time.monotonic() - began
            finally:
                storage.close()

    def post(storage: HybridStorage) -> None:
        with pytest.raises(Unavailable):
            storage.append(["{}"], "0-0")

    def look(storage: HybridStorage) -> None:
        health = storage.health()
        assert health["redis"] != "ok"
        assert health["postgres"] != "ok"

    # Half a second for a busy machine: one store waited for after the other would take twice as long.
    soonest(MOST_SECONDS + 0.5, lambda: waited(post))
    soonest(MOST_SECONDS + 0.5, lambda: waited(look))


def test_the_directory_outlives_postgres_for_ten_minutes_and_no_request_waits_twice() -> None:
    now = [1000.0]
    with faults.silent() as server:
        rpc = postgres_by_rest(server)
        storage = HybridStorage(NoRedis(), rpc, billed=False)
        directory = storage.directory
        directory._monotonic = lambda: now[0]
        real = directory._queries.directory
        directory._queries.directory = lambda version: DIRECTORY  # type: ignore[method-assign]
        assert directory.key("h" * 64) is not None
        directory._queries.directory = real  # type: ignore[method-assign]
        try:
            now[0] += 61
            began = time.monotonic()
            assert directory.key("h" * 64) is not None, "a known key lives on while Postgres fails"
            assert time.monotonic() - began < FOR_EVER
            asked = len(b"".join(server.received))
            assert directory.key("u" * 64) is None
            assert len(b"".join(server.received)) == asked, "a store that has just failed is not asked, nor waited for"
            now[0] += 600
            with pytest.raises(Unavailable):
                directory.key("h" * 64)
        finally:
            storage.close()


def test_keys_are_known_while_the_database_is_a_migration_behind() -> None:
    """Between a deployment and its migrations: rows without tags, and nothing said of who carries any."""
    storage = HybridStorage(NoRedis(), PsycopgRpc("postgresql://nobody@127.0.0.1:1/none"), billed=False)
    older = {name: value for name, value in DIRECTORY.items() if name != "tagged"}
    older["keys"] = [row[:6] for row in DIRECTORY["keys"]]
    storage.directory._queries.directory = lambda version: older  # type: ignore[method-assign]
    try:
        key = storage.directory.key("h" * 64)
    finally:
        storage.close()
    assert key is not None
    assert (key.scopes, key.tags) == (("write",), ())


def test_a_redis_that_lost_its_stream_is_read_from_the_beginning(fresh_stores: Pair) -> None:
    storage = HybridStorage(UrlRedis(fresh_stores.redis_url), PsycopgRpc(fresh_stores.database_url), billed=False)
    try:
        ahead = f"{int(time.time() * 1000) + 60_000}-5"
        fresh_stores.rows(f"update omv.sweep set stream_cursor = '{ahead}'")
        first = storage.append(["one"], "0-0")  # an instance that does not know the cursor yet
        storage.append(["two"], ahead)
        cursor = storage.queries.directory(None)["cursor"]
        assert [entry.parts for entry in storage.read(cursor, 9)] == [["one"], ["two"]]
        assert storage.read(cursor, 1)[0].id == first
        assert storage.directory.contents().cursor == cursor
    finally:
        storage.close()
