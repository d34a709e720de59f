"""A key's life on real stores, by a clock of the test's own: changed, rotated, expired, revoked."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from lib import wiring
from lib.auth import agent_keys
from lib.storage.hybrid.directory import FRESH_SECONDS, Directory
from tests.api.admitted import ADMIN, PASSWORD, unhashed
from tests.real_stores import Pair, ServicesFactory

LONG = "x" * 10_000


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    unhashed(monkeypatch.setattr)


@pytest.fixture
def pair(module_stores: Pair) -> Pair:
    module_stores.rows("truncate omv.account, omv.session, omv.agent_key cascade")
    return module_stores


@pytest.fixture
def services(pair: Pair, make_services: ServicesFactory) -> wiring.Services:
    services = make_services(pair, install=True)
    services.accounts.ensure_first_admin(ADMIN, PASSWORD)
    return services


@pytest.fixture
def clock(services: wiring.Services) -> list[float]:
    """Seconds as an instance counts them; what it knows of keys is as old as they say."""
    now = [1_000.0]
    services.storage.directory = Directory(services.storage.queries, monotonic=lambda: now[0])
    return now


class Admin:
    def __init__(self, services: wiring.Services) -> None:
        from api.auth import app

        self.client: Client = app.test_client(use_cookies=False)
        self.token = services.accounts.login(ADMIN, PASSWORD).access_token

    def call(self, method: str, path: str, body: object = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.open(f"/api/auth/{path}", method=method, json=body, headers=headers)

    def make(self, **more: Any) -> tuple[str, str]:
        answer = self.call("POST", "keys", {"name": "fleet", "scopes": ["read"], **more})
        assert answer.status_code == 201, answer.text
        assert answer.json is not None
        return answer.json["key"]["id"], answer.json["secret"]


@pytest.fixture
def admin(services: wiring.Services) -> Admin:
    return Admin(services)


def opens(secret: str, address: str = "127.0.0.1") -> int:
    from api.servers import app

    sent = {"X-API-Key": secret}
    answer = app.test_client().get("/api/servers", headers=sent, environ_overrides={"REMOTE_ADDR": address})
    answer.close()
    return answer.status_code


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def test_a_revoked_key_is_refused_within_a_minute(admin: Admin, clock: list[float]) -> None:
    key, secret = admin.make()
    assert opens(secret) == 200
    assert admin.call("DELETE", f"keys/{key}").status_code == 204
    clock[0] += FRESH_SECONDS - 1
    assert opens(secret) == 200, "it is known from before"
    clock[0] += 1
    assert FRESH_SECONDS <= 60
    assert opens(secret) == 401


def test_a_key_may_be_changed_and_it_acts_within_a_minute(admin: Admin, clock: list[float], pair: Pair) -> None:
    key, secret = admin.make(server="web-1", cidrs=["10.0.0.0/8"])
    assert opens(secret) == 403
    answer = admin.call("PATCH", f"keys/{key}", {"name": " web  fleet ", "cidrs": ["127.0.0.1"], "tags": ["a:b"]})
    assert answer.json is not None
    changed = answer.json["key"]
    assert (changed["name"], changed["cidrs"], changed["tags"]) == ("web fleet", ["127.0.0.1/32"], ["a:b"])
    assert (changed["server"], changed["scopes"]) == ("web-1", ["read"]), "what a key may do stays what it was made for"
    clock[0] += FRESH_SECONDS
    assert opens(secret) == 200
    assert opens(secret, "10.0.0.1") == 403
    assert admin.call("PATCH", f"keys/{key}", {"cidrs": [], "tags": None}).status_code == 200
    clock[0] += FRESH_SECONDS
    assert opens(secret, "10.0.0.1") == 200


def test_an_expiry_may_be_moved_and_taken_away(admin: Admin, clock: list[float], pair: Pair) -> None:
    key, secret = admin.make(expires_at=in_days(1))
    pair.rows("update omv.agent_key set expires_at = now() - interval '1 second'")
    pair.rows("update omv.directory_version set n = n + 1")
    assert opens(secret) == 401
    for expires_at in (in_days(2), None):
        answer = admin.call("PATCH", f"keys/{key}", {"expires_at": expires_at})
        assert answer.json is not None
        assert (answer.json["key"]["expires_at"] is None) == (expires_at is None)
        clock[0] += FRESH_SECONDS
        assert opens(secret) == 200


def test_a_key_expires_in_an_instance_that_never_asks_again(
    admin: Admin, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = admin.make(expires_at=in_days(1))
    assert opens(secret) == 200
    later = time.time() + 86_401
    monkeypatch.setattr("lib.storage.hybrid.directory.time.time", lambda: later)
    assert opens(secret) == 401


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({}, ""),
        ({"name": ""}, "/name"),
        ({"name": "a\u202eb"}, "/name"),
        ({"name": LONG}, "/name"),
        ({"tags": []}, "/tags"),
        ({"tags": ["team"]}, "/tags/0"),
        ({"cidrs": ["nowhere"]}, "/cidrs/0"),
        ({"cidrs": None}, "/cidrs"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2999-01-01T00:00:00"}, "/expires_at"),
        ({"scopes": ["write", "read", "act"]}, "/scopes"),
        ({"server": None}, "/server"),
        ({"hash": "0" * 64}, "/hash"),
        ({"id": "0" * 16}, "/id"),
        ({"revoked_at": None}, "/revoked_at"),
        ({"name": "a", "created_by": None}, "/created_by"),
    ],
)
def test_only_what_may_be_changed_is_changed(admin: Admin, pair: Pair, change: Any, pointer: str) -> None:
    key, _ = admin.make()
    before = pair.rows("select * from omv.agent_key")
    answer = admin.call("PATCH", f"keys/{key}", change)
    assert answer.status_code == 400
    assert answer.json is not None
    assert pointer in [one["pointer"] for one in answer.json["errors"]]
    assert pair.rows("select * from omv.agent_key") == before


@pytest.mark.parametrize("given", ["0", "../users", "a'b", LONG, "\u202e", str(uuid.UUID(int=7)), "f" * 16])
def test_an_id_no_key_has_is_404(admin: Admin, pair: Pair, given: str) -> None:
    admin.make()
    before = pair.rows("select * from omv.agent_key")
    assert admin.call("PATCH", f"keys/{given}", {"name": "b"}).status_code == 404
    assert admin.call("POST", f"keys/{given}/rotate", {}).status_code == 404
    assert admin.call("DELETE", f"keys/{given}").status_code in {404, 405}
    assert pair.rows("select * from omv.agent_key") == before


def rotated(admin: Admin, key: str, body: object) -> tuple[dict[str, Any], str]:
    answer = admin.call("POST", f"keys/{key}/rotate", body)
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    return answer.json["key"], answer.json["secret"]


def test_both_secrets_open_during_the_overlap_and_then_the_new_one_alone(
    admin: Admin, clock: list[float], pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, old = admin.make(tags=["a:b"])
    assert opens(old) == 200
    shown, new = rotated(admin, key, {"overlap_seconds": 600})
    assert (shown["id"], shown["tags"], shown["last4"]) == (key, ["a:b"], new[-4:])
    left = datetime.fromisoformat(shown["former_until"]).timestamp() - time.time()
    assert 590 < left < 610
    assert agent_keys.is_well_formed(new)
    assert (opens(old), opens(new)) == (200, 200), "the new one at once"
    clock[0] += FRESH_SECONDS
    assert (opens(old), opens(new)) == (200, 200)
    listed = admin.call("GET", "keys").text
    assert new not in listed
    assert new not in str(pair.rows("select row_to_json(k) from omv.agent_key k"))
    later = time.time() + 601
    monkeypatch.setattr("lib.storage.hybrid.directory.time.time", lambda: later)
    assert (opens(old), opens(new)) == (401, 200), "also where nobody asked the store meanwhile"


def test_without_a_word_the_overlap_is_a_day_and_at_most_a_week(admin: Admin) -> None:
    key, _ = admin.make()
    shown, _ = rotated(admin, key, {})
    assert 86_390 < datetime.fromisoformat(shown["former_until"]).timestamp() - time.time() < 86_410
    rotated(admin, key, {"overlap_seconds": 7 * 86_400})
    rotated(admin, key, {"overlap_seconds": 600.0})  # JSON knows one kind of number
    for wrong in (7 * 86_400 + 1, -1, 0.5, "600", None, True):
        assert admin.call("POST", f"keys/{key}/rotate", {"overlap_seconds": wrong}).status_code == 400
    for more in ({"hash": "0" * 64}, {"secret": "x"}, {"overlap_seconds": 1, "id": "a"}):
        assert admin.call("POST", f"keys/{key}/rotate", more).status_code == 400


def test_no_overlap_ends_the_old_secret_within_a_minute(admin: Admin, clock: list[float]) -> None:
    key, old = admin.make()
    assert opens(old) == 200
    shown, new = rotated(admin, key, {"overlap_seconds": 0})
    assert shown["former_until"] is None
    clock[0] += FRESH_SECONDS
    assert (opens(old), opens(new)) == (401, 200)


def test_of_two_rotations_the_first_secret_is_over(admin: Admin, clock: list[float]) -> None:
    key, first = admin.make()
    _, second = rotated(admin, key, {})
    _, third = rotated(admin, key, {})
    clock[0] += FRESH_SECONDS
    assert (opens(first), opens(second), opens(third)) == (401, 200, 200)


def test_a_revoked_key_is_over_under_both_its_secrets_and_is_not_brought_back(admin: Admin, clock: list[float]) -> None:
    key, old = admin.make()
    _, new = rotated(admin, key, {})
    assert admin.call("DELETE", f"keys/{key}").status_code == 204
    clock[0] += FRESH_SECONDS
    assert (opens(old), opens(new)) == (401, 401)
    assert admin.call("POST", f"keys/{key}/rotate", {}).status_code == 404
    assert admin.call("PATCH", f"keys/{key}", {"expires_at": in_days(1)}).status_code == 404


def test_an_overlap_does_not_outlive_the_key(admin: Admin, clock: list[float], pair: Pair) -> None:
    key, old = admin.make(expires_at=in_days(1))
    _, new = rotated(admin, key, {"overlap_seconds": 7 * 86_400})
    pair.rows("update omv.agent_key set expires_at = now() - interval '1 second'")
    pair.rows("update omv.directory_version set n = n + 1")
    assert (opens(old), opens(new)) == (401, 401)
    assert admin.call("POST", f"keys/{key}/rotate", {}).status_code == 404


def test_use_is_noted_once_and_not_at_every_call(admin: Admin, clock: list[float], pair: Pair) -> None:
    _, secret = admin.make()
    versions = "select last_used_at is not null, xmin::text from omv.agent_key"
    assert pair.rows(versions)[0][0] is False
    opens(secret)
    noted = pair.rows(versions)
    assert noted[0][0] is True
    for _ in range(5):
        opens(secret)
    assert pair.rows(versions) == noted


@pytest.mark.parametrize(
    ("cidr", "address", "status"),
    [
        ("192.0.2.0/24", "192.0.2.255", 200),
        ("192.0.2.0/24", "192.0.3.0", 403),
        ("192.0.2.0/24", "::ffff:192.0.2.7", 200),
        ("2001:db8::/32", "2001:db8:1::1", 200),
        ("2001:db8::/32", "2001:db9::1", 403),
        ("2001:db8::/32", "192.0.2.1", 403),
        ("0.0.0.0/0", "::1", 403),
        ("192.0.2.0/24", "nowhere", 403),
        ("192.0.2.0/24", "", 403),
    ],
)
def test_a_key_answers_from_its_networks_alone(
    admin: Admin, clock: list[float], cidr: str, address: str, status: int
) -> None:
    _, secret = admin.make(cidrs=[cidr])
    assert opens(secret, address) == status
