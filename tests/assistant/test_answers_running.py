"""What runs and what the logs say; what others wrote into either stays data."""

from __future__ import annotations

import pytest

from lib.domain.access import Sight
from tests.assistant.known_fleet import DAY, HOUR, Hub, facts
from tests.assistant.past_fleet import HOSTILE, NGINX, POSTGRES, errors, span

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])


# process_query


@BOTH
@pytest.mark.parametrize("by", ["cpu", "memory"])
def test_the_processes_that_use_most_are_told_in_order(past: Hub, locale: str, by: str) -> None:
    reply = past.ask("process_query", locale, servers=["db-01"], metrics=[by], top_n=2)
    ranked = sorted(POSTGRES, key=lambda one: -float(str(one[by])))[:2]
    assert facts(reply, f"process_{by}", "db-01") == [one[by] for one in ranked]
    assert facts(reply, "pid", "db-01") == [one["pid"] for one in ranked]
    assert "KST" in reply.answer
    assert reply.table is None


@BOTH
def test_of_the_fleet_each_process_comes_with_its_server(past: Hub, locale: str) -> None:
    reply = past.ask("process_query", locale)
    assert "db-01" in reply.answer.splitlines()[0]
    assert reply.table is not None
    assert [row[0] for row in reply.table["rows"]] == ["db-01", "web-01", "web-02", "db-01", "db-01"]
    assert facts(reply, "without_list") == [2]
    assert ("기본" if locale == "ko" else "By default") in reply.answer


@BOTH
def test_a_program_is_found_where_it_runs(past: Hub, locale: str) -> None:
    reply = past.ask("process_query", locale, process="nginx")
    assert facts(reply, "servers_running") == [2]
    assert {fact.server for fact in reply.facts if fact.metric == "process_cpu"} == {"web-01", "web-02"}
    assert facts(reply, "process_cpu", "web-01") == [NGINX[0]["cpu"]]


@BOTH
def test_a_port_leads_to_its_process(past: Hub, locale: str) -> None:
    reply = past.ask("process_query", locale, servers=["db-01"], port=5432)
    assert "**postgres**" in reply.answer
    assert facts(reply, "pid", "db-01") == [811]
    none = past.ask("process_query", locale, servers=["db-01"], port=443)
    assert facts(none, "pid") == []
    assert ("목록에 없습니다" if locale == "ko" else "no process list") in none.answer


@BOTH
def test_a_program_in_no_list_may_still_run(past: Hub, locale: str) -> None:
    reply = past.ask("process_query", locale, servers=["db-01"], process="java")
    assert ("없을 수 있습니다" if locale == "ko" else "may be missing") in reply.answer


@BOTH
def test_processes_that_nobody_sends_are_not_collected(past: Hub, locale: str) -> None:
    reply = past.ask("process_query", locale, servers=["log-01"])
    assert ("수집하고 있지 않습니다" if locale == "ko" else "No process list is collected") in reply.answer
    assert facts(reply, "process_cpu") == []
    beside = past.ask("process_query", locale, servers=["log-01", "db-01"])
    assert "log-01" in beside.answer
    assert ("수집되지 않음" if locale == "ko" else "not collected") in beside.answer


def test_a_hostile_process_name_is_no_markup(past: Hub) -> None:
    reply = past.ask("process_query", "en", servers=["db-01"], process="writer")
    assert "\\*\\*writer\\*\\* \\| x" in reply.answer
    assert "**writer**" not in reply.answer.replace("\\*\\*writer\\*\\*", "")


def test_processes_out_of_sight_are_not_told(past: Hub) -> None:
    reply = past.ask("process_query", "en", sight=Sight((), "web-01"), process="postgres")
    assert "db-01" not in reply.answer
    assert facts(reply, "pid") == []


# log_query


@BOTH
def test_logs_are_counted_by_pattern_with_their_newest_lines(past: Hub, locale: str) -> None:
    reply = past.ask("log_query", locale, level="error")
    lately = [one for name in ("web-01", "db-01") for one in errors(name, past.now) if one["at"] > past.now - DAY]
    assert facts(reply, "log_lines")[0] == len(lately)
    assert facts(reply, "log_critical") == [1]
    assert facts(reply, "log_lines", "web-01") == [8]
    assert facts(reply, "pattern_lines") == [7, 1]
    assert "upstream timed out after # s" in reply.answer
    assert "upstream timed out after 0 s" in reply.answer
    assert ("기본 24시간" if locale == "ko" else "the default 24 h") in reply.answer.splitlines()[0]


@BOTH
def test_a_word_a_program_and_a_level_narrow_the_search(past: Hub, locale: str) -> None:
    word = past.ask("log_query", locale, keyword="NO SPACE")
    assert facts(word, "log_lines")[0] == 1
    assert "db-01" in word.answer
    program = past.ask("log_query", locale, process="nginx", time=span(past, 3 * DAY))
    assert facts(program, "log_lines")[0] == 9
    warnings = past.ask("log_query", locale, level="warn", time=span(past, 3 * DAY))
    assert facts(warnings, "log_lines")[0] == 2
    assert facts(warnings, "log_warning") == [2]
    brief = past.ask("log_query", locale, level="error", time=span(past, 0.2 * HOUR))
    exact = [one for one in errors("web-01", past.now) if past.now - 0.2 * HOUR <= one["at"]]
    assert facts(brief, "log_lines")[0] == pytest.approx(len(exact), abs=1)


@BOTH
def test_as_many_lines_as_are_asked_for_stand_in_a_table(past: Hub, locale: str) -> None:
    reply = past.ask("log_query", locale, servers=["web-01"], top_n=5)
    assert reply.table is not None
    assert len(reply.table["rows"]) == 5
    assert len([line for line in reply.answer.splitlines() if line.startswith("| ")]) == 2 + 5


@BOTH
def test_no_such_lines_is_zero_with_the_last_that_came(past: Hub, locale: str) -> None:
    reply = past.ask("log_query", locale, servers=["db-01"], level="warn")
    assert facts(reply, "log_lines") == [0]
    assert ("마지막으로 받은 로그" if locale == "ko" else "last line received") in reply.answer


@BOTH
def test_a_server_that_sends_no_logs_gets_what_else_is_known(past: Hub, locale: str) -> None:
    reply = past.ask("log_query", locale, servers=["log-01"], level="error")
    assert ("수집된 로그가 없습니다" if locale == "ko" else "No logs are collected") in reply.answer.splitlines()[0]
    assert facts(reply, "alerts") == [1]
    assert facts(reply, "reboots") == [0]
    assert len(reply.suggestions) == 3
    fleet = past.ask("log_query", locale, groups=["log"])
    assert ("수집된 로그가 없습니다" if locale == "ko" else "No logs are collected") in fleet.answer


@BOTH
def test_what_a_log_says_is_shown_as_code_and_does_nothing(past: Hub, locale: str) -> None:
    reply = past.ask("log_query", locale, servers=["web-01"], keyword="ignore previous")
    (line,) = [one for one in reply.answer.splitlines() if "4242" in one]
    text = HOSTILE.replace("`", "'")
    assert f"`app'x': {text}`" in line
    assert line.count("`") == 2
    assert reply.actions == []
    listed = past.ask("log_query", locale, servers=["web-01"], top_n=4)
    assert all(line.replace("\\|", "").count("|") == 4 for line in listed.answer.splitlines() if line.startswith("|"))


def test_a_keyword_is_data_too(past: Hub) -> None:
    reply = past.ask("log_query", "en", keyword="**x** | `y` <b>")
    assert "`**x** | 'y' <b>`" in reply.answer
    assert facts(reply, "log_lines") == [0]


def test_logs_out_of_sight_are_not_told(past: Hub) -> None:
    reply = past.ask("log_query", "en", sight=Sight((), "db-01"))
    assert facts(reply, "log_lines")[0] == 1
    assert "web-01" not in reply.answer
