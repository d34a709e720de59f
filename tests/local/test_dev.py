"""`make dev` as a person meets it: it comes up, says so, heals, stops quickly, leaves nothing, finds its data again."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.auth.vault import Vault
from lib.local.agent import KeyRevoked, agent_key
from lib.local.dev import _settings
from lib.local.secrets_file import kept
from lib.storage.embedded import process
from lib.storage.embedded.supervisor import EmbeddedStores
from tests.local.dev_process import Dev, of_this
from tests.real_stores import Pair, ServicesFactory, eventually


@pytest.fixture
def data() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="openmanager-dev-")).resolve()
    yield directory / "data"
    while Dev.started:
        Dev.started.pop().close()
    for pid in of_this(directory):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(autouse=True)
def _reachable(data: Path) -> None:
    data.parent.chmod(0o711)


def test_it_comes_up_shows_this_machine_and_a_second_start_finds_everything(data: Path) -> None:
    dev = Dev(data, OPENMANAGER_AGENT="1").ready()
    assert dev.lines == [f"ready: http://127.0.0.1:{dev.port}"]
    assert dev.process.stdout is not None
    told = re.fullmatch(r"sign in as (\S+) with the password (\S+) \(.*\)\n", dev.process.stdout.readline())
    assert told is not None
    assert dev.ask("GET", "/")[0] == dev.ask("GET", "/api/health")[0] == 200
    token = dev.sign_in(told[1], told[2])
    servers = eventually(lambda: len(dev.ask("GET", "/api/servers", Authorization=token)[1]["servers"]) == 1, 60)
    assert servers, "this machine was not on the page"
    code, seconds, said = dev.stop(signal.SIGINT)
    assert (code, said) == (0, "stopping\n")
    assert seconds < 10
    assert of_this(data) == []

    again = Dev(data, OPENMANAGER_AGENT="1").ready()
    token = again.sign_in(told[1], told[2])
    assert len(again.ask("GET", "/api/servers", Authorization=token)[1]["servers"]) == 1
    keys = again.ask("GET", "/api/auth/keys", Authorization=token)[1]["keys"]
    assert len(keys) == 1, "the agent keeps its key"
    code, seconds, said = again.stop()
    assert (code, said) == (0, "stopping\n"), "the password is told once only"
    assert seconds < 10
    assert of_this(data) == []
    for name in ("secrets.json", "agent.key"):
        assert (data / name).stat().st_mode & 0o777 == 0o600


def store_pids(data: Path) -> list[str]:
    files = (data / "valkey" / "valkey.pid", data / "postgres-18" / "postmaster.pid")
    return [file.read_text().partition("\n")[0] for file in files]


def test_stores_that_are_killed_come_back_while_it_runs(data: Path) -> None:
    dev = Dev(data).ready()
    for _ in range(2):
        before = store_pids(data)
        for pid in before:
            # A Postgres that finds the memory of the killed one in use ends, and is begun again.
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        # Not asked of the health check alone: its word may be from before.
        assert eventually(lambda before=before: {*before, ""}.isdisjoint(store_pids(data)), 10)
        assert eventually(lambda: dev.ask("GET", "/api/health")[0] == 200, 10)
        assert eventually(lambda: dev.ask("GET", "/api/health")[1]["stores"] == {"redis": "ok", "postgres": "ok"}, 10)
    assert dev.stop()[0] == 0
    assert of_this(data) == []


def test_after_kill_9_the_next_start_takes_everything_over(data: Path) -> None:
    dev = Dev(data, OPENMANAGER_AGENT="1").ready()
    dev.stop(signal.SIGKILL)
    orphans = of_this(data)
    assert len(orphans) >= 3, "Valkey, Postgres and the agent were left behind"
    again = Dev(data, OPENMANAGER_AGENT="1").ready()
    assert not any(process.runs(pid) for pid in orphans)
    assert again.stop()[0] == 0
    assert of_this(data) == []


def test_a_second_start_at_the_same_time_says_what_is_wrong_and_disturbs_nobody(data: Path) -> None:
    dev = Dev(data).ready()
    code, said = Dev(data).says_and_ends()
    assert code == 1
    assert f"already runs on {data} (process {dev.process.pid})" in said
    assert "Traceback" not in said
    assert dev.ask("GET", "/api/health")[0] == 200
    assert dev.stop()[0] == 0


def test_a_port_that_is_taken_starts_nothing(data: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        code, said = Dev(data, PORT=str(other.getsockname()[1])).says_and_ends()
    assert code == 1
    assert "is taken by another program" in said
    assert of_this(data) == []
    assert Dev(data, PORT="many").says_and_ends()[0] == 1


def test_stopping_it_while_it_starts_leaves_nothing(data: Path) -> None:
    dev = Dev(data)
    assert eventually(lambda: (data / "lock").exists())
    time.sleep(0.3)
    code, seconds, said = dev.stop()
    assert (code, "Traceback" in said) == (0, False), said
    assert seconds < 10
    assert of_this(data) == []


def test_the_chosen_administrator_signs_in_and_no_password_is_printed(data: Path) -> None:
    chosen = {"OPENMANAGER_ADMIN_EMAIL": "kim@example.org", "OPENMANAGER_ADMIN_PASSWORD": "correct horse battery"}
    dev = Dev(data, **chosen).ready()
    dev.sign_in("kim@example.org", "correct horse battery")
    code, _, said = dev.stop()
    assert (code, said) == (0, "stopping\n")


def test_stores_of_ones_own_are_used_and_not_migrated_behind_ones_back(data: Path, fresh_stores: Pair) -> None:
    stores = {"REDIS_URL": fresh_stores.redis_url, "DATABASE_URL": fresh_stores.admin_url}
    dev = Dev(data, **stores).ready()
    assert sorted(path.name for path in data.iterdir() if path.name.startswith(("valkey", "postgres"))) == []
    assert dev.stop()[0] == 0
    assert fresh_stores.rows("select count(*) from omv.account") == [(1,)]
    fresh_stores.rows("delete from supabase_migrations.schema_migrations where version = '20261124000140'")
    code, said = Dev(data, **stores).says_and_ends()
    assert code == 1
    assert "lacks 20261124000140_ticker. Run `make migrate` first" in said


def test_a_revoked_agent_key_is_not_replaced_by_itself(
    tmp_path: Path, fresh_stores: Pair, make_services: ServicesFactory
) -> None:
    keyring = make_services(fresh_stores).keyring
    file = tmp_path / "agent.key"
    agent_key(keyring, file)
    first = file.read_text()
    agent_key(keyring, file)
    assert file.read_text() == first
    keyring.revoke(keyring.keys()[0]["id"])
    with pytest.raises(KeyRevoked, match=r"delete .*agent\.key"):
        agent_key(keyring, file)
    file.write_text("damaged\n")
    agent_key(keyring, file)
    assert len(keyring.keys()) == 2


def test_secrets_are_made_once_and_are_their_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = kept(file, ["A", "B"])
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(first["A"]) == 64
    assert first["A"] != first["B"]
    assert kept(file, ["B", "A", "C"]) == {**first, "C": kept(file, ["C"])["C"]}
    file.write_text('{"A": ')
    assert kept(file, ["A"])["A"] != first["A"]


def test_a_desk_can_seal_secrets_and_open_them_after_a_restart(embedded: EmbeddedStores, tmp_path: Path) -> None:
    sealed = Vault(_settings({}, embedded, "http://127.0.0.1:3000", tmp_path).encryption_keys).seal("a webhook")
    assert Vault(_settings({}, embedded, "http://127.0.0.1:3000", tmp_path).encryption_keys).open(sealed) == "a webhook"
