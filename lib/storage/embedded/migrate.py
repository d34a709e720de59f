"""Applies supabase/migrations to any Postgres, each file once, in order: at every local start, and as `make migrate`.

What is applied is remembered where Supabase's own CLI remembers it, so that both may be used on one project.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).resolve().parents[3] / "supabase" / "migrations"
_NAME = re.compile(r"(\d{14})_([a-z0-9_]+)\.sql")
_LOCK = 0x6F6D76  # "omv": two starts at once must not both apply


class MigrationFault(Exception):
    """The database was left as it was before the migration that the message names."""


@dataclass(frozen=True, slots=True)
class Migration:
    version: str
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(directory: Path = DIRECTORY) -> list[Migration]:
    found = []
    for path in sorted(directory.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise MigrationFault(f"{path.name} is not called <YYYYMMDDHHMMSS>_name.sql")
        found.append(Migration(match[1], match[2], path.read_text(encoding="utf-8")))
    versions = [one.version for one in found]
    if len(set(versions)) != len(versions):
        raise MigrationFault("two migrations have the same time in their names: their order would be chance")
    return found


def apply(database_url: str, directory: Path = DIRECTORY) -> list[str]:
    """Bring the database up to date; gives the names of what was applied now. Each file is one transaction.

    Raises MigrationFault when a file fails, or when one that was applied has changed since: write a new one instead.
    """
    import psycopg

    wanted = migrations(directory)
    applied_now = []
    try:
        with psycopg.connect(
            database_url, autocommit=True, connect_timeout=10, application_name="openmanager-migrate"
        ) as connection:
            connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
            ensure_roles(connection)
            applied = _applied(connection)
            _refuse_changed(wanted, applied)
            for one in wanted:
                if one.version not in applied:
                    _apply_one(connection, one)
                    applied_now.append(f"{one.version}_{one.name}")
    except psycopg.Error as error:
        raise MigrationFault(f"the database cannot be migrated: {error}") from error
    return applied_now


def pending(database_url: str, directory: Path = DIRECTORY) -> list[str]:
    """What apply() would apply. Only reads."""
    import psycopg

    try:
        with psycopg.connect(database_url, autocommit=True, connect_timeout=10) as connection:
            known = connection.execute("select to_regclass('supabase_migrations.schema_migrations')").fetchone()
            applied: set[str] = set()
            if known and known[0]:
                rows = connection.execute("select version from supabase_migrations.schema_migrations").fetchall()
                applied = {row[0] for row in rows}
    except psycopg.Error as error:
        raise MigrationFault(f"the database cannot be looked at: {error}") from error
    return [f"{one.version}_{one.name}" for one in migrations(directory) if one.version not in applied]


def ensure_roles(connection: Any) -> None:
    """Supabase's three API roles, which the migrations grant to and revoke from, where they do not exist."""
    privileged = connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()[0]
    for role in ("anon", "authenticated", "service_role"):
        if not connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
            # Only a superuser may hand this out; without it the functions still pass, they run as their owner.
            bypass = " bypassrls" if role == "service_role" and privileged else ""
            connection.execute(f"create role {role} nologin noinherit{bypass}")


def _applied(connection: Any) -> dict[str, str | None]:
    """Version -> checksum; None for what the CLI applied, which keeps no checksum."""
    connection.execute("""
        create schema if not exists supabase_migrations;
        create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
        alter table supabase_migrations.schema_migrations
          add column if not exists statements text[],
          add column if not exists name text,
          add column if not exists checksum text;
        """)
    return dict(connection.execute("select version, checksum from supabase_migrations.schema_migrations").fetchall())


def _refuse_changed(wanted: list[Migration], applied: dict[str, str | None]) -> None:
    changed = [f"{one.version}_{one.name}" for one in wanted if applied.get(one.version) not in (None, one.checksum)]
    if changed:
        raise MigrationFault(
            f"changed since they were applied: {', '.join(changed)}. Migrations only go forward: put the "
            "old text back and write a new file, or begin with an empty data directory."
        )


def _apply_one(connection: Any, one: Migration) -> None:
    import psycopg

    try:
        with connection.transaction():
            connection.execute(one.sql)
            connection.execute(
                "insert into supabase_migrations.schema_migrations (version, name, statements, checksum)"
                " values (%s, %s, %s, %s)",
                (one.version, one.name, [one.sql], one.checksum),
            )
    except psycopg.Error as error:
        raise MigrationFault(f"{one.version}_{one.name}.sql: {error}") from error
