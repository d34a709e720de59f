"""What happened in a time: alerts, deploys and errors of every server, and that there was none where there was none."""

from __future__ import annotations

import time

import pytest

from lib.domain.access import Sight
from tests.assistant import troubled_fleet
from tests.assistant.known_fleet import HOUR, Hub, facts
from tests.assistant.test_cause_answers import time_of
from tests.assistant.troubled_fleet import alert_of

BOTH = pytest.mark.parametrize("locale", ["ko", "en"])
WATCHED = 20 * HOUR  # seconds since the first of the servers was seen
TROUBLED = ("db-01", "db-02", "web-01")
ASKED = {"ko": "어젯밤에 무슨 일 있었어?", "en": "What happened last night?"}


@pytest.fixture(scope="module")
def troubled(troubled: Hub) -> Hub:
    troubled.pair.rows("update omv.server set first_seen = to_timestamp(%s)", troubled.now - WATCHED)
    return troubled


@BOTH
def test_everything_that_happened_is_told_the_gravest_first(troubled: Hub, locale: str) -> None:
    then = _hours_ago(troubled, 2, -1)
    reply = troubled.ask("root_cause", locale, text=ASKED[locale], time=then)
    first, *rest = reply.answer.splitlines()
    assert ("알림 **3건**(" if locale == "ko" else "**3** alerts opened (") in first
    told = [one.split(" · ")[0] for one in rest if one.startswith("- ")]
    assert [next(name for name in TROUBLED if name in one) for one in told][0:1] == ["db-01"], "the critical one first"
    assert sorted(name for one in told for name in TROUBLED if name in one) == sorted(TROUBLED)
    events = next(one for one in rest if one.startswith(("배포와 이벤트 1건", "Deploys and events: 1:")))
    assert "web-01" in events
    assert "<img" not in events.replace(events[events.index("`") : events.rindex("`") + 1], "")
    assert {alert_of(troubled, name)["id"] for name in TROUBLED} <= {one["id"] for one in reply.evidence}


@BOTH
def test_why_is_still_explained(troubled: Hub, locale: str) -> None:
    then = _hours_ago(troubled, 2, -1)
    text = {"ko": "어젯밤에 왜 알림이 떴어?", "en": "Why was there an alert last night?"}[locale]
    assert ("가장 유력" if locale == "ko" else "Most likely") in troubled.ask(
        "root_cause", locale, text=text, time=then
    ).answer


@BOTH
def test_of_a_quiet_time_it_is_said_that_it_was_quiet(troubled: Hub, locale: str) -> None:
    reply = troubled.ask("root_cause", locale, text=ASKED[locale], time=_hours_ago(troubled, 19, 15))
    quiet, changes = {
        "ko": ("알림, 배포, 오류가 없었습니다(0건)", "뚜렷한 변화가 없습니다"),
        "en": ("no alert, no deploy, no error (0)", "No metric clearly changed"),
    }[locale]
    assert quiet in reply.answer
    assert changes in reply.answer
    assert len(reply.answer.splitlines()) == 2


@BOTH
def test_what_was_before_anybody_watched_is_not_called_quiet(troubled: Hub, locale: str) -> None:
    early = troubled.ask("root_cause", locale, text=ASKED[locale], time=_hours_ago(troubled, 26, 15))
    assert ("그 전의 알림은 없습니다" if locale == "ko" else "of before there are no alerts") in early.answer
    before = troubled.ask("root_cause", locale, text=ASKED[locale], time=_hours_ago(troubled, 30, 24))
    assert ("기록이 없습니다" if locale == "ko" else "Nothing is on record") in before.answer
    assert len(before.answer.splitlines()) == 1


@BOTH
def test_errors_are_counted_however_many_they_are(troubled: Hub, locale: str) -> None:
    now = time.time()
    for post in range(12):
        errors = [
            {"at": now - 60 - post, "level": "error", "source": "app", "message": f"job {n} failed"} for n in range(50)
        ]
        troubled_fleet.report(troubled.services, f"busy-{locale}", [{"at": now, "cpu": 1.0}], now, errors=errors)
    reply = troubled.ask(
        "root_cause", locale, text=ASKED[locale], servers=[f"busy-{locale}"], time=_hours_ago(troubled, 1, -1)
    )
    assert facts(reply, "errors") == [600]
    assert facts(reply, "server_errors") == [600]
    assert facts(reply, "pattern_lines") == [600]
    assert "`app: job # failed`" in reply.answer


def _hours_ago(hub: Hub, start: float, end: float) -> dict[str, str]:
    return time_of(hub.now - start * HOUR, hub.now - end * HOUR)


def test_what_is_out_of_sight_did_not_happen(troubled: Hub) -> None:
    then = _hours_ago(troubled, 2, -1)
    prod = troubled.ask("root_cause", sight=Sight(tags=("env:prod",)), text=ASKED["ko"], time=then)
    assert "db-01" in prod.answer
    assert "db-02" not in prod.answer


@BOTH
def test_of_one_server_its_alert_is_explained_and_without_one_it_is_told_what_happened(
    troubled: Hub, locale: str
) -> None:
    then = time_of(troubled.now - 2 * HOUR, troubled.now + HOUR)
    quiet = troubled.ask("root_cause", locale, text=ASKED[locale], time=then, servers=["web-02"])
    assert ("알림, 배포, 오류가 없었습니다" if locale == "ko" else "no alert, no deploy, no error") in quiet.answer
    alert = troubled.ask("root_cause", locale, text=ASKED[locale], time=then, servers=["db-01"])
    assert alert_of(troubled, "db-01")["id"] in {one["id"] for one in alert.evidence}
    assert "db-01" in alert.answer.splitlines()[0]
    assert not alert.answer.splitlines()[1].startswith("- ")


@BOTH
def test_what_was_measured_before_anybody_watched_is_on_record(hub: Hub, locale: str) -> None:
    time = _hours_ago(hub, 20, 10)
    reply = hub.ask("root_cause", locale, text=ASKED[locale], time=time, servers=["web-01"])
    assert ("알림, 배포, 오류가 없었습니다" if locale == "ko" else "no alert, no deploy, no error") in reply.answer
    assert ("그 전의 알림은 없습니다" if locale == "ko" else "of before there are no alerts") in reply.answer
