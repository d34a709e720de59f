"""api/auth.py on real stores: signing in, staying in and signing out."""

from __future__ import annotations

import json
import threading
import time
import uuid
from email.utils import parsedate_to_datetime
from typing import Any

import psycopg
import pytest
from werkzeug.test import Client

from lib import wiring
from lib.auth import accounts as accounts_module
from lib.auth import passwords
from lib.auth.sessions import read as read_refresh_token
from lib.web.browser import COOKIE
from tests.api.signing_in import EMAIL, HTTPS, PASSWORD, cookie, me, post, refresh, sign_in
from tests.real_stores import Pair, ServicesFactory

pytestmark = pytest.mark.usefixtures("cheap_passwords")


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
