"""What is asked of the SQL functions of people: accounts, sessions, keys and the jobs they watch."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from lib.domain.access import Sight
from lib.storage.supabase.queries_access import AccessQueries
from lib.storage.supabase.queries_checks import CheckQueries
from tests.contracts.roads import HARD_TEXT, HOUR, NAME

SESSION, STRANGER = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


def without_times(found: dict[str, Any]) -> dict[str, Any]:
    """What two databases cannot say alike: the moment, and the hash over it."""
    return {"entries": [{**one, "at": type(one["at"]).__name__} for one in found["entries"]], "next": found["next"]}


def access_calls(access: AccessQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    email = "kim@example.com"
    key = {
        "hash": "0" * 64, "prefix": "omv_live_abcd", "last4": "wxyz", "name": HARD_TEXT, "scopes": ["write", "read"],
        "server": NAME, "cidrs": ["10.0.0.0/8"], "expires_at": None, "created_by": None,
    }  # fmt: skip
    lee = {
        "email": "lee@example.com",
        "name": HARD_TEXT,
        "role": "viewer",
        "tags": ["team:a"],
        "password": "$argon2id$x",
    }

    def person(address: str = "lee@example.com") -> str:
        return next((str(one["id"]) for one in access.account_list() if one["email"] == address), STRANGER)

    def turned(secret: str, **changed: Any) -> dict[str, Any] | None:
        document = {"hash": secret * 64, "prefix": "omv_live_x", "last4": "last", "overlap_seconds": 60, **changed}
        return access.key_rotate(access.key_list()[0]["id"], document)

    def account() -> str:
        return str(access.account_sign_in(email)["account"]["id"])

    def rotate(session: str, sent: str, following: str) -> dict[str, Any]:
        times = {"grace_seconds": 10, "idle_seconds": 3600, "most_seconds": 7200}
        return access.session_rotate({"session": session, "hash": sent, "next": following, **times})

    def opened(**changed: Any) -> float | None:
        document = {
            "session": SESSION, "account": account(), "epoch": 0, "hash": "a", "user_agent": HARD_TEXT * 9,
            "idle_seconds": 3600, **changed,
        }  # fmt: skip
        return access.session_open(document)

    yield "account_any", lambda: access.account_any()
    yield "account_sign_in", lambda: access.account_sign_in(email)
    yield "account_first", lambda: access.account_first(email, HARD_TEXT, "$argon2id$v=19$x")
    yield "account_first", lambda: access.account_first("lee@example.com", "", "x")
    yield "account_any", lambda: access.account_any()
    yield "account_sign_in", lambda: access.account_sign_in(email)
    yield "session_open", lambda: opened()
    yield "session_open", lambda: opened()  # the same id again: 23505
    yield "session_open", lambda: opened(session=STRANGER, epoch=9)
    yield "session_open", lambda: opened(session="no uuid")
    yield "session_open", lambda: opened(session=None)
    yield "session_account", lambda: access.session_account(SESSION)
    yield "session_account", lambda: access.session_account(STRANGER)
    yield "session_account", lambda: access.session_account("no uuid")
    yield "session_rotate", lambda: rotate(SESSION, "a", "b")
    yield "session_rotate", lambda: rotate(SESSION, "a", "b")  # the other tab
    yield "session_rotate", lambda: rotate(SESSION, "stolen", "c")
    yield "session_rotate", lambda: rotate(SESSION, "b", "c")
    yield "session_close", lambda: access.session_close(SESSION, "b")
    yield "session_close", lambda: access.session_close("no uuid", "b")
    yield "key_list", lambda: access.key_list()
    yield "key_create", lambda: access.key_create(key)
    yield "key_create", lambda: access.key_create(key)  # the same hash again: 23505
    yield "key_create", lambda: access.key_create({**key, "hash": "1" * 64, "name": None})  # 23502
    yield "key_create", lambda: access.key_create({**key, "hash": "2" * 64, "scopes": "write"})  # 22023
    yield "key_create", lambda: access.key_create({**key, "hash": "3" * 64, "expires_at": "soon"})  # 22P02
    yield "key_list", lambda: access.key_list()
    yield "key_used", lambda: access.key_used(access.key_list()[0]["id"])
    yield "key_used", lambda: access.key_used("nobody's")
    yield "key_change", lambda: access.key_change(access.key_list()[0]["id"], {"name": "b", "tags": ["team:a"]})
    yield (
        "key_change",
        lambda: access.key_change(access.key_list()[0]["id"], {"cidrs": [], "expires_at": HOUR + 90_000}),
    )
    yield "key_change", lambda: access.key_change(access.key_list()[0]["id"], {"tags": []})  # 23514
    yield "key_change", lambda: access.key_change(access.key_list()[0]["id"], {"tags": None, "expires_at": None})
    yield "key_change", lambda: access.key_change("nobody's", {"name": "b"})
    yield "key_rotate", lambda: turned("4")
    yield "key_rotate", lambda: turned("5", overlap_seconds="long")  # 22P02
    yield "key_rotate", lambda: access.key_rotate("nobody's", {"overlap_seconds": 1})
    yield "key_list", lambda: access.key_list()
    yield "key_revoke", lambda: access.key_revoke(access.key_list()[0]["id"])
    yield "key_change", lambda: access.key_change(access.key_list()[0]["id"], {"name": "too late"})
    yield "key_rotate", lambda: turned("6")
    yield "account_list", lambda: access.account_list()
    yield "account_create", lambda: access.account_create(lee)
    yield "account_create", lambda: access.account_create(lee)  # PT409
    yield "account_create", lambda: access.account_create({**lee, "email": "a@x", "role": "root"})  # 23514
    yield "account_create", lambda: access.account_create({**lee, "email": "b@x", "role": "admin"})  # 23514
    yield "account_change", lambda: access.account_change(person(), {"role": "operator", "name": "리"})
    yield "account_change", lambda: access.account_change(person(), {"tags": None})
    yield "account_change", lambda: access.account_change(person(), {"tags": ["a:b"], "disabled": True})
    yield "account_change", lambda: access.account_change(person(email), {"role": "viewer"})  # the last admin: PT409
    yield "account_change", lambda: access.account_change(person(email), {"tags": ["a:b"]})  # PT409
    yield "account_change", lambda: access.account_change(STRANGER, {"role": "viewer"})
    yield "account_change", lambda: access.account_change("no uuid", {"role": "viewer"})
    yield "account_list", lambda: access.account_list()
    yield "account_password", lambda: access.account_password(person(), "$argon2id$y")
    yield "account_password", lambda: access.account_password(person(email), "$argon2id$z", 0, SESSION)
    yield "account_password", lambda: access.account_password(person(email), "$argon2id$z", 0, SESSION)  # too late
    yield "sessions_end", lambda: access.sessions_end(person(email))
    yield "sessions_end", lambda: access.sessions_end(STRANGER)
    yield "account_delete", lambda: access.account_delete(person(email))  # the last admin: PT409
    yield "account_delete", lambda: access.account_delete(person())
    yield "account_delete", lambda: access.account_delete(STRANGER)
    yield "key_revoke", lambda: access.key_revoke("nobody's")
    yield (
        "audit_add",
        lambda: access.audit_add({"action": "sign_in_failed", "email": email, "detail": {"text": HARD_TEXT}}),
    )
    yield "audit_add", lambda: access.audit_add({"detail": {}})  # an entry says what happened
    yield "audit", lambda: without_times(access.audit({"most": 10, "actor": "%_\\", "action": None}))
    yield "audit", lambda: without_times(access.audit({"most": 1, "before": 2}))
    yield "audit_verify", lambda: access.audit_verify(100)


def check_calls(checks: CheckQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    body = {"name": HARD_TEXT, "period_seconds": 60, "tags": {"team": "a:b", HARD_TEXT: HARD_TEXT}, "server": NAME}

    def first() -> str:
        return str(checks.check_list()["checks"][0]["id"])

    def masked(answer: Any) -> Any:
        """Without what is drawn by lot."""
        if isinstance(answer, list):
            return [masked(one) for one in answer]
        if isinstance(answer, dict):
            return {name: masked(one) for name, one in answer.items() if name not in {"id", "ping_id"}}
        return answer

    def plain(call: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: masked(call())

    yield "check_list", lambda: checks.check_list()
    yield "check_create", plain(lambda: checks.check_create(body, HARD_TEXT))
    yield "check_create", plain(lambda: checks.check_create(body, "", Sight(("team:x",))))
    yield "check_create", plain(lambda: checks.check_create(body, "", Sight((), "other")))
    yield "check_create", plain(lambda: checks.check_create({**body, "name": "a\0b"}, ""))
    yield (
        "check_provide",
        plain(lambda: checks.check_provide("nightly", {**body, "name": "z", "slug": "nightly"}, "k", 1)),
    )
    yield "check_provide", plain(lambda: checks.check_provide("nightly", body, "k", 1))
    yield (
        "check_provide",
        plain(lambda: checks.check_provide("hourly", {**body, "name": "y", "slug": "hourly"}, "k", 1)),
    )
    yield "check_provide", plain(lambda: checks.check_provide("nightly", body, "k", 1, Sight(("team:x",))))
    yield "check_provide", plain(lambda: checks.check_provide("a\0b", body, "k", 1))
    yield "check_list", plain(lambda: checks.check_list(Sight(("team:a:b",))))
    yield "check_list", plain(lambda: checks.check_list(Sight(("team:a",))))
    yield "check", plain(lambda: checks.check(first()))
    yield "check", plain(lambda: checks.check(first(), Sight((), NAME)))
    yield "check", lambda: checks.check("nobody's")
    yield "check", lambda: checks.check("a\0b")
    yield "check_change", plain(lambda: checks.check_change(first(), {"name": "b", "cron": None}, anew=True))
    yield "check_change", plain(lambda: checks.check_change(first(), {"tags": {}}, sight=Sight(("team:a:b",))))
    yield "check_change", lambda: checks.check_change("nobody's", {"name": "b"})
    yield "check_change", plain(lambda: checks.check_change(first(), {"name": "a\0b"}))
    yield "check_change", plain(lambda: checks.check_change(first(), {"grace_seconds": float("nan")}))
    yield "check_delete", lambda: checks.check_delete(first(), Sight(("team:a",)))
    yield "check_delete", lambda: checks.check_delete(first())
    yield "check_delete", lambda: checks.check_delete("nobody's")
