"""Accounts on real stores: made, changed, disabled, taken away; passwords; and that an admin is always left."""

from __future__ import annotations

import json
import threading
import uuid
from typing import Any

import psycopg
import pytest
from werkzeug.test import Client, TestResponse

from lib import wiring
from lib.auth.accounts import FRESH_SECONDS, STALE_SECONDS
from lib.web.browser import COOKIE
from tests.api.admitted import ADMIN, PASSWORD, unhashed
from tests.real_stores import Pair, ServicesFactory

NEW = "staple correct horse"
BIDI, NUL, LONG = "a\u202eb", "a\0b", "x" * 10_000
HOSTILE_IDS = ["0", "../users", "..%2f..%2fkeys", "%00", "a'b", LONG, "\u202e", str(uuid.UUID(int=7)), "None", "*"]


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    unhashed(monkeypatch.setattr)


@pytest.fixture
def pair(module_stores: Pair) -> Pair:
    module_stores.rows("truncate omv.account, omv.session, omv.agent_key cascade")
    module_stores.redis().flushdb()  # what is left of attempts to sign in
    return module_stores


@pytest.fixture
def services(pair: Pair, make_services: ServicesFactory) -> wiring.Services:
    services = make_services(pair, install=True)
    services.accounts.ensure_first_admin(ADMIN, PASSWORD)
    return services


@pytest.fixture
def client(services: wiring.Services) -> Client:
    from api.auth import app

    return app.test_client(use_cookies=False)


class Signed:
    """Somebody signed in: the tokens of one browser."""

    def __init__(self, client: Client, email: str = ADMIN, password: str = PASSWORD) -> None:
        answer = client.post("/api/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        self.client = client
        self.id = str(answer.json["user"]["id"])
        self.token = answer.json["access_token"]
        self.cookie = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]

    def call(self, method: str, path: str, body: object = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.open(f"/api/auth/{path}", method=method, json=body, headers=headers)

    def is_in(self) -> bool:
        return self.call("GET", "me").status_code == 200

    def can_refresh(self) -> bool:
        sent = {"Cookie": f"{COOKIE}={self.cookie}"}
        return self.client.post("/api/auth/refresh", json={}, headers=sent).status_code == 200


@pytest.fixture
def admin(client: Client) -> Signed:
    return Signed(client)


def made(admin: Signed, email: str = "kim@example.org", role: str = "viewer", **more: Any) -> str:
    answer = admin.call("POST", "users", {"email": email, "role": role, "password": PASSWORD, **more})
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    return str(answer.json["user"]["id"])


def elsewhere(services: wiring.Services) -> wiring.Services:
    """Another instance, which remembers nothing."""
    other = wiring.Services(services.settings, services.storage)
    wiring.use(other)
    return other


def test_an_account_is_made_with_a_password_that_is_told_once(admin: Signed, pair: Pair) -> None:
    body = {"email": " Kim@Example.ORG", "role": "operator", "tags": ["team:web", " team:pay ", "team:web"]}
    answer = admin.call("POST", "users", body)
    assert answer.json is not None
    password, account = answer.json["password"], answer.json["user"]
    assert (account["email"], account["name"], account["role"]) == ("kim@example.org", "kim", "operator")
    assert (account["tags"], account["disabled"], account["signed_in_at"]) == (["team:pay", "team:web"], False, None)
    assert Signed(admin.client, "kim@example.org", password).is_in()
    listed = admin.call("GET", "users")
    assert listed.json is not None
    assert [one["email"] for one in listed.json["users"]] == [ADMIN, "kim@example.org"]
    assert listed.json["users"][1]["signed_in_at"] is not None
    kept = json.dumps(listed.json) + str(pair.rows("select row_to_json(a) from omv.account a"))
    assert password not in kept
    assert "argon2" not in json.dumps(listed.json)


def test_a_given_password_is_not_told_again(admin: Signed) -> None:
    answer = admin.call("POST", "users", {"email": "kim@example.org", "role": "viewer", "password": PASSWORD})
    assert answer.json is not None
    assert answer.json["password"] is None
    assert PASSWORD not in answer.text
    assert Signed(admin.client, "kim@example.org").is_in()


def test_an_address_has_one_account(admin: Signed) -> None:
    made(admin)
    again = admin.call("POST", "users", {"email": "KIM@example.org", "role": "admin"})
    assert again.status_code == 409
    assert again.json is not None
    assert "already" in again.json["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"role": "viewer"}, "/email"),
        ({"email": "kim@example.org"}, "/role"),
        ({"email": "kim", "role": "viewer"}, "/email"),
        ({"email": "a\u202e@x", "role": "viewer"}, "/email"),
        ({"email": LONG + "@x", "role": "viewer"}, "/email"),
        ({"email": "kim@example.org", "role": "root"}, "/role"),
        ({"email": "kim@example.org", "role": "viewer", "name": BIDI}, "/name"),
        ({"email": "kim@example.org", "role": "viewer", "name": LONG}, "/name"),
        ({"email": "kim@example.org", "role": "viewer", "name": "x" * 101}, "/name"),
        ({"email": "kim@example.org", "role": "viewer", "password": "short"}, "/password"),
        ({"email": "kim@example.org", "role": "viewer", "password": LONG}, "/password"),
        ({"email": "kim@example.org", "role": "viewer", "tags": []}, "/tags"),
        ({"email": "kim@example.org", "role": "viewer", "tags": ["team"]}, "/tags/0"),
        ({"email": "kim@example.org", "role": "viewer", "tags": ["a:b", ":b"]}, "/tags/1"),
        ({"email": "kim@example.org", "role": "viewer", "tags": ["a:b\u202e"]}, "/tags/0"),
        ({"email": "kim@example.org", "role": "viewer", "tags": ["a:" + LONG]}, "/tags/0"),
        ({"email": "kim@example.org", "role": "viewer", "tags": [f"a:{n}" for n in range(21)]}, "/tags"),
        ({"email": "kim@example.org", "role": "admin", "tags": ["a:b"]}, "/tags"),
        ({"email": "kim@example.org", "role": "viewer", "id": str(uuid.UUID(int=1))}, "/id"),
        ({"email": "kim@example.org", "role": "viewer", "session_epoch": 0}, "/session_epoch"),
        ({"email": "kim@example.org", "role": "viewer", "disabled": False}, "/disabled"),
        ({"email": "kim@example.org", "role": "viewer", "created_at": 0}, "/created_at"),
    ],
)
def test_an_account_that_may_not_be_is_told_why(admin: Signed, pair: Pair, body: Any, pointer: str) -> None:
    answer = admin.call("POST", "users", body)
    assert answer.status_code == 400
    assert answer.json is not None
    assert pointer in [one["pointer"] for one in answer.json["errors"]]
    assert "x" * 300 not in answer.text
    assert pair.rows("select count(*) from omv.account") == [(1,)]


@pytest.mark.parametrize("name", ["../../etc/passwd", "<img src=x onerror=alert(1)>", "a/b\\c", "김 철수", "'; drop--"])
def test_a_name_is_text_and_comes_back_as_it_went(admin: Signed, name: str) -> None:
    made(admin, name=name)
    listed = admin.call("GET", "users")
    assert listed.json is not None
    assert name in [one["name"] for one in listed.json["users"]]


def test_a_nul_is_refused_wherever_it_stands(admin: Signed) -> None:
    for body in ({"email": f"{NUL}@x", "role": "viewer"}, {"email": "k@x", "role": NUL}, {"email": "k@x", "name": NUL}):
        assert admin.call("POST", "users", body).status_code == 400
    kim = made(admin)
    for change in ({"name": NUL}, {"tags": [f"a:{NUL}"]}, {"role": NUL}):
        assert admin.call("PATCH", f"users/{kim}", change).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {}, [], {"email": "root@example.org"}, {"password": NEW}, {"id": ""}, {"session_epoch": 9}, {"role": "root"},
        {"name": ""}, {"name": None}, {"role": None}, {"disabled": None}, {"disabled": "yes"}, {"disabled": 1},
        {"tags": []}, {"tags": "team:a"}, {"role": "viewer", "is_admin": True},
    ],
)  # fmt: skip
def test_only_what_may_be_changed_is_changed(admin: Signed, pair: Pair, change: Any) -> None:
    kim = made(admin, tags=["team:a"])
    before = pair.rows("select * from omv.account order by id")
    assert admin.call("PATCH", f"users/{kim}", change).status_code == 400
    assert pair.rows("select * from omv.account order by id") == before


@pytest.mark.parametrize("given", HOSTILE_IDS)
def test_an_id_nobody_has_is_404(admin: Signed, pair: Pair, given: str) -> None:
    before = pair.rows("select id, role, password, session_epoch from omv.account order by id")
    for method, path, body in (
        ("PATCH", "", {"role": "viewer"}),
        ("DELETE", "", None),
        ("POST", "/password", {}),
        ("POST", "/sessions/end", None),
    ):
        # A NUL is refused before anybody looks for it.
        assert admin.call(method, f"users/{given}{path}", body).status_code in ({400} if given == "%00" else {404, 405})
    assert pair.rows("select id, role, password, session_epoch from omv.account order by id") == before


def test_nobody_but_an_admin_reaches_anybody_elses_account(admin: Signed, pair: Pair) -> None:
    """Also not their own by its id: what somebody may change of themselves has routes of its own."""
    lee = made(admin, "lee@example.org", "operator")
    kim = made(admin, "kim@example.org", "operator", tags=["team:a"])
    signed = Signed(admin.client, "kim@example.org")
    before = pair.rows("select * from omv.account order by id")
    for target in (lee, kim, admin.id):
        assert signed.call("PATCH", f"users/{target}", {"role": "admin"}).status_code == 403
        assert signed.call("PATCH", f"users/{target}", {"tags": None}).status_code == 403
        assert signed.call("DELETE", f"users/{target}").status_code == 403
        assert signed.call("POST", f"users/{target}/password", {}).status_code == 403
        assert signed.call("POST", f"users/{target}/sessions/end").status_code == 403
    assert pair.rows("select * from omv.account order by id") == before


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"role": "operator"}, ("operator", None, 200)),
        ({"tags": ["team:a"]}, ("viewer", ["team:a"], 200)),
        ({"disabled": True}, (None, None, 401)),
        (None, (None, None, 401)),
    ],
)
def test_a_change_acts_within_a_minute_where_it_was_not_made(
    admin: Signed, services: wiring.Services, change: Any, expected: Any
) -> None:
    kim = made(admin)
    signed = Signed(admin.client, "kim@example.org")
    there = elsewhere(services)
    now = [0.0]
    there.accounts._monotonic = lambda: now[0]
    assert signed.is_in()
    wiring.use(services)
    done = admin.call("DELETE", f"users/{kim}") if change is None else admin.call("PATCH", f"users/{kim}", change)
    assert done.status_code in {200, 204}
    wiring.use(there)
    now[0] = FRESH_SECONDS  # and at the latest, while the store is away, STALE_SECONDS
    assert now[0] <= STALE_SECONDS <= 60
    answer = signed.call("GET", "me")
    assert answer.status_code == expected[2]
    assert answer.json is not None
    if answer.status_code == 200:
        assert (answer.json["user"]["role"], answer.json["user"]["tags"]) == expected[:2]


def test_here_a_change_acts_at_once(admin: Signed) -> None:
    kim = made(admin, role="operator")
    signed = Signed(admin.client, "kim@example.org")
    assert admin.call("PATCH", f"users/{kim}", {"role": "viewer"}).status_code == 200
    assert signed.call("GET", "me").json["user"]["role"] == "viewer"  # type: ignore[index]
    assert admin.call("PATCH", f"users/{kim}", {"disabled": True}).status_code == 200
    assert not signed.is_in()


def test_an_account_that_is_enabled_again_must_sign_in_again(admin: Signed) -> None:
    kim = made(admin)
    signed = Signed(admin.client, "kim@example.org")
    admin.call("PATCH", f"users/{kim}", {"disabled": True})
    admin.call("PATCH", f"users/{kim}", {"disabled": False})
    assert not signed.is_in()
    assert not signed.can_refresh()
    assert Signed(admin.client, "kim@example.org").is_in()


def test_who_becomes_an_admin_is_held_to_no_tags_and_cannot_be(admin: Signed) -> None:
    kim = made(admin, tags=["team:a"])
    raised = admin.call("PATCH", f"users/{kim}", {"role": "admin"})
    assert raised.json is not None
    assert raised.json["user"]["tags"] is None
    assert admin.call("PATCH", f"users/{kim}", {"tags": ["team:a"]}).status_code == 409
    assert admin.call("PATCH", f"users/{kim}", {"role": "viewer", "tags": ["team:a"]}).status_code == 200


def test_the_last_admin_stays(admin: Signed, pair: Pair) -> None:
    kim = made(admin, role="admin")
    assert admin.call("PATCH", f"users/{kim}", {"disabled": True}).status_code == 200
    for method, body in (("DELETE", None), ("PATCH", {"role": "operator"}), ("PATCH", {"disabled": True})):
        refused = admin.call(method, f"users/{admin.id}", body)
        assert refused.status_code == 409
        assert refused.json is not None
        assert "the last admin" in refused.json["detail"]
    assert admin.is_in()
    assert admin.call("PATCH", f"users/{kim}", {"disabled": False}).status_code == 200
    assert admin.call("DELETE", f"users/{admin.id}").status_code == 204
    assert pair.rows("select email from omv.account") == [("kim@example.org",)]


@pytest.mark.parametrize("how", ["omv_account_delete", "omv_account_change"])
def test_two_admins_who_remove_each_other_at_once_do_not_both_succeed(admin: Signed, pair: Pair, how: str) -> None:
    people = [admin.id, *(made(admin, f"a{number}@example.org", "admin") for number in range(3))]
    outcomes: list[str] = []
    together = threading.Barrier(len(people))

    def remove(account: str) -> None:
        with psycopg.connect(pair.admin_url, autocommit=True) as connection:
            together.wait()
            try:
                document = json.dumps({"id": account, "role": "viewer"})
                connection.execute(f"select public.{how}(%s::jsonb)".encode(), (document,))
                outcomes.append("done")
            except psycopg.Error as error:
                outcomes.append(str(error.sqlstate))

    threads = [threading.Thread(target=remove, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["PT409", "done", "done", "done"]
    assert pair.rows("select count(*) from omv.account where role = 'admin'") == [(1,)]


def test_a_changed_password_ends_the_other_sessions_and_not_this_one(
    admin: Signed, services: wiring.Services, pair: Pair
) -> None:
    other = Signed(admin.client)
    assert admin.call("POST", "password", {"current": PASSWORD, "password": NEW}).status_code == 204
    assert pair.rows("select session_epoch from omv.account") == [(1,)]
    assert (admin.is_in(), other.is_in()) == (True, False)
    elsewhere(services)
    assert (admin.is_in(), other.is_in()) == (True, False)
    assert (admin.can_refresh(), other.can_refresh()) == (True, False)
    old = admin.client.post("/api/auth/login", json={"email": ADMIN, "password": PASSWORD})
    assert old.status_code == 401
    assert Signed(admin.client, ADMIN, NEW).is_in()


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"current": "wrong horse battery", "password": NEW}, 403, "/current"),
        ({"password": NEW}, 400, "/current"),
        ({"current": PASSWORD, "password": "short"}, 400, "/password"),
        ({"current": PASSWORD, "password": NEW, "id": str(uuid.UUID(int=1))}, 400, "/id"),
        ({"current": PASSWORD, "password": NEW, "email": "kim@example.org"}, 400, "/email"),
    ],
)
def test_a_password_needs_the_one_before_it(admin: Signed, pair: Pair, body: Any, status: int, pointer: str) -> None:
    before = pair.rows("select password, session_epoch from omv.account")
    answer = admin.call("POST", "password", body)
    assert answer.status_code == status
    assert answer.json is not None
    assert pointer in [one["pointer"] for one in answer.json["errors"]]
    assert pair.rows("select password, session_epoch from omv.account") == before
    assert admin.is_in()


def test_whoever_finds_a_browser_open_cannot_guess_its_owners_password(admin: Signed) -> None:
    told = [
        admin.call("POST", "password", {"current": f"guess number {n}", "password": NEW}).status_code for n in range(9)
    ]
    assert told[:5] == [403] * 5
    assert told[-1] == 429


def test_an_admin_gives_a_new_password_and_it_ends_the_sessions(admin: Signed) -> None:
    kim = made(admin)
    signed = Signed(admin.client, "kim@example.org")
    answer = admin.call("POST", f"users/{kim}/password", {})
    assert answer.json is not None
    assert not signed.is_in()
    assert not signed.can_refresh()
    assert Signed(admin.client, "kim@example.org", answer.json["password"]).is_in()
    given = admin.call("POST", f"users/{kim}/password", {"password": NEW})
    assert given.json == {"password": None}
    assert Signed(admin.client, "kim@example.org", NEW).is_in()
    assert admin.is_in()


@pytest.mark.parametrize("by_admin", [False, True])
def test_signing_out_everywhere_ends_every_session(admin: Signed, services: wiring.Services, by_admin: bool) -> None:
    kim = made(admin)
    one, other = Signed(admin.client, "kim@example.org"), Signed(admin.client, "kim@example.org")
    ended = admin.call("POST", f"users/{kim}/sessions/end") if by_admin else one.call("POST", "sessions/end")
    assert ended.status_code == 204
    assert by_admin or ended.headers["Set-Cookie"].startswith(f"{COOKIE}=;")
    for _ in range(2):
        assert [one.is_in(), other.is_in(), one.can_refresh(), other.can_refresh()] == [False] * 4
        assert admin.is_in()
        elsewhere(services)
    assert Signed(admin.client, "kim@example.org").is_in()


def test_what_a_deleted_account_made_stays_and_its_sessions_go(admin: Signed, pair: Pair) -> None:
    kim = made(admin, role="admin")
    signed = Signed(admin.client, "kim@example.org")
    assert signed.call("POST", "keys", {"name": "fleet"}).status_code == 201
    assert admin.call("DELETE", f"users/{kim}").status_code == 204
    assert not signed.is_in()
    assert not signed.can_refresh()
    assert pair.rows("select name, created_by from omv.agent_key") == [("fleet", None)]
    assert pair.rows("select count(*) from omv.session where account = %s", kim) == [(0,)]
