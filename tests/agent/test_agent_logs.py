"""Errors from log files and the journal: found, thinned out, and followed through rotation and restarts."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.conftest import Clock


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text("ERROR from before the agent came\n")
    return path


@pytest.fixture
def follow(agent: Any) -> Iterator[Callable[..., Any]]:
    followers: list[Any] = []

    def start(path: Path, mark: str = "") -> Any:
        followers.append(agent.LogFile(str(path), mark))
        return followers[-1]

    yield start
    for one in followers:
        one.close()


def write(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def lines(follower: Any) -> list[str]:
    return [line for _, line in follower.poll()]


def test_only_new_lines_that_speak_of_errors_are_told(follow: Any, log: Path) -> None:
    follower = follow(log)
    assert lines(follower) == []
    write(log, "GET / 200\nconnect() failed (111: Connection refused)\nall terrors are over\n")
    assert lines(follower) == ["connect() failed (111: Connection refused)"]
    write(log, "Out of memory: Killed process 811 (postgres)\n")
    assert follower.poll() == [("critical", "Out of memory: Killed process 811 (postgres)")]


def test_half_a_line_waits_for_its_other_half(follow: Any, log: Path) -> None:
    follower = follow(log)
    follower.poll()
    write(log, "fatal: disk ")
    assert lines(follower) == []
    write(log, "on fire\n")
    assert lines(follower) == ["fatal: disk on fire"]


def test_rotation_and_truncation_lose_no_line(follow: Any, log: Path) -> None:
    follower = follow(log)
    follower.poll()
    write(log, "error one\n")
    log.rename(log.with_suffix(".1"))
    log.write_text("error two\n")
    assert lines(follower) == ["error one", "error two"]
    log.write_text("")
    follower.poll()
    write(log, "error three\n")
    assert lines(follower) == ["error three"]


def test_a_restarted_agent_goes_on_where_it_was(follow: Any, log: Path) -> None:
    first = follow(log)
    first.poll()
    write(log, "error one\nerror tw")
    assert lines(first) == ["error one"]
    write(log, "o\nerror three\n")
    assert lines(follow(log, first.mark())) == ["error two", "error three"]


def test_a_log_that_appears_later_is_read_from_its_beginning(follow: Any, tmp_path: Path) -> None:
    follower = follow(tmp_path / "later.log")
    assert lines(follower) == []
    (tmp_path / "later.log").write_text("error one\n")
    assert lines(follower) == ["error one"]


def test_a_flood_is_skipped_to_its_end(follow: Any, log: Path) -> None:
    follower = follow(log)
    follower.poll()
    write(log, "error in a flood\n" * 100_000 + "error at its end\n")
    assert lines(follower)[-1] == "error at its end"


def test_alike_errors_are_told_once_and_then_counted(agent: Any, clock: Clock) -> None:
    gate = agent.Gate(clock.mono)
    told = [item for i in range(50) for item in gate.take(100, "error", "nginx", f"upstream {i} timed out")]
    assert len(told) == 1
    assert gate.settle(100) == []
    clock.advance(300)
    row = json.loads(gate.settle(400)[0][2])
    assert row["message"] == "upstream 0 timed out (49 more in 300 s)"
    assert len(gate.take(401, "error", "nginx", "upstream 7 timed out")) == 1, "and then it is news again"


def test_a_storm_of_different_errors_is_bounded_and_owned_up_to(agent: Any, clock: Clock) -> None:
    gate = agent.Gate(clock.mono)
    words = [a + b + c for a in "ghijk" for b in "lmnop" for c in "qrstu"]
    told = [item for word in words for item in gate.take(100, "error", "app", f"error {word}")]
    assert len(told) == agent.ERRORS_A_MINUTE
    clock.advance(60)
    assert "105 further errors" in gate.settle(160)[0][2]


JOURNAL = """
import json, sys
for i in range(3):
    print(json.dumps({"__CURSOR": f"c{i}", "__REALTIME_TIMESTAMP": "1763900000000000", "PRIORITY": str(2 + i % 2),
        "_SYSTEMD_UNIT": "nginx.service", "MESSAGE": [104, 105] if i == 2 else f"message {i}"}), flush=True)
print("this is no JSON", flush=True)
print(json.dumps(sys.argv[1:]), file=sys.stderr)
sys.stdin.read()
"""


def poll_until(journal: Any, count: int) -> list[Any]:
    entries: list[Any] = []
    deadline = time.monotonic() + 5
    while len(entries) < count and time.monotonic() < deadline:
        entries += journal.poll(0.0)
        time.sleep(0.01)
    return entries


def test_the_journal_is_read_without_waiting_and_remembers_its_place(agent: Any) -> None:
    journal = agent.Journal("", (sys.executable, "-c", JOURNAL))
    entries = poll_until(journal, 3)
    journal.close()
    assert [entry[:4] for entry in entries] == [
        (1763900000.0, "critical", "nginx.service", "message 0"),
        (1763900000.0, "error", "nginx.service", "message 1"),
        (1763900000.0, "critical", "nginx.service", "hi"),
    ]
    assert journal.cursor == "c2"


def test_the_same_journal_entry_has_the_same_id_whenever_it_is_read(agent: Any, clock: Clock) -> None:
    ids = {json.loads(agent.Gate(clock.mono).take(100, "error", "a", "b", "s=abc;i=1")[0][2])["id"] for _ in range(2)}
    assert len(ids) == 1


def test_a_machine_without_journalctl_says_so_and_goes_on(agent: Any, capsys: pytest.CaptureFixture[str]) -> None:
    journal = agent.Journal("", ("/no/such/journalctl",))
    assert journal.poll(0.0) == []
    assert journal.poll(1.0) == []
    assert capsys.readouterr().err.count("cannot be followed") == 1
