"""The agent as people run it: a program, started, asked, stopped and killed."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.conftest import AGENT, ListeningHub
from tests.patience import FOR_EVER


def runs(python: Path | str) -> bool:
    with contextlib.suppress(OSError):
        return subprocess.run([str(python), "-c", "import sqlite3, ssl"], stderr=subprocess.DEVNULL).returncode == 0
    return False


# This interpreter, and the oldest supported one where the machine has it.
OLDEST = [shutil.which("python3.8") or "", *(Path.home() / ".pyenv" / "versions").glob("3.8.*/bin/python")]
INTERPRETERS = [sys.executable, *[str(python) for python in OLDEST if runs(python)][:1]]


def wait_for(truth: Callable[[], Any], seconds: float = 8.0) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if truth():
            return truth()
        time.sleep(0.02)
    raise AssertionError("waited in vain")


@pytest.fixture
def start(tmp_path: Path, clean_environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts agents with a spool in tmp_path; what still runs is killed in the end."""
    running: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str, key: str = "omv_live_test", data: Path = tmp_path / "spool") -> subprocess.Popen[bytes]:
        environment = {**clean_environment, "OPENMANAGER_KEY": key}
        command = [sys.executable, str(AGENT), "--data", str(data), "--name", "web-01", *arguments]
        with (tmp_path / "agent.log").open("ab") as log:
            running.append(subprocess.Popen(command, env=environment, stderr=log, stdout=log))
        return running[-1]

    yield run
    for child in running:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        child.wait()


@pytest.mark.parametrize("python", INTERPRETERS)
def test_once_prints_the_json_that_would_be_sent(python: str, clean_environment: dict[str, str]) -> None:
    command = [python, str(AGENT), "--once", "--name", "web-01", "--group", "web", "--tag", "env=prod"]
    document = json.loads(subprocess.check_output(command, env=clean_environment, timeout=20))
    assert document["server"] == "web-01"
    assert document["host"]["group"] == "web"
    assert document["host"]["tags"] == {"env": "prod"}
    assert {"cpu", "memory", "disk", "mounts", "load1", "uptime"} <= set(document["samples"][0])
    assert any(one["cpu"] is not None for one in document["processes"])


def test_the_file_is_python_3_8_and_imports_the_standard_library_only() -> None:
    tree = ast.parse(AGENT.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    known = getattr(sys, "stdlib_module_names", None)
    assert known is None or imported <= set(known)


def test_its_version_is_asked_for_without_anything_else(agent: Any, clean_environment: dict[str, str]) -> None:
    said = subprocess.check_output([sys.executable, str(AGENT), "--version"], env=clean_environment).decode().strip()
    assert said == agent.VERSION


def test_it_reports_within_seconds_and_ends_cleanly_with_a_last_post(start: Any, listening_hub: ListeningHub) -> None:
    child = start("--hub", listening_hub.url)
    wait_for(lambda: len(listening_hub.samples()) >= 2)
    child.send_signal(signal.SIGTERM)
    assert child.wait(FOR_EVER) == 0
    first = listening_hub.posts[0]
    assert first["host"]["cores"] >= 1
    assert "cpu" in first["samples"][0], "the first sample has its rates"
    assert set(listening_hub.keys) == {"Bearer omv_live_test"}


def test_kill_9_at_any_point_loses_nothing_that_was_sampled(
    start: Any, listening_hub: ListeningHub, tmp_path: Path
) -> None:
    stored: dict[tuple[str, int], dict[str, Any]] = {}
    answers = iter([503, 202, 503, 202])

    def answer(document: dict[str, Any]) -> Any:
        if next(answers, 202) == 503:
            return 503, b"", {}
        stored[document["post"]["epoch"], document["post"]["n"]] = document
        told = {"sample_every": 1, "post_every": 1, "stored": 0, "resend": [], "limits": {}}
        return 202, {"accepted": 1, "rejected": [], "next": told}, {}

    listening_hub.answer = answer
    for _ in range(3):
        child = start("--hub", listening_hub.url)
        seen = len(listening_hub.posts)
        wait_for(lambda seen=seen: len(listening_hub.posts) > seen)
        child.kill()
        child.wait()
    child = start("--hub", listening_hub.url)
    sampled: set[int] = set()

    def all_arrived() -> bool:
        sampled.update(sample["at"] for post in listening_hub.posts for sample in post["samples"])
        kept = {sample["at"] for post in stored.values() for sample in post["samples"]}
        return kept >= sampled and len(kept) >= 4

    wait_for(all_arrived)
    child.kill()
    assert len({epoch for epoch, _ in stored}) == 1, "one spool, one epoch"
    bodies: dict[int, Any] = {}
    for post in listening_hub.posts:
        frozen = bodies.setdefault(post["post"]["n"], post["samples"])
        assert frozen == post["samples"], "a number means the same post for ever"


def test_a_second_agent_on_the_same_spool_refuses_to_start(
    start: Any, listening_hub: ListeningHub, tmp_path: Path
) -> None:
    start("--hub", listening_hub.url)
    wait_for(lambda: listening_hub.posts)
    assert start("--hub", listening_hub.url).wait(5) == 1
    assert "another agent uses the spool" in (tmp_path / "agent.log").read_text()


def test_a_marker_goes_through_the_running_agent(start: Any, listening_hub: ListeningHub) -> None:
    start("--hub", listening_hub.url)
    wait_for(lambda: listening_hub.posts)
    assert start("--event", "deploy", "api v2.4.1").wait(5) == 0
    titles = wait_for(lambda: [one["title"] for post in listening_hub.posts for one in post.get("events", ())])
    assert titles == ["api v2.4.1"]


def test_a_marker_goes_straight_to_the_hub_where_no_agent_runs(start: Any, listening_hub: ListeningHub) -> None:
    assert start("--hub", listening_hub.url, "--event", "deploy", "api v2").wait(5) == 0
    assert [(one["kind"], one["title"]) for one in listening_hub.posts[0]["events"]] == [("deploy", "api v2")]
    assert "post" not in listening_hub.posts[0]


def test_a_marker_nobody_takes_is_an_error(start: Any, listening_hub: ListeningHub, tmp_path: Path) -> None:
    listening_hub.answer = lambda _: (503, b"", {})
    assert start("--hub", listening_hub.url, "--event", "deploy", "api v2").wait(5) == 1
    assert "503" in (tmp_path / "agent.log").read_text()


def test_a_reboot_is_told_once(agent: Any, start: Any, listening_hub: ListeningHub, tmp_path: Path) -> None:
    spool = agent.Spool(str(tmp_path / "spool"))
    spool.add([], {"boot": "another boot"})
    spool.close()
    for _ in range(2):
        child = start("--hub", listening_hub.url)
        seen = len(listening_hub.posts)
        wait_for(lambda seen=seen: len(listening_hub.posts) > seen)
        child.send_signal(signal.SIGTERM)
        child.wait(5)
    events = [one for post in listening_hub.posts for one in post.get("events", ())]
    assert [one["kind"] for one in events] == ["reboot"]
    assert events[0]["title"].startswith("Rebooted, kernel ")


def test_errors_of_a_followed_log_arrive(start: Any, listening_hub: ListeningHub, tmp_path: Path) -> None:
    log = tmp_path / "nginx.log"
    log.write_text("")
    start("--hub", listening_hub.url, "--log", str(log))
    wait_for(lambda: listening_hub.posts)
    log.write_text("2026/01/01 [error] upstream timed out\n")
    errors = wait_for(lambda: [one for post in listening_hub.posts for one in post.get("errors", ())])
    assert (errors[0]["source"], errors[0]["level"]) == (str(log), "error")
    assert "upstream timed out" in errors[0]["message"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--hub", ""], "say where the hub is"),
        (["--hub", "hub.example"], "given as https://"),
        (["--hub", "https://h", "--key-file", "/no/such/file"], "/no/such/file"),
        (["--hub", "https://h", "--tag", "novalue"], "a tag is given as name=value"),
        (["--hub", "https://h", "--config", "/no/such/file"], "/no/such/file"),
    ],
)
def test_a_wrong_setting_is_named(start: Any, tmp_path: Path, arguments: list[str], said: str) -> None:
    assert start(*arguments).wait(5) == 1
    assert said in (tmp_path / "agent.log").read_text()


def settled(agent: Any, tmp_path: Path, config: str, arguments: list[str], environment: dict[str, str]) -> Any:
    path = tmp_path / "agent.conf"
    path.write_text(config)
    return agent.settle(agent.parser().parse_args([*arguments, "--config", str(path)]), environment)


def test_the_command_line_goes_before_the_environment_before_the_file(agent: Any, tmp_path: Path) -> None:
    config = "# comment\nhub = https://file\nkey_file = /file.key\nname = file\ntag = env=prod\ntag = region = seoul\n"
    config += "log = /var/log/a.log\njournal = yes\ndata = /file-data\n"
    from_file = settled(agent, tmp_path, config, [], {})
    assert (from_file.hub, from_file.key_file, from_file.name, from_file.data) == (
        "https://file",
        "/file.key",
        "file",
        "/file-data",
    )
    assert from_file.tags == {"env": "prod", "region": "seoul"}
    assert (from_file.log, from_file.journal) == (["/var/log/a.log"], True)
    environment = {"OPENMANAGER_URL": "https://env", "OPENMANAGER_KEY": "k"}
    from_environment = settled(agent, tmp_path, config, [], environment)
    assert (from_environment.hub, from_environment.key, from_environment.key_file) == ("https://env", "k", "")
    given = settled(
        agent, tmp_path, config, ["--hub", "https://arg", "--key-file", "/arg.key", "--name", "arg"], environment
    )
    assert (given.hub, given.key, given.key_file, given.name) == ("https://arg", "", "/arg.key", "arg")


def test_a_misspelt_setting_is_named(agent: Any, tmp_path: Path) -> None:
    with pytest.raises(agent.BadSetting, match='line 2 of the configuration: "hubb"'):
        settled(agent, tmp_path, "name = a\nhubb = https://x\n", [], {})


def test_the_key_file_is_read_at_every_post_so_that_a_key_can_be_changed(agent: Any, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("first\n")
    options = settled(agent, tmp_path, f"hub = https://h\nkey_file = {key}\n", [], {})
    hub = agent.hub_of(options)
    assert hub._key() == "first"
    key.write_text("second\n")
    assert hub._key() == "second"


def test_the_spool_is_nobody_elses_to_read(start: Any, listening_hub: ListeningHub, tmp_path: Path) -> None:
    start("--hub", listening_hub.url)
    wait_for(lambda: listening_hub.posts)
    modes = {
        path.name: oct(path.stat().st_mode & 0o777) for path in [tmp_path / "spool", *(tmp_path / "spool").iterdir()]
    }
    assert modes.pop("spool") == "0o700"
    assert set(modes.values()) == {"0o600"}
    assert os.listdir(tmp_path / "spool")
