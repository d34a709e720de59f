"""Calls that belong together, held to docs/openapi.yaml by `Hub.call`: each kind of thing from beginning to end."""

from __future__ import annotations

import time

from lib.outbound import Door
from tests.api.paper_hub import PASSWORD, SERVER, Hub
from tests.channels.browser_twin import Browser


def strangers(hub: Hub) -> None:
    """What is made public, is shown, and is made public no more."""
    made = hub.call("POST /api/status/components", body={"name": "쇼핑몰", "kind": "server", "target": SERVER})
    one = {"path_parameters": {"component": made.json()["component"]["id"]}}
    hub.call("PATCH /api/status/components/{component}", **one, body={"note": "점검 중"})
    assert len(hub.call("GET /api/status/components").json()["components"]) == 1
    assert [one["name"] for one in hub.call("GET /api/status").json()["components"]] == ["쇼핑몰"]
    hub.call("GET /api/status/badge/{component}.svg", **one)
    hub.call("DELETE /api/status/components/{component}", **one)


def silences(hub: Hub) -> None:
    """A maintenance window from its making to its end."""
    body = {
        "scope": {"servers": [SERVER]},
        "recurrence": "0 3 * * *",
        "duration_seconds": 3600,
        "timezone": "Asia/Seoul",
    }
    assert len(hub.call("POST /api/rules/silences/preview", body=body).json()["windows"]) == 5
    made = hub.call("POST /api/rules/silences", body=body).json()["silence"]
    one = {"path_parameters": {"silence_id": made["id"]}}
    assert len(hub.call("GET /api/rules/silences").json()["silences"]) == 1
    assert len(hub.call("GET /api/rules/silences/{silence_id}", **one).json()["silence"]["next"]) == 3
    hub.call("PATCH /api/rules/silences/{silence_id}", **one, body={"comment": "정기 점검", "metric": "disk"})
    assert hub.call("POST /api/rules/silences/{silence_id}/end", **one).json()["silence"]["state"] == "over"
    hub.call("DELETE /api/rules/silences/{silence_id}", **one)


def jobs(hub: Hub) -> None:
    """A check from its making to its end, and its pings."""
    body = {"name": "backup", "cron": "0 3 * * *", "timezone": "Asia/Seoul", "server": SERVER}
    made = hub.call("POST /api/rules/checks", body=body).json()["check"]
    one = {"path_parameters": {"check_id": made["id"]}}
    ping_id = made["ping_path"].removeprefix("/ping/")
    due = hub.call("GET /api/rules/checks/due", query={"cron": "0 3 * * *", "timezone": "Asia/Seoul"}).json()
    assert len(due["times"]) == 3
    for method in ("GET", "POST"):
        hub.call(f"{method} /ping/{{ping_id}}", path_parameters={"ping_id": ping_id})
        hub.call(
            f"{method} /api/push/{{ping_id}}", path_parameters={"ping_id": ping_id}, query={"status": "up", "msg": "OK"}
        )
        hub.call(f"{method} /ping/{{ping_id}}/{{what}}", path_parameters={"ping_id": ping_id, "what": "3"})
        by_slug = {"ping_id": hub.key, "slug": "backup", "what": "3"}
        hub.call(f"{method} /ping/{{ping_id}}/{{slug}}/{{what}}", path_parameters=by_slug)
    hub.call("GET /api/cron/sweep")
    assert len(hub.call("GET /api/rules/checks").json()["checks"]) == 1
    assert hub.call("GET /api/rules/checks/{check_id}", **one).json()["check"]["status"] == "down"
    hub.call("PATCH /api/rules/checks/{check_id}", **one, body={"period_seconds": 600})
    assert hub.call("POST /api/rules/checks/{check_id}/pause", **one).json()["check"]["status"] == "paused"
    hub.call("POST /api/rules/checks/{check_id}/resume", **one)
    hub.call("DELETE /api/rules/checks/{check_id}", **one)


def channels(hub: Hub) -> None:
    """A channel from its making to its end. Nobody opened the network that it calls."""
    assert len(hub.call("GET /api/rules/channels/kinds").json()["kinds"]) >= 12
    body = {"kind": "slack", "name": "당직", "locale": "ko", "config": {"url": "https://127.0.0.1/services/x"}}
    made = hub.call("POST /api/rules/channels", body=body).json()["channel"]
    assert (made["secrets"], made["config"]) == (["url"], {})
    one = {"path_parameters": {"channel_id": made["id"]}}
    hub.call("PATCH /api/rules/channels/{channel_id}", **one, body={"policy": {"least": "critical"}})
    tried = hub.call("POST /api/rules/channels/{channel_id}/test", **one).json()
    assert tried["verdict"] == "never"
    assert len(hub.call("GET /api/rules/channels").json()["channels"]) == 1
    hub.call("DELETE /api/rules/channels/{channel_id}", **one)


def arrivals(hub: Hub) -> None:
    mine = next(one["id"] for one in hub.call("GET /api/auth/keys").json()["keys"] if one["name"] == "test")
    told = hub.call("GET /api/auth/keys/{key_id}/arrivals", path_parameters={"key_id": mine}).json()
    assert [(one["server"], one["source"], one["client"]) for one in told["arrived"]] == [(SERVER, "agent", "test/1")]
    assert told["key"]["id"] == mine


def unlike(hub: Hub) -> None:
    """An anomaly, as a sweep would have committed it, and somebody who expected it."""
    queries, now = hub.services.storage.queries, int(time.time())
    begun = queries.sweep_begin("paper", None)
    why = {"kind": "value", "direction": "up", "expected": 12.0, "low": 8.0, "high": 16.0, "since": now - 90_000}
    rows = [
        ["cpu", now - 300, None, now - 240, 0.46, 95.0, why],
        ["memory", now - 280, now - 100, now - 250, 0.44, 9, {}],
    ]
    bands = [[now // 3_600 * 3_600, "{8,null}", "{16,null}"]]
    versions = {"version": begun["version"], "rules_version": begun["rules_version"], "done": True}
    queries.sweep_commit({**versions, "anomalies": {SERVER: rows}, "bands": {SERVER: bands}})
    one = {"path_parameters": {"name": SERVER}}
    found = hub.call("GET /api/servers/{name}/anomalies", **one).json()
    assert found["anomalies"][1]["with"] == ["memory"]
    assert list(found["bands"]) == ["cpu"]
    assert len(hub.call("GET /api/anomalies", query={"open": "1"}).json()["anomalies"]) == 1
    said = {"series": "cpu", "since": now - 300}
    assert hub.call("POST /api/servers/{name}/anomalies/expected", **one, body=said).json()["anomaly"]["expected_by"]
    assert hub.call("PATCH /api/servers/{name}", **one, body={"sensitivity": {"cpu": "low"}}).status_code == 200
    hub.call("PATCH /api/servers/{name}", **one, body={"sensitivity": None})


def devices(hub: Hub) -> None:
    """A browser that is told, until it is not. Nothing is there where this push service is looked for."""
    hub.services.door = Door(resolve=lambda host, port: ["192.0.2.1"])
    assert hub.call("GET /api/alerts/devices").json()["key"]
    body = {**Browser().subscription("https://web.push.apple.com/x"), "name": "폰", "locale": "ko"}
    made = hub.call("POST /api/alerts/devices", body=body).json()["device"]
    assert hub.call("POST /api/alerts/devices", body=body).status_code == 200
    one = {"path_parameters": {"device_id": made["id"]}}
    assert hub.call("PATCH /api/alerts/devices/{device_id}", **one, body={"least": "critical"}).json()["device"]["name"]
    assert hub.call("POST /api/alerts/devices/{device_id}/test", **one).json()["verdict"] == "never"
    hub.call("DELETE /api/alerts/devices/{device_id}", **one)


def links(hub: Hub) -> None:
    """A link in a message, opened and then pressed."""
    [alert, *_] = hub.call("GET /api/alerts").json()["alerts"]
    for act in ("acknowledge", "silence"):
        token = hub.services.act_links.sign(alert["id"], act, "c1")
        assert hub.call("POST /api/alerts/act", body={"token": token}).json()["done"] is False
        hub.call("POST /api/alerts/act", body={"token": token, "confirm": True})


def rules(hub: Hub) -> None:
    """A rule from its trial to its end."""
    rule = {"name": "queue", "metric": "app.queue", "warning": 5}
    hub.call("POST /api/rules/preview", body={"rule": rule, "servers": [SERVER]})
    made = hub.call("POST /api/rules", body=rule).json()["rule"]
    one = {"path_parameters": {"rule_id": made["id"]}}
    hub.call("PUT /api/rules/{rule_id}", **one, body={**rule, "critical": 9}, query={"version": 1})
    hub.call("GET /api/rules/{rule_id}/explain", **one, query={"server": SERVER})
    file = hub.call("GET /api/rules/export").json()
    assert hub.call("POST /api/rules/import", body=file).json()["changed"] == []
    hub.call("DELETE /api/rules/{rule_id}", **one)
    assert len(hub.call("GET /api/rules").json()["rules"]) == len(file["rules"]) - 1


def alerts(hub: Hub) -> None:
    """A full disk, from its opening to a person's word."""
    for ago in (200, 100, 30):
        sample = {"at": int(time.time()) - ago, "mounts": {"/": 99.0}}
        hub.call("POST /api/ingest", body={"server": "full", "samples": [sample]})
    hub.call("GET /api/cron/sweep")
    [alert] = hub.call("GET /api/alerts", query={"state": "open", "server": "full"}).json()["alerts"]
    one = {"path_parameters": {"alert_id": alert["id"]}}
    assert hub.call("GET /api/alerts/{alert_id}", **one).json()["timeline"][0]["kind"] == "opened"
    hub.call("GET /api/alerts/{alert_id}/causes", **one)
    told = hub.call("POST /api/chat", body={"message": "full 서버 알림 10분 꺼줘"}).json()
    done = hub.call("POST /api/chat/confirm", body={"token": told["actions"][0]["confirm_token"], "locale": "ko"})
    again = {"token": done.json()["actions"][0]["confirm_token"]}
    hub.call("POST /api/chat/confirm", body=again)
    assert hub.call("POST /api/chat/confirm", body=again).status_code == 409
    hub.call("POST /api/alerts/{alert_id}/ack", **one, body={"note": "보고 있습니다"})
    assert hub.call("POST /api/alerts/{alert_id}/resolve", **one, body={}).json()["alert"]["why"] == "by_hand"


def people(hub: Hub) -> None:
    """Everything that may be done to somebody else's account, and to one's own password."""
    made = hub.call("POST /api/auth/users", body={"email": "kim@example.org", "role": "viewer"}).json()
    assert made["password"]
    kim = {"path_parameters": {"user_id": made["user"]["id"]}}
    assert len(hub.call("GET /api/auth/users").json()["users"]) == 2
    changed = hub.call("PATCH /api/auth/users/{user_id}", **kim, body={"role": "operator", "tags": ["env:prod"]})
    assert (changed.json()["user"]["role"], changed.json()["user"]["tags"]) == ("operator", ["env:prod"])
    assert hub.call("POST /api/auth/users/{user_id}/password", **kim, body={}).json()["password"] != made["password"]
    hub.call("POST /api/auth/users/{user_id}/sessions/end", **kim)
    hub.call("DELETE /api/auth/users/{user_id}", **kim)
    hub.call("POST /api/auth/password", body={"current": PASSWORD, "password": PASSWORD})
