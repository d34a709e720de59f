"""api/auth.py on real stores: signing in, staying in, signing out, and the keys."""

from __future__ import annotations

import json
import threading
import time
import uuid
from email.utils import parsedate_to_datetime
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from werkzeug.test import Client, TestResponse

from lib import wiring
from lib.auth import accounts as accounts_module
from lib.auth import passwords
from lib.auth.sessions import read as read_refresh_token
from lib.web.browser import COOKIE
from tests.real_stores import Pair, ServicesFactory

EMAIL, PASSWORD = "ada@example.org", "correct horse battery"
HTTPS = "https://hub.example.org"


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a real one costs is tested beside lib/auth/passwords.py; here it would only take time."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)


@pytest.fixture
def pair(module_stores: Pair) -> Pair:
    """One database for all, without people and keys: making one for each test would take longer than the tests."""
    module_stores.rows("truncate omv.account, omv.session, omv.agent_key cascade")
    module_stores.redis().flushdb()  # what is left of attempts to sign in
    return module_stores


@pytest.fixture
def services(pair: Pair, make_services: ServicesFactory) -> wiring.Services:
    return make_services(pair, install=True, admin_email=EMAIL, admin_password=PASSWORD, base_url=HTTPS)


@pytest.fixture
def client(services: wiring.Services) -> Client:
    """A browser without a memory for cookies: tests say which one they send."""
    from api.auth import app

    return app.test_client(use_cookies=False)


def post(client: Client, path: str, body: object = None, **headers: str) -> TestResponse:
    return client.post(
        f"/api/auth/{path}",
        base_url=HTTPS,
        data=json.dumps({} if body is None else body),
        headers={
            "Content-Type": "application/json",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        },
    )


def sign_in(client: Client, email: str = EMAIL, password: str = PASSWORD) -> TestResponse:
    answer = post(client, "login", {"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    return answer


def cookie(answer: TestResponse) -> str:
    name, _, rest = answer.headers["Set-Cookie"].partition("=")
    assert name == COOKIE
    return rest.partition(";")[0]


def refresh(client: Client, token: str) -> TestResponse:
    return post(client, "refresh", Cookie=f"{COOKIE}={token}")


def me(client: Client, access_token: str) -> TestResponse:
    return client.get("/api/auth/me", headers={"Authorization": f"Bearer {access_token}"})


def bearer(answer: TestResponse) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json['access_token']}"}  # type: ignore[index]


def test_the_first_sign_in_ever_makes_the_admin_the_environment_names(client: Client) -> None:
    answer = sign_in(client)
    assert answer.json is not None
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 600
    assert answer.json["user"]["email"] == EMAIL
    assert answer.json["user"]["role"] == "admin"
    assert me(client, answer.json["access_token"]).json == {"user": answer.json["user"]}


def test_nobody_can_sign_in_where_no_first_admin_is_named(pair: Pair, make_services: ServicesFactory) -> None:
    from api.auth import app

    make_services(pair, install=True)
    answer = post(app.test_client(), "login", {"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 503
    assert "OPENMANAGER_ADMIN_EMAIL" in answer.text


def in_one_moment(pair: Pair, first: str, second: str, *values: object) -> tuple[Any, Any]:
    """Both queries, the second begun while the first is done but not yet committed."""
    answers: list[Any] = []

    def later() -> None:
        with psycopg.connect(pair.admin_url, autocommit=True) as connection:
            answers.extend(connection.execute(second.encode(), values).fetchone() or ())

    with psycopg.connect(pair.admin_url) as connection:
        answers.extend(connection.execute(first.encode(), values).fetchone() or ())
        other = threading.Thread(target=later)
        other.start()
        waiting = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        )
        deadline = time.monotonic() + 5
        while other.is_alive() and pair.rows(waiting) == [(0,)] and time.monotonic() < deadline:
            time.sleep(0.01)
        connection.commit()
        other.join()
    return answers[0], answers[1]


def test_two_at_once_make_one_first_admin(pair: Pair) -> None:
    make = "select public.omv_account_first(jsonb_build_object('email', '{}', 'name', '', 'password', 'hash'))"
    first, second = in_one_moment(pair, make.format("a@x"), make.format("b@x"))
    assert (first, second) == ({"created": True}, {"created": False})
    assert pair.rows("select email from omv.account") == [("a@x",)]


def test_the_generated_password_signs_in_and_is_given_once(services: wiring.Services, client: Client) -> None:
    password = services.accounts.ensure_first_admin("root@example.org")
    assert password
    assert services.accounts.ensure_first_admin("root@example.org") is None
    sign_in(client, "root@example.org", password)


def test_an_address_is_the_same_in_any_case_and_width(client: Client) -> None:
    sign_in(client)
    sign_in(client, " ADA@Example.ORG ")
    sign_in(client, "ａｄａ@example.org")


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "wrong horse battery"), ("bob@example.org", PASSWORD), ("x", "y")]
)
def test_what_was_wrong_is_not_told(client: Client, email: str, password: str) -> None:
    sign_in(client)
    answer = post(client, "login", {"email": email, "password": password})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["detail"] == "the e-mail address or the password is wrong"
    assert "Set-Cookie" not in answer.headers


def test_an_unknown_address_costs_a_verification_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(client)
    checked: list[str | None] = []
    original = passwords.matches

    def watching(password: str, stored: str | None) -> bool:
        checked.append(stored)
        return original(password, stored)

    monkeypatch.setattr(accounts_module.passwords, "matches", watching)
    post(client, "login", {"email": "nobody@example.org", "password": PASSWORD})
    assert checked == [None]


def test_a_disabled_account_cannot_sign_in(client: Client, pair: Pair) -> None:
    sign_in(client)
    pair.rows("update omv.account set disabled_at = now()")
    assert post(client, "login", {"email": EMAIL, "password": PASSWORD}).status_code == 401


def test_guessing_is_slowed_and_then_even_the_right_password_waits(client: Client) -> None:
    sign_in(client)
    statuses = [post(client, "login", {"email": EMAIL, "password": f"guess number {n}"}).status_code for n in range(8)]
    assert statuses[:5] == [401] * 5
    assert 429 in statuses
    answer = post(client, "login", {"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_the_cookie_is_for_this_host_https_and_no_script(client: Client) -> None:
    header = sign_in(client).headers["Set-Cookie"]
    attributes = {
        part.strip().partition("=")[0].lower(): part.strip().partition("=")[2] for part in header.split(";")[1:]
    }
    assert header.startswith("__Host-")
    assert {"secure", "httponly"} <= attributes.keys()
    assert attributes["samesite"] == "Strict"
    assert attributes["path"] == "/"
    assert "domain" not in attributes
    lives = parsedate_to_datetime(attributes["expires"]).timestamp() - time.time()
    assert 0 < lives <= 14 * 86_400 + 5


def test_no_token_is_kept_as_it_is(client: Client, pair: Pair) -> None:
    answer = sign_in(client)
    kept = str(pair.rows("select row_to_json(s) from omv.session s"))
    assert cookie(answer) not in kept
    assert cookie(answer)[-20:] not in kept
    assert PASSWORD not in str(pair.rows("select row_to_json(a) from omv.account a"))


def test_a_refresh_rotates_the_token(client: Client) -> None:
    first = sign_in(client)
    second = refresh(client, cookie(first))
    assert second.status_code == 200
    assert cookie(second) != cookie(first)
    assert second.json is not None
    assert second.json["user"]["email"] == EMAIL
    assert refresh(client, cookie(second)).status_code == 200


def test_two_tabs_with_the_same_cookie_are_both_given_the_same_next_one(client: Client) -> None:
    old = cookie(sign_in(client))
    one, other = refresh(client, old), refresh(client, old)
    assert (one.status_code, other.status_code) == (200, 200)
    assert cookie(one) == cookie(other)
    assert refresh(client, cookie(one)).status_code == 200


def test_two_tabs_in_the_same_moment_are_no_theft(client: Client, pair: Pair) -> None:
    token = read_refresh_token(cookie(sign_in(client)))
    assert token is not None
    rotate = (
        "select public.omv_session_rotate(jsonb_build_object('session', %s::text, 'hash', %s::text, "
        "'next', 'following', 'grace_seconds', 10, 'idle_seconds', 60, 'most_seconds', 60))"
    )
    one, other = in_one_moment(pair, rotate, rotate, token.session, token.hash)
    assert (one["outcome"], other["outcome"]) == ("rotated", "repeated")


def test_an_old_token_after_the_grace_ends_the_session_for_everybody(client: Client, pair: Pair) -> None:
    old = cookie(sign_in(client))
    new = cookie(refresh(client, old))
    pair.rows("update omv.session set rotated_at = now() - interval '11 seconds'")
    assert refresh(client, old).status_code == 401
    assert refresh(client, new).status_code == 401


def test_a_token_two_rotations_old_ends_the_session_even_within_the_grace(client: Client) -> None:
    oldest = cookie(sign_in(client))
    newest = cookie(refresh(client, cookie(refresh(client, oldest))))
    assert refresh(client, oldest).status_code == 401
    assert refresh(client, newest).status_code == 401


def test_a_stolen_sessions_access_token_dies_with_it(client: Client, pair: Pair) -> None:
    answer = sign_in(client)
    new = refresh(client, cookie(answer))
    pair.rows("update omv.session set rotated_at = now() - interval '11 seconds'")
    refresh(client, cookie(answer))
    assert new.json is not None
    assert me(client, new.json["access_token"]).status_code == 401


def test_a_refused_refresh_leaves_the_cookie_alone(client: Client) -> None:
    """Another tab may have signed in anew in the meantime."""
    answer = refresh(client, "omvr_" + "0" * 32 + "_" + "A" * 43)
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "x", "omvr_zz_1", "omvr_" + "0" * 32 + "_" + "A" * 43, "%00", "a" * 5000])
def test_what_is_no_refresh_token_of_ours_is_401(client: Client, token: str) -> None:
    assert refresh(client, token).status_code == 401


def test_an_expired_session_is_over(client: Client, pair: Pair) -> None:
    token = cookie(sign_in(client))
    pair.rows("update omv.session set expires_at = now() - interval '1 second'")
    assert refresh(client, token).status_code == 401


def test_a_session_does_not_outlive_its_longest_life_however_often_it_is_used(client: Client, pair: Pair) -> None:
    token = cookie(sign_in(client))
    pair.rows("update omv.session set created_at = now() - interval '89 days 23 hours'")
    assert refresh(client, token).status_code == 200
    [(left,)] = pair.rows("select extract(epoch from expires_at - now())::int from omv.session")
    assert 0 < left <= 3_600


def test_signing_out_ends_the_session_and_takes_the_cookie_away(client: Client) -> None:
    answer = sign_in(client)
    assert answer.json is not None
    out = post(client, "logout", Cookie=f"{COOKIE}={cookie(answer)}")
    assert out.status_code == 204
    assert out.headers["Set-Cookie"].startswith(f"{COOKIE}=;")
    assert "Secure" in out.headers["Set-Cookie"]
    assert refresh(client, cookie(answer)).status_code == 401
    assert me(client, answer.json["access_token"]).status_code == 401


def test_signing_out_without_a_session_is_no_error(client: Client) -> None:
    assert post(client, "logout").status_code == 204


def test_knowing_a_sessions_name_is_not_enough_to_end_it(client: Client) -> None:
    token = cookie(sign_in(client))
    known = read_refresh_token(token)
    assert known is not None
    forged = f"omvr_{uuid.UUID(known.session).hex}_{'A' * 43}"
    assert post(client, "logout", Cookie=f"{COOKIE}={forged}").status_code == 204
    assert refresh(client, token).status_code == 200


@pytest.mark.parametrize("path", ["login", "refresh", "logout"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": HTTPS + ".evil.example"}, 403),
        ({"Origin": HTTPS.replace("hub", "evil-hub")}, 403),
        ({"Origin": HTTPS.replace("hub", "evil.hub")}, 403),
        ({"Origin": HTTPS + ":8443"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_another_sites_page_cannot_use_the_cookie(
    client: Client, path: str, headers: dict[str, str], status: int
) -> None:
    body = {"email": EMAIL, "password": PASSWORD}
    sent = {"Content_Type": "application/json", **headers}
    answer = client.post(
        f"/api/auth/{path}", base_url=HTTPS, data=json.dumps(body),
        headers={name.replace("_", "-"): text for name, text in sent.items()},
    )  # fmt: skip
    assert answer.status_code == status
    assert "Set-Cookie" not in answer.headers


def test_our_own_page_may(client: Client) -> None:
    body = {"email": EMAIL, "password": PASSWORD}
    assert post(client, "login", body, Origin=HTTPS, Sec_Fetch_Site="same-origin").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": EMAIL}, "/password"),
        ({"email": 1, "password": PASSWORD}, "/email"),
        ({"email": EMAIL, "password": PASSWORD, "role": "admin"}, "/role"),
        ({"email": EMAIL, "password": "x" * 1_001}, "/password"),
        ([], ""),
    ],
)
def test_a_wrong_body_is_told_where(client: Client, body: Any, pointer: str) -> None:
    answer = post(client, "login", body)
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert [one["pointer"] for one in answer.json["errors"]] == [pointer]
    assert "x" * 100 not in answer.text


def test_a_changed_role_acts_at_the_latest_half_a_minute_later(
    pair: Pair, services: wiring.Services, client: Client
) -> None:
    answer = sign_in(client)
    assert answer.json is not None
    pair.rows("update omv.account set role = 'viewer'")
    later = wiring.Services(services.settings, services.storage)
    now = [0.0]
    later.accounts._monotonic = lambda: now[0]
    principal = later.accounts.principal(answer.json["access_token"])
    assert principal.role == "viewer"
    pair.rows("update omv.account set role = 'operator'")
    now[0] = 29.0
    assert later.accounts.principal(answer.json["access_token"]).role == "viewer"
    now[0] = 30.0
    assert later.accounts.principal(answer.json["access_token"]).role == "operator"


def test_a_raised_session_epoch_ends_every_session(client: Client, pair: Pair, services: wiring.Services) -> None:
    answer = sign_in(client)
    assert answer.json is not None
    pair.rows("update omv.account set session_epoch = session_epoch + 1")
    wiring.use(wiring.Services(services.settings, services.storage))
    assert me(client, answer.json["access_token"]).status_code == 401
    assert refresh(client, cookie(answer)).status_code == 401


def test_me_without_a_token_is_401_and_says_how(client: Client) -> None:
    answer = client.get("/api/auth/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_is_made_used_listed_and_revoked(client: Client, services: wiring.Services, pair: Pair) -> None:
    admin = bearer(sign_in(client))
    made = client.post(
        "/api/auth/keys", json={"name": "  web  fleet ", "scopes": ["write", "read"], "server": "web-01"}, headers=admin
    )
    assert made.status_code == 201
    assert made.json is not None
    secret, key = made.json["secret"], made.json["key"]
    assert secret.startswith(key["prefix"])
    assert secret.endswith(key["last4"])
    assert key["name"] == "web fleet"
    assert key["scopes"] == ["write", "read"]
    assert (key["server"], key["last_used_at"], key["revoked_at"]) == ("web-01", None, None)

    used = client.get("/api/auth/me", headers={"X-API-Key": secret})
    used.close()
    assert used.status_code == 403
    listed = client.get("/api/auth/keys", headers=admin).json
    assert listed is not None
    [shown] = listed["keys"]
    assert shown["last_used_at"] is not None
    assert {**shown, "last_used_at": None} == key
    assert secret not in json.dumps(listed)
    assert secret not in str(pair.rows("select row_to_json(k) from omv.agent_key k"))

    assert client.delete(f"/api/auth/keys/{key['id']}", headers=admin).status_code == 204
    assert client.delete(f"/api/auth/keys/{key['id']}", headers=admin).status_code == 204
    services.storage.directory._read_at = None  # what half a minute does
    assert client.get("/api/auth/me", headers={"X-API-Key": secret}).status_code == 401


def test_a_key_change_is_seen_by_a_directory_read_during_another_change(
    client: Client, services: wiring.Services, pair: Pair
) -> None:
    """A reader between a change and its commit must not take the new number for the old keys."""
    admin = bearer(sign_in(client))
    made = client.post("/api/auth/keys", json={"name": "a"}, headers=admin).json
    assert made is not None
    with psycopg.connect(pair.admin_url) as connection:
        connection.execute("select public.omv_key_revoke(jsonb_build_object('id', %s::text))", (made["key"]["id"],))
        before = services.storage.queries.directory(None)
        assert len(before["keys"]) == 1
        connection.commit()
    after = services.storage.queries.directory(before["keys_version"])
    assert after["keys"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": "a\u202eb"}, "/name"),
        ({"name": "a", "scopes": []}, "/scopes"),
        ({"name": "a", "scopes": ["admin"]}, "/scopes"),
        ({"name": "a", "server": "../etc"}, "/server"),
        ({"name": "a", "cidrs": ["10.0.0.0/8", "nowhere"]}, "/cidrs/1"),
        ({"name": "a", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"name": "a", "expires_at": "2999-01-01T00:00:00"}, "/expires_at"),
        ({"name": "a", "hash": "0"}, "/hash"),
        ({"name": "a", "created_by": "0"}, "/created_by"),
    ],
)
def test_a_key_that_may_not_be_made_is_told_why(
    client: Client, pair: Pair, body: dict[str, object], pointer: str
) -> None:
    answer = client.post("/api/auth/keys", json=body, headers=bearer(sign_in(client)))
    assert answer.status_code == 400
    assert answer.json is not None
    assert pointer in [one["pointer"] for one in answer.json["errors"]]
    assert pair.rows("select count(*) from omv.agent_key") == [(0,)]


def test_an_unknown_key_cannot_be_revoked(client: Client) -> None:
    admin = bearer(sign_in(client))
    for name in ("nothing", "0", "x" * 500, "a'b"):
        assert client.delete(f"/api/auth/keys/{name}", headers=admin).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_admins_see_keys(client: Client, pair: Pair, services: wiring.Services, role: str) -> None:
    sign_in(client)
    pair.rows("update omv.account set role = %s", role)
    token = bearer(sign_in(client))
    assert client.get("/api/auth/keys", headers=token).status_code == 403
    assert client.post("/api/auth/keys", json={"name": "a"}, headers=token).status_code == 403
    assert client.delete("/api/auth/keys/x", headers=token).status_code == 403


def test_a_key_of_every_scope_manages_no_keys(client: Client, services: wiring.Services) -> None:
    sign_in(client)
    _, secret = services.keyring.create("all", scopes=("write", "read", "act"))
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/auth/keys", headers=headers).status_code == 403
    assert client.post("/api/auth/keys", json={"name": "a"}, headers=headers).status_code == 403
    assert client.delete("/api/auth/keys/x", headers=headers).status_code == 403
    assert client.get("/api/auth/me", headers=headers).status_code == 403


def test_a_key_answers_only_from_its_networks(client: Client, services: wiring.Services) -> None:
    _, inside = services.keyring.create("inside", scopes=("read",), cidrs=("127.0.0.0/8",))
    _, outside = services.keyring.create("outside", scopes=("read",), cidrs=("192.0.2.0/24",))
    here = client.get("/api/auth/me", headers={"X-API-Key": inside}, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    there = client.get("/api/auth/me", headers={"X-API-Key": outside}, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    assert here.json is not None
    assert there.json is not None
    assert "a key cannot do this" in here.json["detail"]
    assert "from this address" in there.json["detail"]


def test_no_table_of_access_is_within_reach_of_the_product_role(pair: Pair) -> None:
    with psycopg.connect(pair.database_url, autocommit=True) as connection:
        for table in ("account", "session", "agent_key"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select * from omv.{table}".encode())


def test_every_access_function_is_for_the_service_alone(pair: Pair) -> None:
    open_to_all = pair.rows(
        "select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' "
        "and p.proname like 'omv%%' and (has_function_privilege('anon', p.oid, 'execute') or not p.prosecdef)"
    )
    assert open_to_all == []
