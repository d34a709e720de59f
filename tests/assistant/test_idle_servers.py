"""Which servers have nothing to do: judged by the week, with what idle means, and none named where none is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lib.mcp.core.idle import CPU_MOST, HOURS, LEAST_DAYS, NETWORK_MOST, Load, loads, sizes
from lib.mcp.core.sources import Server
from lib.mcp.core.spans import Stretch
from tests.assistant.known_fleet import DAY, HOUR, Hub, facts
from tests.assistant.past_fleet import CPU, GROUPS, NET

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
ASKED = {"ko": "지워도 될 만큼 노는 서버는?", "en": "which servers are idle enough to remove"}


def week(at: Callable[[int], float], hours: int = HOURS) -> Stretch:
    points = [(float(n * HOUR), at(n), at(n), at(n), 6) for n in range(hours)]
    return Stretch(0.0, float(HOURS * HOUR), HOUR, points)


def test_idle_is_low_nearly_always_and_in_both() -> None:
    quiet, busy = week(lambda n: 1.0), week(lambda n: 40.0)
    at_night = week(lambda n: 90.0 if n % 24 == 3 else 1.0)  # an hour of each day is 4 %
    office = week(lambda n: 90.0 if n % 24 in {9, 10} else 1.0)  # two are 8 %
    cpu = {"quiet": quiet, "busy": busy, "backup": at_night, "office": office, "proxy": quiet, "new": quiet}
    network = {**dict.fromkeys(cpu, week(lambda n: 1e3)), "proxy": week(lambda n: 1e6)}
    found = {one.server: one for one in loads(cpu, network)}
    assert {name for name, one in found.items() if one.is_idle} == {"quiet", "backup", "new"}
    assert [one.server for one in loads(cpu, network)][-1] == "office"


def test_what_is_young_is_not_judged_and_what_tells_no_network_by_its_processor() -> None:
    days = LEAST_DAYS * DAY // HOUR
    cpu = {"young": week(lambda n: 1.0, days - 1), "old": week(lambda n: 1.0, days)}
    [one] = loads(cpu, {})
    assert (one.server, one.network, one.is_idle) == ("old", None, True)


def test_the_line_itself_is_still_idle() -> None:
    one = Load("x", CPU_MOST, NETWORK_MOST, HOURS)
    assert one.is_idle
    assert not replace(one, cpu=CPU_MOST + 0.1).is_idle
    assert not replace(one, network=NETWORK_MOST + 1).is_idle


def test_what_has_more_cores_than_it_needs_is_named_with_those_that_would_do() -> None:
    def server(name: str, cores: float | None) -> Server:
        return Server(name, None, {}, "ok", None, None, {}, 0, None, cores, None, None)

    cpu = {name: week(lambda n: 10.0) for name in ("wide", "wider", "narrow", "unknown", "stolen")}
    read = {"cpu": cpu, "steal": {"stolen": week(lambda n: 8.0)}}
    cores = {"wide": 8.0, "wider": 32.0, "narrow": 1.0, "unknown": None, "stolen": 8.0, "silent": 8.0}
    servers = [server(name, those) for name, those in cores.items()]
    assert sizes(servers, read, 0, HOURS * HOUR) == [("wider", 32, 6), ("wide", 8, 2)]
    assert sizes(servers, read, 0, 5 * DAY) == []  # a week, or nothing is said


@BOTH
def test_those_that_are_idle_are_named_with_their_figures_and_what_idle_means(past: Hub, locale: str) -> None:
    reply = past.ask("server_list", locale, text=ASKED[locale])
    assert facts(reply, "idle") == [1]
    assert facts(reply, "measured") == [len(GROUPS)]
    assert facts(reply, "cpu_p95", "x_y_2:3") == [pytest.approx(CPU["x_y_2:3"])]
    assert facts(reply, "network_p95", "x_y_2:3") == [pytest.approx(3 * NET["x_y_2:3"] / 1_000)]
    assert facts(reply, "cpu_most") == [CPU_MOST]
    assert "log-01" not in reply.answer
    assert ("역할" if locale == "ko" else "what a server is for") in reply.answer


@BOTH
def test_where_none_is_idle_it_says_so_and_names_the_least_busy(past: Hub, locale: str) -> None:
    reply = past.ask("server_list", locale, text=ASKED[locale], groups=["web", "log"])
    assert facts(reply, "idle") == [0]
    assert facts(reply, "cpu_p95") == [CPU["log-01"], pytest.approx(CPU["web-01"] + 5), CPU["web-02"]]
    assert ("그나마 한가한" if locale == "ko" else "least busy there are") in reply.answer


@BOTH
def test_one_server_is_told_whether_it_is(past: Hub, locale: str) -> None:
    text = "is web-02 idle?" if locale == "en" else "web-02 놀고 있어?"
    reply = past.ask("server_list", locale, text=text, servers=["web-02"])
    assert ("놀고 있지 않습니다" if locale == "ko" else "is not idle") in reply.answer.splitlines()[0]
    assert facts(reply, "cpu_p95", "web-02") == [CPU["web-02"]]


@BOTH
def test_a_young_fleet_is_not_judged(hub: Hub, locale: str) -> None:
    reply = hub.ask("server_list", locale, text=ASKED[locale])
    assert facts(reply, "idle") == []
    assert ("아직 없습니다" if locale == "ko" else "long enough") in reply.answer


@BOTH
def test_a_list_that_asks_for_nothing_of_the_kind_is_the_list(past: Hub, locale: str) -> None:
    reply = past.ask("server_list", locale, text="서버 목록" if locale == "ko" else "list all servers")
    assert facts(reply, "servers") == [len(GROUPS)]
    assert facts(reply, "idle") == []
