"""Who set up an agent is told within seconds what came of it, or why nothing did."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lib.auth import agent_keys
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.polling import KEY
from lib.storage.redis.refusals import REFUSED_SECONDS
from tests.api.admitted import Admitted

TELEGRAF = {"User-Agent": "Telegraf/1.30.0 Go/1.22"}


@pytest.fixture(autouse=True)
def nothing_was_refused_before(hub: Admitted) -> None:
    with hub.pair.redis() as redis:
        for name in redis.scan_iter("omv:refused:*"):
            redis.delete(name)
    hub.services.limits.local._tats.clear()


def send(path: str, body: bytes | str, secret: str, **headers: str) -> TestResponse:
    from api.ingest import app

    client = app.test_client(use_cookies=False)
    given = {"Authorization": f"Bearer {secret}", **headers} if secret else headers
    answer = client.post(path, data=body, headers=given)
    answer.close()  # what is done after an answer is done now
    return answer


def arrivals(hub: Admitted, key: str, after: str | None = None) -> dict[str, Any]:
    from api.auth import app

    path = f"/api/auth/keys/{hub.key_ids[key]}/arrivals" + (f"?after={after}" if after else "")
    answer = hub.call(app, "GET", path, "admin")
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def lines(server: str, at: float | None = None) -> str:
    stamp = f" {int(at or time.time())}000000000"
    return f"cpu,cpu=cpu-total,host={server} usage_idle=90{stamp}\nmem,host={server} used_percent=40{stamp}\n"


def test_the_first_sample_is_told_with_its_server_its_client_and_its_metrics(hub: Admitted) -> None:
    before = arrivals(hub, "write key")
    assert send("/api/v2/write", lines("tele-1"), hub.secrets["write key"], **TELEGRAF).status_code == 204
    told = arrivals(hub, "write key", before["next"])
    (one,) = told["arrived"]
    assert (one["server"], one["source"], one["client"]) == ("tele-1", "influx", "Telegraf/1.30.0 Go/1.22")
    assert {"cpu", "memory"} <= set(one["metrics"])
    assert (one["clock_off"], one["unmapped"], told["refused"]) == (None, 0, [])
    assert arrivals(hub, "write key", told["next"])["arrived"] == [], "each is told once"
    other = arrivals(hub, "read key", before["next"])
    assert other["arrived"] == [], "another key's"
    assert other["elsewhere"] == [{"server": "tele-1", "key": hub.key_ids["write key"]}]
    assert told["elsewhere"] == []


def test_what_a_cloud_told_is_no_sender_with_another_key(hub: Admitted) -> None:
    before = arrivals(hub, "write key")
    gathered = Gathered("aws", time.time())
    gathered.polled(gathered.server("cloud-1") or "", 300)
    hub.services.ingest.take(gathered.done(), KEY)
    told = arrivals(hub, "write key", before["next"])
    assert (told["arrived"], told["elsewhere"]) == ([], [])


def test_our_own_agent_is_known_and_a_clock_that_is_off_is_told(hub: Admitted) -> None:
    begun = arrivals(hub, "write key")["next"]
    now = time.time()
    post = {
        "server": "own-1", "agent": "1.4.0", "sent_at": now - 3_600, "post": {"epoch": "e", "n": 1},
        "samples": [{"at": int(now) - 3_600, "cpu": 5, "mounts": {"/": 40}}],
    }  # fmt: skip
    assert send("/api/ingest", json.dumps(post), hub.secrets["write key"]).status_code == 202
    (one,) = arrivals(hub, "write key", begun)["arrived"]
    assert (one["server"], one["source"], one["client"]) == ("own-1", "agent", "1.4.0")
    assert one["metrics"] == ["cpu"]
    assert -3_603 <= one["clock_off"] <= -3_599


def test_of_a_foreign_sender_the_newest_sample_tells_the_clock(hub: Admitted) -> None:
    begun = arrivals(hub, "write key")["next"]
    assert send("/write", lines("ahead", time.time() + 120), hub.secrets["write key"]).status_code == 204
    (one,) = arrivals(hub, "write key", begun)["arrived"]
    assert 115 <= one["clock_off"] <= 121


def refused(hub: Admitted, key: str = "write key") -> dict[str, Any]:
    found: list[dict[str, Any]] = arrivals(hub, key)["refused"]
    return found[0]


def test_a_wrong_key_is_told_with_its_beginning_and_nothing_more_of_it(hub: Admitted) -> None:
    strange = agent_keys.mint().secret
    assert send("/api/v2/write", lines("x"), strange, **TELEGRAF).status_code == 401
    one = refused(hub)
    assert (one["reason"], one["key"], one["is_this_key"]) == ("key_ours", strange[:13], False)
    assert (one["path"], one["status"], one["address"]) == ("/api/v2/write", 401, "127.0.0.1")
    assert one["client"] == "Telegraf/1.30.0 Go/1.22"
    with hub.pair.redis() as redis:
        (name,) = list(redis.scan_iter("omv:refused:*"))
        assert strange[13:] not in redis.get(name)
        assert 0 < redis.ttl(name) <= REFUSED_SECONDS


def test_this_key_with_a_typo_is_known_by_its_beginning(hub: Admitted) -> None:
    secret = hub.secrets["write key"]
    assert send("/api/v2/write", lines("x"), secret[:-2]).status_code == 401
    one = refused(hub)
    assert (one["reason"], one["is_this_key"]) == ("key_mistyped", True)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [("", "no_key"), ("omv_live_...", "key_placeholder"), ("another-products-token", "key_foreign")],
)
def test_no_key_a_placeholder_and_something_else_are_told_apart(hub: Admitted, secret: str, reason: str) -> None:
    assert send("/v1/metrics", b"", secret).status_code == 401
    one = refused(hub)
    assert (one["reason"], one["is_this_key"]) == (reason, None if secret[:4] != "omv_" else False)
    assert "another-products" not in json.dumps(one)


def test_a_key_without_the_scope_from_elsewhere_or_of_another_server_is_told_to_its_owner_alone(hub: Admitted) -> None:
    for key, reason in (
        ("read key", "key_scope"), ("key for another network", "key_network"), ("write key of a server", "key_server"),
    ):  # fmt: skip
        assert send("/api/v2/write", lines("x"), hub.secrets[key]).status_code == 403
        one = refused(hub, key)
        assert (one["reason"], one["is_this_key"]) == (reason, True), key
        assert one["detail"]
    assert arrivals(hub, "write key")["refused"] == []


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/api/v2/write", "this is no line protocol", "unreadable"),
        ("/api/v2/write", lines("x", time.time() + 7_200), "clock"),
        ("/api/v2/write", lines("x", time.time() - 30 * 86_400), "clock"),
        ("/api/ingest", json.dumps({"server": "x", "samples": [{"at": 1, "cpu": 5}]}), "clock"),
        ("/api/ingest", "{", "unreadable"),
        ("/api/v1/import/prometheus?instance=x", "go_goroutines 12\ngo_threads 7\n", "nothing_mapped"),
    ],
)
def test_a_body_of_which_nothing_was_taken_is_told_with_the_reason(
    hub: Admitted, path: str, body: str, reason: str
) -> None:
    # What holds nothing of ours is no fault of its sender, which is not told so: the page is.
    assert send(path, body, hub.secrets["write key"]).status_code == (204 if reason == "nothing_mapped" else 400)
    one = refused(hub)
    assert (one["reason"], one["is_this_key"], one["path"]) == (reason, True, path.partition("?")[0])
    if reason == "clock":
        assert abs(one["clock_off"]) > 300
    if reason == "nothing_mapped":
        assert one["names"] == ["go_goroutines", "go_threads"]


def test_what_is_taken_leaves_no_note(hub: Admitted) -> None:
    with hub.pair.redis() as redis:
        assert send("/api/v2/write", lines("fine"), hub.secrets["write key"]).status_code == 204
        assert list(redis.scan_iter("omv:refused:*")) == []


def test_a_look_costs_two_commands(hub: Admitted) -> None:
    storage = hub.services.storage
    token = hub.bearer("admin")
    from api.auth import app

    before = storage.redis.commands
    path = f"/api/auth/keys/{hub.key_ids['write key']}/arrivals"
    assert app.test_client(use_cookies=False).get(path, headers=token).status_code == 200
    assert storage.redis.commands - before == 2


@pytest.mark.parametrize("after", ["x", "1", "-", "1-1-1", "0-" + "9" * 30, "1-1%0a"])
def test_a_place_that_is_none_is_refused(hub: Admitted, after: str) -> None:
    from api.auth import app

    answer = hub.call(app, "GET", f"/api/auth/keys/{hub.key_ids['write key']}/arrivals?after={after}", "admin")
    assert answer.status_code == 400
    answer = hub.call(app, "GET", f"/api/auth/keys/{'0' * 16}/arrivals", "admin")
    assert answer.status_code == 404


def metrics(name: str, at: float) -> str:
    point = {"timeUnixNano": str(int(at) * 10**9), "asDouble": 1.0}
    resource = {"attributes": [{"key": "host.name", "value": {"stringValue": "otel-1"}}]}
    scope = {"metrics": [{"name": name, "gauge": {"dataPoints": [point]}}]}
    return json.dumps({"resourceMetrics": [{"resource": resource, "scopeMetrics": [scope]}]})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (metrics("app.queue", time.time() + 7_200), "clock"),
        (metrics("system.processes.created", time.time()), "nothing_mapped"),
        ("{}", None),
    ],
)
def test_what_is_told_a_success_though_nothing_was_kept_is_told_here(
    hub: Admitted, body: str, reason: str | None
) -> None:
    answer = send("/v1/metrics", body, hub.secrets["write key"], **{"Content-Type": "application/json"})
    assert answer.status_code == 200
    found = arrivals(hub, "write key")["refused"]
    assert [(one["reason"], one["status"]) for one in found] == ([(reason, 200)] if reason else [])


def test_what_came_by_a_protocol_is_told_by_its_metrics(hub: Admitted) -> None:
    begun = arrivals(hub, "write key")["next"]
    body = metrics("app.queue", time.time())
    answer = send("/v1/metrics", body, hub.secrets["write key"], **{"Content-Type": "application/json"})
    assert answer.status_code == 200
    (one,) = arrivals(hub, "write key", begun)["arrived"]
    assert (one["server"], one["source"], one["metrics"]) == ("otel-1", "otlp", ["otel.app.queue"])


def test_a_ping_by_a_key_that_is_unknown_or_of_a_check_that_there_is_not_is_told(hub: Admitted) -> None:
    strange, known = agent_keys.mint().secret, hub.secrets["write key"]
    assert send(f"/ping/{strange}/backup", b"", "").status_code == 404
    assert refused(hub)["reason"] == "key_ours"
    assert send(f"/ping/{known}/backup", b"", "").status_code == 404
    one = refused(hub)
    assert (one["reason"], one["is_this_key"], one["path"]) == ("no_check", True, "/ping/<ping_id>/<what>")


def test_a_ping_is_told_with_its_check(hub: Admitted) -> None:
    begun = arrivals(hub, "write key")["next"]
    known = hub.secrets["write key"]
    for word in ("start", "3"):
        assert send(f"/ping/{known}/nightly/{word}?create=1", b"", "").status_code in (200, 201)
    (one,) = arrivals(hub, "write key", begun)["pings"]
    assert (one["kind"], one["code"]) == ("fail", 3)
    assert one["check"] in {check["id"] for check in hub.services.storage.checks.check_list()["checks"]}


def test_an_alert_of_another_monitor_is_told_with_where_it_comes_from(hub: Admitted) -> None:
    begun = arrivals(hub, "write key")["next"]
    for status in ("firing", "resolved"):
        body = json.dumps({"title": "Backup failed", "severity": "critical", "key": "backup", "status": status})
        answer = send("/api/v1/webhooks/alert?source=ci", body, hub.secrets["write key"])
        assert answer.status_code == 202, answer.text
    (one,) = arrivals(hub, "write key", begun)["alerts"]
    assert (one["title"], one["source"], one["severity"], one["over"]) == ("Backup failed", "ci", "critical", True)
