"""install.sh where agents of other makers are: what it prints for them is docs/agents.md's, what it writes is theirs to
read, and nothing that says something else is written over."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.agent.conftest import AGENT
from tests.protocols.agents_paper import PAPER, block

INSTALL = AGENT.with_name("install.sh")
KEY = "omv_live_" + "k" * 38
HUB = "https://status.example.org"
PARTS = {
    "telegraf": ("etc/telegraf/telegraf.conf", "etc/telegraf/telegraf.d/openmanager.conf"),
    "otelcol": ("etc/otelcol-contrib/config.yaml", "etc/otelcol-contrib/openmanager.yaml"),
    "prometheus": ("etc/prometheus/prometheus.yml", "etc/prometheus/prometheus.yml"),
    "collectd": ("etc/collectd/collectd.conf", "etc/collectd/collectd.conf.d/openmanager.conf"),
}
CHAPTERS = {"telegraf": "Telegraf", "otelcol": "OpenTelemetry", "prometheus": "Prometheus", "collectd": "collectd"}
OPTIONS = "--config=/etc/otelcol-contrib/config.yaml"
HELD = {
    "etc/otelcol-contrib/otelcol-contrib.conf": f'# options\nOTELCOL_OPTIONS="{OPTIONS}"\n',
    "etc/prometheus/prometheus.yml": "scrape_configs:\n  - job_name: node\n    static_configs: []\n",
    "etc/collectd/collectd.conf": '<Include "/etc/collectd/collectd.conf.d">\n\tFilter "*.conf"\n</Include>\n',
}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine on which all of them are installed; none of their programs, whatever this one has."""
    root = tmp_path / "root"
    for name in (*(own for own, _ in PARTS.values()), *HELD):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(HELD.get(name, "# as its package put it\n"))
    return root


@pytest.fixture
def run(root: Path, tmp_path: Path, clean_environment: dict[str, str]) -> Run:
    def given(*arguments: str, key: str = KEY) -> subprocess.CompletedProcess[str]:
        command = ["sh", "-s", "--", "--hub", HUB, "--key", key, *arguments]
        path = os.pathsep.join([str(tmp_path / "bin"), "/usr/bin", "/bin"])
        environment = {**clean_environment, "DESTDIR": str(root), "PATH": path}
        return subprocess.run(
            command, input=INSTALL.read_text(), env=environment, capture_output=True, text=True, timeout=30
        )

    return given


def contents(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def of_paper(agent: str) -> str:
    return block(CHAPTERS[agent]).replace("https://HUB", HUB).replace("omv_live_...", KEY)


def test_it_prints_what_the_paper_says_with_hub_and_key_and_changes_nothing(run: Run, root: Path) -> None:
    before = contents(root)
    done = run("--detect")
    assert done.returncode == 0, done.stderr
    for agent, (_, part) in PARTS.items():
        assert f"# {agent} is here. In /{part} " in done.stdout
        assert f"\n{of_paper(agent)}\n" in done.stdout
    assert contents(root) == before
    for agent, (own, _) in PARTS.items():
        (root / own).unlink()
        assert f"# {agent} is here" not in run("--detect").stdout


@pytest.mark.parametrize("agent", sorted(PARTS))
def test_it_is_written_where_that_agent_reads_it_once(run: Run, root: Path, agent: str) -> None:
    before = contents(root)
    dry = run("--use", agent, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "nothing was changed" in dry.stdout
    assert KEY not in dry.stdout
    assert contents(root) == before
    done = run("--use", agent)
    assert done.returncode == 0, done.stderr
    assert KEY not in done.stdout
    assert "systemctl re" in done.stdout, "it says how to reload"
    after = contents(root)
    part = root / PARTS[agent][1]
    if agent == "prometheus":
        assert after["etc/prometheus/openmanager.key"] == KEY + "\n"
        assert KEY not in part.read_text()
        said = of_paper(agent).replace(f"credentials: {KEY}", "credentials_file: openmanager.key")
        assert part.read_text().startswith(before[PARTS[agent][1]])
        assert part.read_text().endswith(said)
    else:
        assert part.read_text().partition("\n")[2] == of_paper(agent)
        assert not stat.S_IMODE(part.stat().st_mode) & 0o007, "the key is in it"
    changed = {name: text for name, text in before.items() if after[name] != text}
    for name, text in changed.items():
        (copy,) = [one for one in after if one.startswith(f"{name}.before-")]
        assert after[copy] == text
    again = run("--use", agent)
    assert again.returncode == 0, again.stderr
    assert contents(root) == after, "what says so already stays"
    newer = run("--use", agent, key=KEY[:-1] + "n")
    assert newer.returncode == 0, newer.stderr
    assert any(KEY[:-1] + "n" in text for text in contents(root).values())
    assert "etc/openmanager-agent.conf" not in contents(root), "our own agent is not installed beside it"


def test_the_collector_reads_the_new_file_beside_its_own(run: Run, root: Path) -> None:
    run("--use", "otelcol")
    options = (root / "etc/otelcol-contrib/otelcol-contrib.conf").read_text().splitlines()
    assert (
        options[1]
        == 'OTELCOL_OPTIONS="--config=/etc/otelcol-contrib/config.yaml --config=/etc/otelcol-contrib/openmanager.yaml"'
    )
    (root / "etc/otelcol-contrib/otelcol-contrib.conf").write_text("OTELCOL_OPTIONS=$MORE\n")
    assert "add --config=/etc/otelcol-contrib/openmanager.yaml" in run("--use", "otelcol").stdout


def test_the_collector_without_contrib_is_told_its_name(run: Run, root: Path) -> None:
    (root / "etc/otelcol-contrib").rename(root / "etc/otelcol")
    done = run("--use", "otelcol", "--name", "web-01")
    assert done.returncode == 0, done.stderr
    said = (root / "etc/otelcol/openmanager.yaml").read_text()
    (instead,) = re.findall(r"`(resource/openmanager: [^`]+)`", PAPER.read_text(encoding="utf-8"))
    assert f"\n  {instead.replace('NAME', 'web-01')}\n" in said
    assert "processors: [resource/openmanager, batch/openmanager]" in said
    assert "resourcedetection" not in said


@pytest.mark.parametrize("agent", sorted(PARTS.keys() - {"prometheus"}))
def test_a_file_that_somebody_else_wrote_stays(run: Run, root: Path, agent: str) -> None:
    part = root / PARTS[agent][1]
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_text("# mine\n")
    before = contents(root)
    done = run("--use", agent)
    assert done.returncode == 1
    assert "is there, and not by this script" in done.stderr
    assert contents(root) == before


def test_a_remote_write_that_is_there_is_left_to_its_owner(run: Run, root: Path) -> None:
    file = root / "etc/prometheus/prometheus.yml"
    file.write_text("remote_write:\n  - url: https://elsewhere.example.org\n")
    before = contents(root)
    done = run("--use", "prometheus")
    assert done.returncode == 0, done.stderr
    assert of_paper("prometheus").partition("\n")[2] in done.stdout
    assert contents(root) == before


@pytest.mark.parametrize(("agent", "program"), [("prometheus", "promtool"), ("otelcol", "otelcol-contrib")])
def test_what_the_agent_itself_refuses_is_not_written(
    run: Run, root: Path, tmp_path: Path, agent: str, program: str
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / program).write_text("#!/bin/sh\necho no such plugin; exit 1\n")
    (tmp_path / "bin" / program).chmod(0o755)
    before = contents(root)
    done = run("--use", agent)
    assert done.returncode == 1
    assert f"{program} does not take this configuration" in done.stderr
    assert "no such plugin" in done.stderr
    assert contents(root) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--use", "statsd"], "--use takes telegraf"),
        (["--use"], "--use needs a value"),
        (["--use", "telegraf"], "telegraf is not here"),
    ],
)
def test_what_cannot_be_used_is_said(run: Run, root: Path, arguments: list[str], said: str) -> None:
    (root / "etc/telegraf/telegraf.conf").unlink()
    done = run(*arguments)
    assert done.returncode == 1
    assert said in done.stderr


def test_the_key_that_is_installed_will_do(run: Run, root: Path) -> None:
    (root / "etc/openmanager-agent.key").write_text(KEY + "\n")
    (root / "etc/openmanager-agent.conf").write_text(f"hub = {HUB}\n")
    done = run("--use", "telegraf", key="")
    assert done.returncode == 1, "--key without a value is a mistake"
    command = ["sh", str(INSTALL), "--use", "telegraf"]
    done = subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", "DESTDIR": str(root)}, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert of_paper("telegraf") in (root / PARTS["telegraf"][1]).read_text()
