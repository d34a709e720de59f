"""One list of calls through both roads to each store: what comes back, and what is raised, must not tell them apart.

Postgres by psycopg and by real PostgREST behind a project's gateway; Redis by URL and by Upstash's own SDK.
"""

from __future__ import annotations

import inspect
import itertools
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from lib.domain.access import Sight
from lib.domain.errors import Conflict, Forbidden, Unavailable
from lib.storage.embedded.supervisor import EmbeddedStores
from lib.storage.port import BadData
from lib.storage.redis.cache import Cache
from lib.storage.redis.client import Redis, RestRedis, UrlRedis
from lib.storage.supabase.client import PostgrestRpc, PsycopgRpc, Rpc
from lib.storage.supabase.queries import Queries
from lib.storage.supabase.queries_access import AccessQueries
from lib.storage.supabase.queries_analysis import AnalysisQueries
from lib.storage.supabase.queries_anomalies import AnomalyQueries
from lib.storage.supabase.queries_checks import CheckQueries
from lib.storage.supabase.queries_clouds import CloudQueries
from lib.storage.supabase.queries_deliveries import DeliveryQueries
from lib.storage.supabase.queries_forecasts import ForecastQueries
from lib.storage.supabase.queries_incidents import IncidentQueries
from lib.storage.supabase.queries_rules import RuleQueries
from lib.storage.supabase.queries_silences import SilenceQueries
from lib.storage.supabase.queries_status import StatusQueries
from tests.real_stores import Pair
from tests.twins import node_tools
from tests.twins.supabase_project import clone, project
from tests.twins.upstash_twin import UpstashTwin

HOUR = int(time.time()) // 3600 * 3600
NAME = "웹-서버-01"
HARD_TEXT = 'quote " back \\ slash / \u2028 \u202e \U0001f525 e\u0301 한글 <b> %s $1 {x}\t\n'
_numbers = itertools.count(1)

# Functions that misbehave on demand; the product has none that could be made to raise most of these.
MISBEHAVING = """
create function public.omv_test_raise(p jsonb) returns jsonb language plpgsql as $$
begin raise exception 'told: %', p->>'code' using errcode = p->>'code'; end $$;
create function public.omv_test_echo(p jsonb) returns jsonb language sql stable as $$ select p $$;
create function public.omv_test_null(p jsonb) returns jsonb language sql stable as $$ select null::jsonb $$;
create function public.omv_test_sleep(p jsonb) returns jsonb language plpgsql as $$
begin perform pg_sleep((p->>'seconds')::float); return p; end $$;
create function public.omv_test_forbidden(p jsonb) returns jsonb language sql as $$ select p $$;
revoke all on function public.omv_test_forbidden(jsonb) from public, anon, authenticated, service_role;
"""

EXPECTED: dict[str, type[Exception]] = {
    "PT409": Conflict, "23505": Conflict,
    "42501": Forbidden, "PT403": Forbidden,
    "22003": BadData, "22P02": BadData, "22P05": BadData, "23502": BadData, "23503": BadData, "23514": BadData,
    "PT503": Unavailable, "40P01": Unavailable, "53300": Unavailable, "55P03": Unavailable, "57014": Unavailable,
    "58030": Unavailable, "XX000": Unavailable, "08006": Unavailable, "54000": Unavailable,
    "P0001": RuntimeError, "42P01": RuntimeError, "25006": RuntimeError, "21000": RuntimeError,
}  # fmt: skip


@dataclass(frozen=True)
class Road:
    name: str
    rpc: Rpc
    pair: Pair


@pytest.fixture(scope="module")
def roads(embedded: EmbeddedStores, supabase_database: Pair) -> Iterator[list[Road]]:
    """Each road to a database of its own, alike to the last row. PostgREST's is missing where Node is."""
    with ExitStack() as stack:
        number = next(_numbers)
        direct = clone(embedded, "supabase_template", f"road_psycopg_{number}")
        _misbehave(direct)
        road = Road("psycopg", PsycopgRpc(direct.database_url), direct)
        stack.callback(road.rpc.close)
        found = [road]
        program = node_tools.postgrest()
        if program is not None:
            pair = clone(embedded, "supabase_template", f"road_postgrest_{number}")
            _misbehave(pair)
            running = stack.enter_context(project(program, pair))
            road = Road("postgrest", PostgrestRpc(running.rest_url, running.service_key), pair)
            stack.callback(road.rpc.close)
            found.append(road)
        print(f"roads to Postgres under test: {', '.join(one.name for one in found)}")
        yield found


def _misbehave(pair: Pair) -> None:
    with psycopg.connect(pair.admin_url, autocommit=True) as connection:
        connection.execute(MISBEHAVING)


@dataclass(frozen=True)
class Outcome:
    """What a caller can see of a call."""

    answer: Any = None
    raised: str | None = None
    message: str | None = None


def outcome(call: Callable[[], Any]) -> Outcome:
    try:
        return Outcome(answer=call())
    except (Conflict, Forbidden, Unavailable, BadData, RuntimeError) as error:
        return Outcome(raised=type(error).__name__, message=str(error))


def alike(outcomes: list[Outcome]) -> Outcome:
    masked = [_masked(one) for one in outcomes]
    for other in masked[1:]:
        assert other == masked[0]
    return outcomes[0]


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _masked(value: Any, key: str = "") -> Any:
    """Without what differs from one database to the next: its clock, its size, what it draws by lot."""
    if isinstance(value, Outcome):
        return Outcome(_masked(value.answer), value.raised, value.message)
    if isinstance(value, dict):
        return {name: _masked(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, key) for one in value]
    if key == "bytes" and isinstance(value, int):
        return "<bytes>"
    if isinstance(value, float) and abs(value - time.time()) < 864_000 and not value.is_integer():
        return "<clock>"
    if isinstance(value, str) and key == "id" and (UUID.fullmatch(value) or re.fullmatch("[0-9a-f]{16}", value)):
        return "<id>"
    return value


# --- Every function of the product ---


def commit_document(**parts: Any) -> dict[str, Any]:
    values = "{1.5,NULL,87.25}"
    return {
        "version": 0, "rules_version": 0, "cursor": "1795600000000-7", "done": False,
        "servers": {NAME: {"series": ["cpu", "memory", "disk"], "facts": {"os": HARD_TEXT, "big": 2**53 + 1}}},
        "samples": {NAME: [[HOUR + 10, values], [HOUR + 20, "{2,3,4}"], [HOUR - 30 * 3600, values]]},
        "states": {NAME: {"0": HARD_TEXT, "1": "{}"}}, "fleet": '{"silent":[]}',
        "posts": {NAME: {"e1": [7, "6@1795600000", [[8, 9]]], "e2": [1, "", None]}},
        "processes": {NAME: [[HOUR + 10, [{"name": HARD_TEXT, "pid": 1}]]]},
        "errors": {NAME: [["x1", HOUR + 1, "error", "nginx", HARD_TEXT], ["x2", HOUR + 2, "fatal", "kernel", "OOM"]]},
        "error_groups": {NAME: [["x1", "f" * 16, HARD_TEXT], ["x2", "e" * 16, "OOM"]]},
        "events": {NAME: [["d1", HOUR + 3, "deploy", "v1 ✓"]]},
        "dead": [["1-1", "not JSON"]], "inbox": ["1"], "snapshot": "1 {}",
        **parts,
    }  # fmt: skip


def spine_calls(queries: Queries) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "directory", lambda: queries.directory(None)
    yield "directory", lambda: queries.directory(0)
    yield "inbox_append", lambda: queries.inbox_append(["{}", HARD_TEXT])
    yield "sweep_begin", lambda: queries.sweep_begin("one", None)
    yield "sweep_begin", lambda: queries.sweep_begin("another", None)
    yield "sweep_commit", lambda: queries.sweep_commit(commit_document())
    yield "sweep_commit", lambda: queries.sweep_commit(commit_document())  # the loser of the race
    yield "sweep_commit", lambda: queries.sweep_commit(commit_document(version=1, samples={NAME: [[HOUR, "{1e39}"]]}))
    yield "sweep_commit", lambda: queries.sweep_commit(commit_document(version=1, states={NAME: {"x": "y"}}))
    yield "sweep_commit", lambda: queries.sweep_commit(commit_document(version=1, errors={NAME: [["n", HOUR]]}))
    yield "sweep_commit", lambda: queries.sweep_commit({"version": 1, "rules_version": 0, "done": True})
    yield "sweep_begin", lambda: queries.sweep_begin("one", 2)
    yield "sweep_release", lambda: queries.sweep_release("nobody")
    yield "sweep_release", lambda: queries.sweep_release("one")
    yield "cursor_reset", lambda: queries.cursor_reset("9-9", "0-0")
    yield "cursor_reset", lambda: queries.cursor_reset("1795600000000-7", "0-0")
    yield "watch", lambda: queries.watch(["", NAME], 60)
    yield "directory", lambda: {**queries.directory(None), "watch": sorted(queries.directory(None)["watch"])}
    yield "snapshot", lambda: queries.snapshot(None)
    yield "snapshot", lambda: queries.snapshot(1)
    for name in (NAME, "nobody", HARD_TEXT, ""):
        yield "server", lambda name=name: queries.server(name)
        yield "processes", lambda name=name: queries.processes(name)
        yield "processes", lambda name=name: queries.processes(name, HOUR)
        yield "errors", lambda name=name: queries.errors(name, {"q": "oom", "level": None, "most": 5})
        yield "events", lambda name=name: queries.events(name, {"from": HOUR, "to": HOUR + 60})
        for tier in ("raw", "5m", "1h"):
            yield (
                "series",
                lambda name=name, tier=tier: queries.series(
                    name, ["cpu", "disk", "no.such"], HOUR - 90_000, HOUR + 60, 10, tier
                ),
            )
    yield "errors", lambda: queries.errors(NAME, {"from": "yesterday"})
    span = {"from": HOUR - 60, "to": HOUR + 60}
    for filters in (span, {**span, "q": "oom"}, {**span, "server": "nobody"}, {**span, "level": "fatal", "most": 1}):
        yield "error_groups", lambda filters=filters: queries.error_groups(filters)
        yield "error_groups", lambda filters=filters: queries.error_groups(filters, Sight(("team:x",)))
        yield "error_group", lambda filters=filters: queries.error_group("f" * 16, filters)
        yield "error_group", lambda filters=filters: queries.error_group("nobody's", filters, Sight((), NAME))
    yield "series", lambda: queries.series(NAME, ["cpu"], HOUR, HOUR + 60, 0, "raw")  # division by zero
    yield "rollup_step", lambda: queries.rollup_step(RETENTION)
    yield "series", lambda: queries.series(NAME, ["cpu", "disk"], HOUR - 31 * 3600, HOUR + 60, 300, "raw")
    yield "health", lambda: queries.health()
    yield "server_settings", lambda: queries.server_settings(NAME, {"group": HARD_TEXT, "tags": None})
    yield "server_settings", lambda: queries.server_settings("nobody", {"group": "x"})
    yield "server_settings", lambda: queries.server_settings(NAME, {"tags": {"team": "a:b", HARD_TEXT: HARD_TEXT}})
    for sight in (Sight(("team:a:b", "team:x")), Sight(("team:a",)), Sight((), NAME), Sight((), "nobody")):
        yield "server", lambda sight=sight: queries.server(NAME, sight)
        yield "processes", lambda sight=sight: queries.processes(NAME, HOUR + 60, sight)
        yield "errors", lambda sight=sight: queries.errors(NAME, {"q": "oom"}, sight)
        yield "events", lambda sight=sight: queries.events(NAME, {}, sight)
        yield "series", lambda sight=sight: queries.series(NAME, ["cpu"], HOUR, HOUR + 60, 10, "raw", sight)
        yield "server_settings", lambda sight=sight: queries.server_settings(NAME, {"group": "b"}, sight)
        yield "server_settings", lambda sight=sight: queries.server_settings(NAME, {"tags": {"team": "c"}}, sight)
        yield "server_settings", lambda: queries.server_settings(NAME, {"tags": {"team": "a:b"}})
    yield "server_delete", lambda: queries.server_delete(NAME, Sight(("team:a",)))
    yield "server_delete", lambda: queries.server_delete("nobody")
    yield "server_delete", lambda: queries.server_delete(NAME)
    yield "server", lambda: queries.server(NAME)
    yield "health", lambda: queries.health()


RETENTION = {
    "most": 10, "raw_days": 14, "five_days": 90, "hour_days": 400, "error_days": 30, "process_hours": 48,
}  # fmt: skip
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


def anomaly_calls(log: AnomalyQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    queries = Queries(log._rpc)
    begun = queries.sweep_begin("anomalies", None)
    server = f"unlike {HARD_TEXT}"
    rows = [["cpu", 100, None, 130, 0.5, 97.5, {"kind": HARD_TEXT}], ["메모리", 90, 95, 91, 0.4, 1e300, {}]]
    document = {
        "version": begun["version"], "rules_version": begun["rules_version"], "done": True,
        "servers": {server: {"series": ["cpu", "메모리"], "facts": {}}}, "anomalies": {server: rows},
        "bands": {server: [[0, "{1.5,null}", "{2.5,null}"]]},
    }  # fmt: skip
    queries.sweep_commit(document)
    span = {"from": 0, "to": 200, "most": 10}

    def plain(call: Callable[[], Any]) -> Callable[[], Any]:
        def made() -> Any:
            answer = call()
            if answer is not None:
                answer.pop("expected_at", None)
            return answer

        return made

    yield "anomalies", lambda: log.anomalies(span, server)
    yield "anomalies", lambda: log.anomalies({**span, "open": True})
    yield "anomalies", lambda: log.anomalies({**span, "from": 96}, server)
    yield "anomalies", lambda: log.anomalies(span, "nobody's")
    yield "anomalies", lambda: log.anomalies({**span, "most": "many"})  # 22P02
    yield "anomalies", lambda: log.anomalies(span, server, Sight(("no:tag",)))
    yield "expected", lambda: log.expected(server, "cpu", "soon", "")  # type: ignore[arg-type] # 22P02
    yield "expected", plain(lambda: log.expected(server, "cpu", 100, HARD_TEXT))
    yield "expected", lambda: log.expected(server, "cpu", 101, "")
    yield "expected", lambda: log.expected(server, "cpu", 100, "", Sight(("no:tag",)))


def silence_calls(silences: SilenceQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    body = {"scope": {"tags": ["team:a:b"]}, "comment": HARD_TEXT}

    def plain(call: Callable[[], Any]) -> Callable[[], Any]:
        def made() -> Any:
            answer = call()
            for one in answer if isinstance(answer, list) else [answer]:
                for name in ("id", "created_at", "now"):
                    one.pop(name, None)
            return answer

        return made

    def first() -> str:
        return str(silences.silences()[0]["id"])

    ours, others = Sight(("team:a:b",)), Sight(("team:a",))
    yield "silences", lambda: silences.silences()
    yield "silence_create", plain(lambda: silences.silence_create(body, 5.5, None, HARD_TEXT))
    yield "silence_create", plain(lambda: silences.silence_create(body, 5.5, 4e9, "", others))
    yield "silence_create", lambda: silences.silence_create(body, "now", None, "")  # type: ignore[arg-type] # 22P02
    yield "silences", plain(lambda: silences.silences(ours))
    yield "silences", plain(lambda: silences.silences(Sight((), "other")))
    yield "silence", plain(lambda: silences.silence(first()))
    yield "silence", lambda: silences.silence(first(), others)
    yield "silence", lambda: silences.silence("nobody's")
    yield "silence_change", plain(lambda: silences.silence_change(first(), {"comment": "", "ends": 4e9, "starts": 6.0}))
    yield "silence_change", plain(lambda: silences.silence_change(first(), {"scope": {}}, sight=ours))
    yield "silence_change", lambda: silences.silence_change("nobody's", {}, end=True)
    yield "silence_change", plain(lambda: silences.silence_change(first(), {"comment": "a\0b"}))
    yield "silence_change", plain(lambda: silences.silence_change(first(), {"ends": float("nan")}))
    yield "silence_delete", lambda: silences.silence_delete("a\0b")
    yield "silence_delete", lambda: silences.silence_delete(first(), others)
    yield "silence_delete", lambda: silences.silence_delete(first())
    yield "silence_delete", lambda: silences.silence_delete("nobody's")


def forecast_calls(forecasts: ForecastQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    body = {"mid": [1.5], "low": [1.0], "high": [2.0], "crossings": []}
    made = {"body": body, "before": None, "tested": None, "dates": [[100, True, 5.5, 4.0, None]]}

    def commit() -> None:
        queries = Queries(forecasts._rpc)
        begun = queries.sweep_begin("one", None)
        queries.sweep_commit(
            {
                "version": begun["version"], "rules_version": begun["rules_version"], "done": True,
                "servers": {"foreseen": {"series": ["cpu", "disk:/"]}},
                "samples": {"foreseen": [[HOUR - 1_800, "{5,6}"]]},
            }
        )  # fmt: skip

    yield "forecasts", lambda: commit()
    yield "forecasts_due", lambda: forecasts.forecasts_due(50, 4, ["cpu", "disk:%"])
    yield "forecasts_due", lambda: forecasts.forecasts_due("many", 4, [])  # type: ignore[arg-type] # 22P02
    yield (
        "forecasts_store",
        lambda: forecasts.forecasts_store(HOUR, {"foreseen": {"cpu": made}, "nobody": {"cpu": made}}),
    )
    yield "forecasts_store", lambda: forecasts.forecasts_store(HOUR, {"foreseen": {"cpu": {"dates": []}}})  # 23502
    yield "forecasts_store", lambda: forecasts.forecasts_store("now", {"foreseen": {}})  # type: ignore[arg-type]
    yield "forecasts_tell", lambda: forecasts.forecasts_tell()
    for sight in (Sight(), Sight(("team:a",)), Sight((), "foreseen")):
        yield "forecasts", lambda sight=sight: forecasts.forecasts("foreseen", None, sight)
        yield "forecasts", lambda sight=sight: forecasts.forecasts("foreseen", "cpu", sight)
    yield "forecasts", lambda: forecasts.forecasts("nobody")
    yield "forecasts", lambda: forecasts.forecasts("a\0b")
    yield "forecasts_store", lambda: forecasts.forecasts_store(HOUR, {"foreseen": {}})
    yield "forecasts", lambda: forecasts.forecasts("foreseen")
    yield "forecasts", lambda: Queries(forecasts._rpc).server_delete("foreseen")


def cloud_calls(clouds: CloudQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    sources = ["aws:가:ap-northeast-2", "google:b:p"]
    came = {
        "ended": True, "failed": False, "failing": False, "detail": HARD_TEXT, "due_in": 300.0, "servers": 1,
        "memory": {"names": {"i-1": NAME}, "until": HOUR},
    }  # fmt: skip

    yield "clouds", lambda: clouds.clouds()
    yield "clouds_claim", lambda: clouds.clouds_claim([], "lease", 60)
    yield "clouds_claim", lambda: clouds.clouds_claim(sources, "lease", 60)
    yield "clouds_settle", lambda: clouds.clouds_settle(sources[0], "another's", came)
    yield "clouds_settle", lambda: clouds.clouds_settle(sources[0], "lease", {**came, "detail": None})  # 23502
    yield "clouds_settle", lambda: clouds.clouds_settle(sources[0], "lease", came)
    yield "clouds_claim", lambda: clouds.clouds_claim(sources, "second", 60)
    yield "clouds_settle", lambda: clouds.clouds_settle(sources[1], "second", {**came, "ended": False, "failed": True})
    yield "clouds_claim", lambda: clouds.clouds_claim(sources, "third", 60)
    yield "clouds_claim", lambda: clouds.clouds_claim(sources, "third", "long")  # type: ignore[arg-type] # 22P02
    yield "clouds", lambda: clouds.clouds()
    yield "clouds_claim", lambda: clouds.clouds_claim(sources[1:], "fourth", 60)
    yield "clouds", lambda: clouds.clouds()
    yield "clouds_claim", lambda: clouds.clouds_claim([], "fifth", 60)


def analysis_calls(analysis: AnalysisQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    def commit() -> None:
        queries = Queries(analysis._rpc)
        begun = queries.sweep_begin("one", None)
        queries.sweep_commit(
            {
                "version": begun["version"], "rules_version": begun["rules_version"], "done": True,
                "servers": {"looked-at": {"series": ["cpu", "disk:/", "app.depth"]}},
                "samples": {"looked-at": [[HOUR + 10, "{5,6,7}"], [HOUR + 70, "{6,6,NULL}"]]},
            }
        )  # fmt: skip

    reads = [("looked-at", HOUR, HOUR + 600), ("nobody", HOUR, HOUR + 600)]
    yield "analysis_series", lambda: commit()
    for sight in (Sight(), Sight(("team:a",)), Sight((), "looked-at")):
        yield (
            "analysis_series",
            lambda sight=sight: analysis.analysis_series(reads, ["cpu", "disk"], 60, "raw", custom=True, sight=sight),
        )
        yield (
            "analysis_happenings",
            lambda sight=sight: analysis.analysis_happenings(["looked-at"], HOUR - 60, HOUR + 60, sight),
        )
        yield "latest", lambda sight=sight: analysis.latest(["looked-at", "nobody"], ["cpu", "disk"], sight)
        yield "outages", lambda sight=sight: analysis.outages(["looked-at", "nobody"], HOUR, HOUR + 60, sight)
        yield "process_lists", lambda sight=sight: analysis.process_lists(["looked-at"], "nginx", 80, sight)
        yield "forecast_list", lambda sight=sight: analysis.forecast_list(["looked-at"], ["cpu", "disk"], sight)
        search = {
            "from": HOUR,
            "to": HOUR + 60,
            "levels": ["error"],
            "words": [HARD_TEXT, "oom"],
            "source": None,
            "most": 5,
        }
        yield "log_search", lambda sight=sight, search=search: analysis.log_search(["looked-at"], search, sight)
    yield "outages", lambda: analysis.outages(["a\0b"], HOUR, HOUR + 60)
    yield "process_lists", lambda: analysis.process_lists([HARD_TEXT.replace("\0", "")], "a\0b")
    yield "log_search", lambda: analysis.log_search([], {"from": HOUR, "to": HOUR + 60, "levels": None})
    yield "latest", lambda: analysis.latest(["a\0b"], [])
    yield "analysis_series", lambda: analysis.analysis_series(reads, ["cpu"], 0, "raw")  # division by zero
    yield "analysis_series", lambda: analysis.analysis_series([], ["cpu"], 60, "5m")
    yield "analysis_happenings", lambda: analysis.analysis_happenings(["a\0b"], HOUR, HOUR + 60)
    yield "analysis_series", lambda: Queries(analysis._rpc).server_delete("looked-at")


def status_calls(status: StatusQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    wanted = {"name": HARD_TEXT, "note": HARD_TEXT, "kind": "server", "target": NAME, "place": 1}

    def without_id(answer: Any) -> Any:
        if isinstance(answer, list):
            return [without_id(one) for one in answer]
        if isinstance(answer, dict):
            return {name: without_id(one) for name, one in answer.items() if name != "id"}
        return answer

    def first() -> str:
        return str(status.components()[0]["id"])

    yield "status", lambda: status.status(90)
    yield "component_create", lambda: without_id(status.component_create(wanted))
    yield "component_create", lambda: without_id(status.component_create({**wanted, "kind": "fleet"}))  # 23514
    yield "component_create", lambda: without_id(status.component_create({**wanted, "name": None}))  # 23502
    yield "components", lambda: without_id(status.components())
    yield "status", lambda: without_id(status.status(90))
    yield "status", lambda: without_id(status.status("ninety"))  # type: ignore[arg-type] # 22P02
    yield "component_change", lambda: without_id(status.component_change(first(), {"note": ""}))
    yield "component_change", lambda: without_id(status.component_change(first(), {"place": "x"}))  # 22P02
    yield "component_change", lambda: status.component_change("nobody's", {"note": ""})
    yield "component_delete", lambda: status.component_delete(first())
    yield "component_delete", lambda: status.component_delete("nobody's")


def rule_calls(rules: RuleQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    body = {"name": HARD_TEXT, "kind": "threshold", "metric": "cpu", "warning": 1.5}

    def plain(found: Any) -> Any:
        if isinstance(found, dict):
            times = ("created_at", "updated_at", "since")
            return {name: plain(value) for name, value in found.items() if name not in times}
        return [plain(one) for one in found] if isinstance(found, list) else found

    yield "rule_create", lambda: plain(rules.rule_create(body, "mine"))
    yield "rule_create", lambda: plain(rules.rule_create(body, "mine"))  # taken
    yield "rule_create", lambda: rules.rule_create(None, "none")  # type: ignore[arg-type] # 23502
    yield "rule_change", lambda: plain(rules.rule_change("mine", {**body, "warning": 2}, 1))
    yield "rule_change", lambda: plain(rules.rule_change("mine", body, 1))  # somebody was faster
    yield "rule_change", lambda: rules.rule_change(HARD_TEXT, body)
    yield "rule", lambda: plain(rules.rule("mine"))
    yield "rule", lambda: plain(rules.rule("mine", 5.0))
    yield "rule_list", lambda: plain(rules.rule_list())
    yield "rule_import", lambda: plain(rules.rule_import({"mine": body, "cpu": body}, ["disk"], dry_run=True))
    yield "rule_import", lambda: plain(rules.rule_import({"mine": body}, ["disk"]))
    yield "rule_delete", lambda: rules.rule_delete("mine")
    yield "rule_delete", lambda: rules.rule_delete("mine")


def incident_calls(incidents: IncidentQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    queries = Queries(incidents._rpc)
    body = {"rule_name": HARD_TEXT, "rule_version": 1, "tags": {"team": "pay"}}
    opened = {"id": "a" * 20, "rule": "cpu", "server": "gone", "subject": HARD_TEXT, "kind": "threshold", "body": body,
              "severity": "warning", "state": "open", "opened_at": HOUR + 0.5, "noticed_at": HOUR + 1.0}  # fmt: skip
    steps = [["a" * 20, 1, "opened", HOUR, HOUR + 1.0, "warning", 91.5, None, HARD_TEXT]]
    timeless = ("now", "updated_at", "acked_at", "resolved_at", "at", "noticed_at", "version", "dirty")

    def plain(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: plain(value) for name, value in found.items() if name not in timeless}
        return [plain(one) for one in found] if isinstance(found, list) else found

    def commit(**parts: Any) -> Any:
        begun = queries.sweep_begin("incidents", None)
        version = {"version": begun["version"], "rules_version": begun["rules_version"], "done": True}
        return plain(queries.sweep_commit({**version, "incidents": [opened], "transitions": steps, **parts}))

    yield "incident_list", commit
    yield "incident_act", lambda: commit()  # the same step once more
    yield "incident_list", lambda: commit(incidents=[{**opened, "id": "b" * 20, "severity": "grave"}], transitions=[])
    yield "incident_list", lambda: plain(incidents.incident_list({"state": "open", "most": 10}))
    yield "incident_list", lambda: plain(incidents.incident_list({"most": 10}, Sight(("team:pay",))))
    yield "incident_list", lambda: plain(incidents.incident_list({"most": 10}, Sight((HARD_TEXT,))))
    yield "incident", lambda: incidents.incident_list({"most": "many"})
    yield "incident", lambda: plain(incidents.incident("a" * 20))
    yield "incident", lambda: plain(incidents.incident(HARD_TEXT))
    yield "incident_act", lambda: plain(incidents.incident_act("a" * 20, "acknowledge", "ada", HARD_TEXT))
    yield "incident_act", lambda: plain(incidents.incident_act("a" * 20, "resolve", "ada"))
    yield "incident_act", lambda: plain(incidents.incident_act("a" * 20, "resolve", "ada", sight=Sight(("x:y",))))


def delivery_calls(deliveries: DeliveryQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    queries = Queries(deliveries._rpc)
    wanted = {"kind": "slack", "name": HARD_TEXT, "locale": "ko", "policy": {"least": "critical"},
              "config": {"room": HARD_TEXT}, "secret": "sealed", "sealed": ["url"]}  # fmt: skip
    drawn = ("id", "now", "created_at", "updated_at", "due_at", "sent_at", "version", "dirty", "channel")

    def plain(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: plain(value) for name, value in found.items() if name not in drawn}
        if isinstance(found, list):
            return [plain(one) for one in found]
        return "<clock>" if isinstance(found, float) else found

    def first() -> str:
        return str(deliveries.channel_list()[0]["id"])

    def owe() -> Any:
        begun = queries.sweep_begin("incidents", None)  # its lease lasts
        notice = {"id": "n" * 20, "channel": first(), "kind": "opened", "severity": "critical", "due_at": 1.0,
                  "expires_at": time.time() + 600, "body": {"items": [HARD_TEXT]}, "of": [["d" * 20, 1]]}  # fmt: skip
        version = {"version": begun["version"], "rules_version": begun["rules_version"], "done": True}
        return plain(queries.sweep_commit({**version, "notices": [notice]}))

    def settle(**said: Any) -> Any:
        return deliveries.notice_settle("n" * 20, "lease", ms=12, detail=HARD_TEXT, **said)

    yield "channel_create", lambda: plain(deliveries.channel_create(wanted))
    yield "channel_create", lambda: plain(deliveries.channel_create({**wanted, "locale": "xx"}))  # 23514
    yield "channel_create", lambda: plain(deliveries.channel_create({**wanted, "name": None}))  # 23502
    yield "channel_list", lambda: plain(deliveries.channel_list())
    yield "channel", lambda: plain(deliveries.channel(first()))
    yield "channel", lambda: deliveries.channel("nobody's")
    yield "notices_claim", lambda: plain(deliveries.notices_claim("lease"))
    yield "notices_claim", lambda: deliveries.notices_claim("lease", "many")  # type: ignore[arg-type] # 22P02
    yield "notices_claim", owe
    yield "notices_claim", lambda: plain(deliveries.notices_claim("lease"))
    yield "notices_claim", lambda: plain(deliveries.notices_claim("another"))  # it is leased
    yield "notice_settle", lambda: settle(ok=False, retry_in="soon")  # 22P02
    yield "notice_settle", lambda: settle(ok=False, retry_in=-5)
    yield "notice_settle", lambda: settle(ok=True)  # the lease is over
    yield "notices_claim", lambda: plain(deliveries.notices_claim("lease"))
    yield "notice_settle", lambda: settle(ok=False, disable=True)
    yield "notices_of", lambda: plain(deliveries.notices_of("d" * 20))
    yield "notices_of", lambda: deliveries.notices_of("nobody's")
    yield "channel", lambda: plain(deliveries.channel(first()))  # switched off, and why
    yield "secrets", lambda: [sealed for _, sealed in deliveries.secrets("", 10)]
    yield "secrets", lambda: deliveries.secrets("", "many")  # type: ignore[arg-type] # 22P02
    yield "secrets_reseal", lambda: deliveries.secrets_reseal([(first(), "another", HARD_TEXT)])
    yield "secrets_reseal", lambda: deliveries.secrets_reseal([(first(), "sealed", HARD_TEXT)])
    yield "channel_change", lambda: plain(deliveries.channel_change(first(), {"enabled": True, "config": {}}))
    yield "channel_change", lambda: plain(deliveries.channel_change(first(), {"locale": "xx"}))
    yield "channel_change", lambda: deliveries.channel_change("nobody's", {"name": "b"})
    yield "channel_delete", lambda: deliveries.channel_delete(first())
    yield "channel_delete", lambda: deliveries.channel_delete("nobody's")
    yield from device_calls(deliveries, plain)


def device_calls(deliveries: DeliveryQueries, plain: Callable[[Any], Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    access = AccessQueries(deliveries._rpc)
    owner = access.account_create({"email": "device@example.org", "name": HARD_TEXT, "role": "viewer"})["id"]
    nobody = str(uuid.UUID(int=0))
    wanted = {"owner": owner, "device": "e" * 64, "kind": "web_push", "name": HARD_TEXT, "locale": "ko",
              "secret": "sealed", "sealed": ["auth"]}  # fmt: skip

    def first() -> str:
        return str(deliveries.device_list(owner)[0]["id"])

    yield "device_keep", lambda: plain(deliveries.device_keep(wanted))
    yield "device_keep", lambda: plain(deliveries.device_keep({**wanted, "name": "again"}))
    yield "device_keep", lambda: plain(deliveries.device_keep({**wanted, "locale": "xx"}))  # 23514
    yield "device_keep", lambda: plain(deliveries.device_keep({**wanted, "owner": nobody}))  # PT409
    yield "device_list", lambda: plain(deliveries.device_list(owner))
    yield "device_list", lambda: deliveries.device_list(nobody)
    yield "device_list", lambda: deliveries.device_list("nobody's")  # 22P02
    yield "device", lambda: plain(deliveries.device(owner, first()))
    yield "device", lambda: deliveries.device(nobody, first())  # another's is none
    yield "device_change", lambda: plain(deliveries.device_change(owner, first(), {"enabled": False, "locale": "en"}))
    yield "device_change", lambda: deliveries.device_change(nobody, first(), {"name": "mine"})
    yield "device_delete", lambda: deliveries.device_delete(nobody, first())
    yield "device_delete", lambda: deliveries.device_delete(owner, first())
    yield "device_delete", lambda: deliveries.device_delete(owner, "nobody's")


@pytest.mark.parametrize(
    ("layer", "calls"),
    [
        (Queries, spine_calls),
        (AccessQueries, access_calls),
        (CheckQueries, check_calls),
        (CloudQueries, cloud_calls),
        (SilenceQueries, silence_calls),
        (AnomalyQueries, anomaly_calls),
        (StatusQueries, status_calls),
        (ForecastQueries, forecast_calls),
        (AnalysisQueries, analysis_calls),
        (IncidentQueries, incident_calls),
        (RuleQueries, rule_calls),
        (DeliveryQueries, delivery_calls),
    ],
)
def test_every_function_answers_alike_on_both_roads(roads: list[Road], layer: Any, calls: Any) -> None:
    called = set()
    refused = set()
    lists = [list(calls(layer(road.rpc))) for road in roads]
    for steps in zip(*lists, strict=True):
        called.add(steps[0][0])
        seen = alike([outcome(step[1]) for step in steps])
        if seen.raised:
            refused.add((steps[0][0], seen.raised))
        assert seen.raised != "RuntimeError", f"{steps[0][0]}: {seen.message}"
    public = {name: one for name, one in inspect.getmembers(layer, inspect.isfunction) if not name.startswith("_")}
    assert called == set(public), "a function is missing from the list of calls"
    asking = [one for one in public.values() if len(inspect.signature(one).parameters) > 1]
    assert len(refused) >= min(3, len(asking)), "the list holds refusals too"


# --- Errors ---


@pytest.mark.parametrize(("state", "expected"), EXPECTED.items())
def test_an_sqlstate_means_the_same_on_both_roads(roads: list[Road], state: str, expected: type[Exception]) -> None:
    seen = alike([outcome(lambda road=road: road.rpc.call("omv_test_raise", {"code": state})) for road in roads])
    assert seen.raised == expected.__name__
    assert "told" in str(seen.message)


def test_no_function_of_ours_asks_for_a_serialisation_failure(supabase_database: Pair) -> None:
    """PostgREST repeats a transaction that fails with 40001 by itself and for ever: its caller sees a time-out."""
    sources = supabase_database.rows("select proname, prosrc from pg_proc where proname like 'omv%%'")
    assert len(sources) > 20
    assert [name for name, source in sources if "40001" in source or "serializable" in source.lower()] == []


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("omv_no_such_function", {}, Unavailable),
        ("omv_test_forbidden", {}, Forbidden),
        ("omv_test_echo", {"text": "a\0b"}, BadData),
        ("omv_test_echo", {"text": "\ud800"}, BadData),
        ("omv_test_echo", {"value": float("nan")}, BadData),
        ("omv_test_echo", {"value": float("-inf")}, BadData),
    ],
)
def test_what_cannot_be_called_or_sent_is_refused_alike(
    roads: list[Road], name: str, body: dict[str, Any], expected: type[Exception]
) -> None:
    outcomes = [outcome(lambda road=road: road.rpc.call(name, body)) for road in roads]
    assert {one.raised for one in outcomes} == {expected.__name__}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": HARD_TEXT, HARD_TEXT: "as a key"},
        {"numbers": [0, -0.0, 0.1, 1e-7, 1e22, 1.7976931348623157e308, 5e-324, 2**53 + 1, -(2**63), 10**30]},
        {"deep": [[[[[[[[[[{"a": [{}]}]]]]]]]]]], "null": None, "truth": [True, False], "empty": ["", [], {}]},
        {"large": "x" * 3_000_000, "wide": list(range(100_000))},
    ],
    ids=["empty", "unicode", "numbers", "nested", "large"],
)
def test_a_document_comes_back_as_it_went(roads: list[Road], body: dict[str, Any]) -> None:
    answers = [road.rpc.call("omv_test_echo", body, timeout=8.0) for road in roads]
    assert [repr(one) for one in answers] == [repr(answers[0])] * len(roads)
    # jsonb writes 1e308 as an integer of 309 digits and forgets the sign of -0.0; the value stays.
    assert _floats(answers[0]) == _floats(body)


def _floats(value: Any) -> Any:
    if isinstance(value, list):
        return [_floats(one) for one in value]
    if isinstance(value, dict):
        return {name: _floats(one) for name, one in value.items()}
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def test_null_is_none(roads: list[Road]) -> None:
    assert [road.rpc.call("omv_test_null", {}) for road in roads] == [None] * len(roads)


def test_an_answer_of_more_rows_than_max_rows_is_whole(roads: list[Road]) -> None:
    for road in roads:
        road.pair.rows(
            "insert into omv.agent_key (hash, prefix, last4, name, scopes)"
            " select 'many' || n, 'p', 'l', 'key ' || n, '{read}' from generate_series(1, 1500) n"
        )
        assert len(AccessQueries(road.rpc).key_list()) >= 1500, road.name
        road.pair.rows("delete from omv.agent_key where hash like 'many%%'")


def test_a_call_ends_in_time_and_the_road_stays_open(roads: list[Road]) -> None:
    for road in roads:
        began = time.monotonic()
        seen = outcome(lambda road=road: road.rpc.call("omv_test_sleep", {"seconds": 5}, timeout=0.5))
        assert seen.raised == "Unavailable", road.name
        assert time.monotonic() - began < 1.0, road.name
        assert road.rpc.call("omv_test_echo", {"a": 1}) == {"a": 1}, road.name


def test_threads_share_a_road(roads: list[Road]) -> None:
    for road in roads:
        wrong: list[Any] = []

        def ask(thread: int, road: Road = road, wrong: list[Any] = wrong) -> None:
            for number in range(15):
                body = {"thread": thread, "number": number}
                answer = outcome(lambda body=body: road.rpc.call("omv_test_echo", body)).answer
                if answer != body:
                    wrong.append((body, answer))

        threads = [threading.Thread(target=ask, args=(thread,)) for thread in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == [], road.name


def test_a_database_that_went_away_is_unavailable_and_found_again(
    embedded: EmbeddedStores, supabase_database: Pair
) -> None:
    name = f"road_away_{next(_numbers)}"
    pair = clone(embedded, "supabase_template", name)
    with ExitStack() as stack:
        rpcs: list[Rpc] = [PsycopgRpc(pair.database_url)]
        if program := node_tools.postgrest():
            running = stack.enter_context(project(program, pair))
            rpcs.append(PostgrestRpc(running.rest_url, running.secret_key))
        for rpc in rpcs:
            stack.callback(rpc.close)
            assert rpc.call("omv_health", {})["servers"] == 0
        elsewhere = Pair(pair.database_url, pair.admin_url.replace(f"/{name}?", "/postgres?"), pair.redis_url)
        elsewhere.rows(f"alter database {name} allow_connections false")
        elsewhere.rows(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
        for rpc in rpcs:
            assert outcome(lambda rpc=rpc: rpc.call("omv_health", {})).raised == "Unavailable", rpc
        elsewhere.rows(f"alter database {name} allow_connections true")
        ends = time.monotonic() + 40  # PostgREST waits longer and longer between its tries
        for rpc in rpcs:
            while outcome(lambda rpc=rpc: rpc.call("omv_health", {})).raised and time.monotonic() < ends:
                time.sleep(0.2)
            assert rpc.call("omv_health", {})["servers"] == 0


# --- Redis ---


@pytest.fixture(scope="module")
def valkey_url(embedded: EmbeddedStores) -> str:
    return f"{embedded.redis_url}?db=254"


@pytest.fixture
def redis_roads(valkey_url: str) -> Iterator[list[Redis]]:
    with UpstashTwin(valkey_url) as twin:
        found: list[Redis] = [UrlRedis(valkey_url), RestRedis(twin.url, twin.token)]
        yield found
        for one in found:
            one.close()


REDIS_CALLS: list[tuple[Any, ...]] = [
    ("PING",),
    ("GET", "nothing"),
    ("SET", "text", HARD_TEXT),
    ("GET", "text"),
    ("SET", "number", 42, "EX", 60),
    ("GET", "number"),
    ("SET", "number", 1.5, "NX"),
    ("SET", "once", "1", "NX", "EX", 3600),
    ("SET", "once", "1", "NX", "EX", 3600),
    ("TTL", "once"),
    ("XREAD", "COUNT", 2, "STREAMS", "s", "0-0"),
    ("XADD", "s", "1-1", "0", HARD_TEXT, "1", ""),
    ("XADD", "s", "1-2", "0", "{}"),
    ("XADD", "s", "1-1", "0", "late"),  # an id that is not above the last one
    ("XADD", "s", "MINID", "~", 0, "LIMIT", 1000, "5-0", "0", "x"),
    ("XREAD", "COUNT", 2, "STREAMS", "s", "0-0"),
    ("XREAD", "COUNT", 9, "STREAMS", "s", "5-0"),
    ("XLEN", "s"),
    ("GET", "s"),  # a key of the wrong kind
    ("INCR", "text"),
    ("NO.SUCH.COMMAND", "x"),
    ("SET", "short"),
    ("SET", "large", "x" * 700_000),
    ("GET", "large"),
    ("SET", "surrogate", "\ud800"),
    ("DEL", "large", "text"),
]


def test_every_redis_command_answers_alike_on_both_roads(redis_roads: list[Redis]) -> None:
    seen = []
    for road in redis_roads:
        road.execute("FLUSHDB")
        seen.append([outcome(lambda road=road, call=call: road.execute(*call)) for call in REDIS_CALLS])
    for call, direct, rest in zip(REDIS_CALLS, *seen, strict=True):
        assert (direct.answer, direct.raised) == (rest.answer, rest.raised), call
        assert type(direct.answer) is type(rest.answer), call
    raised = {one.raised for one in seen[0]}
    assert raised == {None, "RuntimeError"}


REFUSALS = {
    **dict.fromkeys(("OOM", "BUSY", "LOADING", "READONLY", "MISCONF", "MASTERDOWN", "NOPERM", "NOAUTH"), "Unavailable"),
    "ERR max daily request limit exceeded. Limit: 10000, Usage: 10000.": "Unavailable",
    "ERR something of at most 3": "RuntimeError",
    "WRONGTYPE": "RuntimeError",
    "UNHEARDOF": "RuntimeError",
}


@pytest.mark.parametrize(("code", "expected"), REFUSALS.items())
def test_a_refusal_by_redis_means_the_same_on_both_roads(redis_roads: list[Redis], code: str, expected: str) -> None:
    script = f"return redis.error_reply('{code} for some reason')"
    outcomes = [outcome(lambda road=road: road.execute("EVAL", script, 0)) for road in redis_roads]
    assert {one.raised for one in outcomes} == {expected}
    assert all(code.split()[0] in str(one.message) for one in outcomes), "whoever reads the log must see why"


def test_the_cache_keeps_its_promises_on_both_roads(redis_roads: list[Redis]) -> None:
    for road in redis_roads:
        road.execute("FLUSHDB")
        cache = Cache(road)
        assert cache.get_snapshot() is None
        assert cache.read("0-0", 5) == []
        ids = [cache.append([HARD_TEXT, f"part {number}"], "0-0") for number in range(3)]
        entries = cache.read("0-0", 2)
        assert [entry.id for entry in entries] == ids[:2]
        assert entries[0].parts == [HARD_TEXT, "part 0"]
        assert abs(entries[0].heard_at - time.time()) < 60
        assert [entry.id for entry in cache.read(ids[1], 9)] == ids[2:]
        cache.put_snapshot("7 " + HARD_TEXT)
        assert cache.get_snapshot() == "7 " + HARD_TEXT
        assert [cache.first_emergency_this_hour() for _ in range(3)] == [True, False, False]
        cache.ping()
        lasting = {key for key in road.execute("KEYS", "*") if road.execute("TTL", key) == -1}
        assert lasting == {"omv:0:samples"}, "every key but the stream has a time to live"
