"""Requests of real clients (tests/data/protocols), through the doors as they came, to the server's values: each expected
value is worked out by hand from what the client's own side said, which is in `told` or readable in the body."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.monitoring.collectors.server_stats import Batch
from lib.monitoring.fold import fold_parts
from lib.monitoring.ingest import Answer
from lib.monitoring.parts import decode_part, encode_parts
from lib.monitoring.state import ServerState
from tests.protocols.recording import KEY
from tests.real_stores import Pair, ServicesFactory

VECTORS = Path(__file__).resolve().parents[1] / "data" / "protocols"


class Hub:
    """Takes a client's requests at the time they came; keeps what became of each."""

    def __init__(self, services: Any, secret: str) -> None:
        self._services, self._secret = services, secret
        self.statuses: list[int] = []
        self.batches: list[tuple[float, Batch]] = []

    def take(self, client: str, *numbers: int) -> Hub:
        from api.ingest import app

        folder = VECTORS / client
        for number, request in enumerate(json.loads((folder / "requests.json").read_text()), 1):
            if numbers and number not in numbers:
                continue
            now = self._now = request["at"] + 0.5
            self._services.clock = lambda now=now: now
            headers = [(name, text.replace(KEY, self._secret)) for name, text in request["headers"]]
            body = (folder / f"{number}.body").read_bytes()
            answer = app.test_client(use_cookies=False).open(
                request["path"], method=request["method"], data=body, headers=headers
            )
            assert answer.get_data() == b""
            self.statuses.append(answer.status_code)
        return self

    def note(self, batch: Batch) -> None:
        self.batches.append((self._now, batch))

    def server(self, name: str) -> tuple[ServerState, dict[int, dict[str, float]]]:
        """(the state, what history holds: {moment: {series: value}}) once a minute has passed."""
        state = ServerState(name)
        history: dict[int, dict[str, float]] = {}
        for at, parts in [*self._parts(name), (self.batches[-1][0] + 60, None)]:
            rows = fold_parts(state, [(at, parts)] if parts else [], at).rows
            for moment, literal in rows.items():
                values = json.loads(f"[{literal[1:-1]}]")
                kept = history.setdefault(moment, {})
                kept |= {
                    series: value for series, value in zip(state.series, values, strict=False) if value is not None
                }
        return state, history

    def _parts(self, name: str) -> Iterator[tuple[float, Any]]:
        for at, batch in self.batches:
            for share in batch.shares:
                if share.server == name:
                    yield at, [decode_part(text) for text in encode_parts(share, "key")]


@pytest.fixture(scope="module")
def services(module_stores: Pair) -> Iterator[Any]:
    factory = ServicesFactory()
    try:
        yield factory(module_stores, install=True)
    finally:
        factory.close()


@pytest.fixture
def hub(services: Any, monkeypatch: pytest.MonkeyPatch) -> Hub:
    _, secret = services.keyring.create("vectors", scopes=("write",))
    services.storage.directory._read_at = None
    found = Hub(services, secret)
    take = services.ingest.take

    def taking(batch: Batch, *given: Any) -> Answer:
        found.note(batch)
        answer: Answer = take(batch, *given)
        return answer

    monkeypatch.setattr(services.ingest, "take", taking)
    return found


def servers(hub: Hub) -> set[str]:
    return {share.server for _, batch in hub.batches for share in batch.shares}


def test_prometheus_two_scrapes_of_node_exporter(hub: Hub) -> None:
    """told-1.txt and told-2.txt are the pages that were scraped, at 1795674480.928 and five seconds later."""
    state, history = hub.take("prometheus").server("web-01")
    assert hub.statuses == [204] * 4
    assert servers(hub) == {"web-01"}
    # Seconds of both CPUs: idle and iowait none; user 2.52 + 2.64, system 0.72 + 0.88, nice 1.59 + 1.30, softirq 0.02,
    # steal 0.06 + 0.05: 9.67 busy of 9.78. Both scrapes lie in one slot of ten seconds, and its later values stand.
    assert history == {1_795_674_480: pytest.approx({
        "cpu": 98.8753, "iowait": 0.0, "steal": 1.1247, "load1": 8.88, "load5": 4.75, "load15": 2.89,
        "memory": 10.2898,  # 1 - 22 675 619 840 / 25 276 514 304
        "disk:/": 33.3194, "disk": 33.3194,  # 36 299 616 256 used, 72 644 677 632 available
        "inode:/": 4.8306, "inode": 4.8306,  # 810 441 of 16 777 216
        "disk_read": 153_190.4, "disk_write": 1_381_171.2, "disk_busy": 5.2,  # 765 952 and 6 905 856 bytes, 0.26 s
        "net_in": 0.0, "net_out": 0.0, "connections": 15.0, "uptime": 54_980.928,
    }, rel=1e-5)}  # fmt: skip
    assert state.mounts == {"/": [270_553_174_016, 72_644_677_632]}
    assert state.tags == {"env": "vector"}
    assert state.facts == {
        "os": "Debian GNU/Linux 12 (bookworm)", "arch": "x86_64", "kernel": "vector", "cores": 2,
        "memory_bytes": 25_276_514_304, "tags": {"env": "vector"},
    }  # fmt: skip


def test_prometheus_metadata_and_a_host_that_is_gone(hub: Hub) -> None:
    """2 holds metadata alone. 4 says of 243 series that they are over, and of five that tell of the scrape, that it
    failed: nobody was heard, though Prometheus was."""
    hub.take("prometheus", 2, 4)
    assert hub.statuses == [204, 204]
    assert hub.batches == []


def test_collectd_with_rates(hub: Hub) -> None:
    """Rounds at 658.0, 663.0, 668.0 and half of one at 673.0, cut into two posts in the midst of the third."""
    state, history = hub.take("collectd").server("web-01")
    assert hub.statuses == [204, 204]
    assert servers(hub) == {"web-01"}
    assert history == {
        1_795_674_650: pytest.approx({
            "load1": 15.55078125, "load5": 9.40185546875, "load15": 4.9931640625, "uptime": 55_153, "users.users": 0,
            "memory": 13.3046,  # 3 362 938 880 of 25 276 514 304 in all
            "disk:/": 33.7951, "disk": 33.7951, "inode:/": 4.9783, "inode": 4.9783,
        }, rel=1e-5),
        1_795_674_660: pytest.approx({
            "load1": 16.04248046875, "load5": 9.716796875, "load15": 5.1435546875, "uptime": 55_163, "users.users": 0,
            "memory": 14.0608,  # 3 554 078 720, told in both posts
            "disk:/": 33.8069, "disk": 33.8069,  # 36 830 691 328 used, 72 113 602 560 free
            "inode:/": 4.9819, "inode": 4.9819,  # 835 831 used, told in the second post, 15 941 385 free in the first
            # user 84.2114, system 23.5243, nice 91.1338, softirq 0.7908; steal 0.1977; idle 0.1977
            "cpu": 99.8024, "iowait": 0.0, "steal": 0.0988,
            "net_in": 1_208.789, "net_out": 1_208.789,  # eth0, without lo
            "disk_read": 1_349_652.4123, "disk_write": 6_223_667.923, "disk_busy": 6.8994,  # 68.9943 ms a second
        }, rel=1e-4),
        1_795_674_670: pytest.approx({  # of its memory only three parts were told, of its disk nothing
            "load1": 16.52001953125, "load5": 9.9208984375, "load15": 5.234375, "uptime": 55_168, "users.users": 0,
            "cpu": 99.8987, "iowait": 0.0, "steal": 0.1013, "net_in": 1_296.0965, "net_out": 1_296.0965,
        }, rel=1e-4),
    }  # fmt: skip
    assert state.mounts == {"/": [108_944_293_888, 72_113_602_560]}
    assert state.facts["cores"] == 2


def test_collectd_with_counters(hub: Hub) -> None:
    """`StoreRates false`: rounds at 673.1, 678.061, 683.110, 688.061, 693.062 and the beginning of one at 698.1."""
    _, history = hub.take("collectd-counters").server("web-01")
    assert hub.statuses == [204] * 3
    assert {at: {name: row[name] for name in ("cpu", "steal", "disk_read", "disk_write", "disk_busy") if name in row}
            for at, row in history.items()} == {
        1_795_674_670: {},
        1_795_674_680: pytest.approx({  # from 683.110 to 688.061
            # user 242 + 209, system 73 + 60, nice 177 + 217, softirq 4 jiffies; steal 3 + 6
            "cpu": 100 * 982 / 991, "steal": 100 * 9 / 991,
            "disk_read": 2_535_424 / 4.951, "disk_write": 16_289_792 / 4.951, "disk_busy": 61.2 / 4.951,
        }, rel=1e-4),
        1_795_674_690: pytest.approx({  # from 688.061 to 693.062
            # user 278 + 263, system 55 + 96, nice 165 + 133, softirq 3; steal 3 + 5; idle 1
            "cpu": 100 * 993 / 1_002, "steal": 100 * 8 / 1_002,
            "disk_read": 3_469_312 / 5.001, "disk_write": 24_424_448 / 5.001, "disk_busy": 48.4 / 5.001,
        }, rel=1e-4),
    }  # fmt: skip


def test_opentelemetry_s_python_sdk(hub: Hub) -> None:
    """Gzipped; told-1.txt and told-2.txt are what the SDK itself says it exported, 5.0845 s apart."""
    state, history = hub.take("otel-python").server("web-01")
    assert hub.statuses == [200, 200]
    assert servers(hub) == {"web-01"}
    ours = {name: value for name, value in history[1_795_674_400].items() if "." not in name}
    assert ours == pytest.approx({
        "cpu": 100.0,  # no idle time
        "memory": 7.3097,  # 1 869 553 664 of used, free and cached
        "connections": 4, "net_in": 0.0, "net_out": 0.0,
        "disk_read": 16_822_272 / 5.0845, "disk_write": 512_000 / 5.0845,
    }, rel=2e-4)  # fmt: skip
    assert {name: value for name, value in history[1_795_674_390].items() if "." not in name} == pytest.approx(
        {"memory": 6.6115, "connections": 2}, rel=1e-4
    )
    assert state.tags == {"service": "shop", "env": "vector"}
    assert state.facts["cores"] == 2


def test_opentelemetry_s_javascript_sdk(hub: Hub) -> None:
    """Gzipped and, on the wire, chunked; told-1.txt and told-2.txt are what it says it exported, 5.004 s apart. Between
    them came ten orders and requests of 0.05, 0.2, 0.2 and 0.7 s."""
    state, history = hub.take("otel-js").server("web-01")
    assert hub.statuses == [200, 200]
    assert servers(hub) == {"web-01"}
    assert history == {1_795_674_410: pytest.approx({
        "cpu": 100.0, "memory": 8.6971, "net_in": 0.0, "net_out": 0.0,  # 2 198 323 200 used, 23 078 191 104 free
        "otel.shop.orders:shop:book": 10 / 5.004, "otel.shop.queue:shop:mails": 4.5,
        "otel.shop.request.duration.rate:shop": 4 / 5.004, "otel.shop.request.duration.mean:shop": 0.2875,
        "otel.shop.request.duration.p95:shop": 0.9,  # of four the 3.8th: four fifths into the bucket from 0.5 to 1
    }, rel=1e-4)}  # fmt: skip
    assert state.tags == {"service": "shop"}


@pytest.mark.parametrize("requests", [(1, 2, 3), (4, 5, 6)], ids=["plain", "gzip"])
def test_influxdb_s_client(hub: Hub, requests: tuple[int, ...]) -> None:
    """What recording.py gave it to write, in seconds, milliseconds and nanoseconds."""
    hub.take("influxdb-client", *requests)
    assert hub.statuses == [204, 204, 204]
    assert servers(hub) == {"web-01", "web-02"}
    first, history = hub.server("web-01")
    assert history == {1_795_674_420: {
        "memory": 61.5, "shop_orders.count:book_used:8d5842fe": 12.0, "shop_orders.share:book_used:8d5842fe": 0.25,
        "shop_orders.is_open:book_used:8d5842fe": 1.0,
    }}  # fmt: skip
    assert first.facts == {"memory_bytes": 16_000_000_000}
    second, history = hub.server("web-02")
    assert history == {1_795_674_420: {"load1": 1.5, "queue.depth:mail_in": 7.0, "queue.full:mail_in": 0.0}}
    assert second.facts == {"cores": 4}
