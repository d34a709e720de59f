"""Debian's Prometheus, as an agent and as a server, with node_exporter reports to `make dev`: the values are the kernel's,
and a host that is gone is one that falls silent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.protocols.live_hub import LiveHub, check, some_work
from tests.protocols.prometheus_process import configuration, free_port, node_exporter, own_metric, prometheus

METRICS = {
    "cpu", "iowait", "steal", "memory", "load1", "load5", "load15", "uptime", "disk:/", "net_in", "net_out", "disk_read",
    "disk_write",
}  # fmt: skip
PER_SECOND = 20


@contextmanager
def an_application() -> Iterator[int]:
    """A page of an application's own metrics, at the port it gives; it sells so many books a second."""
    began = time.time()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = (
                "# TYPE shop_orders_total counter\n"
                f'shop_orders_total{{kind="book",town="서울"}} {PER_SECOND * (time.time() - began):.3f}\n'
                f'shop_orders_total{{kind="book",town="부산"}} {2 * PER_SECOND * (time.time() - began):.3f}\n'
                '# TYPE shop_queue gauge\nshop_queue{name="mails"} 4.5\n'
            )
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.long
@pytest.mark.parametrize("is_agent", [True, False], ids=["agent", "server"])
def test_prometheus_reports_what_the_kernel_says(hub_of_clients: LiveHub, tmp_path: Path, is_agent: bool) -> None:
    hub, port = hub_of_clients, free_port()
    name = "prometheus-agent" if is_agent else "prometheus-server"
    with an_application() as shop, node_exporter(tmp_path, port), some_work(tmp_path):
        text = configuration(hub.port, hub.key, {f"{name}:9100": port, f"{name}:8080": shop}, "5s")
        with prometheus(tmp_path, text, is_agent=is_agent) as own:
            (found,) = check(hub, [name], METRICS, 30)
            assert own_metric(own, "prometheus_remote_storage_samples_failed_total") == 0
            assert own_metric(own, "prometheus_remote_storage_samples_dropped_total") == 0
            assert own_metric(own, "prometheus_remote_storage_samples_total") > 1_000
    latest = found["latest"]
    orders = sorted(value for series, value in latest.items() if series.startswith("prom.shop_orders_total:book:"))
    assert orders == pytest.approx([PER_SECOND, 2 * PER_SECOND], rel=0.02), "both towns, by the millisecond"
    assert latest["prom.shop_queue:mails"] == 4.5
    assert found["tags"] == {"env": "prod"}
    assert found["facts"]["cores"] >= 1
    assert found["facts"]["kernel"]
    assert found["mounts"][0]["mount"] == "/"
    assert [one["name"] for one in found["sources"]] == ["prometheus"]


def a_fleet_goes_on(hub: LiveHub) -> None:
    """Where three fall silent together and are half of all, a hub doubts its own ears: clients of other tests may have
    ended just now."""
    for place in range(12):
        hub.report(f"goes-on-{place}", cpu=5.0)


@pytest.mark.long
def test_a_host_that_is_gone_falls_silent_though_prometheus_goes_on(hub_of_clients: LiveHub, tmp_path: Path) -> None:
    hub, here, gone = hub_of_clients, free_port(), free_port()
    text = configuration(hub.port, hub.key, {"still-here:9100": here, "soon-gone:9100": gone}, "5s")
    with node_exporter(tmp_path, here), prometheus(tmp_path, text) as own:
        with node_exporter(tmp_path, gone):
            hub.wait_for("soon-gone", METRICS)
            hub.wait_for("still-here", METRICS)
        until = time.monotonic() + 150
        while hub.server("soon-gone")["status"] != "offline":
            a_fleet_goes_on(hub)
            assert time.monotonic() < until, hub.server("soon-gone")
            time.sleep(2)
        assert hub.server("still-here")["status"] != "offline"
        with node_exporter(tmp_path, gone):
            until = time.monotonic() + 60
            while hub.server("soon-gone")["status"] == "offline":
                a_fleet_goes_on(hub)
                assert time.monotonic() < until, hub.server("soon-gone")
                time.sleep(2)
        assert own_metric(own, "prometheus_remote_storage_samples_failed_total") == 0
