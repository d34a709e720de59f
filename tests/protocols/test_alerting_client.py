"""Debian's Prometheus and Alertmanager raise an alert, on the configurations of docs/agents.md: it becomes an incident by
each road, and is over when they say so."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.protocols.agents_paper import block, filled
from tests.protocols.debian_packages import environment, unpacked
from tests.protocols.live_hub import LiveHub, running
from tests.protocols.prometheus_process import answers, free_port, own_metric, prometheus

ALERTMANAGER = "prometheus-alertmanager"
SERVER = "alerting-1"
RULES = """
groups:
  - name: shop
    interval: 1s
    rules:
      - alert: ShopIsBroken
        expr: shop_broken > 0
        labels: { severity: page, team: '결제' }
        annotations: { summary: '{{ $labels.instance }} sells nothing', runbook_url: 'https://wiki.example/shop' }
"""


class Shop:
    """An application whose own page says whether it is broken."""

    def __init__(self) -> None:
        self.broken = 0
        shop = self

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(f"# TYPE shop_broken gauge\nshop_broken {shop.broken}\n".encode())

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    page = Shop()
    try:
        yield page
    finally:
        page.close()


def beside_its_templates(root: Path) -> Path:
    """Debian's program looks for its templates in /usr/share, where nothing was installed: a copy that looks below the
    folder it is started in."""
    program = root / "usr/bin" / ALERTMANAGER
    copy = program.with_name("alertmanager-here")
    if not copy.exists():
        there, here = b"/usr/share/prometheus/alertmanager", b"usr//share/prometheus/alertmanager"
        copy.write_bytes(program.read_bytes().replace(there, here))
        copy.chmod(0o755)
    return copy


@contextmanager
def alertmanager(folder: Path, hub: LiveHub) -> Iterator[int]:
    """On the configuration of the paper, but in more of a hurry."""
    root, port = unpacked(ALERTMANAGER), free_port()
    text = filled(block("Alertmanager"), hub.port, hub.key)
    for slow, quick in (("group_wait: 10s", "group_wait: 1s"), ("group_interval: 1m", "group_interval: 2s")):
        assert slow in text
        text = text.replace(slow, quick)
    file = folder / "alertmanager.yml"
    file.write_text(text)
    command = [
        "env", "-C", str(root), str(beside_its_templates(root)), f"--config.file={file}", f"--storage.path={folder / 'am'}",
        "--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with running(command, environment(root), folder / "alertmanager.log"):
        answers(f"http://127.0.0.1:{port}/-/ready")
        yield port


def configuration(folder: Path, hub: LiveHub, shop: Shop, beside: int) -> str:
    """Prometheus tells the hub, as the paper has it, and an Alertmanager at the port `beside` too."""
    (folder / "rules.yml").write_text(RULES)
    told = filled(block("Prometheus without an Alertmanager"), hub.port, hub.key).replace(
        "scheme: https", "scheme: http"
    )
    return (
        "global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: [rules.yml]\n"
        f"{told}    - static_configs: [{{ targets: ['127.0.0.1:{beside}'] }}]\n"
        "scrape_configs:\n  - job_name: shop\n    static_configs:\n"
        f"      - {{ targets: ['127.0.0.1:{shop.server.server_port}'], labels: {{ instance: '{SERVER}:8080' }} }}\n"
    )


def until(so: Callable[[], bool], what: Callable[[], object], seconds: float = 90) -> None:
    ends = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < ends, what()
        time.sleep(1)


@pytest.mark.long
def test_a_rule_that_fires_is_an_incident_by_both_roads_and_over_when_it_does_not(
    hub_of_clients: LiveHub, shop: Shop, tmp_path: Path
) -> None:
    hub = hub_of_clients

    def told(state: str) -> dict[str, dict[str, Any]]:
        return {one["source"]: one for one in hub.alerts(state) if one["subject"].startswith("ShopIsBroken:")}

    hub.report(SERVER, cpu=5.0)
    until(lambda: bool(hub.server(SERVER)), lambda: "the server is not known")
    with (
        alertmanager(tmp_path, hub) as beside,
        prometheus(tmp_path, configuration(tmp_path, hub, shop, beside), is_agent=False) as own,
    ):
        shop.broken = 1
        until(lambda: told("open").keys() == {"Prometheus", "Alertmanager"}, lambda: told("open"))
        for one in told("open").values():
            assert (one["server"], one["severity"]) == (SERVER, "critical")
            assert one["detail"] == f"ShopIsBroken: {SERVER}:8080 sells nothing"
            assert one["tags"]["team"] == "결제"
            assert one["url"].startswith("http")
            assert time.time() - one["opened_at_epoch"] < 120
        opened = {one["id"] for one in told("open").values()}
        hub.settle(75)  # Prometheus tells it again once a minute
        assert {one["id"] for one in told("open").values()} == opened
        shop.broken = 0
        until(lambda: not told("open"), lambda: told("open"))
        assert {one["why"] for one in told("resolved").values()} == {"told"}
        assert {one["id"] for one in told("resolved").values()} == opened
        assert own_metric(own, "prometheus_notifications_errors_total") == 0
        assert own_metric(own, "prometheus_notifications_dropped_total") == 0
        assert own_metric(own, "prometheus_notifications_sent_total") >= 4
        sent = f"http://127.0.0.1:{beside}/metrics"
        assert own_metric(sent, "alertmanager_notification_requests_failed_total") == 0


@pytest.mark.long
def test_amtool_adds_an_alert_and_reads_the_status(hub_of_clients: LiveHub, tmp_path: Path) -> None:
    hub, root = hub_of_clients, unpacked(ALERTMANAGER)
    file = tmp_path / "http.yml"
    file.write_text(f"authorization: {{ credentials: {hub.key} }}\n")

    def amtool(*command: str) -> subprocess.CompletedProcess[str]:
        whole = [str(root / "usr/bin/amtool"), f"--alertmanager.url={hub.url}", f"--http.config.file={file}", *command]
        return subprocess.run(
            whole, env=environment(root), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )

    added = amtool("alert", "add", "FromAmtool", "severity=info", "node=nowhere", "--annotation=summary=by hand")
    assert added.returncode == 0, added.stderr
    until(lambda: any(one["detail"] == "FromAmtool: by hand" for one in hub.alerts()), hub.alerts)
    shown = amtool("config", "show")
    assert "OpenManager" in shown.stdout, shown.stderr
