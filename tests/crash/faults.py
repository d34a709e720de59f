"""The stage of the crash test: stores, hub, ten more sweepers, six agents, and every way in which they may fall."""

from __future__ import annotations

import contextlib
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

from lib import wiring
from lib.settings import Settings
from lib.storage.embedded import migrate
from lib.storage.embedded.supervisor import EmbeddedStores
from tests.crash import hurry
from tests.real_stores import PREFIX, Pair

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("web-1", "web-2", "db-1", "db-2", "데이터-1", "batch 7")


class Process:
    """A program that may be killed and is started again with the same arguments."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self._log = log
        self._arguments = [sys.executable, "-m", *arguments]
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as output:
            self.child = subprocess.Popen(
                self._arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output
            )

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        child, self.child = self.child, None
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(number)
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(5)
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with contextlib.suppress(BrokenPipeError):  # what was written last was never read
                    pipe.close()


class Stage:
    def __init__(self, directory: Path, stores: EmbeddedStores, pair: Pair, seed: int) -> None:
        self.pair = pair
        self.stores = stores
        self.dice = random.Random(seed)
        self.faults: Counter[str] = Counter()
        self._directory = directory
        port = _free_port()
        self._hub_url = f"http://127.0.0.1:{port}"
        self._key_file = directory / "key"
        self._key_file.write_text(_agent_key(pair))
        log = directory / "stage.log"
        self.hub = Process(log, "tests.crash.hub", str(port), pair.redis_url, pair.database_url)
        self.sweepers = Process(log, "tests.crash.sweepers", pair.redis_url, pair.database_url)
        self.agents = {
            name: Process(
                log, "tests.crash.agent_process", name, self._hub_url, str(self._key_file), str(self._folder(name))
            )
            for name in NAMES
        }

    def _folder(self, name: str) -> Path:
        folder = self._directory / f"agent-{NAMES.index(name)}"
        folder.mkdir(exist_ok=True)
        return folder

    def ledger(self, name: str) -> list[int]:
        """When this agent took a sample and had it in its spool."""
        path = self._folder(name) / "ledger"
        return [int(line) for line in path.read_text().splitlines()] if path.exists() else []

    def start(self) -> None:
        for process in (self.hub, self.sweepers, *self.agents.values()):
            process.start()
        deadline = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(self._hub_url + "/api/health", timeout=2).close()  # noqa: S310 - our own address
                return
            except OSError:
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.1)

    def stop(self) -> None:
        for process in (*self.agents.values(), self.sweepers, self.hub):
            process.kill()

    def log(self) -> str:
        return "\n".join((self._directory / "stage.log").read_text().splitlines()[-40:])

    def fault(self) -> None:
        """One thing goes wrong, at a moment nobody chose."""
        time.sleep(self.dice.random() * 0.8)
        kind = self.dice.choice(
            ["hub", "agent", "agent", "valkey", "postgres", "backend", "wiped", "ten sweeps", "ten sweeps killed"]
        )
        self.faults[kind] += 1
        getattr(self, "_" + kind.replace(" ", "_"))()

    def _hub(self) -> None:
        self._restart(self.hub)

    def _agent(self) -> None:
        self._restart(self.agents[self.dice.choice(NAMES)])

    def _restart(self, process: Process) -> None:
        process.kill()
        time.sleep(self.dice.random() * 0.4)
        process.start()

    def _valkey(self) -> None:
        assert self.stores.valkey is not None
        _kill(self.stores.valkey.pid)  # the supervisor starts it again

    def _postgres(self) -> None:
        assert self.stores.postgres is not None
        _kill(self.stores.postgres.pid)

    def _backend(self) -> None:
        """One connection's process: Postgres then ends all the others too and replays its log."""
        with contextlib.suppress(psycopg.OperationalError):  # it may be coming up after the fault before this one
            pids = self.pair.rows("select pid from pg_stat_activity where application_name = 'openmanager'")
            if pids:
                _kill(self.dice.choice(pids)[0])

    def _wiped(self) -> None:
        """A fail-over to a replica that had heard of nothing."""
        with contextlib.suppress(redis.RedisError), self.pair.redis() as client:
            client.flushdb()

    def _ten_sweeps(self) -> int | None:
        """The number of commits of ten sweeps that began together; None when they have not ended in time."""
        child = self.sweepers.child
        assert child is not None
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"go\n")
        child.stdin.flush()
        ready, _, _ = select.select([child.stdout], [], [], 30)
        return int(child.stdout.readline()) if ready else None

    def _ten_sweeps_killed(self) -> None:
        child = self.sweepers.child
        assert child is not None
        assert child.stdin is not None
        child.stdin.write(b"go\n")
        child.stdin.flush()
        time.sleep(self.dice.random() * 0.1)
        self._restart(self.sweepers)

    def settle(self, seconds: float) -> dict[str, list[int]]:
        """Nothing falls any more: wait until all that was sampled until now is stored. Gives what that is."""
        until = {name: self.ledger(name) for name in NAMES}
        deadline = time.monotonic() + seconds
        while True:
            try:
                missing: dict[str, list[Any]] = {
                    name: sorted(set(until[name]) - set(self.stored(name))) for name in NAMES
                }
            except psycopg.OperationalError as error:  # still coming up after the last fault
                missing = {"all": [str(error)]}
            if not any(missing.values()):
                return until
            assert time.monotonic() < deadline, f"never stored: {missing}\n{self.log()}"
            time.sleep(0.5)

    def stored(self, name: str) -> dict[int, float]:
        """{at: value}, from every place a sample may lie in. Fails where one lies in two."""
        rows = self.pair.rows(
            "select s.at, s.v[array_position(v.series, 'load1')] from omv.server v"
            " join (select server, at, v from omv.sample_hot union all select server, at, v from omv.sample_late) s"
            " on s.server = v.id where v.name = %s",
            name,
        )
        found: dict[int, float] = dict(rows)
        assert len(found) == len(rows), f"{name}: {len(rows) - len(found)} samples are stored twice"
        return found

    def folded(self, name: str) -> list[int]:
        """What the states have seen of this server, in the order they saw it."""
        services = wiring.build(Settings(redis_url=self.pair.redis_url, database_url=self.pair.database_url))
        try:
            from lib.monitoring.state import from_row

            begun: dict[str, Any] = services.storage.queries.sweep_begin("reader", None)
            while begun["busy"]:
                time.sleep(0.2)
                begun = services.storage.queries.sweep_begin("reader", None)
            services.storage.queries.sweep_release("reader")
            state = from_row(name, begun["servers"][name])
        finally:
            services.storage.close()
        seen = list(state.memory["ledger"]["at"])
        assert state.folded == len(seen)
        return seen


@contextmanager
def stage(seed: int) -> Iterator[Stage]:
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    with ExitStack() as running:
        running.callback(shutil.rmtree, directory, ignore_errors=True)
        stores = running.enter_context(EmbeddedStores(directory / "stores"))
        migrate.apply(stores.admin_url)
        pair = Pair(stores.database_url, stores.admin_url, stores.redis_url)
        hurry.database(pair)
        made = Stage(directory, stores, pair, seed)
        running.callback(made.stop)
        made.start()
        try:
            yield made
        except BaseException as error:
            error.add_note(f"the end of the processes' log:\n{made.log()}")
            raise


def _agent_key(pair: Pair) -> str:
    services = wiring.build(Settings(redis_url=pair.redis_url, database_url=pair.database_url))
    try:
        return services.keyring.create("crash test", scopes=("write",))[1]
    finally:
        services.storage.close()


def _kill(pid: int | None) -> None:
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
