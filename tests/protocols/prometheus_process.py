"""Debian's real Prometheus and node_exporter as processes, with the remote_write block of docs/agents.md."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.protocols.agents_paper import block, filled
from tests.protocols.debian_packages import environment, unpacked
from tests.protocols.live_hub import running

EXPORTER = "prometheus-node-exporter"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configuration(hub_port: int, key: str, targets: dict[str, int], every: str) -> str:
    """`targets` are {instance: port of its page}; what is to be written where is as docs/agents.md has it."""
    scraped = "".join(
        f'      - {{ targets: ["127.0.0.1:{port}"], labels: {{ instance: "{instance}" }} }}\n'
        for instance, port in targets.items()
    )
    told = filled(block("Prometheus", "remote_write"), hub_port, key)
    return (
        f"global:\n  scrape_interval: {every}\n  external_labels: {{ env: prod }}\n{told}"
        f"scrape_configs:\n  - job_name: node\n    static_configs:\n{scraped}"
    )


@contextmanager
def node_exporter(folder: Path, port: int) -> Iterator[None]:
    """With all collectors that it has switched on by default, as most run it."""
    root = unpacked(EXPORTER)
    command = [str(root / "usr/bin" / EXPORTER), f"--web.listen-address=127.0.0.1:{port}"]
    with running(command, environment(root), folder / f"exporter-{port}.log"):
        answers(f"http://127.0.0.1:{port}/metrics")
        yield


@contextmanager
def prometheus(folder: Path, text: str, *, is_agent: bool = True) -> Iterator[str]:
    """Over `folder`, where it finds what it had not sent when it was stopped. Gives the address of its own page."""
    root = unpacked("prometheus")
    file = folder / "prometheus.yml"
    file.write_text(text)
    port = free_port()
    store = (
        ["--enable-feature=agent", f"--storage.agent.path={folder / 'data'}"]
        if is_agent
        else [f"--storage.tsdb.path={folder / 'data'}"]
    )
    command = [str(root / "usr/bin/prometheus"), f"--config.file={file}", f"--web.listen-address=127.0.0.1:{port}"]
    with running([*command, *store], environment(root), folder / "prometheus.log"):
        answers(f"http://127.0.0.1:{port}/-/ready")
        yield f"http://127.0.0.1:{port}/metrics"


def answers(url: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            page(url)
            return
        except (OSError, urllib.error.URLError):
            assert time.monotonic() < until, f"nobody answers at {url}"
            time.sleep(0.2)


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a process of this test
        return str(answer.read(), "utf-8")


def own_metric(url: str, name: str) -> float:
    """The sum of a metric of Prometheus' own over its labels."""
    lines = [line for line in page(url).splitlines() if line.startswith((f"{name}{{", f"{name} "))]
    return sum(float(line.rpartition(" ")[2]) for line in lines)
