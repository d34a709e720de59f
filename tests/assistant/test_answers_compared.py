"""Which servers there are, and what is held against each other: every figure worked out here from what was posted."""

from __future__ import annotations

import statistics
from typing import Any

import pytest

from lib.domain.access import Sight
from lib.mcp.core.counted_errors import MOST_PATTERNS, gained
from tests.assistant.known_fleet import DAY, FLEET, HOUR, Hub, facts
from tests.assistant.past_fleet import CPU, ENV, GROUPS, LATENCY, MEMORY, RISEN, instants, measured, span

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])


def mean(name: str, metric: str, now: float, begins_ago: float, ends_ago: float = 0.0) -> float:
    return statistics.mean(
        measured(name, at, now)[metric] for at in instants(now) if now - begins_ago <= at < now - ends_ago
    )


# server_list


@BOTH
def test_the_list_counts_names_and_restates_what_was_asked(past: Hub, locale: str) -> None:
    reply = past.ask("server_list", locale, tags=["env:prod"], statuses=["ok"])
    prod = [name for name in GROUPS if ENV.get(name, "prod") == "prod"]
    assert facts(reply, "servers") == [len(prod)]
    assert facts(reply, "servers_in_all") == [len(GROUPS)]
    first = reply.answer.splitlines()[0]
    assert "env:prod" in first
    assert ("정상" if locale == "ko" else "ok") in first
    assert all(name.replace("_", "\\_") in reply.answer for name in prod)
    assert "log-01" not in reply.answer
    assert reply.table is not None
    assert len(reply.table["rows"]) == len(prod)


@BOTH
def test_a_group_s_servers_are_named_and_none_is_said_plainly(hub: Hub, past: Hub, locale: str) -> None:
    web = hub.ask("server_list", locale, groups=["web"])
    assert facts(web, "servers") == [3]
    assert "web-01, web-02, web-03" in web.answer
    none = past.ask("server_list", locale, statuses=["offline"])
    assert facts(none, "servers") == [0]
    assert ("**0대**" if locale == "ko" else "**0 of 5 servers**") in none.answer.splitlines()[0]
    assert "web" in none.answer


@BOTH
def test_the_list_is_counted_by_status_and_group(hub: Hub, locale: str) -> None:
    reply = hub.ask("server_list", locale)
    assert facts(reply, "servers") == [len(FLEET)]
    assert ("위험 1" if locale == "ko" else "critical 1") in reply.answer
    assert "web 3" in reply.answer


@BOTH
def test_a_list_of_names_says_which_are_none(hub: Hub, locale: str) -> None:
    reply = hub.ask("server_list", locale, servers=["web-01"], unknown_servers=["web-99"])
    assert facts(reply, "servers") == [1]
    assert "web-99" in reply.answer


@BOTH
def test_what_a_group_is_called_is_no_markup(past: Hub, locale: str) -> None:
    for reply in (past.ask("server_list", locale), past.ask("server_list", locale, groups=["[odd](http://e)"])):
        assert "\\[odd\\](http://e)" in reply.answer
        assert "[odd](http" not in reply.answer.replace("\\[odd\\](http", "")


# compare_servers


@BOTH
def test_two_servers_are_compared_in_points_and_in_proportion(past: Hub, locale: str) -> None:
    reply = past.ask("compare_servers", locale, servers=["web-01", "web-02"], metrics=["cpu"])
    low, high = CPU["web-01"] + RISEN, CPU["web-02"]
    assert facts(reply, "cpu") == [high, low]
    assert facts(reply, "cpu_change")[0] == high - low
    assert facts(reply, "cpu_change_share")[0] == pytest.approx(100 * (high - low) / low, abs=0.05)
    assert reply.table is not None  # beside the sentence, which has said it all
    assert [row[0] for row in reply.table["rows"]] == ["web-01", "web-02"]
    assert facts(reply, "cpu_change", "web-01") == [low - high]
    assert facts(reply, "cpu_change_share", "web-01") == [pytest.approx(100 * (low - high) / high, abs=0.05)]
    assert reply.answer.index("**web-02**") < reply.answer.index("web-01")
    assert len(reply.answer.splitlines()) == 1


@BOTH
def test_latency_is_compared_in_its_unit(past: Hub, locale: str) -> None:
    reply = past.ask("compare_servers", locale, servers=["web-01", "web-02"], metrics=["latency"])
    assert facts(reply, "latency_change")[0] == LATENCY["web-02"] - LATENCY["web-01"]
    assert "+60 ms" in reply.answer
    assert ("느립니다" if locale == "ko" else "slower") in reply.answer
    assert "web-02" in reply.answer.splitlines()[0]


@BOTH
def test_without_a_metric_the_usual_ones_stand_in_a_table(past: Hub, locale: str) -> None:
    reply = past.ask("compare_servers", locale, servers=["web-01", "web-02", "db-01"])
    assert reply.table is not None
    assert [row[0] for row in reply.table["rows"]] == ["db-01", "web-01", "web-02"]
    assert len(reply.table["headers"]) == 5
    assert facts(reply, "memory", "db-01") == [MEMORY["db-01"]]
    assert ("기본" if locale == "ko" else "By default") in reply.answer


@BOTH
def test_groups_are_compared_by_their_means_and_their_numbers(past: Hub, locale: str) -> None:
    reply = past.ask("compare_servers", locale, groups=["web", "db"], metrics=["memory"])
    web = statistics.mean(MEMORY[name] for name, group in GROUPS.items() if group == "web")
    assert facts(reply, "memory_avg:web") == [web]
    assert facts(reply, "memory_avg:db") == [MEMORY["db-01"]]
    assert facts(reply, "memory_change") == [MEMORY["db-01"] - web, web - MEMORY["db-01"]]
    assert reply.table is not None
    assert [row[:2] for row in reply.table["rows"]] == [["web", "2"], ["db", "1"]]
    text = "web과 db 중 어디가 서버가 더 많아?" if locale == "ko" else "which has more servers, web or db?"
    counted = past.ask("compare_servers", locale, text=text, groups=["web", "db"])
    assert facts(counted, "servers_apart") == [1]
    assert "web 2, db 1" in counted.answer.splitlines()[0]


@BOTH
def test_a_comparison_over_a_time_takes_the_mean_of_it(past: Hub, locale: str) -> None:
    time = span(past, 2 * DAY)
    reply = past.ask("compare_servers", locale, servers=["web-01", "db-01"], metrics=["cpu"], time=time)
    (told,) = facts(reply, "cpu", "web-01")
    assert told == pytest.approx(mean("web-01", "cpu", past.now, 2 * DAY), abs=0.2)
    assert "KST" in reply.answer


@BOTH
def test_all_of_two_values_of_a_tag_are_compared_as_two(past: Hub, locale: str) -> None:
    """Of "prod and staging" the frame has only names."""
    reply = past.ask("compare_servers", locale, servers=sorted(GROUPS), metrics=["memory"])
    prod = [MEMORY[name] for name in GROUPS if ENV.get(name, "prod") == "prod"]
    assert facts(reply, "memory_avg:env:prod") == [pytest.approx(statistics.mean(prod), abs=0.05)]
    assert facts(reply, "memory_avg:env:staging") == [MEMORY["log-01"]]


@BOTH
def test_one_server_is_compared_with_the_rest_of_its_group(past: Hub, locale: str) -> None:
    reply = past.ask("compare_servers", locale, servers=["web-01"], metrics=["memory"])
    assert facts(reply, "peers") == [1]
    assert facts(reply, "memory_avg:web") == [MEMORY["web-02"]]


@BOTH
def test_nothing_is_compared_with_a_server_nobody_knows(past: Hub, locale: str) -> None:
    frame: dict[str, Any] = {"servers": ["db-01"], "unknown_servers": ["db-09"], "metrics": ["cpu"]}
    reply = past.ask("compare_servers", locale, **frame)
    assert "db-09" in reply.answer
    assert facts(reply, "cpu") == []
    lacking = past.ask("compare_servers", locale, servers=["db-01", "log-01"], metrics=["gpu"])
    assert ("수집되지 않음" if locale == "ko" else "not collected") in lacking.answer


@BOTH
def test_a_silent_server_is_compared_by_what_it_last_was(hub: Hub, locale: str) -> None:
    reply = hub.ask("compare_servers", locale, servers=["legacy-01", "web-01"], metrics=["memory"])
    assert "legacy-01" in reply.answer.splitlines()[0]
    assert reply.stale


# compare_periods


@BOTH
def test_two_days_are_compared_in_points_and_in_proportion(past: Hub, locale: str) -> None:
    frame = {"time": span(past, DAY), "time2": span(past, 2 * DAY, DAY)}
    reply = past.ask("compare_periods", locale, servers=["web-01"], metrics=["cpu"], **frame)
    before, after = (mean("web-01", "cpu", past.now, start, end) for start, end in ((2 * DAY, DAY), (DAY, 0.0)))
    told = facts(reply, "cpu_avg", "web-01")
    # A bin that begins before a day counts to both.
    assert told == [pytest.approx(before, abs=0.16), pytest.approx(after, abs=0.16)]
    assert facts(reply, "cpu_change") == [pytest.approx(after - before, abs=0.2)]
    assert facts(reply, "cpu_change_share") == [pytest.approx(100 * (after - before) / before, abs=1)]
    first = reply.answer.splitlines()[0]
    assert ("늘었습니다" if locale == "ko" else "up") in first
    assert first.count("KST") == 2
    assert "끝나지" not in reply.answer
    assert "not over" not in reply.answer


@BOTH
def test_a_day_that_is_not_over_is_held_against_as_much_of_the_other(past: Hub, locale: str) -> None:
    frame = {"time": span(past, DAY / 2, -HOUR), "time2": span(past, 2.5 * DAY, 1.5 * DAY)}
    reply = past.ask("compare_periods", locale, servers=["db-01"], metrics=["disk"], **frame)
    before, after = (mean("db-01", "disk", past.now, start, start - DAY / 2) for start in (2.5 * DAY, DAY / 2))
    assert facts(reply, "disk_avg", "db-01") == [pytest.approx(before, abs=0.15), pytest.approx(after, abs=0.15)]
    assert facts(reply, "disk_change") == [pytest.approx(after - before, abs=0.2)]
    assert ("같은 구간만" if locale == "ko" else "the same part is compared") in reply.answer


@BOTH
def test_hours_beside_a_day_are_held_against_all_of_it(past: Hub, locale: str) -> None:
    frame = {"time": span(past, 7 * HOUR, -HOUR), "time2": span(past, 2 * DAY, DAY)}
    reply = past.ask("compare_periods", locale, servers=["db-01"], metrics=["disk"], **frame)
    assert facts(reply, "disk_avg", "db-01")[0] == pytest.approx(
        mean("db-01", "disk", past.now, 2 * DAY, DAY), abs=0.15
    )
    assert ("끝나지" if locale == "ko" else "not over") not in reply.answer


@BOTH
def test_where_as_much_of_the_other_was_not_measured_all_of_it_is_compared_and_said_so(past: Hub, locale: str) -> None:
    frame = {"time": span(past, DAY / 4, -HOUR), "time2": span(past, 4.25 * DAY, 2 * DAY)}
    reply = past.ask("compare_periods", locale, servers=["web-01"], metrics=["cpu"], **frame)
    assert len(facts(reply, "cpu_avg", "web-01")) == 2
    assert ("기준 기간 전체와" if locale == "ko" else "with all of it") in reply.answer


@BOTH
def test_of_many_servers_those_that_moved_most_are_named(past: Hub, locale: str) -> None:
    frame = {"time": span(past, DAY), "time2": span(past, 2 * DAY, DAY)}
    reply = past.ask("compare_periods", locale, metrics=["cpu"], **frame)
    assert "web-01" in reply.answer.splitlines()[1]
    moved = [mean(name, "cpu", past.now, DAY) - mean(name, "cpu", past.now, 2 * DAY, DAY) for name in GROUPS]
    assert facts(reply, "cpu_change")[0] == pytest.approx(statistics.mean(moved), abs=0.2)
    assert reply.table is not None
    assert reply.table["rows"][0][0] == "web-01"


@BOTH
def test_without_times_today_is_held_against_yesterday_and_said_so(past: Hub, locale: str) -> None:
    reply = past.ask("compare_periods", locale, servers=["web-02"])
    assert ("기본" if locale == "ko" else "usual") in reply.answer
    assert facts(reply, "cpu_avg", "web-02") or "data" in reply.answer or "데이터" in reply.answer


@BOTH
def test_a_time_without_data_is_not_compared(past: Hub, locale: str) -> None:
    frame = {"time": span(past, DAY), "time2": span(past, 20 * DAY, 19 * DAY)}
    reply = past.ask("compare_periods", locale, servers=["web-01"], metrics=["cpu"], **frame)
    assert facts(reply, "cpu_change") == []
    assert ("비교할 수 없습니다" if locale == "ko" else "cannot be compared") in reply.answer.splitlines()[0]
    late = {"time": span(past, DAY), "time2": span(past, DAYS_AND_HALF, DAY)}
    partial = past.ask("compare_periods", locale, servers=["web-01"], metrics=["cpu"], **late)
    assert ("부터만 있습니다" if locale == "ko" else "on only") in partial.answer.splitlines()[0]


@BOTH
def test_errors_of_two_times_are_counted_and_no_metric_is_compared(past: Hub, locale: str) -> None:
    text = {"ko": "어제 대비 오늘 에러 늘었어?", "en": "more errors today than yesterday?"}[locale]
    frame = {"time": span(past, DAY), "time2": span(past, 2 * DAY, DAY)}
    reply = past.ask("compare_periods", locale, text=text, **frame)
    assert facts(reply, "errors_recent") == [9]  # seven time-outs, a hostile line, a critical one
    assert facts(reply, "errors_before") == [0]  # warnings are no errors
    first, second, *_ = reply.answer.splitlines()
    assert ("늘었습니다" if locale == "ko" else ", up (") in first
    assert "upstream timed out" in second
    assert facts(reply, "pattern_change") == [7]
    assert "CPU" not in reply.answer
    calm = past.ask("compare_periods", locale, text=text, servers=["web-02"], **frame)
    assert ("변화가 없습니다" if locale == "ko" else "no change") in calm.answer


def test_a_pattern_that_is_not_told_of_before_had_none_only_where_all_are_told() -> None:
    def group(name: str, lines: int) -> list[object]:
        return [name, "error", "app", name, lines, 0, 0]

    after = {"groups": [group("new", 50), group("old", 30)]}
    few = {"groups": [group("old", 10)]}
    assert gained(after, few) == ("app: new", 50)
    many = {"groups": [group("old", 10), *(group(f"other {n}", 60) for n in range(MOST_PATTERNS - 1))]}
    assert gained(after, many) == ("app: old", 20), "the new one may have stood eleventh"


DAYS_AND_HALF = 4.5 * DAY  # a baseline that begins before there was any data


def test_what_is_out_of_sight_is_not_compared_or_counted(past: Hub) -> None:
    sight = Sight(("env:staging",))
    listed = past.ask("server_list", "en", sight=sight)
    assert facts(listed, "servers") == [1]
    assert facts(listed, "servers_in_all") == [1]
    assert "web-01" not in listed.answer
    compared = past.ask("compare_servers", "en", sight=sight, groups=["web", "log"], metrics=["cpu"])
    assert {fact.server for fact in compared.facts if fact.metric == "cpu"} <= {"log-01"}
    assert str(CPU["web-02"]) not in compared.answer
    periods = past.ask(
        "compare_periods", "en", sight=sight, metrics=["cpu"], time=span(past, DAY), time2=span(past, 2 * DAY, DAY)
    )
    assert "web-01" not in periods.answer
