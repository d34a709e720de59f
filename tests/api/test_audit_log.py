"""What people do, in the audit log: each act once, with who, to what, from where, and without any secret."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lib.web.browser import COOKIE
from tests.api.admitted import ADMIN, PASSWORD, SEEN, Admitted, admitted, unhashed
from tests.real_stores import Pair, ServicesFactory

NEW_PASSWORD_LENGTH = 20


@pytest.fixture
def hub(fresh_stores: Pair, make_services: ServicesFactory, monkeypatch: pytest.MonkeyPatch) -> Admitted:
    unhashed(monkeypatch.setattr)
    made = admitted(fresh_stores, make_services(fresh_stores, install=True, trusted_proxy=True))
    return made


def app(name: str) -> Flask:
    import api.auth
    import api.servers

    found: Flask = {"auth": api.auth.app, "servers": api.servers.app}[name]
    return found


def send(
    hub: Admitted, method: str, path: str, who: str = "admin", body: object = None, **headers: str
) -> TestResponse:
    sent = {"X-Forwarded-For": "192.0.2.7", "X-Request-Id": "a-request-of-mine", **headers}
    more = {} if body is None else {"json": body}
    return hub.call(app("servers" if "/servers" in path else "auth"), method, path, who, headers=sent, **more)


def log(hub: Admitted) -> list[dict[str, Any]]:
    return list(hub.services.audit.entries(most=200)["entries"])


def newest(hub: Admitted, action: str) -> dict[str, Any]:
    return next(entry for entry in log(hub) if entry["action"] == action)


def test_each_act_leaves_its_record(hub: Admitted) -> None:
    made = send(hub, "POST", "/api/auth/users", body={"email": "kim@example.org", "role": "viewer"}).get_json()
    user = f"/api/auth/users/{made['user']['id']}"
    key = send(hub, "POST", "/api/auth/keys", body={"name": "백업 서버", "scopes": ["read"]}).get_json()
    of_key = f"/api/auth/keys/{key['key']['id']}"
    acts: list[tuple[str, str, Any, str, str | None]] = [
        ("PATCH", user, {"role": "operator"}, "user_changed", "kim@example.org"),
        ("POST", f"{user}/password", {}, "password_changed", "kim@example.org"),
        ("POST", f"{user}/sessions/end", {}, "sessions_ended", "kim@example.org"),
        ("PATCH", of_key, {"cidrs": ["10.0.0.0/8"]}, "key_changed", "백업 서버"),
        ("POST", f"{of_key}/rotate", {}, "key_rotated", "백업 서버"),
        ("DELETE", of_key, None, "key_revoked", "백업 서버"),
        ("DELETE", user, None, "user_removed", "kim@example.org"),
        ("PATCH", f"/api/servers/{SEEN}", {"group": "결제"}, "server_changed", SEEN),
        ("DELETE", f"/api/servers/{SEEN}", None, "server_removed", SEEN),
    ]
    for method, path, body, action, name in acts:
        before = len(log(hub))
        answer = send(hub, method, path, body=body)
        assert answer.status_code < 300, (path, answer.text)
        entry = log(hub)[0]
        assert entry["action"] == action
        assert entry["object"]["name"] == name
        assert entry["actor"]["kind"] == "user"
        assert entry["actor"]["name"] == "admin@example.org"
        assert (entry["address"], entry["request_id"]) == ("192.0.2.7", "a-request-of-mine")
        assert entry["at"].endswith("+00:00")
        assert len(log(hub)) == before + 1
    assert newest(hub, "user_added")["object"] == {"kind": "user", "id": made["user"]["id"], "name": "kim@example.org"}
    assert newest(hub, "key_added")["detail"]["scopes"] == ["read"]
    assert newest(hub, "user_changed")["detail"] == {"role": "operator"}
    assert newest(hub, "server_changed")["detail"] == {"group": "결제"}
    assert hub.services.audit.entries()["chain"]["ok"] is True


def test_signing_in_and_out_and_what_fails(hub: Admitted) -> None:
    credentials = {"email": ADMIN, "password": PASSWORD}
    first = send(hub, "POST", "/api/auth/login", "nobody", credentials)
    assert (newest(hub, "sign_in")["actor"]["name"], newest(hub, "sign_in")["address"]) == (ADMIN, "192.0.2.7")
    assert send(hub, "POST", "/api/auth/login", "nobody", {**credentials, "password": "wrong-one"}).status_code == 401
    assert newest(hub, "sign_in_failed")["object"]["name"] == ADMIN
    assert newest(hub, "sign_in_failed")["actor"]["kind"] == "nobody"
    typed = "my-password-in-the-wrong-field@x.y"
    send(hub, "POST", "/api/auth/login", "nobody", {"email": typed, "password": "x"})
    assert newest(hub, "sign_in_failed")["object"] == {"kind": "user", "id": None, "name": None}
    assert typed not in str(log(hub))

    cookie = f"{COOKIE}={first.headers['Set-Cookie'].partition('=')[2].partition(';')[0]}"
    second = send(hub, "POST", "/api/auth/refresh", "nobody", {}, Cookie=cookie)
    next_cookie = f"{COOKIE}={second.headers['Set-Cookie'].partition('=')[2].partition(';')[0]}"
    third = send(hub, "POST", "/api/auth/refresh", "nobody", {}, Cookie=next_cookie)
    assert third.status_code == 200
    assert send(hub, "POST", "/api/auth/refresh", "nobody", {}, Cookie=cookie).status_code == 401
    reused = newest(hub, "session_reused")
    assert (reused["object"]["name"], reused["address"], reused["actor"]["kind"]) == (ADMIN, "192.0.2.7", "nobody")

    again = send(hub, "POST", "/api/auth/login", "nobody", credentials)
    cookie = f"{COOKIE}={again.headers['Set-Cookie'].partition('=')[2].partition(';')[0]}"
    send(hub, "POST", "/api/auth/logout", "nobody", {}, Cookie=cookie)
    assert newest(hub, "sign_out")["actor"]["name"] == ADMIN
    count = len(log(hub))
    send(hub, "POST", "/api/auth/logout", "nobody", {}, Cookie=cookie)
    assert len(log(hub)) == count, "a session that is over is not ended twice"


def test_my_own_password_and_sessions(hub: Admitted) -> None:
    chosen = "a" * NEW_PASSWORD_LENGTH + "bcdef"
    answer = send(hub, "POST", "/api/auth/password", "operator", {"current": PASSWORD, "password": chosen})
    assert answer.status_code == 204
    entry = newest(hub, "password_changed")
    assert entry["actor"]["name"] == entry["object"]["name"] == "operator@example.org"
    send(hub, "POST", "/api/auth/sessions/end", "viewer", {})
    assert newest(hub, "sessions_ended")["object"]["name"] == "viewer@example.org"


def test_a_key_that_acts_is_named(hub: Admitted) -> None:
    assert send(hub, "PATCH", f"/api/servers/{SEEN}", "act key", {"group": "x"}).status_code == 200
    assert newest(hub, "server_changed")["actor"] == {"kind": "key", "id": hub.key_ids["act key"], "name": "act key"}


def test_the_first_admin_is_in_it(hub: Admitted) -> None:
    first = log(hub)[-1]
    assert (first["seq"], first["action"], first["detail"]) == (1, "user_added", {"role": "admin", "first": True})


def test_no_secret_is_in_it(hub: Admitted) -> None:
    made = send(hub, "POST", "/api/auth/users", body={"email": "kim@example.org", "role": "viewer"}).get_json()
    key = send(hub, "POST", "/api/auth/keys", body={"name": "k"}).get_json()
    rotated = send(hub, "POST", f"/api/auth/keys/{key['key']['id']}/rotate", body={}).get_json()
    whole = str(hub.pair.rows("select a::text from omv.audit a"))
    for secret in (PASSWORD, made["password"], key["secret"], rotated["secret"], *hub.secrets.values()):
        assert secret not in whole


def test_pages_and_filters(hub: Admitted) -> None:
    for number in range(6):
        send(hub, "POST", "/api/auth/keys", body={"name": f"k{number}"})
    send(hub, "PATCH", f"/api/servers/{SEEN}", "act key", {"group": "x"})
    first = send(hub, "GET", "/api/auth/audit?limit=5").get_json()
    assert len(first["entries"]) == 5
    second = send(hub, "GET", f"/api/auth/audit?limit=5&before={first['next']}").get_json()
    assert second["entries"][0]["seq"] == first["entries"][-1]["seq"] - 1
    added = send(hub, "GET", "/api/auth/audit?action=key_added&limit=200").get_json()
    assert {entry["action"] for entry in added["entries"]} == {"key_added"}
    assert added["next"] is None
    by = send(hub, "GET", "/api/auth/audit?actor=ADMIN@").get_json()["entries"]
    assert {entry["actor"]["name"] for entry in by} == {"admin@example.org"}
    assert send(hub, "GET", "/api/auth/audit?action=nonsense").status_code == 400
    assert send(hub, "GET", "/api/auth/audit?before=x").status_code == 400
    assert len(first["chain"]["head"]) == 64


def test_what_cannot_be_recorded_does_not_take_place(hub: Admitted) -> None:
    token = hub.bearer("admin")
    hub.pair.rows(
        "create function omv.refuse() returns trigger language plpgsql as"
        " $$ begin raise exception 'full' using errcode = '53100'; end $$"
    )
    hub.pair.rows("create trigger refuse before insert on omv.audit for each row execute function omv.refuse()")
    keys = hub.pair.rows("select count(*) from omv.agent_key where revoked_at is null")
    client = app("auth").test_client(use_cookies=False)
    for method, path, body in (
        ("POST", "/api/auth/keys", {"name": "k"}),
        ("DELETE", f"/api/auth/keys/{hub.key_ids['read key']}", None),
    ):
        answer = client.open(path, method=method, headers=token, json=body)
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
    assert hub.pair.rows("select count(*) from omv.agent_key where revoked_at is null") == keys
    wrong = {"email": ADMIN, "password": PASSWORD}
    assert client.post("/api/auth/login", json=wrong).status_code == 503
