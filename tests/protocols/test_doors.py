"""The doors of foreign protocols: each is rewritten to, takes keys however clients send them, answers as they expect."""

from __future__ import annotations

import base64
import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lib.monitoring.collectors import OPEN_TO_ALL, PROTOCOLS
from lib.monitoring.collectors.protocols import protocol
from tests.api.admitted import HIDDEN, SEEN, Admitted
from tests.protocols import prompb

ROOT = Path(__file__).resolve().parents[2]


def post(path: str, data: bytes, headers: dict[str, str] | None = None, method: str = "POST") -> TestResponse:
    from api.ingest import app

    return app.test_client(use_cookies=False).open(path, method=method, data=data, headers=headers or {})


def line(server: str = "telegraf-1") -> bytes:
    return f"system,host={server} load1=1.5 {int(time.time())}000000000".encode()


def test_every_path_is_rewritten_to_the_function_and_every_file_gives_its_protocol() -> None:
    rewrites = {one["source"]: one["destination"] for one in json.loads((ROOT / "vercel.json").read_text())["rewrites"]}
    for name, paths in PROTOCOLS.items():
        assert protocol(name).name == name
        for path in paths:
            rule = path.partition(" ")[2]
            source = rule.partition("<")[0] + "(.*)" if "<" in rule else rule
            assert rewrites.get(source) == "/api/ingest", f"vercel.json does not lead {source} to the ingest function"
    assert {path for paths in PROTOCOLS.values() for path in paths} >= OPEN_TO_ALL


def keys(secret: str) -> list[tuple[str, dict[str, str]]]:
    def basic(user: str, password: str) -> str:
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    return [
        ("/write", {"Authorization": f"Bearer {secret}"}),
        ("/write", {"Authorization": f"Token {secret}"}),
        ("/write", {"Authorization": basic("anybody", secret)}),
        ("/write", {"Authorization": basic(secret, "")}),
        ("/write", {"X-API-Key": secret}),
        ("/write", {"Api-Key": secret}),
        (f"/write?token={secret}", {}),
        (f"/write?u=x&p={secret}", {}),
    ]


def test_a_key_is_taken_however_a_client_can_send_it(hub: Admitted) -> None:
    for path, headers in keys(hub.secrets["write key"]):
        answer = post(path, line(), headers)
        assert answer.status_code == 204, (path, headers, answer.get_data())
    for path, headers in keys("omv_live_wrong"):
        assert post(path, line(), headers).status_code == 401
    assert post("/write", line()).status_code == 401
    assert post("/write", line(), hub.bearer("read key")).status_code == 403


def test_a_key_that_is_bound_reports_no_other_server(hub: Admitted) -> None:
    assert post("/write", line(HIDDEN), hub.bearer("write key of a server")).status_code == 403
    assert post("/write", line(SEEN), hub.bearer("write key of a server")).status_code == 204
    assert post("/write", line(HIDDEN), hub.bearer("write key of a team")).status_code == 403


def test_what_came_compressed_is_read_and_a_bomb_is_not(hub: Admitted) -> None:
    headers = {**hub.bearer("write key"), "Content-Encoding": "gzip"}
    assert post("/api/v2/write?bucket=x&org=y", gzip.compress(line()), headers).status_code == 204
    assert post("/api/v2/write", gzip.compress(b"x" * 50_000_000), headers).status_code == 413


def test_what_is_refused_is_told_why_and_what_was_read_is_on_the_server_s_page(hub: Admitted) -> None:
    refused = post("/write", b"nonsense", hub.bearer("write key"))
    assert refused.status_code == 400
    told = refused.get_json()
    assert (told["code"], told["message"]) == ("invalid", told["error"]), "as clients of version 2, and of version 1"
    assert "line 1: not line protocol: 'nonsense'" in told["message"]
    body = line("fed-1") + b'\nweird,host=fed-1 value="text",ok=1 ' + str(int(time.time())).encode() + b"000000000"
    assert post("/write", body, hub.bearer("write key")).status_code == 204
    hub.services.sweeper.run()
    sources: list[dict[str, Any]] = hub.services.queries.server("fed-1")["sources"]
    assert [one["name"] for one in sources] == ["influx"]


@pytest.mark.parametrize(
    ("path", "bad", "why"),
    [
        ("/api/v2/write", "no line", "line 2: not line protocol: 'no line'"),
        ("/api/v2/write", "app queue=1", "nothing says which server this is of"),
        ("/api/v2/write", "app,host=a/b queue=1", "'a/b' can be no server's name: 1-100 letters, digits, spaces"),
        ("/api/v1/import/prometheus?instance=mixed-2", "no line", "line 2: not Prometheus' text: 'no line'"),
        ("/collectd", "PUTVAL x", "line 2: not PUTVAL: 'PUTVAL x'"),
        ("/graphite", "x y z", "line 2: not `path value time`: 'x y z'"),
    ],
)
def test_one_bad_line_among_good_ones_is_told_and_the_others_are_kept(
    hub: Admitted, path: str, bad: str, why: str
) -> None:
    good = {
        "/api/v2/write": "app,host=mixed-2 queue=1", "/collectd": "PUTVAL mixed-2/app/gauge N:1",
        "/graphite": "mixed-2.queue 1 -1",
    }.get(path, "queue 1")  # fmt: skip
    answer = post(path, "\n".join([good, bad, good]).encode(), hub.bearer("write key"))
    assert answer.status_code == 400
    assert f"1 refused, 2 values kept: {why}" in answer.get_data(as_text=True)
    if path == "/api/v2/write":
        assert answer.get_json()["message"].count(why) == 1, "said once"
    hub.services.sweeper.run()
    assert hub.services.queries.server("mixed-2")["sources"]


def test_what_prometheus_tells_of_no_machine_is_no_fault_of_its_and_what_is_lost_is_told(hub: Admitted) -> None:
    def write(*servers: str | None) -> TestResponse:
        now = int(time.time() * 1_000)
        labels = [{"__name__": "app_x", **({"instance": one} if one else {})} for one in servers]
        headers = {**hub.bearer("write key"), "Content-Type": "application/x-protobuf"}
        return post("/api/v1/write", prompb.one([(one, [(1.0, now)]) for one in labels]), headers)

    assert write("web-7", None, "https://probed.example/x").status_code == 204, "a rule's sum, and what a probe asks"
    alone = write(None)
    assert (alone.status_code, "which server" in alone.get_json()["errors"][0]["detail"]) == (400, True)
    many = write(*(f"many-{number}" for number in range(202)))
    assert many.status_code == 400
    assert "2 refused, 200 values kept: more than 200 servers in one request" in many.get_json()["detail"]


def test_a_gateway_s_job_may_have_a_slash(hub: Admitted) -> None:
    """As prometheus_client's `push_to_gateway` writes it."""
    path = "/metrics/job@base64/YS9i/instance/pushed-1"
    assert post(path, b"app_x 1", hub.bearer("write key"), method="PUT").status_code == 200
    assert post(path, b"", hub.bearer("write key"), method="DELETE").status_code == 202
    hub.services.sweeper.run()
    assert [one["name"] for one in hub.services.queries.server("pushed-1")["sources"]] == ["exposition"]


def test_clients_may_look_whether_anybody_is_there(hub: Admitted) -> None:
    assert post("/ping", b"", method="GET").status_code == 204
    assert post("/ping", b"", method="HEAD").status_code == 204
    assert post("/health", b"", method="GET").get_json()["status"] == "pass"
    asked = post("/query?q=SHOW%20DATABASES", b"", hub.bearer("write key"), method="GET")
    assert asked.get_json()["results"][0]["series"][0]["name"] == "databases"


@pytest.mark.parametrize(
    "path", ["..", "%2e%2e/x", "a%2fb/c", "%00", "a/%ff", "x" * 3_000, "job/instance/%E2%80%AE", "j/host@base64/%%%"]
)
def test_whatever_stands_in_a_path_is_taken_or_refused(hub: Admitted, path: str) -> None:
    answer = post(f"/metrics/job/{path}", b"app_x 1", hub.bearer("write key"))
    assert answer.status_code < 500
