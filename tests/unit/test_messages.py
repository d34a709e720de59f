"""What people read, word for word, in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.monitoring.alerts.messages import Message, clean, duration, write

AT = 1_763_900_000.0
ITEM: dict[str, Any] = {
    "incident": "i1", "seq": 1, "transition": "opened", "rule": "CPU", "rule_id": "cpu", "kind": "threshold",
    "server": "web-01", "group": "web", "subject": "cpu", "severity": "critical", "value": 97.3, "level": 95.0,
    "peak": 99.1, "opened_at": AT, "at": AT, "resolved_at": None, "acked_by": None, "note": "restart it", "flaps": 0,
}  # fmt: skip


def told(locale: str, kind: str = "opened", items: list[dict[str, Any]] | None = None, **more: Any) -> Message:
    notice = {"id": "n1", "kind": kind, "severity": "critical", "at": AT, "items": [ITEM] if items is None else items}
    return write({**notice, **more}, {"id": "c1", "locale": locale}, "https://hub", lambda *a: "-".join(a),
                 timezone="Asia/Seoul")  # fmt: skip


def test_an_opening_says_where_what_and_how_much() -> None:
    assert told("ko").title == "[위험] web-01 CPU 사용률 97.3% (기준 95%)"
    english = told("en")
    assert english.title == "[critical] web-01 CPU at 97.3 % (level 95 %)"
    assert english.lines == ("What to do: restart it",)
    assert ("Since", "2025-11-23 21:13:20 +09:00") in english.facts
    assert english.link == "https://hub/#/alerts/i1"
    assert english.ack_link == "https://hub/act.html#i1-acknowledge-c1"
    assert english.silence_link == "https://hub/act.html#i1-silence-c1"
    assert [label for label, _ in english.links] == ["Open", "Acknowledge", "Silence"]
    assert [label for label, _ in told("ko").links] == ["자세히 보기", "확인", "알림 끄기"]
    assert [label for label, _ in told("en", items=[{**ITEM, "acked_by": "ada"}]).links] == ["Open"]


def test_an_end_says_how_long_it_lasted_and_its_peak() -> None:
    over = {**ITEM, "transition": "resolved", "resolved_at": AT + 7_500}
    korean = told("ko", "resolved", [over])
    assert korean.title == "[해결] web-01 CPU 사용률 정상으로 돌아왔습니다 (2시간 5분 만에)"
    assert ("최고", "99.1%") in korean.facts
    assert told("en", "resolved", [over]).title == "[resolved] web-01 CPU is back to normal after 2 h 5 min"
    assert (korean.ack_link, korean.silence_link) == (None, None)


OUTSIDE: dict[str, Any] = {
    **ITEM, "kind": "outside", "rule": "Other monitors", "rule_id": "outside", "subject": "HighCpu:0123456789ab",
    "value": None, "level": None, "peak": None, "note": "https://wiki.example/cpu", "detail": "HighCpu: CPU is busy",
    "source": "Grafana", "description": "93 % for 10 min", "url": "https://grafana.example/d/1",
}  # fmt: skip


def test_an_alert_of_another_monitor_is_told_in_its_words_with_the_way_back() -> None:
    english, korean = told("en", items=[OUTSIDE]), told("ko", items=[OUTSIDE])
    assert english.title == "[critical] web-01: HighCpu: CPU is busy (Grafana)"
    assert korean.title == "[위험] web-01: HighCpu: CPU is busy (Grafana)"
    assert english.lines == ("93 % for 10 min", "What to do: https://wiki.example/cpu")
    assert ("Told by", "Grafana") in english.facts
    assert "Other monitors" not in english.text
    assert english.links[-1] == ("Open in Grafana", "https://grafana.example/d/1")
    assert korean.links[-1] == ("Grafana에서 보기", "https://grafana.example/d/1")
    many = told("ko", "update", [OUTSIDE, {**OUTSIDE, "incident": "i2", "server": None}])
    assert many.lines[1] == "• [위험] HighCpu: CPU is busy (Grafana)"
    assert [label for label, _ in many.links] == ["자세히 보기"]


@pytest.mark.parametrize(
    ("changes", "korean", "english"),
    [
        ({"why": "told"}, "정상으로 돌아왔습니다 (1시간 만에)", "is back to normal after 1 h"),
        (
            {"why": "timed_out"},
            "더 이상 소식이 없어 종료로 처리했습니다 (1시간 만에)",
            "is not told of any more, after 1 h",
        ),
    ],
)
def test_how_another_monitor_s_alert_ended(changes: dict[str, Any], korean: str, english: str) -> None:
    over = {**OUTSIDE, "transition": "resolved", "resolved_at": AT + 3_600, **changes, "detail": ""}
    assert told("ko", "resolved", [over]).title == f"[해결] web-01 HighCpu {korean}"
    assert told("en", "resolved", [over]).title == f"[resolved] web-01 HighCpu {english}"


def test_a_source_that_has_too_many_open_is_said_so() -> None:
    full = {**OUTSIDE, "server": None, "subject": "too-many:Grafana", "detail": ""}
    assert "Grafana has more alerts open than are taken (200 of one source" in told("en", items=[full]).title
    assert "Grafana의 열린 알림이 한도(출처마다 200건" in told("ko", items=[full]).title


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"kind": "heartbeat", "subject": ""}, "[critical] web-01: nothing is heard of it"),
        ({"subject": "disk:/data", "value": 96.0}, "[critical] web-01 Disk /data at 96 % (level 95 %)"),
        ({"subject": "net_in", "value": 2.5e8, "level": 1e8},
         "[critical] web-01 Network in at 250 MB/s (level 100 MB/s)"),
        ({"subject": "app.queue", "value": 12.0, "level": 10.0}, "[critical] web-01 app.queue at 12 (level 10)"),
        ({"kind": "check", "server": None, "subject": "c1", "detail": "nightly backup"},
         "[critical] nightly backup: a job did not run as it should"),
    ],
)  # fmt: skip
def test_every_kind_has_its_words(changes: dict[str, Any], title: str) -> None:
    assert told("en", items=[{**ITEM, **changes}]).title == title


def test_many_are_one_message_that_counts_the_rest() -> None:
    message = told(
        "en", items=[{**ITEM, "incident": f"i{n}", "server": f"web-{n:02}"} for n in range(12)], suppressed=30
    )
    assert message.title == "[critical] 42 alerts: web-00, web-01, web-02…"
    assert len(message.lines) == 11
    assert message.lines[-1] == "and 32 more"
    assert (message.link, message.ack_link) == ("https://hub/#/alerts", None)


def test_a_reminder_and_a_digest_say_so() -> None:
    assert told("ko", "reminder").title.startswith("[위험, 지속 중]")
    assert told("en", "digest", [ITEM, ITEM]).title.startswith("[critical, digest] 2 alerts")


def test_without_an_address_of_its_own_there_are_no_links() -> None:
    notice = {"id": "n", "kind": "test", "severity": "info", "items": []}
    assert write(notice, {"locale": "en"}, None, None).links == ()


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (59.9, "59 s"), (3_600, "1 h"), (90_061, "1 d 1 h")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds, "en") == text


@given(st.text(max_size=300))
def test_a_cleaned_text_is_one_line_that_nothing_turns_around(text: str) -> None:
    line = clean(text, 50)
    assert len(line) <= 50
    assert line == " ".join(line.split())
    assert not set(line) & set("\0\r\n\u202e\u2066\u200b")
