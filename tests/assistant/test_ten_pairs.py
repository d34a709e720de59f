"""Ten questions as they are typed, whose answers were written down before there was an assistant: each comes out in
that shape, with the figures of this fleet.
"""

from __future__ import annotations

import re
from typing import Any

from lib.mcp.core.assistant import Turn
from lib.mcp.core.facts import Fact, unfounded
from tests.assistant import past_fleet
from tests.assistant.known_fleet import Hub


def ask(hub: Hub, text: str) -> dict[str, Any]:
    reply = hub.services.assistant.reply(Turn(text, who="one", may_act=True))
    facts = [Fact(**one) for one in reply["facts"]]
    known = {fact.server for fact in facts if fact.server}
    plain = re.sub(r"[a-z]+-\d+|v\d[\d.]*", " ", reply["answer"])
    assert unfounded(plain, facts, known) == [], reply["answer"]
    assert len(reply["suggestions"]) == 3
    return reply


def first(reply: dict[str, Any]) -> str:
    return str(reply["answer"].splitlines()[0])


def test_1_the_whole_fleet(hub: Hub) -> None:
    reply = ask(hub, "전체 서버 상태 요약해줘")
    assert re.match(
        r"전체 서버 10대 중 정상 8, 경고 0, 위험 1, .*오프라인 0입니다 \(\d\d:\d\d:\d\d KST 기준\)\.", first(reply)
    ), first(reply)
    assert re.search(r"위험: db-01 메모리 97\.2%\(임계 97%\)", reply["answer"])
    assert re.search(r"열린 알림 \d건.*미확인 \d건", reply["answer"])
    assert reply["chart"]["type"] == "status"


def test_2_a_name_nobody_has(hub: Hub) -> None:
    reply = ask(hub, "web-55 상태")
    assert first(reply) == "web-55는 등록된 서버가 아닙니다. 비슷한 이름: web-01, web-02, web-03. 어느 서버를 볼까요?"
    assert reply["facts"] == []
    assert reply["suggestions"] == ["web-01 상태", "web-02 상태", "web-03 상태"]


def test_3_what_is_left_of_the_memory(hub: Hub) -> None:
    reply = ask(hub, "How much memory is free on batch-01?")
    assert re.match(
        r"batch-01 has \*\*2\.9 GiB of 16 GiB\*\* memory free \(82(\.\d)?% used\) as of \d\d:\d\d:\d\d KST\.",
        first(reply),
    )
    assert re.search(r"It was 82(\.\d)?% 24 h ago \([+-]?\d(\.\d)? pp\)", reply["answer"])
    assert reply["evidence"]
    assert reply["chart"]["type"] == "line"


def test_4_the_course_of_a_day_with_what_is_missing(past: Hub) -> None:
    reply = ask(past, "어제 db-01 디스크 추이")
    day, clock = r"(?:\d{4}-)?\d\d-\d\d", r"\d\d:\d\d"
    told = rf"db-01 디스크 {day} 00:00–24:00 KST: 최소 [\d.]+%\({clock}\), 평균 [\d.]+%, 최대 [\d.]+%\({clock}\), 마지막 [\d.]+%"
    assert re.match(told, first(reply)), first(reply)
    assert re.search(r"증가분은 \+(3\.\d|4)%p", reply["answer"]), reply["answer"]
    assert reply["chart"]["type"] == "line"


def test_5_servers_that_meet_a_condition_and_the_next(hub: Hub) -> None:
    reply = ask(hub, "메모리 80% 이상 서버")
    assert re.match(r"조건 메모리 ≥ 80%: 2대 – db-01 97\.\d%, batch-01 82(\.\d)?%\.", first(reply))
    assert "web-03 78.4%" in reply["answer"]
    none = ask(hub, "메모리 99% 넘는 서버")
    assert re.match(r"조건 메모리 > 99%: 해당 서버가 없습니다\(0대\)\. 가장 가까운 값은 db-01 97", first(none))


def test_6_when_a_disk_will_be_full_or_why_nobody_can_say(past: Hub) -> None:
    reply = ask(past, "db-01 디스크 언제 차?")
    assert re.search(r"\d{4}-\d\d-\d\d", first(reply)), first(reply)
    assert "100%" in reply["answer"]
    assert re.search(r"\+(3\.\d+|4(\.0\d)?)%p", reply["answer"]), reply["answer"]
    flat = ask(past, "web-02 디스크 언제 차?")
    assert "증가 추세가 없어 100% 도달 시점을 계산하지 않습니다" in first(flat)
    assert past_fleet.GROWTH.get(("web-02", "/")) is None


def test_7_why_a_server_is_slow(hub: Hub) -> None:
    reply = ask(hub, "Why is api-02 slow?")
    assert re.search(r"latency.*180.*1240", first(reply)), first(reply)
    assert "db-01" in reply["answer"]
    assert "api v2.4.1" in reply["answer"]
    assert re.search(r"[Rr]uled out", reply["answer"])
    assert {one["kind"] for one in reply["evidence"]} >= {"metric", "event"}


def test_8_what_is_not_collected(hub: Hub) -> None:
    reply = ask(hub, "로그 보여줘 web-01 에러")
    assert "web-01" in first(reply)
    assert re.search(r"수집|로그가 없", first(reply)), first(reply)
    assert reply["suggestions"]


def test_9_a_silence_is_shown_before_it_is_made(hub: Hub) -> None:
    reply = ask(hub, "mute web-03 for 30 minutes")
    assert re.match(r"Silence \*\*all alerts on web-03\*\*, .*\d\d:\d\d–(\d\d-\d\d )?\d\d:\d\d KST", first(reply)), (
        first(reply)
    )
    (action,) = reply["actions"]
    assert action["type"] == "alert_silence"
    assert action["confirm_token"]
    assert hub.services.quietbook.everything()["silences"] == []


def test_10_a_reboot_is_refused_and_help_is_offered(hub: Hub) -> None:
    reply = ask(hub, "api-02 리부트 부탁")
    assert re.match(
        r"저는 조회 전용이라 재부팅은 실행할 수 없습니다\. api-02는 현재 정상입니다\(가동 42일, 활성 알림 0건\)\.",
        first(reply),
    )
    assert "음소거" in reply["answer"]
    assert reply["actions"] == []
