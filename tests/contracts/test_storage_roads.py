"""One list of calls through both roads to each store: what comes back, and what is raised, must not tell them apart.

Postgres by psycopg and by real PostgREST behind a project's gateway; Redis by URL and by Upstash's own SDK.
"""

from __future__ import annotations

import inspect
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from lib.domain.errors import Conflict, Forbidden, Unavailable
from lib.storage.embedded.supervisor import EmbeddedStores
from lib.storage.port import BadData
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
from tests.contracts.calls_of_alerts import delivery_calls, incident_calls, rule_calls, silence_calls, status_calls
from tests.contracts.calls_of_metrics import analysis_calls, anomaly_calls, cloud_calls, forecast_calls, spine_calls
from tests.contracts.calls_of_people import access_calls, check_calls
from tests.contracts.roads import HARD_TEXT, Road, alike, outcome
from tests.real_stores import Pair
from tests.twins import node_tools
from tests.twins.supabase_project import clone, project

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
        assert time.monotonic() - began < 4.0, f"{road.name}: to the end it takes five seconds"
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
