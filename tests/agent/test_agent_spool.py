"""The spool: what is in it stays until the hub says it is stored, whatever happens to the agent."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.conftest import AGENT


def sample(at: int, **values: float) -> Any:
    return "sample", at, json.dumps({"at": at, "cpu": 1.0, **values})


@pytest.fixture
def spool(agent: Any, tmp_path: Path) -> Iterator[Any]:
    spool = agent.Spool(str(tmp_path))
    yield spool
    spool.close()


def freeze(spool: Any, newest: bool = True) -> Any:
    return spool.freeze(newest, 0.0)[0]


def times(spool: Any, n: int) -> list[int]:
    return [one["at"] for one in json.loads(spool.post(n)[0]).get("samples", ())]


def test_numbers_begin_at_one_and_content_is_frozen_with_its_number(spool: Any) -> None:
    spool.add([sample(10), sample(20)])
    assert freeze(spool) == 1
    spool.add([sample(30)])
    assert freeze(spool) == 2
    assert times(spool, 1) == [10, 20]
    assert times(spool, 2) == [30]
    assert spool.post(2)[1]["n"] == 2
    assert spool.post(2)[1]["floor"] == 1
    assert freeze(spool) is None, "nothing is left to number"


def test_an_acknowledged_post_is_kept_and_not_sent_again_until_the_hub_asks(spool: Any) -> None:
    spool.add([sample(10)])
    n = freeze(spool)
    assert spool.waiting() == n
    spool.answer(n, stored=0, resend=[])
    assert spool.waiting() is None
    assert spool.post(n) is not None, "acknowledged is not stored"
    spool.answer(n, stored=0, resend=[[1, 1]])
    assert spool.waiting() == n
    spool.answer(n, stored=0, resend=[[1, 1]], spared={1: 0.0})
    assert spool.waiting() is None, "one just sent is not sent again for the same asking"
    spool.answer(n, stored=1, resend=[])
    assert spool.post(n) is None


def test_only_what_is_stored_is_dropped_and_the_floor_rises_with_it(spool: Any) -> None:
    for at in range(5):
        spool.add([sample(at)])
        freeze(spool)
    spool.answer(5, stored=3, resend=None)
    assert [spool.post(n) is None for n in range(1, 6)] == [True, True, True, False, False]
    assert spool.post(5)[1]["floor"] == 4


@pytest.mark.parametrize("nonsense", [None, "3", 3.0, True, -1, [], {}])
def test_an_answer_that_makes_no_sense_drops_nothing(spool: Any, nonsense: Any) -> None:
    spool.add([sample(10)])
    n = freeze(spool)
    assert spool.answer(n, stored=nonsense, resend=nonsense)
    assert spool.answer(n, stored=nonsense, resend=[nonsense, [nonsense, nonsense], [1]])
    assert spool.post(n) is not None


def test_after_a_restart_the_numbering_continues_in_the_same_epoch(agent: Any, tmp_path: Path) -> None:
    first = agent.Spool(str(tmp_path))
    first.add([sample(10)])
    n = freeze(first)
    first.add([sample(20)])
    epoch = first.post(n)[1]["epoch"]
    first.close()
    second = agent.Spool(str(tmp_path))
    assert second.waiting() == 1
    assert freeze(second) == 2
    assert times(second, 2) == [20]
    assert second.post(2)[1] == {"epoch": epoch, "n": 2, "floor": 1}
    second.close()


def test_a_lost_spool_begins_a_new_epoch(agent: Any, tmp_path: Path) -> None:
    epochs = set()
    for name in ("a", "b"):
        spool = agent.Spool(str(tmp_path / name))
        spool.add([sample(10)])
        epochs.add(spool.post(freeze(spool))[1]["epoch"])
        spool.close()
    assert len(epochs) == 2


def test_an_old_copy_of_a_spool_does_not_reuse_numbers_the_hub_has_stored(spool: Any) -> None:
    for at in (10, 20):
        spool.add([sample(at)])
        freeze(spool)
    epoch = spool.post(2)[1]["epoch"]
    spool.answer(2, stored=150, resend=[])
    assert spool.waiting() == 1
    assert times(spool, 1) + times(spool, 2) == [10, 20], "nothing is taken for stored"
    assert spool.post(1)[1]["epoch"] != epoch
    spool.add([sample(30)])
    assert freeze(spool) == 3


def test_a_long_outage_is_packed_and_the_newest_goes_first(agent: Any, spool: Any) -> None:
    most = agent.MOST_A_POST["sample"]
    spool.add([sample(at) for at in range(2 * most)])
    spool.add([sample(2 * most)])
    assert spool.waiting() == 1, "the oldest are packed"
    n, left = spool.freeze(True, 0.0)
    assert left
    assert times(spool, n) == list(range(most + 1, 2 * most + 1)), "the newest, in their order"
    n, left = spool.freeze(False, 0.0)
    assert not left
    assert times(spool, 1) == list(range(most))
    assert times(spool, n) == [most]


def test_a_post_stays_below_the_size_a_hub_takes(agent: Any, spool: Any) -> None:
    spool.add([sample(at, **{f"app.metric_{i:03}": 123456.789 for i in range(190)}) for at in range(200)])
    n = freeze(spool)
    assert len(spool.post(n)[0]) <= agent.POST_BYTES + 1000
    assert 1 < len(times(spool, n)) < 200


def test_beyond_its_size_the_oldest_is_dropped_and_the_loss_is_told(agent: Any, tmp_path: Path) -> None:
    spool = agent.Spool(str(tmp_path), most_bytes=400_000)
    for start in range(0, 1200, 100):
        spool.add([sample(at, noise=hash(str(at)) % 1e15) for at in range(start, start + 100)])
        freeze(spool)
    floor = spool.post(12)[1]["floor"]
    assert floor == 1, "not full yet"
    for start in range(1200, 20_000, 100):
        spool.add([("sample", at, os.urandom(60).hex()) for at in range(start, start + 100)])
        freeze(spool)
    floor = spool.post(200)[1]["floor"]
    assert floor > 1
    used = sum((tmp_path / name).stat().st_size for name in ("spool.db",))
    assert used < 800_000
    database = sqlite3.connect(tmp_path / "spool.db")
    bodies = [spool.post(n)[0] for (n,) in database.execute("select n from posts")]
    database.close()
    assert any("were dropped before the hub had stored them" in body for body in bodies)
    spool.close()


def test_what_the_hub_would_refuse_as_too_old_is_dropped_and_told(spool: Any) -> None:
    spool.add([sample(1_000)])
    freeze(spool)
    spool.add([sample(5_000)])
    freeze(spool)
    spool.expire(2_000)
    assert spool.post(1) is None
    assert spool.post(2) is not None
    n = freeze(spool)
    assert "1 samples taken from 1970-01-01 00:16:40 UTC" in json.loads(spool.post(n)[0])["errors"][0]["message"]


def test_only_one_agent_uses_a_spool_but_a_marker_can_be_slipped_in(agent: Any, spool: Any, tmp_path: Path) -> None:
    with pytest.raises(agent.InUse):
        agent.Spool(str(tmp_path))
    visitor = agent.Spool(str(tmp_path), lock=False)
    visitor.add([agent.event_item(100, "deploy", "api v2")])
    visitor.close()
    assert json.loads(spool.post(freeze(spool))[0])["events"][0]["title"] == "api v2"


def test_a_full_disk_keeps_samples_in_memory_and_writes_them_when_it_can(agent: Any, spool: Any) -> None:
    spool.add([sample(10)])
    spool._db.execute("pragma max_page_count = 1")
    spool.add([("sample", 20, '{"at":20,"x":"' + "y" * 50_000 + '"}')])
    assert "full" in spool.failing()
    assert [at for _, at, _ in spool.in_memory()] == [20]
    spool.add([sample(at) for at in range(30, 30 + agent.MEMORY_ITEMS)])
    assert len(spool.in_memory()) == agent.MEMORY_ITEMS, "memory is bounded"
    spool._db.execute("pragma max_page_count = 100000")
    spool.add([sample(5000)])
    assert spool.failing() == ""
    assert spool.in_memory() == []
    first, second = freeze(spool, newest=False), freeze(spool, newest=False)
    kept = times(spool, first) + times(spool, second)
    assert kept == [10, *range(30, 30 + agent.MEMORY_ITEMS), 5000]
    errors = [json.loads(spool.post(n)[0]).get("errors", []) for n in (first, second)]
    assert "1 samples" in str(errors), "the one that found no room is told"


def test_a_damaged_spool_is_set_aside_and_a_new_one_begun(agent: Any, tmp_path: Path) -> None:
    (tmp_path / "spool.db").write_bytes(b"this is no database, whatever its name says" * 100)
    spool = agent.Spool(str(tmp_path))
    spool.add([sample(10)])
    document = json.loads(spool.post(freeze(spool))[0])
    assert [one["at"] for one in document["samples"]] == [10]
    assert "damaged" in document["errors"][0]["message"]
    assert len(list(tmp_path.glob("spool.db.broken-*"))) == 1
    spool.close()


def test_a_spool_that_cannot_be_opened_is_tried_again(agent: Any, tmp_path: Path) -> None:
    spool = agent.Spool(str(tmp_path))
    (tmp_path / "spool.db").mkdir()
    spool.add([sample(10)])
    assert spool.failing()
    (tmp_path / "spool.db").rmdir()
    spool.add([sample(20)])
    assert times(spool, freeze(spool)) == [10, 20]
    spool.close()


WRITER = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("agent", sys.argv[1])
agent = importlib.util.module_from_spec(spec)
sys.modules["agent"] = agent
spec.loader.exec_module(agent)
spool = agent.Spool(sys.argv[2])
at = int(sys.argv[3])
while True:
    at += 1
    spool.add([("sample", at, json.dumps({"at": at, "cpu": 1.5}))])
    print(at, flush=True)
    if at % 7 == 0:
        spool.freeze(True, 0.0)
"""


def test_kill_9_in_the_middle_of_writing_loses_nothing_and_doubles_nothing(agent: Any, tmp_path: Path) -> None:
    told = 0
    for pause in (0.005, 0.02, 0.05):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(AGENT), str(tmp_path), str(told)], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(pause)
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split()
        child.wait()
        child.stdout.close()
        told = max(told + 1, int(rest[-1]) if rest else 0)
        spool = agent.Spool(str(tmp_path))
        while spool.freeze(False, 0.0)[0]:
            pass
        last = int(spool._one("select value from meta where name = 'next'"))
        kept = [at for n in range(1, last) for at in times(spool, n)]
        assert kept == sorted(set(kept))
        assert kept[-1] in (told, told + 1), "at most the one that was being told"
        assert kept == list(range(1, kept[-1] + 1))
        told = kept[-1]
        spool.close()
