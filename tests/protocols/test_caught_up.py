"""What waited in a sender's queue comes in few large requests: each is many parts of the stream, and all the same."""

from __future__ import annotations

import time

import pytest

from tests.api.admitted import Admitted
from tests.protocols import prompb

SECONDS, COUNTERS, RATE = 180, 60, 2.0


@pytest.mark.parametrize("version", [1, 2])
def test_counts_of_many_moments_in_one_request_become_rates_and_are_never_kept(hub: Admitted, version: int) -> None:
    from api.ingest import app
    from api.servers import app as servers

    server, start = f"back-{version}", int(time.time()) - SECONDS - 20
    counts = [(1e6 + RATE * second, (start + second) * 1_000 + 250) for second in range(SECONDS)]
    series: list[prompb.Series] = [
        ({"__name__": f"jobs_of_a_long_name_{place:02}_total", "instance": f"{server}:9100"}, counts)
        for place in range(COUNTERS)
    ]
    kind = "application/x-protobuf" + (";proto=io.prometheus.write.v2.Request" if version == 2 else "")
    data = prompb.one(series) if version == 1 else prompb.two(series)
    sent = hub.call(
        app, "POST", "/api/v1/write", "write key",
        data=data, headers={**hub.bearer("write key"), "Content-Type": kind},
    )  # fmt: skip
    assert sent.status_code == 204, sent.text
    hub.services.sweeper.run()
    names = [f"prom.jobs_of_a_long_name_{place:02}_total" for place in (0, COUNTERS - 1)]
    query = f"metrics={','.join(names)}&from={start}&to={start + SECONDS + 10}&points=1000"
    told = hub.call(servers, "GET", f"/api/servers/{server}/series?{query}", "admin").get_json()["series"]
    for name in names:
        rates = [value for value in told[name]["avg"] if value is not None]
        assert len(rates) >= SECONDS // 10 - 1
        assert rates == pytest.approx([RATE] * len(rates))
