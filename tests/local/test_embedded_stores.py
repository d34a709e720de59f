"""The embedded stores keep their data through every way of ending, and never run twice on one directory."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from lib.storage.embedded import place, process, programs
from lib.storage.embedded.supervisor import EmbeddedStores, StoresBusy
from tests.real_stores import eventually

ROOT = Path(__file__).resolve().parents[2]
SUPERVISOR = """
import json, sys, time
from pathlib import Path
from lib.storage.embedded.supervisor import EmbeddedStores
with EmbeddedStores(Path(sys.argv[1])) as stores:
    print(json.dumps({"redis": stores.redis_url, "postgres": stores.admin_url,
                      "pids": [stores.valkey.pid, stores.postgres.pid]}), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """Not pytest's own directory: where we are root, the stores' account may not enter that."""
    directory = Path(tempfile.mkdtemp(prefix="openmanager-stores-")).resolve()
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def write(redis_url: str, admin_url: str, word: str) -> None:
    client = redis.Redis.from_url(redis_url)
    client.xadd("stream", {"word": word})
    client.close()
    with psycopg.connect(admin_url) as connection:
        connection.execute("create table if not exists word (word text)")
        connection.execute("insert into word values (%s)", (word,))


def words(redis_url: str, admin_url: str) -> tuple[list[str], list[str]]:
    client = redis.Redis.from_url(redis_url, decode_responses=True)
    appended = [fields["word"] for _, fields in client.xrange("stream")]
    client.close()
    with psycopg.connect(admin_url) as connection:
        return appended, [row[0] for row in connection.execute("select word from word order by word").fetchall()]


def test_data_survives_a_restart_and_nothing_runs_in_between(data: Path) -> None:
    with EmbeddedStores(data) as stores:
        write(stores.redis_url, stores.admin_url, "a")
        assert stores.valkey is not None
        assert stores.postgres is not None
        pids = [stores.valkey.pid or 0, stores.postgres.pid or 0]
        assert all(process.runs(pid) for pid in pids)
    assert not any(process.runs(pid) for pid in pids)
    with EmbeddedStores(data) as stores:
        assert words(stores.redis_url, stores.admin_url) == (["a"], ["a"])


def test_a_store_that_is_killed_comes_back_by_itself_with_its_data(data: Path) -> None:
    with EmbeddedStores(data) as stores:
        assert stores.valkey is not None
        assert stores.postgres is not None
        for turn, word in enumerate(["a", "b"]):
            write(stores.redis_url, stores.admin_url, word)
            for store in (stores.valkey, stores.postgres):
                assert store.pid is not None
                os.kill(store.pid, signal.SIGKILL)
            written = ["a", "b"][: turn + 1]
            assert eventually(lambda written=written: words(stores.redis_url, stores.admin_url) == (written, written))


def test_after_kill_9_of_the_supervisor_the_next_start_ends_the_orphans_and_finds_everything(data: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(data)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as supervisor:  # fmt: skip
        assert supervisor.stdout is not None
        first = json.loads(supervisor.stdout.readline())
        write(first["redis"], first["postgres"], "a")
        supervisor.kill()
        supervisor.wait()
    assert all(process.runs(pid) for pid in first["pids"]), "they should have been left behind"
    write(first["redis"], first["postgres"], "b")
    with EmbeddedStores(data) as stores:
        assert not any(process.runs(pid) for pid in first["pids"])
        assert words(stores.redis_url, stores.admin_url) == (["a", "b"], ["a", "b"])


def test_when_everything_is_killed_at_once_the_next_start_finds_everything(data: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(data)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as supervisor:  # fmt: skip
        assert supervisor.stdout is not None
        first = json.loads(supervisor.stdout.readline())
        write(first["redis"], first["postgres"], "a")
        for pid in (supervisor.pid, *first["pids"]):
            os.kill(pid, signal.SIGKILL)
        supervisor.wait()
    with EmbeddedStores(data) as stores:
        assert words(stores.redis_url, stores.admin_url) == (["a"], ["a"])


def test_a_second_start_is_told_who_has_the_directory_and_disturbs_nobody(data: Path) -> None:
    with EmbeddedStores(data) as stores:
        with pytest.raises(StoresBusy, match=rf"already runs .*\(process {os.getpid()}\).*OPENMANAGER_DATA"):
            EmbeddedStores(data).start()
        write(stores.redis_url, stores.admin_url, "a")
        assert words(stores.redis_url, stores.admin_url) == (["a"], ["a"])


@pytest.mark.parametrize("name", ["d" * 120, "two words, a comma' and 한글 %41"])
def test_a_directory_whose_name_fits_no_socket_works_too(data: Path, name: str) -> None:
    odd = data / name
    data.chmod(0o711)
    for word in ("a", "b"):
        with EmbeddedStores(odd) as stores:
            write(stores.redis_url, stores.admin_url, word)
            sockets = Path(os.readlink(odd / "run"))
            assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert not sockets.exists()
    with EmbeddedStores(odd) as stores:
        assert words(stores.redis_url, stores.admin_url) == (["a", "b"], ["a", "b"])


def test_what_is_inside_is_closed_to_everybody_else(data: Path) -> None:
    with EmbeddedStores(data) as stores:
        owner = os.geteuid() or (data / "valkey").stat().st_uid
        for name in ("valkey", "postgres-18", "run"):
            found = (data / name).stat()
            assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o700, owner)
        assert stat.S_IMODE((data / "lock").stat().st_mode) == 0o600
        with psycopg.connect(stores.admin_url) as connection:
            settings = dict(connection.execute("select name, setting from pg_settings").fetchall())
    assert settings["listen_addresses"] == ""
    assert (settings["jit"], settings["fsync"], settings["synchronous_commit"]) == ("off", "on", "on")


@pytest.mark.parametrize("pid", ["stranger", "garbage", "unfinished"])
def test_a_pid_file_that_lies_keeps_nobody_out(data: Path, pid: str) -> None:
    with EmbeddedStores(data) as stores:
        write(stores.redis_url, stores.admin_url, "a")
        lines = (data / "postgres-18" / "postmaster.pid").read_text().splitlines()
    lines[0] = str(os.getppid())  # lives, and is no Postgres
    text = {"stranger": "\n".join(lines) + "\n", "garbage": "not a pid\n", "unfinished": ""}[pid]
    (data / "postgres-18" / "postmaster.pid").write_text(text)
    (data / "valkey" / "valkey.pid").write_text(text)
    with EmbeddedStores(data) as stores:
        assert words(stores.redis_url, stores.admin_url) == (["a"], ["a"])
    assert process.runs(os.getppid())


def test_a_first_start_that_was_cut_off_is_begun_again(data: Path) -> None:
    (data / "postgres-18.new").mkdir()
    (data / "postgres-18.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedStores(data) as stores:
        write(stores.redis_url, stores.admin_url, "a")


def test_a_zombie_is_not_taken_for_a_running_store() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    try:
        assert eventually(lambda: not process.runs(child.pid))
        os.kill(child.pid, 0)  # yet a signal still finds it
    finally:
        child.wait()


def test_programs_that_the_account_cannot_execute_are_copied_to_where_it_can(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truly = programs._executes
    monkeypatch.setattr(programs, "_executes", lambda program, where: data in program.parents and truly(program, where))
    with EmbeddedStores(data) as stores:
        write(stores.redis_url, stores.admin_url, "a")
        assert stores.postgres is not None
        assert str(data / "programs") in process.command_line(stores.postgres.pid or 0)
        copies = sorted(path.name for path in (data / "programs").iterdir())
    assert [name.partition("-")[0] for name in copies] == ["postgres", "valkey"]
    with EmbeddedStores(data) as stores:  # and are found there the next time
        assert words(stores.redis_url, stores.admin_url) == (["a"], ["a"])


def test_below_a_closed_home_roots_stores_lie_where_their_account_can_go(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Path(tempfile.mkdtemp(prefix="openmanager-elsewhere-"))
    elsewhere.chmod(0o711)
    monkeypatch.setattr(place, "ROOTS_HOME", elsewhere / "openmanager-vibe")
    data.chmod(0o700)
    below = data / "share"
    try:
        for word in ("a", "b"):
            with EmbeddedStores(below) as stores:
                write(stores.redis_url, stores.admin_url, word)
                appended, stored = words(stores.redis_url, stores.admin_url)
                assert appended == stored == ["a", "b"][: len(stored)]
        assert stored == ["a", "b"]
        assert stat.S_IMODE(data.stat().st_mode) == 0o700, "nobody's home is opened for our sake"
        # Whoever is not root has no second account, and keeps everything in one place.
        assert ((below / "stores").is_symlink(), (below / "valkey").exists()) == (os.geteuid() == 0, os.geteuid() != 0)
        shutil.rmtree(below)
        with EmbeddedStores(data / "another"):
            homes = list((elsewhere / "openmanager-vibe").glob("*"))
            assert len(homes) == (os.geteuid() == 0), "what a deleted temporary directory left there is cleared away"
    finally:
        shutil.rmtree(elsewhere, ignore_errors=True)
