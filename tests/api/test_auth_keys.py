"""api/auth.py on real stores: whom a changed account or a key still lets in, and who manages keys."""

from __future__ import annotations

import json

import psycopg
import pytest
from werkzeug.test import Client

from lib import wiring
from tests.api.signing_in import bearer, cookie, me, refresh, sign_in
from tests.real_stores import Pair

pytestmark = pytest.mark.usefixtures("cheap_passwords")


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
