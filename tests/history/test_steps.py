"""The roll-up step: bounded, alone with the commit, and harmless when it dies in the middle."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from lib.domain.errors import Conflict, Unavailable
from lib.storage.embedded.supervisor import EmbeddedStores
from lib.storage.supabase.client import PsycopgRpc
from lib.storage.supabase.queries import Queries
from tests.history.past import HOUR, KEPT, Past, every
from tests.patience import FOR_EVER
from tests.real_stores import Pair, migrated_template, temporary_stores


@contextmanager
def stuck_in_the_middle(past: Past) -> Iterator[int]:
    """Within: a roll-up step that has written a block and waits for its roll-ups. Gives its process id."""
    with psycopg.connect(past.pair.admin_url) as blocker:
        blocker.execute("lock table omv.rollup_5m in exclusive mode")
        outcome: list[object] = []
        thread = threading.Thread(target=lambda: outcome.append(_outcome(past)))
        thread.start()
        yield _waiting(past)
        blocker.rollback()
        thread.join(10)
        assert not thread.is_alive()


def _outcome(past: Past) -> object:
    rpc = PsycopgRpc(past.pair.database_url)
    try:
        return Queries(rpc).rollup_step({"most": 100, **KEPT})
    except Unavailable as error:
        return error
    finally:
        rpc.close()


def _waiting(past: Past) -> int:
    query = """select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
                and query like '%%omv_rollup_step%%'"""
    for _ in range(200):
        found = past.look(query)
        if found:
            return int(found[0][0])
        time.sleep(0.01)
    raise AssertionError("the step never waited")


def test_a_step_takes_no_more_than_it_was_told_and_never_more_than_200(past: Past) -> None:
    start = past.hour - 8 * HOUR
    past.hot_from(start)
    past.commit({f"web-{k}": {start: [1.0, 1.0]} for k in range(203)})
    first = past.step(most=2)
    assert (first["compacted"], first["more"]) == (2, True)
    second = past.step(most=100_000)
    assert (second["compacted"], second["more"]) == (200, True)
    third = past.step()
    assert (third["compacted"], third["more"]) == (1, False)


def test_a_half_compacted_hour_shows_and_keeps_every_sample_once(past: Past) -> None:
    start = past.hour - 8 * HOUR
    past.hot_from(start)
    past.commit({f"web-{k}": every(60, start, start + HOUR) for k in range(3)})
    told = past.raw("web-0")
    past.step(most=2)
    assert past.look("select count(*) from omv.hour_block") == [(2,)]
    # One whose block is written already, and one that is still hot.
    past.commit({"web-0": {start + 1: [77.0, 1.0]}, "web-2": {start + 1: [78.0, 1.0]}})
    assert past.late_rows() == 1
    assert past.raw("web-1") == told
    assert past.raw("web-2") == {**told, start + 1: 78.0}
    past.roll_up()
    assert past.late_rows() == 0
    assert past.raw("web-0") == {**told, start + 1: 77.0}
    assert past.raw("web-1") == told
    assert past.raw("web-2") == {**told, start + 1: 78.0}


def test_a_server_that_is_new_in_a_half_compacted_hour_is_compacted_too(past: Past) -> None:
    start = past.hour - 8 * HOUR
    past.hot_from(start)
    past.commit({name: every(60, start, start + HOUR) for name in ("a", "b")})
    past.step(most=1)
    past.commit({"c": every(60, start, start + HOUR)})
    past.roll_up()
    assert past.look("select count(*) from omv.hour_block") == [(3,)]
    assert len(past.raw("c")) == 60


def test_commit_and_roll_up_wait_for_one_another_but_not_for_ever(past: Past) -> None:
    past.commit({"web-1": {past.hour: [1.0, 1.0]}})
    with psycopg.connect(past.pair.admin_url) as commit:
        commit.execute("select pg_advisory_xact_lock(727001, 0)")
        began = time.monotonic()
        with pytest.raises(Unavailable):
            past.step()
        assert 1.5 < time.monotonic() - began < FOR_EVER


def test_a_server_deleted_while_compaction_runs_leaves_nothing_behind(past: Past) -> None:
    start = past.hour - 8 * HOUR
    past.hot_from(start)
    past.commit({"web-1": every(60, start, start + HOUR), "web-2": every(60, start, start + HOUR)})
    deleted: list[bool] = []
    with stuck_in_the_middle(past):
        thread = threading.Thread(target=lambda: deleted.append(past.queries.server_delete("web-1")))
        thread.start()
        time.sleep(0.1)
        assert deleted == []
    thread.join(10)
    assert deleted == [True]
    past.roll_up()
    for table in ("sample_hot", "sample_late", "hour_block", "rollup_5m", "rollup_1h"):
        assert past.look(f"select count(*) from omv.{table} where server not in (select id from omv.server)") == [(0,)]
    assert len(past.raw("web-2")) == 60


def test_readers_see_each_sample_once_while_commits_and_roll_ups_run(past: Past) -> None:
    start = past.hour - 12 * HOUR
    past.hot_from(start)
    past.commit({"web-1": every(10, start, past.hour), "web-2": every(10, start, past.hour)})
    told = past.raw("web-1")
    assert len(told) == 12 * 360
    ending, faults = threading.Event(), []

    def in_background(work: object) -> threading.Thread:
        def run() -> None:
            one = Past(past.pair)
            try:
                while not ending.is_set():
                    work(one)  # type: ignore[operator] # a function of one Past
            except Exception as error:  # noqa: BLE001 - whatever it is, the test's own thread must hear of it
                faults.append(repr(error))
            finally:
                one.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    reads = []

    def read(one: Past) -> None:
        reads.append(one.raw("web-1", end=past.hour) == told)

    late = iter(range(start + 5, past.hour, 10))

    def commit(one: Past) -> None:
        try:
            one.commit({"web-2": {next(late): [1.0, 1.0] for _ in range(5)}})
        except Conflict:
            return  # sweep_begin is not held by a lease here; nothing was written

    threads = [in_background(read), in_background(commit)]
    try:
        while past.step(most=1)["more"]:
            pass
        time.sleep(0.3)
    finally:
        ending.set()
        for thread in threads:
            thread.join(20)
    assert faults == []
    assert len(reads) > 5
    assert all(reads)
    past.roll_up()
    upto = next(late)
    extra = range(start + 5, upto, 10)
    assert len(past.raw("web-2", end=past.hour)) == 12 * 360 + len(extra)


@pytest.fixture(scope="module")
def own_stores() -> Iterator[tuple[EmbeddedStores, Pair]]:
    """Stores that a test may kill."""
    with temporary_stores() as running:
        yield running, migrated_template(running)


def test_a_step_killed_in_the_middle_is_as_if_it_had_not_been(own_stores: tuple[EmbeddedStores, Pair]) -> None:
    """kill -9 of the database's own process while a block is written and its roll-ups are not: Postgres restarts."""
    _, pair = own_stores
    past = Past(pair)
    start = past.hour - 8 * HOUR
    past.hot_from(start)
    past.commit({"web-1": every(10, start, start + HOUR), "web-2": every(10, start, start + HOUR)})
    past.commit({"web-1": {start - 90 * HOUR: [1.0, 2.0]}})
    told = past.raw("web-1")
    with suppress(psycopg.OperationalError), stuck_in_the_middle(past) as pid:
        os.kill(pid, signal.SIGKILL)
    _until_it_ends_everybody(past)
    past.close()
    past = Past(_when_back(pair))
    assert past.packed() == {"hour_block": [], "rollup_5m": [], "rollup_1h": []}
    assert past.late_rows() == 1
    assert past.raw("web-1") == told
    assert past.roll_up()["more"] is False
    assert past.raw("web-1") == {**told, start - 90 * HOUR: 1.0}
    assert past.look("select count(*) from omv.hour_block") == [(3,)]
    assert past.binned("web-2", "1h", HOUR, start, start + HOUR)[start][3] == 360
    past.close()


def _until_it_ends_everybody(past: Past) -> None:
    """Postgres restarts once it has noticed, and who connects before that is thrown out once more."""
    deadline = time.monotonic() + 20
    with suppress(psycopg.OperationalError):
        while time.monotonic() < deadline:
            past.admin.execute("select 1")
            time.sleep(0.05)
        pytest.fail("Postgres did not restart")


def _when_back(pair: Pair) -> Pair:
    deadline = time.monotonic() + 20
    while True:
        try:
            pair.rows("select 1")
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return pair
