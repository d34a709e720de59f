"""The audit log in the database: append-only, one chain however many write at once, and what the chain shows."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from lib.domain.audit import Note, noting
from lib.domain.errors import Conflict, Forbidden, Unavailable
from lib.storage.supabase.audited import AuditedRpc
from lib.storage.supabase.client import PsycopgRpc
from lib.storage.supabase.queries_access import AccessQueries
from tests.real_stores import Pair
from tests.twins import faults


@pytest.fixture
def access(fresh_stores: Pair) -> Any:
    rpc = PsycopgRpc(fresh_stores.database_url)
    yield AccessQueries(AuditedRpc(rpc))
    rpc.close()


def add(access: AccessQueries, action: str = "key_added", **detail: Any) -> None:
    key = {"hash": f"{detail}{action}", "prefix": "omv_live_x", "last4": "abcd", "name": "k", "scopes": ["write"]}
    with noting(Note(action, "user", "u", "key", detail=detail)):
        access.key_create(key)


def entries(access: AccessQueries) -> list[dict[str, Any]]:
    return list(access.audit({"most": 200})["entries"])


def tamper(pair: Pair, statement: str) -> None:
    """As somebody who owns the table and switches its guard off."""
    with psycopg.connect(pair.admin_url, autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute(statement)


def test_many_who_write_at_once_make_one_chain(fresh_stores: Pair) -> None:
    failed: list[Exception] = []

    def write(worker: int) -> None:
        rpc = PsycopgRpc(fresh_stores.database_url)
        try:
            for number in range(25):
                add(AccessQueries(AuditedRpc(rpc)), worker=worker, number=number)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must show it
            failed.append(error)
        finally:
            rpc.close()

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    rpc = PsycopgRpc(fresh_stores.database_url)
    access = AccessQueries(rpc)
    assert access.audit_verify(5_000) == {"ok": True, "checked": 200, "broken_at": None}
    assert [entry["seq"] for entry in entries(access)] == list(range(200, 0, -1))
    seen = {(entry["detail"]["worker"], entry["detail"]["number"]) for entry in entries(access)}
    assert len(seen) == 200
    rpc.close()


@pytest.mark.parametrize("statement", [
    "update omv.audit set action = 'x'", "delete from omv.audit", "truncate omv.audit",
])  # fmt: skip
def test_nobody_changes_what_is_written(access: AccessQueries, fresh_stores: Pair, statement: str) -> None:
    add(access)
    with pytest.raises(psycopg.Error, match="append-only"):
        fresh_stores.rows(statement)
    with (
        psycopg.connect(fresh_stores.admin_url, autocommit=True) as owner,
        pytest.raises(psycopg.Error, match="append"),
    ):
        owner.execute(statement)  # type: ignore[call-overload] # from the table above
    assert len(entries(access)) == 1


@pytest.mark.parametrize("column", [
    "at = at + interval '1 microsecond'", "actor_kind = 'key'", "actor_id = 'x'", "actor_name = 'x'", "action = 'x'",
    "object_kind = 'user'", "object_id = 'x'", "object_name = 'x'", "address = '192.0.2.1'", "request_id = 'x'",
    "detail = '{}'", "hash = sha256('x')",
])  # fmt: skip
def test_a_changed_entry_breaks_the_chain_where_it_stands(
    access: AccessQueries, fresh_stores: Pair, column: str
) -> None:
    for number in range(5):
        add(access, number=number)
    assert access.audit_verify(100)["ok"]
    tamper(fresh_stores, f"update omv.audit set {column} where seq = 3")
    assert access.audit_verify(100) == {"ok": False, "checked": 5, "broken_at": 3}


def test_an_entry_that_is_gone_breaks_it_too(access: AccessQueries, fresh_stores: Pair) -> None:
    for number in range(5):
        add(access, number=number)
    tamper(fresh_stores, "delete from omv.audit where seq = 3")
    assert access.audit_verify(100)["broken_at"] == 4
    tamper(fresh_stores, "delete from omv.audit where seq <= 3")
    assert access.audit_verify(100)["broken_at"] == 4, "the beginning is gone and no entry says so"


def test_the_head_shows_what_the_chain_cannot_that_the_newest_are_gone(
    access: AccessQueries, fresh_stores: Pair
) -> None:
    for number in range(3):
        add(access, number=number)
    kept = access.audit({"most": 1})["head"]
    tamper(fresh_stores, "delete from omv.audit where seq = 3")
    assert access.audit_verify(100)["ok"], "a chain without its end is a chain"
    assert access.audit({"most": 1})["head"] != kept


def test_the_owner_may_cut_off_what_is_old_and_the_log_says_so(access: AccessQueries, fresh_stores: Pair) -> None:
    for number in range(5):
        add(access, number=number)
    with psycopg.connect(fresh_stores.admin_url, autocommit=True) as owner:
        owner.execute("select omv.audit_cut(3)")
    assert [(entry["seq"], entry["action"]) for entry in entries(access)] == [
        (6, "audit_cut"), (5, "key_added"), (4, "key_added"),
    ]  # fmt: skip
    assert access.audit_verify(100) == {"ok": True, "checked": 3, "broken_at": None}
    with pytest.raises(psycopg.Error, match="append-only"):
        fresh_stores.rows("delete from omv.audit")


def test_a_change_that_fails_leaves_no_record_and_one_that_changes_nothing_neither(access: AccessQueries) -> None:
    add(access)
    with pytest.raises(Conflict):
        add(access)  # the same hash again
    with noting(Note("key_revoked", "user", "u", "key", "nobody's")):
        assert access.key_revoke("nobody's") is None
    with noting(Note("user_removed", "user", "u", "user", "x")):
        assert not access.account_delete("00000000-0000-4000-8000-000000000000")
    assert len(entries(access)) == 1


def test_no_record_no_change(access: AccessQueries, fresh_stores: Pair) -> None:
    fresh_stores.rows("create function omv.refuse() returns trigger language plpgsql as"
                      " $$ begin raise exception 'full' using errcode = '53100'; end $$")  # fmt: skip
    fresh_stores.rows("create trigger refuse before insert on omv.audit for each row execute function omv.refuse()")
    with pytest.raises(Unavailable):
        add(access)
    assert fresh_stores.rows("select count(*) from omv.agent_key") == [(0,)]


def test_a_database_that_is_away_changes_nothing() -> None:
    with faults.refusing() as down:
        rpc = PsycopgRpc(f"postgresql://x:y@127.0.0.1:{down.port}/x")
        with pytest.raises(Unavailable):
            add(AccessQueries(AuditedRpc(rpc)))
        rpc.close()


def test_only_calls_that_are_changes_are_made_through_the_record(fresh_stores: Pair) -> None:
    rpc = PsycopgRpc(fresh_stores.database_url)
    for name in ("omv_sweep_commit", "omv_audited", "pg_sleep", "omv_key_create; drop table omv.audit"):
        with pytest.raises(Forbidden):
            rpc.call("omv_audited", {"call": name, "document": {}, "audit": {"action": "x"}})
    rpc.close()


def test_guessing_does_not_fill_the_log(access: AccessQueries) -> None:
    told = [access.audit_add({"action": "sign_in_failed", "email": f"{n}@example.org"}) for n in range(40)]
    assert told == [True] * 30 + [False] * 10
    newest = entries(access)[0]
    assert newest["detail"] == {"more_unrecorded": True}
    assert "example.org" not in str(entries(access)), "what was typed is not kept"


def test_noise_about_one_account_hides_nothing_about_another(access: AccessQueries) -> None:
    for email in ("ada@example.org", "lee@example.org"):
        access.account_create({"email": email, "name": email, "role": "viewer", "tags": None, "password": "x"})
    for email in ("nobody@example.org", "ada@example.org"):
        for _ in range(35):
            access.audit_add({"action": "sign_in_failed", "email": email})
    assert access.audit_add({"action": "sign_in_failed", "email": "lee@example.org"})
    names = [entry["object"]["name"] for entry in entries(access)]
    assert (names.count("ada@example.org"), names.count("lee@example.org"), names.count(None)) == (30, 1, 30)


def test_many_failures_at_once_are_bounded_too(fresh_stores: Pair) -> None:
    def guess() -> None:
        rpc = PsycopgRpc(fresh_stores.database_url)
        for _ in range(10):
            AccessQueries(rpc).audit_add({"action": "sign_in_failed", "email": "x@example.org"})
        rpc.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = fresh_stores.rows("select count(*), count(*) filter (where detail ? 'more_unrecorded') from omv.audit")
    assert found == [(30, 1)]


def test_whoever_removes_themselves_is_still_named(access: AccessQueries) -> None:
    made = access.account_create(
        {"email": "ada@example.org", "name": "Ada", "role": "viewer", "tags": None, "password": "x"}
    )
    with noting(Note("user_removed", "user", made["id"], "user", made["id"])):
        assert access.account_delete(made["id"])
    newest = entries(access)[0]
    assert newest["actor"]["name"] == newest["object"]["name"] == "ada@example.org"


def test_only_what_was_recomputed_is_counted(access: AccessQueries) -> None:
    for number in range(6):
        add(access, number=number)
    assert access.audit_verify(4) == {"ok": True, "checked": 4, "broken_at": None}
    assert access.audit_verify(6)["checked"] == 6
