"""Expressions of time become the ranges people mean by them, in the fleet's zone and from its now."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.mcp.npu import times
from lib.mcp.npu.text import read

NOW = datetime.fromisoformat("2026-10-14T15:20:00+09:00")  # a Wednesday


def ranges(text: str, now: datetime = NOW) -> list[str]:
    """Ranges as "MM-DDTHH:MM..MM-DDTHH:MM", `now` where an end is now."""

    def told(moment: datetime) -> str:
        return "now" if moment == now else moment.strftime("%m-%dT%H:%M")

    return ["..".join(told(edge) for edge in when.range) for when in times.find(read(text).folded, now)]


CASES = """
최근 2시간 | 10-14T13:20..now
최근 두 시간 동안 | 10-14T13:20..now
지난 7일간 | 10-07T15:20..now
지난 24시간 | 10-13T15:20..now
최근 30분 | 10-14T14:50..now
일주일치 그래프 | 10-07T15:20..now
반나절 동안 | 10-14T03:20..now
최근 보름간 | 09-29T15:20..now
최근 하루 사이 | 10-13T15:20..now
last 2 hours | 10-14T13:20..now
the past hour | 10-14T14:20..now
over the past week | 10-07T15:20..now
in the last 90 minutes | 10-14T13:50..now
last fortnight | 09-30T15:20..now
cpu in september | 09-01T00:00..10-01T00:00
in the month of july | 07-01T00:00..08-01T00:00
availability of september 2026 | 09-01T00:00..10-01T00:00
2026년 8월 가동률 | 08-01T00:00..09-01T00:00
december 2025 | 12-01T00:00..01-01T00:00
12월에 디스크 꽉 찰까 | 12-01T00:00..01-01T00:00
오늘 밤 12시까지 | now..10-15T00:00
april 3 | 04-03T00:00..04-04T00:00
past 6h | 10-14T09:20..now
오늘 | 10-14T00:00..now
어제 | 10-13T00:00..10-14T00:00
어제오늘 무슨 일 | 10-13T00:00..now
tomorrow from 2am to 4am | 10-15T02:00..10-15T04:00
yesterday between 2pm and 4pm | 10-13T14:00..10-13T16:00
tonight 11pm to 1am | 10-14T23:00..10-15T01:00
tonight from 10pm to 11pm | 10-14T22:00..10-14T23:00
yesterday from 2pm | 10-13T14:00..now
자고 일어났는데 | 10-13T18:00..10-14T06:00
어제하루 | 10-13T00:00..10-14T00:00
그저께 | 10-12T00:00..10-13T00:00
그제 오후 | 10-12T12:00..10-12T18:00
the day before yesterday | 10-12T00:00..10-13T00:00
사흘 전 | 10-11T00:00..10-12T00:00
3일 전 | 10-11T00:00..10-12T00:00
two days ago | 10-12T00:00..10-13T00:00
이번 주 | 10-12T00:00..now
이번주 | 10-12T00:00..now
지난주 | 10-05T00:00..10-12T00:00
저번 주 | 10-05T00:00..10-12T00:00
last week | 10-05T00:00..10-12T00:00
다음 주 | 10-19T00:00..10-26T00:00
지난주 금요일 | 10-09T00:00..10-10T00:00
월요일 | 10-12T00:00..10-13T00:00
on friday | 10-09T00:00..10-10T00:00
지난 주말 | 10-10T00:00..10-12T00:00
last weekend | 10-10T00:00..10-12T00:00
주말에 | 10-10T00:00..10-12T00:00
주말 동안 | 10-10T00:00..10-12T00:00
이번 달 | 10-01T00:00..now
지난달 | 09-01T00:00..10-01T00:00
저번달 | 09-01T00:00..10-01T00:00
last month | 09-01T00:00..10-01T00:00
다음 달 | 11-01T00:00..12-01T00:00
올해 | 01-01T00:00..now
this quarter | 10-01T00:00..now
지난 분기 | 07-01T00:00..10-01T00:00
8월 | 08-01T00:00..09-01T00:00
오늘 새벽 | 10-14T00:00..10-14T06:00
오늘 오전에 | 10-14T06:00..10-14T12:00
어제 저녁 | 10-13T18:00..10-14T00:00
yesterday afternoon | 10-13T12:00..10-13T18:00
this morning | 10-14T06:00..10-14T12:00
어젯밤 | 10-13T18:00..10-14T06:00
간밤에 | 10-13T18:00..10-14T06:00
overnight | 10-13T18:00..10-14T06:00
last night | 10-13T18:00..10-14T06:00
자는 동안 | 10-13T18:00..10-14T06:00
while i was asleep | 10-13T18:00..10-14T06:00
오늘 새벽 3시쯤 | 10-14T02:30..10-14T03:30
어제 오후 3시 반에 | 10-13T15:00..10-13T16:00
어제 14시쯤 | 10-13T13:30..10-13T14:30
at 5am | 10-14T04:30..10-14T05:30
around 4am yesterday | 10-13T03:30..10-13T04:30
yesterday at 11pm | 10-13T22:30..10-13T23:30
정오쯤 | 10-14T11:30..10-14T12:30
9시부터 | 10-14T09:00..now
오후 1시 이후 | 10-14T13:00..now
어제부터 | 10-13T00:00..now
월요일부터 지금까지 | 10-12T00:00..now
from 9am to 11am yesterday | 10-13T09:00..10-13T11:00
10/3부터 10/5까지 | 10-03T00:00..10-06T00:00
어제 밤 10시부터 오늘 아침 6시까지 | 10-13T22:00..10-14T06:00
어젯밤 11시쯤 | 10-13T22:30..10-13T23:30
last night at 11pm | 10-13T22:30..10-13T23:30
30일 뒤 | now..11-13T15:20
since 9am | 10-14T09:00..now
since yesterday | 10-13T00:00..now
since tuesday | 10-13T00:00..now
13시부터 15시까지 | 10-14T13:00..10-14T15:00
오전 9시~11시 | 10-14T09:00..10-14T11:00
오후 1시부터 3시까지 | 10-14T13:00..10-14T15:00
어제 오후 10시부터 오늘 오전 2시까지 | 10-13T22:00..10-14T02:00
between 2am and 4am | 10-14T02:00..10-14T04:00
from 14:00 to 15:00 | 10-14T14:00..10-14T15:00
10월 3일 | 10-03T00:00..10-04T00:00
12월 3일 | 12-03T00:00..12-04T00:00
10/3 | 10-03T00:00..10-04T00:00
2026-09-28 | 09-28T00:00..09-29T00:00
October 2nd | 10-02T00:00..10-03T00:00
3 October | 10-03T00:00..10-04T00:00
9월 10일부터 12일까지 | 09-10T00:00..09-13T00:00
9월 28일부터 10월 2일까지 | 09-28T00:00..10-03T00:00
from September 1 to September 7 | 09-01T00:00..09-08T00:00
2026-09-01부터 2026-09-03까지 | 09-01T00:00..09-04T00:00
내일 | 10-15T00:00..10-16T00:00
tomorrow | 10-15T00:00..10-16T00:00
앞으로 30일간 | now..11-13T15:20
향후 2주 | now..10-28T15:20
over the next 7 days | now..10-21T15:20
next 3 months | now..01-12T15:20
이번 달 말까지 | now..11-01T00:00
연말까지 | now..01-01T00:00
by the end of the year | now..01-01T00:00
by friday | now..10-17T00:00
until monday 9am | now..10-19T09:00
내일 아침 9시까지 | now..10-15T09:00
tomorrow까지 | now..10-16T00:00
6시까지 | now..10-14T18:00
밤 11시까지 | now..10-14T23:00
until 6pm | now..10-14T18:00
오늘까지 | now..10-15T00:00
방금 | 10-14T15:05..now
""".strip().splitlines()


def test_two_days_that_are_compared_stay_two() -> None:
    assert ranges("어제 오늘 비교") == ["10-13T00:00..10-14T00:00", "10-14T00:00..now"]


@pytest.mark.parametrize("case", CASES, ids=[case.split("|")[0].strip() for case in CASES])
def test_a_time_is_the_range_meant(case: str) -> None:
    text, wanted = case.split(" | ")
    assert ranges(text) == [wanted]


def test_two_times_are_two_ranges_in_the_order_said() -> None:
    assert ranges("오늘 CPU를 어제와 비교") == ["10-14T00:00..now", "10-13T00:00..10-14T00:00"]
    assert ranges("this week vs last week") == ["10-12T00:00..now", "10-05T00:00..10-12T00:00"]


@pytest.mark.parametrize(
    "text", ["5대", "web 3", "3번 서버", "80% 이상", "시스템 상태", "다시 해줘", "mon-1", "may it be", "위험 알림"]
)
def test_other_numbers_and_words_are_no_times(text: str) -> None:
    assert ranges(text) == []


def test_a_calendar_word_keeps_to_the_zone_of_now() -> None:
    there = datetime.fromisoformat("2026-03-01T00:30:00-05:00")
    assert [when.range[0].isoformat() for when in times.find("yesterday", there)] == ["2026-02-28T00:00:00-05:00"]
    assert [when.range[0].isoformat() for when in times.find("지난달", there)] == ["2026-02-01T00:00:00-05:00"]


def test_a_date_is_the_last_such_day_unless_the_sentence_looks_ahead() -> None:
    assert times.find("10/3부터 10/5까지", NOW)[0].range[0].year == 2026
    assert times.find("from september 1 to september 7", NOW)[0].range[0].year == 2026
    assert times.find("12월 3일 로그", NOW)[0].range[0].year == 2025
    assert times.find("12월 3일까지", NOW)[0].range[1].isoformat() == "2026-12-04T00:00:00+09:00"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30분", 1800), ("두 시간", 7200), ("두 시간 반", 9000), ("한 시간 반", 5400), ("1시간 30분", 5400), ("하루", 86400),
        ("1h30m", 5400), ("half an hour", 1800), ("an hour and a half", 5400), ("90 minutes", 5400), ("2h", 7200), ("an hour", 3600),
        ("one and a half hours", 5400), ("two days", 172800), ("45m", 2700), ("삼십 분", 1800), ("a couple of hours", 7200),
    ],
)  # fmt: skip
def test_a_length_is_its_seconds(text: str, seconds: int) -> None:
    assert [length for _, _, length in times.lengths(text)] == [seconds]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([*(case.split(" | ")[0] for case in CASES), "99999999999일", "99월 99일", "25시", "부터", "까지", "to", "-", "2월 30일"]), max_size=6),
    st.integers(min_value=0, max_value=7_000_000_000),
)  # fmt: skip
def test_whatever_is_said_of_time_is_a_range_or_nothing(words: list[str], at: int) -> None:
    now = datetime.fromtimestamp(at, NOW.tzinfo)
    for one in times.find(read(" ".join(words)).folded, now):
        assert one.range[0] < one.range[1]
        assert {edge.utcoffset() for edge in one.range} == {timedelta(hours=9)}
