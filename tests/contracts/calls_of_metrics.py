"""What is asked of the SQL functions of metrics: what a sweep commits and pages read, and what is seen in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lib.domain.access import Sight
from lib.storage.supabase.queries import Queries
from lib.storage.supabase.queries_analysis import AnalysisQueries
from lib.storage.supabase.queries_anomalies import AnomalyQueries
from lib.storage.supabase.queries_clouds import CloudQueries
from lib.storage.supabase.queries_forecasts import ForecastQueries
from tests.contracts.roads import HARD_TEXT, HOUR, NAME


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
