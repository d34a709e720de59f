"""An embedded Postgres: one child process, reached over a unix socket in a directory that nobody else may enter."""

from __future__ import annotations

import contextlib
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lib.storage.embedded import place as places
from lib.storage.embedded import process
from lib.storage.embedded.migrate import ensure_roles
from lib.storage.embedded.place import Place
from lib.storage.embedded.process import Account, StoreFault
from lib.storage.embedded.programs import postgres_programs

MAJOR = "18"
DATABASE = "openmanager"
# What the product signs in as: a member of service_role and nothing more, so that a function that lacks its grant
# fails here as it would in production. Migrations run as the owner, `postgres`.
PRODUCT_ROLE = "openmanager"
OWNER = "postgres"

RECOVERY_SECONDS = 120.0  # a server that is up but replays its log is left to finish
RETRY_SECONDS = 15.0  # one that exits at once is retried so long: a killed one's children may hold its memory yet
# Fast shutdown writes a checkpoint; where the disk is slow, immediate is as safe, it only replays the log next time.
STOP = ((signal.SIGINT, 1.5), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 2.0))

# For a small machine and few connections. Durability stays on: after a commit the agents forget
# their samples.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "80MB",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    # Planning with the JIT costs more than our short queries take.
    "jit": "off",
    "random_page_cost": "1.1",
    "autovacuum_naptime": "30s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    "log_min_error_statement": "fatal",  # a refused statement may carry somebody's data
    "cluster_name": "openmanager",
}


class Postgres:
    name = "Postgres"

    def __init__(self, place: Place, is_closing: Callable[[], bool]) -> None:
        self._place = place
        self._is_closing = is_closing
        made_by = {re.sub(r"\D", "", path.name) for path in place.home.glob("postgres-[0-9]*") if path.suffix != ".new"}
        self._major = MAJOR if MAJOR in made_by or not made_by else max(made_by, key=int)
        self._directory = place.home / f"postgres-{self._major}"
        self._pid_file = self._directory / "postmaster.pid"
        self._log = place.logs / "postgres.log"
        self._child: subprocess.Popen[bytes] | None = None
        self._bin: Path | None = None

    @property
    def url(self) -> str:
        """As the product signs in."""
        return f"postgresql://{PRODUCT_ROLE}@/{DATABASE}?host={self._place.run}"

    @property
    def admin_url(self) -> str:
        """As the owner: migrations and tests that look behind the functions."""
        return f"postgresql://{OWNER}@/{DATABASE}?host={self._place.run}"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Come up with the data of last time, whatever ended that. Raises StoreFault when it cannot,
        and Cancelled once it is to close."""
        self._bin = self._bin or postgres_programs(self._place, self._major)
        if not self._directory.exists():
            self._initialise(self._bin)
        give_up = time.monotonic() + RETRY_SECONDS
        while True:
            self._clear_the_way()
            arguments = [f"--{name}={value}" for name, value in SETTINGS.items()]
            program = [str(self._bin / "postgres"), "-D", str(self._directory), "-k", str(self._place.run), *arguments]
            self._child = process.spawn(program, self._place.account, self._log)
            up = process.wait_until(
                lambda: self._answers() or not self.is_running() or self._is_closing(), RECOVERY_SECONDS
            )
            if self._is_closing():
                self.stop()
                raise process.Cancelled("Postgres was stopped while it started")
            if not up:
                self.stop()
                raise StoreFault(f"Postgres does not become ready. The end of {self._log}:\n{process.tail(self._log)}")
            if self.is_running():
                break
            if time.monotonic() > give_up:
                raise StoreFault(f"Postgres does not start. The end of {self._log}:\n{process.tail(self._log)}")
            time.sleep(0.2)
        self._make_database()

    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            process.end(child.pid, STOP, is_gone=lambda: child.poll() is not None)

    def _initialise(self, programs: Path) -> None:
        """Beside its final name, which only a finished one gets: initdb may be killed too."""
        unfinished = self._directory.with_name(self._directory.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        account = self._place.account
        # initdb asks for the name of its user, which ours has not: it runs as one that has, and the files change hands.
        maker = None if account is None else _named_account()
        places.own_directory(unfinished, Place(self._place.data, self._place.home, self._place.run, maker))
        locale = ["--locale=C"]
        if int(self._major) >= 17:  # upper() and lower() then know Korean and Cyrillic, without the system's locales
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = process.run(
            [
                str(programs / "initdb"),
                "-D",
                str(unfinished),
                "-U",
                OWNER,
                "--encoding=UTF8",
                *locale,
                # The socket's directory is the guard: whoever may enter it may read the files as well.
                "--auth-local=trust",
                "--auth-host=reject",
            ],
            maker,
            timeout=120,
        )
        if "could not look up effective user ID" in done.stderr:  # a container run under a bare number
            raise StoreFault("Postgres needs a user with a name in /etc/passwd, and ours has none. Set DATABASE_URL.")
        if done.returncode:
            raise StoreFault(f"Postgres cannot make its files in {unfinished}:\n{done.stderr.strip()}")
        if account is not None:
            for path in (unfinished, *unfinished.rglob("*")):
                shutil.chown(path, account.uid, account.gid)
        unfinished.replace(self._directory)

    def _clear_the_way(self) -> None:
        """End an orphan of an earlier supervisor, and do not let a dead one's pid keep the next one out."""
        orphan = process.left_behind(self._pid_file, str(self._directory))
        if orphan is not None and not process.end(orphan, STOP):
            raise StoreFault(f"A Postgres of an earlier start (process {orphan}) does not end.")
        if self._answers():
            raise StoreFault(f"Another Postgres answers at {self._place.run}. Stop it, or set OPENMANAGER_DATA.")
        # What is left in the files is a dead process' pid. Postgres would believe in it when a zombie or, since a
        # reboot, a stranger bears it. Only the pid is taken out: by the lines below it Postgres sees whether children
        # of the dead one still live.
        _without_pid(self._pid_file)
        for stale in self._place.run.glob(".s.PGSQL.*"):
            stale.unlink(missing_ok=True)

    def _answers(self) -> bool:
        import psycopg

        if not (self._place.run / ".s.PGSQL.5432").exists():
            return False
        try:
            psycopg.connect(host=str(self._place.run), user=OWNER, dbname="postgres", connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def _make_database(self) -> None:
        import psycopg

        try:
            with psycopg.connect(
                host=str(self._place.run), user=OWNER, dbname="postgres", autocommit=True
            ) as connection:
                if not connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
                    connection.execute(f"create database {DATABASE}")
                ensure_roles(connection)
                if not connection.execute("select 1 from pg_roles where rolname = %s", (PRODUCT_ROLE,)).fetchone():
                    connection.execute(f"create role {PRODUCT_ROLE} login in role service_role")
        except psycopg.Error as error:
            raise StoreFault(f"Postgres came up and went away again: {error}") from error


def _named_account() -> Account:
    with contextlib.suppress(KeyError):
        nobody = pwd.getpwnam("nobody")
        return Account(nobody.pw_uid, nobody.pw_gid)
    entry = next((entry for entry in pwd.getpwall() if entry.pw_uid), None)
    if entry is None:
        raise StoreFault("Postgres does not run as root, and this system has no other account.")
    return Account(entry.pw_uid, entry.pw_gid)


def _without_pid(pid_file: Path) -> None:
    """Put a pid that nobody bears in the place of the dead one's. No kernel gives out one this high."""
    try:
        first, separator, rest = pid_file.read_text().partition("\n")
    except OSError:
        return
    if first.strip().isdigit() and separator:
        pid_file.write_text(f"{2**31 - 2}\n{rest}")
    else:
        pid_file.unlink()  # cut short while it was written: Postgres would refuse to start over it
