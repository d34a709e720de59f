"""A time that only the data know: since the last deploy, and before and after it."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.assistant.known_fleet import Hub, facts

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
DEPLOYED = 2_100  # seconds ago, on api-02
TITLE = "api v2.4.1"


@BOTH
def test_a_metric_is_told_from_the_last_deploy_on(hub: Hub, locale: str) -> None:
    text = {"ko": "배포 이후로 api-02 응답시간 어때?", "en": "api-02 latency since the last deploy"}[locale]
    reply = hub.ask("metric_history", locale, text=text, servers=["api-02"], metrics=["latency"])
    then = int(hub.now) - DEPLOYED
    assert reply.chart is not None
    assert reply.chart["start_epoch"] == pytest.approx(then, abs=1)
    assert TITLE in reply.answer.splitlines()[-1]
    assert "d-1" in {one["id"] for one in reply.evidence}


@BOTH
def test_the_time_before_it_is_as_long_as_that_after_it(hub: Hub, locale: str) -> None:
    text = {"ko": "배포 전후 api-02 cpu 비교", "en": "compare cpu of api-02 before and after the deploy"}[locale]
    reply = hub.ask("compare_periods", locale, text=text, servers=["api-02"], metrics=["cpu"])
    edges = sorted(datetime.fromisoformat(str(one)).timestamp() for one in facts(reply, "time"))
    deployed = next(one for one in edges if one == pytest.approx(hub.now - DEPLOYED, abs=1))
    assert deployed - edges[0] == pytest.approx(edges[-1] - deployed, abs=2)
    assert facts(reply, "cpu_avg") == [25]
    assert not any(one in reply.answer for one in ("늘었", "줄었", ", up (", ", down (")), "a hair is no change"
    assert TITLE in reply.answer


@BOTH
def test_where_nothing_was_deployed_that_is_said_first(hub: Hub, locale: str) -> None:
    text = {"ko": "배포 이후 web-01 cpu", "en": "cpu of web-01 since the deploy"}[locale]
    reply = hub.ask("metric_history", locale, text=text, servers=["web-01"], metrics=["cpu"])
    assert ("배포 기록이 없어" if locale == "ko" else "no deploy is on record") in reply.answer.splitlines()[0]


@BOTH
def test_when_the_last_deploy_was_is_the_first_line(hub: Hub, locale: str) -> None:
    text = {"ko": "마지막 배포 언제야", "en": "when was the last deploy?"}[locale]
    first, *rest = hub.ask("change_correlation", locale, text=text).answer.splitlines()
    assert TITLE in first
    assert rest
    assert TITLE not in rest[-1]
