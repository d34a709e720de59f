"""The minute ticker, against stand-ins for pg_cron, pg_net and Vault that remember what they were told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from lib.storage.embedded import migrate
from tests.real_stores import Pair

STAND_INS = """
create schema cron;
create table cron.job (jobid bigint generated always as identity, jobname text, schedule text, command text,
                       username text default current_user, unique (jobname, username));
create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql as $$
  insert into cron.job (jobname, schedule, command) values ($1, $2, $3)
  on conflict (jobname, username) do update set schedule = excluded.schedule, command = excluded.command
  returning jobid $$;
create table cron.job_run_details (jobid bigint, end_time timestamptz);
create schema net;
create table net.called (id bigint generated always as identity, url text, headers jsonb, timeout int);
create function net.http_get(url text, params jsonb default '{}', headers jsonb default '{}',
                             timeout_milliseconds int default 5000) returns bigint language sql as $$
  insert into net.called (url, headers, timeout) values ($1, $3, $4) returning id $$;
"""
VAULT = """
create schema vault;
create table vault.decrypted_secrets (name text, decrypted_secret text);
insert into vault.decrypted_secrets values
  ('openmanager_url', 'https://hub.example.com/'), ('openmanager_cron_secret', 'the-cron-secret'), ('other', 'x');
"""


class Database:
    def __init__(self, pair: Pair) -> None:
        self._pair = pair

    def run(self, text: str) -> list[tuple[Any, ...]]:
        return self._pair.rows(text.replace("%", "%%") if "%" in text else text)

    def tick(self) -> Any:
        """What the scheduled command does, run as cron would run it."""
        return self.job("openmanager-tick")[0][0]

    def job(self, name: str) -> list[tuple[Any, ...]]:
        [(command,)] = self.run(f"select command from cron.job where jobname = '{name}'")
        return self.run(command)

    def swept(self, seconds_ago: float) -> None:
        self.run(f"update omv.sweep set swept_at = clock_timestamp() - interval '{seconds_ago} seconds'")

    def called(self) -> list[tuple[Any, ...]]:
        return self.run("select url, headers, timeout from net.called order by id")


@contextmanager
def migrated(pair: Pair, name: str, before: str) -> Iterator[Database]:
    """A new database in which `before` ran ahead of the migrations, as extensions enabled by an operator have."""
    elsewhere = pair.admin_url
    database = pair.admin_url.partition("@/")[2].partition("?")[0]
    url = elsewhere.replace(f"/{database}?", f"/{name}?")
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        connection.execute(f"create database {name} template template0".encode())
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(before.encode())
        migrate.apply(url)
        yield Database(Pair(pair.database_url, url, pair.redis_url))
    finally:
        with psycopg.connect(elsewhere, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)".encode())


@pytest.fixture(scope="module")
def database(stores: Pair) -> Iterator[Database]:
    with migrated(stores, "ticker", STAND_INS + VAULT) as found:
        yield found


def test_the_migration_schedules_its_jobs_once_however_often_it_is_asked(database: Database) -> None:
    jobs = [("openmanager-tick", "* * * * *"), ("openmanager-tidy", "23 4 * * *")]
    assert database.run("select jobname, schedule from cron.job order by 1") == jobs
    for _ in range(2):
        assert database.run("select public.omv_ticker_install('{}')") == [({"scheduled": True},)]
    assert database.run("select jobname, schedule from cron.job order by 1") == jobs


def test_what_cron_notes_of_our_jobs_is_forgotten_after_two_days_and_nobody_elses(database: Database) -> None:
    database.run("insert into cron.job (jobname) values ('somebody else')")
    database.run("insert into cron.job_run_details select jobid, now() - interval '3 days' from cron.job")
    database.run("insert into cron.job_run_details select jobid, now() from cron.job")
    database.job("openmanager-tidy")
    kept = "select jobname, count(*) from cron.job_run_details join cron.job using (jobid) group by 1 order by 1"
    assert database.run(kept) == [("openmanager-tick", 1), ("openmanager-tidy", 1), ("somebody else", 2)]


def test_it_calls_the_sweep_with_the_secret_when_nobody_has_swept_for_55_seconds(database: Database) -> None:
    database.run("truncate net.called")
    database.swept(56)
    assert database.tick() is not None
    assert database.called() == [
        ("https://hub.example.com/api/cron/sweep", {"Authorization": "Bearer the-cron-secret"}, 55_000)
    ]


def test_it_keeps_quiet_while_somebody_sweeps(database: Database) -> None:
    database.run("truncate net.called")
    for seconds_ago in (0, 30, 54):
        database.swept(seconds_ago)
        assert database.tick() is None
    assert database.called() == []


def test_it_calls_when_no_sweep_has_ever_been(database: Database) -> None:
    database.run("truncate net.called")
    database.run("update omv.sweep set swept_at = null")
    assert database.tick() is not None
    assert len(database.called()) == 1


@pytest.mark.parametrize("missing", ["openmanager_url", "openmanager_cron_secret"])
def test_it_calls_nobody_without_an_address_and_a_secret(database: Database, missing: str) -> None:
    database.run("truncate net.called")
    database.swept(600)
    database.run(f"update vault.decrypted_secrets set name = 'was-{missing}' where name = '{missing}'")
    try:
        assert database.tick() is None
    finally:
        database.run(f"update vault.decrypted_secrets set name = '{missing}' where name = 'was-{missing}'")
    assert database.called() == []


def test_nobody_from_outside_may_tick_or_schedule(database: Database) -> None:
    for role in ("anon", "authenticated"):
        assert database.run(
            f"select has_function_privilege('{role}', 'public.omv_ticker_install(jsonb)', 'execute')"
        ) == [(False,)]
    for role in ("anon", "authenticated", "service_role"):
        assert database.run(f"select has_function_privilege('{role}', 'omv.tick()', 'execute')") == [(False,)]


def test_without_the_extensions_it_does_nothing(fresh_stores: Pair) -> None:
    database = Database(fresh_stores)
    assert database.run("select to_regnamespace('cron'), to_regnamespace('net')") == [(None, None)]
    assert database.run("select public.omv_ticker_install('{}')") == [({"scheduled": False},)]
    assert database.run("select omv.tick()") == [(None,)]


def test_with_the_extensions_but_without_vault_it_schedules_and_calls_nobody(stores: Pair) -> None:
    with migrated(stores, "ticker_without_vault", STAND_INS) as database:
        assert database.run("select count(*) from cron.job") == [(2,)]
        assert database.tick() is None
        assert database.called() == []
