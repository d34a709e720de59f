"""Migrations: each once, in order, whole or not at all, and never changed afterwards."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from lib.local import migration
from lib.storage.embedded import migrate
from lib.storage.embedded.migrate import MigrationFault
from lib.storage.embedded.supervisor import EmbeddedStores
from tests.real_stores import Pair


@pytest.fixture
def url(embedded: EmbeddedStores, request: pytest.FixtureRequest) -> str:
    """A database that nothing was applied to."""
    name = "m_" + str(abs(hash(request.node.name)))
    with psycopg.connect(embedded.admin_url, autocommit=True) as connection:
        connection.execute(f"create database {name}".encode())
    return embedded.admin_url.replace("/openmanager?", f"/{name}?")


def file(directory: Path, name: str, sql: str) -> None:
    (directory / f"{name}.sql").write_text(sql)


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def test_files_are_applied_in_order_and_each_once(url: str, tmp_path: Path) -> None:
    file(tmp_path, "20260102000000_second", "insert into t values (2)")
    file(tmp_path, "20260101000000_first", "create table t (n int); insert into t values (1)")
    assert migrate.pending(url, tmp_path) == ["20260101000000_first", "20260102000000_second"]
    assert migrate.apply(url, tmp_path) == ["20260101000000_first", "20260102000000_second"]
    assert migrate.apply(url, tmp_path) == []
    file(tmp_path, "20260103000000_third", "insert into t values (3)")
    assert migrate.pending(url, tmp_path) == ["20260103000000_third"]
    assert migrate.apply(url, tmp_path) == ["20260103000000_third"]
    assert value(url, "select array_agg(n) from t") == [1, 2, 3]


def test_a_file_that_fails_leaves_nothing_and_is_named(url: str, tmp_path: Path) -> None:
    file(tmp_path, "20260101000000_good", "create table good (n int)")
    file(tmp_path, "20260102000000_bad", "create table half (n int); select 1/0")
    with pytest.raises(MigrationFault, match=r"20260102000000_bad\.sql: division by zero"):
        migrate.apply(url, tmp_path)
    assert value(url, "select to_regclass('good') is not null and to_regclass('half') is null") is True
    file(tmp_path, "20260102000000_bad", "create table half (n int)")
    assert migrate.apply(url, tmp_path) == ["20260102000000_bad"]


def test_a_file_that_changed_after_it_was_applied_is_refused(url: str, tmp_path: Path) -> None:
    file(tmp_path, "20260101000000_first", "create table t (n int)")
    migrate.apply(url, tmp_path)
    file(tmp_path, "20260101000000_first", "create table t (n bigint)")
    file(tmp_path, "20260102000000_second", "create table u (n int)")
    with pytest.raises(MigrationFault, match="changed since they were applied: 20260101000000_first"):
        migrate.apply(url, tmp_path)
    assert value(url, "select to_regclass('u')") is None


def test_what_supabases_cli_applied_is_not_applied_again(url: str, tmp_path: Path) -> None:
    file(tmp_path, "20260101000000_first", "create table t (n int)")
    with psycopg.connect(url) as connection:
        connection.execute("create schema supabase_migrations")
        connection.execute(
            "create table supabase_migrations.schema_migrations"
            " (version text primary key, statements text[], name text)"
        )
        connection.execute("insert into supabase_migrations.schema_migrations values ('20260101000000', '{}', 'first')")
    assert migrate.apply(url, tmp_path) == []
    assert value(url, "select to_regclass('t')") is None


@pytest.mark.parametrize(
    "names", [["first"], ["20260101_first"], ["20260101000000_First"], ["20260101000000_a", "20260101000000_b"]]
)
def test_names_that_leave_the_order_open_are_refused(names: list[str], tmp_path: Path) -> None:
    for name in names:
        file(tmp_path, name, "select 1")
    with pytest.raises(MigrationFault):
        migrate.migrations(tmp_path)


def test_the_products_own_migrations_make_supabases_roles_and_open_nothing_to_the_public(stores: Pair) -> None:
    assert stores.rows(
        "select rolname, rolcanlogin from pg_roles"
        " where rolname in ('anon', 'authenticated', 'service_role') order by 1"
    ) == [("anon", False), ("authenticated", False), ("service_role", False)]
    for role in ("anon", "authenticated"):
        callable_by_role = stores.rows(
            "select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
            " where n.nspname = 'public' and p.proname like 'omv%%' and has_function_privilege(%s, p.oid, 'execute')",
            role,
        )
        assert callable_by_role == []


def test_make_migrate_says_what_it_did_and_what_it_needs(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert migration.main({"DATABASE_URL": url}) == 0
    assert "applied 20261124000100_spine" in capsys.readouterr().out
    assert migration.main({"DATABASE_URL": url}) == 0
    assert capsys.readouterr().out == "the database is up to date\n"
    assert migration.main({}) == 2
    assert "make migrate DATABASE_URL=" in capsys.readouterr().err
    assert migration.main({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}) == 1
    assert "Not migrated" in capsys.readouterr().err
