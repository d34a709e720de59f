"""What an accepted post costs, counted in the stores themselves: one Redis command in one round trip, and no query."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from lib.storage.redis.client import UrlRedis
from tests.real_stores import Pair, ServicesFactory, eventually
from tests.twins.supabase_project import Project
from tests.twins.upstash_twin import UpstashTwin

POSTS = 20


@dataclass
class Instance:
    """A cold function instance on one pair of roads, with counters on the stores' side."""

    client: FlaskClient
    secret: str
    pair: Pair
    queries: Callable[[], list[Any]]
    round_trips: Callable[[], int] | None

    def post(self, n: int) -> dict[str, Any]:
        now = time.time()
        samples = [{"at": int(now) - 10 * back, "cpu": 5.0 + back, "memory": 40.0} for back in range(6)]
        body = {"server": "web-1", "sent_at": now, "post": {"epoch": "e", "n": n, "floor": 1}, "samples": samples}
        answer = self.client.post("/api/ingest", json=body, headers={"Authorization": f"Bearer {self.secret}"})
        assert answer.status_code == 202, answer.text
        assert answer.json is not None
        answer.close()
        return dict(answer.json)

    def commands(self) -> dict[str, int]:
        """Calls a command since the last look, by Valkey's own count and without the looking itself."""
        client = UrlRedis(self.pair.redis_url)
        try:
            stats = str(client.execute("INFO", "commandstats"))
            client.execute("CONFIG", "RESETSTAT")
        finally:
            client.close()
        counted = {}
        for line in stats.splitlines():
            name, _, rest = line.removeprefix("cmdstat_").partition(":")
            if rest:
                counted[name] = int(rest.partition("calls=")[2].partition(",")[0])
        return {name: count for name, count in counted.items() if name not in {"info", "config|resetstat", "select"}}


def _secret(make_services: ServicesFactory, pair: Pair) -> str:
    _, secret = make_services(pair).keyring.create("agents", scopes=["write"])
    return secret


@pytest.fixture
def by_url(fresh_stores: Pair, make_services: ServicesFactory) -> Iterator[Instance]:
    """Redis by URL and psycopg. Its sessions show in Postgres what they ran last and when."""
    from api.ingest import app

    secret = _secret(make_services, fresh_stores)
    services = make_services(fresh_stores, install=True)

    def queries() -> list[Any]:
        return fresh_stores.rows(
            "select pid, query_start, query from pg_stat_activity"
            " where datname = current_database() and application_name = 'openmanager' order by 1"
        )

    yield Instance(app.test_client(), secret, fresh_stores, queries, None)
    services.storage.close()


@pytest.fixture
def by_rest(postgrest: Project | None, stores: Pair, make_services: ServicesFactory) -> Iterator[Instance | None]:
    """Upstash and Supabase, as in production. The project's gateway counts calls, the twin round trips."""
    from api.ingest import app

    if postgrest is None:
        yield None
        return
    pair = Pair(postgrest.pair.database_url, postgrest.pair.admin_url, stores.redis_url)
    secret = _secret(make_services, pair)
    with UpstashTwin(pair.redis_url) as twin:
        make_services(
            pair, install=True, redis_url=None, redis_rest_url=twin.url, redis_rest_token=twin.token,
            database_url=None, supabase_rest_url=postgrest.rest_url, supabase_key=postgrest.service_key,
            redis_billed=True,
        )  # fmt: skip
        yield Instance(app.test_client(), secret, pair, lambda: list(postgrest.calls), lambda: twin.round_trips)
        pair.rows("delete from omv.agent_key")
        pair.redis().delete("omv:0:samples")


def _warm_posts_cost_one_command(instance: Instance) -> None:
    instance.post(1)
    instance.commands()
    queries, trips = instance.queries(), instance.round_trips and instance.round_trips()
    for n in range(2, 2 + POSTS):
        instance.post(n)
    assert instance.commands() == {"xadd": POSTS}
    assert instance.queries() == queries, "a warm post asks Postgres nothing"
    if instance.round_trips and trips is not None:
        assert instance.round_trips() - trips == POSTS


def test_a_warm_post_costs_one_command_and_no_query_by_url(by_url: Instance) -> None:
    _warm_posts_cost_one_command(by_url)
    assert "omv_key_used" in str(by_url.queries()), "the counter does see what an instance asks"


def test_a_warm_post_costs_one_command_one_round_trip_and_no_query_by_rest(by_rest: Instance | None) -> None:
    if by_rest is not None:
        _warm_posts_cost_one_command(by_rest)


def test_a_cold_post_adds_one_directory_call_by_url(
    fresh_stores: Pair, by_url: Instance, make_services: ServicesFactory
) -> None:
    """And, when the answer is on its way, once an hour and key the note that the key is in use."""
    counting = "execute format('alter database %I set track_functions = %L', current_database(), 'all')"
    with psycopg.connect(fresh_stores.admin_url, autocommit=True) as connection:
        connection.execute(f"do $$ begin {counting}; end $$".encode())
    services = make_services(fresh_stores, install=True)
    by_url.commands()
    for n in range(1, 4):
        by_url.post(n)
    assert by_url.commands() == {"xadd": 3}
    services.storage.close()  # a session hands in its counts when it ends
    expected = {"omv_directory": 1, "omv_key_used": 1}
    called = "select funcname, calls from pg_stat_user_functions where schemaname = 'public'"
    eventually(lambda: dict(fresh_stores.rows(called)) == expected)  # each is shown with 0 until then
    assert dict(fresh_stores.rows(called)) == expected


def test_a_cold_post_adds_one_directory_call_by_rest(by_rest: Instance | None) -> None:
    if by_rest is None:
        return
    calls = len(by_rest.queries())
    by_rest.commands()
    for n in range(1, 4):
        by_rest.post(n)
    assert by_rest.queries()[calls:] == ["omv_directory", "omv_key_used"]
    assert by_rest.commands() == {"xadd": 3}
