"""What a project's public keys reach: nothing. Checked in a database with Supabase's own default privileges, which hand
every new function and table of `public` to `anon`."""

from __future__ import annotations

import json
import time

import httpx
import psycopg
import pytest

from lib.storage.supabase.client import PsycopgRpc
from lib.storage.supabase.queries import Queries
from tests.real_stores import Pair
from tests.twins.supabase_project import Project, token

OURS = """
select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where n.nspname = 'public' and p.proname like 'omv%%' order by 1
"""
PUBLIC_ROLES = ("anon", "authenticated")


def test_the_migrations_need_no_superuser(supabase_database: Pair) -> None:
    owners = supabase_database.rows(
        "select distinct r.rolsuper from pg_class c join pg_roles r on r.oid = c.relowner"
        " where c.relnamespace = 'omv'::regnamespace"
    )
    assert owners == [(False,)]


def test_the_database_under_test_hands_new_functions_to_everybody(supabase_database: Pair) -> None:
    """Else the tests below would pass without a single revoke."""
    [(defaults,)] = supabase_database.rows("select defaclacl::text from pg_default_acl where defaclobjtype = 'f'")
    assert "anon=X" in defaults
    assert "authenticated=X" in defaults


def test_only_the_service_may_call_a_function(supabase_database: Pair) -> None:
    functions = [name for (name,) in supabase_database.rows(OURS)]
    assert len(functions) > 25
    for name in functions:
        for role in (*PUBLIC_ROLES, "public"):
            [(may,)] = supabase_database.rows("select has_function_privilege(%s, %s, 'execute')", role, name)
            assert not may, f"{role} may call {name}"
        [(may,)] = supabase_database.rows("select has_function_privilege('service_role', %s, 'execute')", name)
        assert may, f"service_role may not call {name}"


def test_every_function_is_safe_to_run_as_its_owner(supabase_database: Pair) -> None:
    """A definer's function without a fixed search_path runs whatever its caller put in the way."""
    wrong = supabase_database.rows(
        "select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where n.nspname = 'public' and p.proname like 'omv%%'"
        " and not (p.prosecdef and p.proconfig @> array['search_path=\"\"'])"
    )
    assert wrong == []


def test_no_function_is_overloaded_and_each_gives_one_document(supabase_database: Pair) -> None:
    """PostgREST refuses overloads, cuts off sets at max-rows and answers void with nothing."""
    assert (
        supabase_database.rows(
            "select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
            " where n.nspname = 'public' and p.proname like 'omv%%' group by 1"
            " having count(*) > 1 or bool_or(p.proretset or p.prorettype <> 'jsonb'::regtype"
            " or p.proargnames <> array['p'])"
        )
        == []
    )


def test_row_level_security_is_on_for_every_table_and_partition(fresh_stores: Pair) -> None:
    rpc = PsycopgRpc(fresh_stores.database_url)
    try:
        now = int(time.time())
        queries = Queries(rpc)
        queries.sweep_begin("one", None)
        queries.sweep_commit({
            "version": 0, "rules_version": 0, "done": True, "servers": {"web-1": {"series": ["cpu"], "facts": {}}},
            "samples": {"web-1": [[now, "{1}"], [now - 3600, "{1}"]]},
        })  # fmt: skip
    finally:
        rpc.close()
    tables = dict(
        fresh_stores.rows(
            "select relname, relrowsecurity from pg_class"
            " where relnamespace = 'omv'::regnamespace and relkind in ('r', 'p')"
        )
    )
    assert len([name for name in tables if name.startswith("sample_hot_")]) == 2
    assert len(tables) > 20
    assert [name for name, is_on in tables.items() if not is_on] == []


@pytest.mark.parametrize("role", [*PUBLIC_ROLES, "service_role"])
def test_no_api_role_reaches_a_table(supabase_database: Pair, role: str) -> None:
    tables = supabase_database.rows(
        "select c.oid::regclass::text from pg_class c where c.relnamespace = 'omv'::regnamespace"
        " and c.relkind in ('r', 'p', 'S', 'v')"
    )
    assert len(tables) > 20
    with psycopg.connect(supabase_database.admin_url, autocommit=True) as connection:
        connection.execute(f"set role {role}".encode())
        for (table,) in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select 1 from {table}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select omv.epoch()")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "create table public.mine (x int)" if role == "anon" else "create table omv.mine (x int)"
            )


def test_the_public_keys_get_nothing_from_the_api(supabase_database: Pair, postgrest: Project | None) -> None:
    if postgrest is None:
        return  # said once by the fixture; the grants themselves are checked above
    functions = [name.partition("(")[0] for (name,) in supabase_database.rows(OURS)]
    keys = {"anon": postgrest.anon_key, "authenticated": token("authenticated", sub="somebody")}
    with httpx.Client(base_url=postgrest.rest_url, timeout=10, trust_env=False) as client:
        for role, key in keys.items():
            headers = {"apikey": postgrest.anon_key, "Authorization": f"Bearer {key}"}
            for name in functions:
                answer = client.post(f"/rpc/{name}", headers=headers, json={"p": {}})
                assert answer.json()["code"] == "42501", f"{role} called {name}: {answer.text}"
                assert answer.status_code in (401, 403)
            for path in ("/server", "/agent_key", "/account", "/sample_hot"):
                answer = client.get(path, headers=headers)
                assert answer.status_code in (401, 403, 404), f"{role} read {path}"
                answer = client.get(path, headers={**headers, "Accept-Profile": "omv"})
                assert answer.json()["code"] == "PGRST106", "the schema omv is not exposed"
            listed = client.get("/", headers=headers)
            assert "omv_" not in json.dumps(listed.json()), "the API's own description tells strangers nothing"


def test_a_forged_or_expired_jwt_is_refused(postgrest: Project | None) -> None:
    if postgrest is None:
        return
    import jwt

    forged = jwt.encode({"role": "service_role", "exp": int(time.time()) + 60}, "x" * 40, "HS256")
    expired = token("service_role", exp=int(time.time()) - 60)
    with httpx.Client(base_url=postgrest.rest_url, timeout=10, trust_env=False) as client:
        for bearer in (forged, expired):
            headers = {"apikey": postgrest.anon_key, "Authorization": f"Bearer {bearer}"}
            answer = client.post("/rpc/omv_health", headers=headers, json={"p": {}})
            assert answer.status_code == 401
            assert answer.json()["code"] == "PGRST301"
