"""What a sentence says becomes the entities of its intent, over a fleet whose names no code knows."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.mcp.npu.extractor import extract, suggestions
from lib.mcp.npu.frames import entities_for
from lib.mcp.npu.inventory import inventory_of
from tests.growth import LINEAR, growth
from tests.nlu.score import SLOTS, condition_key, targets_of

NOW = "2026-10-14T15:20:00+09:00"


def server(name: str, group: str, metrics: tuple[str, ...] = (), **tags: str) -> dict[str, Any]:
    return {"id": name, "group": group, "tags": {"env": "prod", **tags}, "metrics": list(metrics)}


FLEET = [
    server("web-01", "web", region="seoul", os="ubuntu"),
    server("web-02", "web", region="seoul", os="ubuntu"),
    server("web-03", "web", region="tokyo", os="ubuntu"),
    server("stg-web-01", "web", env="staging", region="seoul", os="ubuntu"),
    server("APP-node1", "api", region="seoul", os="rocky", team="payment"),
    server("APP-node2", "api", region="seoul", os="rocky", team="payment"),
    server("maria-main", "db", region="seoul", os="rocky", role="primary"),
    server("maria-copy", "db", region="tokyo", os="rocky", role="replica"),
    server("정산-01", "정산", region="seoul", os="windows"),
    server("정산-02", "정산", region="seoul", os="windows"),
    server("한라", "cache", region="tokyo", os="ubuntu"),
    server("gpu-7", "gpu", region="tokyo", os="ubuntu"),
    server("elk-a", "log", region="tokyo", os="ubuntu", metrics=("queue.depth",)),
    server("k8s-w-1", "k8s", region="tokyo", os="ubuntu"),
    server("k8s-w-2", "k8s", region="tokyo", os="ubuntu"),
]


PREFIXED = [
    server("demo-gpu-01", "ml"), server("demo-edge-01", "edge"), server("demo-edge-02", "edge"),
    server("prod-job-7", "batch"), server("stg-job-7", "batch", env="staging"), server("demo-x-edge", "edge"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "slot", "names"),
    [
        ("gpu-01 cpu 언제부터 높았어?", "servers", ["demo-gpu-01"]),
        ("top processes on gpu-01", "servers", ["demo-gpu-01"]),
        ("GPU01 왜 이렇게 바빠", "servers", ["demo-gpu-01"]),
        ("job-7 상태", "servers", ["prod-job-7"]),
        ("edge-* cpu", "globs", ["*-edge-*"]),
        ("demo-edge-* cpu", "globs", ["demo-edge-*"]),
        ("nothing-* cpu", "globs", ["nothing-*"]),
        ("gpu-02 상태", "unknown_servers", ["gpu-02"]),
    ],
)
def test_a_server_may_be_called_without_the_beginning_of_its_name(text: str, slot: str, names: list[str]) -> None:
    assert extract(text, NOW, PREFIXED).targets.entities().get(slot) == names


def frame(intent: str, text: str) -> dict[str, Any]:
    return entities_for(intent, extract(text, NOW, FLEET))


TARGETS = """
web-01 상태 | web-01
WEB 01 상태 | web-01
web1 cpu | web-01
web-01상태좀 | web-01
ｗｅｂ－０１ 상태 | web-01
웹 1번 서버 메모리 | web-01
1번 웹서버 메모리 | web-01
웹1번이랑 3번 비교 | web-01 web-03
web 1, 2번 비교 | web-01 web-02
웹서버 1번과 2번 중 뭐가 더 느려 | web-01 web-02
app-NODE2는 어때 | APP-node2
appnode1 상태 | APP-node1
정산-01이랑 정산 2번 서버 | 정산-01 정산-02
정산01은 | 정산-01
한라는 살아있어? | 한라
maria main 디스크 | maria-main
k8s w 2 | k8s-w-2
stg-web-01 로그 | stg-web-01
스테이징 웹 1번 | stg-web-01
compare web-01 and web-02 | web-01 web-02
웹 서버 | web-01 web-02 web-03 stg-web-01
운영 웹서버들 | web-01 web-02 web-03
스테이징 | stg-web-01
디비 | maria-main maria-copy
the db servers in tokyo | maria-copy
마스터 디비 | maria-main
replicas | maria-copy
쿠버 노드 | k8s-w-1 k8s-w-2
정산 서버들 | 정산-01 정산-02
윈도우 서버 | 정산-01 정산-02
gpu 서버 온도 | gpu-7
로그 서버 디스크 | elk-a
결제팀 서버 | APP-node1 APP-node2
web-* cpu | web-01 web-02 web-03
k8s로 시작하는 서버 | k8s-w-1 k8s-w-2
web-01 말고 web-02 | web-02
디비 서버 중에 maria-copy 빼고 | maria-main
web servers except web-02 and web-03 | web-01 stg-web-01
web-01 ~ web-03 비교 | web-01 web-02 web-03
운영이랑 스테이징 웹 비교 | web-01 web-02 web-03 stg-web-01
운영 제외하고 | stg-web-01
outside tokyo and not windows servers | web-01 web-02 stg-web-01 APP-node1 APP-node2 maria-main
전체 서버 상태 |
프로그램 상태 |
로그인 실패 로그 |
gpu 사용률 높은 순 |
""".strip().splitlines()


@pytest.mark.parametrize("case", TARGETS, ids=[case.split("|")[0].strip() for case in TARGETS])
def test_servers_are_who_is_meant(case: str) -> None:
    text, _, wanted = case.partition("|")
    entities = frame("server_status", text.strip())
    assert targets_of(entities, FLEET) == set(wanted.split())
    assert "unknown_servers" not in entities


@pytest.mark.parametrize(
    ("text", "unknown", "near"),
    [
        ("web-09 상태", "web-09", "web-03"), ("is web-11 up", "web-11", "web-01"), ("정산-07 메모리", "정산-07", "정산-01"), ("웹 9번 서버 죽었어?", "웹 9", None),
        ("mail-03 살아있나", "mail-03", None), ("qa-web-01 cpu", "qa-web-01", "stg-web-01"),
    ],
)  # fmt: skip
def test_a_name_nobody_has_is_told_with_the_nearest(text: str, unknown: str, near: str | None) -> None:
    found = extract(text, NOW, FLEET)
    assert found.targets.unknown == [unknown]
    assert found.targets.servers == []
    assert near is None or near in suggestions(found, inventory_of(FLEET))[unknown]


ENTITIES: list[tuple[str, str, dict[str, Any]]] = [
    ("metric_current", "web-01 씨피유 몇 퍼센트야", {"metrics": ["cpu"]}),
    ("metric_current", "maria-main 램이랑 스왑", {"metrics": ["memory", "swap"]}),
    ("metric_current", "web-02 cpu 말고 memory", {"metrics": ["memory"]}),
    ("metric_current", "memroy of web-01", {"metrics": ["memory"]}),
    ("metric_current", "load average on web-03", {"metrics": ["load"], "agg": None}),
    ("metric_current", "웹 서버 CPU 평균", {"metrics": ["cpu"], "agg": "avg"}),
    ("metric_current", "p99 latency of web-01", {"metrics": ["latency"], "agg": "p99"}),
    ("metric_current", "queue.depth on elk-a", {"metrics": ["queue.depth"]}),
    ("metric_current", "인바운드 트래픽 얼마", {"metrics": ["net_in"]}),
    ("metric_current", "디스크 입출력", {"metrics": ["disk_io"]}),
    ("metric_current", "로드밸런서 다운로드 프로그램", {"metrics": None}),
    ("metric_history", "peak cpu yesterday", {"metrics": ["cpu"], "agg": "max"}),
    ("top_n", "메모리 많이 쓰는 서버 다섯 대", {"metrics": ["memory"], "top_n": 5, "order": "desc"}),
    ("top_n", "top 3 by disk", {"metrics": ["disk"], "top_n": 3, "order": "desc"}),
    ("top_n", "cpu 톱텐", {"metrics": ["cpu"], "top_n": 10, "order": "desc"}),
    ("top_n", "제일 뜨거운 서버", {"metrics": ["temperature"], "top_n": 1, "order": "desc"}),
    ("top_n", "메모리 여유 많은 순", {"metrics": ["memory"], "top_n": None, "order": "asc"}),
    ("top_n", "servers with the lowest free memory", {"metrics": ["memory"], "order": "desc", "top_n": None}),
    ("top_n", "least loaded node", {"metrics": ["load"], "top_n": 1, "order": "asc"}),
    ("top_n", "a dozen servers by latency", {"metrics": ["latency"], "top_n": 12, "order": "desc"}),
    ("top_n", "부하 낮은 서버 두 대", {"metrics": ["load"], "top_n": 2, "order": "asc"}),
    ("compare_servers", "web-01이 web-02보다 느려?", {"metrics": ["latency"]}),
    ("root_cause", "web-01 왜 느려", {"metrics": None}),
    ("alert_list", "위험 알림 중 미확인", {"severity": ["critical"], "alert_state": "unacked"}),
    ("alert_list", "경고 말고 심각만", {"severity": ["critical"]}),
    ("alert_list", "resolved alerts", {"alert_state": "resolved"}),
    ("alert_list", "음소거된 알림", {"alert_state": "silenced"}),
    ("server_list", "오프라인 서버", {"statuses": ["offline"]}),
    ("log_query", "web-01 에러 로그 마지막 20줄", {"level": "error", "top_n": 20}),
    ("log_query", "로그에서 timeout 찾아줘", {"keyword": "timeout"}),
    ("log_query", "logs containing \"No Space\"", {"keyword": "no space"}),
    ("log_query", "nginx 로그 중 502 찍힌 거", {"process": "nginx", "keyword": "502"}),
    ("top_n", "cpu 여유 많은 노드 하나", {"top_n": 1, "order": "asc"}),
    ("process_query", "메모리 top5 프로세스", {"process": None, "top_n": 5}),
    ("process_query", "3306 쓰는 놈", {"port": 3306}),
    ("process_query", "8080 포트 누가 써", {"port": 8080, "process": None}),
    ("process_query", "is postgres running on maria-main", {"process": "postgres"}),
    ("process_query", "메모리 제일 먹는 프로세스", {"metrics": ["memory"], "top_n": 1}),
    ("alert_silence", "web-01 알림 두 시간 반 꺼줘", {"duration_s": 9000}),
    ("alert_silence", "mute the disk alert for half an hour", {"duration_s": 1800, "metrics": ["disk"]}),
    ("alert_silence", "2시간 동안 web-01 알림 꺼줘", {"duration_s": 7200}),
    ("alert_silence", "web-01 30분간 음소거", {"duration_s": 1800}),
    ("alert_silence", "오늘 2시간 동안 알림 꺼줘", {"duration_s": 7200, "time": None}),
    ("alert_silence", "오늘 web-01 알림 꺼줘", {"duration_s": None, "time": {"start": NOW, "end": "2026-10-15T00:00:00+09:00"}}),
    ("alert_silence", "오늘 6시까지 알림 꺼줘", {"duration_s": None, "time": {"start": NOW, "end": "2026-10-14T18:00:00+09:00"}}),
    ("threshold_set", "cpu 5분 동안 90% 넘으면 알려줘", {"duration_s": 300}),
    ("threshold_set", "cpu 90% 넘는 상태가 10분간 지속되면 알림", {"duration_s": 600}),
    ("alert_silence", "알림 내일 9시까지 꺼줘", {"duration_s": None, "time": {"start": NOW, "end": "2026-10-15T09:00:00+09:00"}}),
    ("report", "주간 보고서", {"time": {"start": "2026-10-07T15:20:00+09:00", "end": NOW}}),
    ("compare_periods", "지난주 대비 트래픽", {"metrics": ["network"], "time": {"start": "2026-10-12T00:00:00+09:00", "end": NOW}, "time2": {"start": "2026-10-05T00:00:00+09:00", "end": "2026-10-12T00:00:00+09:00"}}),
    ("compare_periods", "yesterday vs the day before", {"time": {"start": "2026-10-13T00:00:00+09:00", "end": "2026-10-14T00:00:00+09:00"}, "time2": {"start": "2026-10-12T00:00:00+09:00", "end": "2026-10-13T00:00:00+09:00"}}),
    ("troubleshoot", "디스크가 꽉 찼을 때 방법", {"topic": "disk_full"}),
    ("troubleshoot", "too many open files 해결", {"topic": "file_descriptors"}),
    ("troubleshoot", "인증서 만료 대처", {"topic": "ssl_expiry"}),
    ("troubleshoot", "복제 지연 해결", {"topic": "replication_lag"}),
]  # fmt: skip


@pytest.mark.parametrize(("intent", "text", "wanted"), ENTITIES, ids=[text for _, text, _ in ENTITIES])
def test_a_sentence_says_what_it_says(intent: str, text: str, wanted: dict[str, Any]) -> None:
    entities = frame(intent, text)
    assert {slot: entities.get(slot) for slot in wanted} == wanted


CONDITIONS = """
threshold_filter | CPU 70% 초과 | cpu|gt|70||%
threshold_filter | 메모리가 90프로 넘는 서버 | memory|gt|90||%
threshold_filter | disk at least 80 percent | disk|gte|80||%
threshold_filter | servers under 20% cpu | cpu|lt|20||%
threshold_filter | no more than 10% cpu | cpu|lte|10||%
threshold_filter | load 8 이상 | load|gte|8||
threshold_filter | 응답시간 500ms 넘는 | latency|gt|500||ms
threshold_filter | latency over 1.5 s | latency|gt|1500||ms
threshold_filter | 응답시간 2초 넘는 서버 | latency|gt|2000||ms
threshold_filter | cpu 40에서 60% 사이 | cpu|between|40|60.0|%
threshold_filter | memory between 50 and 70 percent | memory|between|50|70.0|%
threshold_filter | 여유 디스크 10% 미만 | disk|gt|90||%
threshold_filter | less than 15% free disk | disk|gt|85||%
threshold_filter | 남은 메모리 2GB 이하 | memory_free|lte|2||GB
threshold_filter | 디스크 95% 찍은 서버 | disk|gte|95||%
threshold_filter | 온도 80도 이상 | temperature|gte|80||°C
threshold_filter | mem 85 넘는 애들 | memory|gt|85||%
threshold_filter | cpu 80 넘고 메모리 70 넘는 서버 | cpu|gt|80||% memory|gt|70||%
threshold_filter | disk above 80% and memory below 60% | disk|gt|80||% memory|lt|60||%
threshold_filter | cpu랑 메모리 둘 다 50프로 넘는 서버 | cpu|gt|50||% memory|gt|50||%
threshold_filter | CPU와 메모리가 모두 80% 이상인 서버 | cpu|gte|80||% memory|gte|80||%
threshold_filter | servers with both cpu and memory over 50% | cpu|gt|50||% memory|gt|50||%
threshold_filter | cpu, memory or disk over 90 | cpu|gt|90||% memory|gt|90||% disk|gt|90||%
threshold_filter | cpu of servers with memory over 90 | memory|gt|90||%
threshold_filter | cpu는 30 밑인데 램은 80 넘는 | cpu|lt|30||% memory|gt|80||%
threshold_set | 디스크 임계값 80%로 바꿔줘 | disk|gt|80||%
threshold_set | 스왑 경고 기준 40에서 60으로 조정 | swap|gt|60||%
threshold_set | change disk threshold from 80 to 90 | disk|gt|90||%
threshold_set | CPU 85% 넘으면 알려줘 | cpu|gt|85||%
threshold_set | alert me when memory hits 95% | memory|gte|95||%
threshold_set | iowait 30% 이상 5분 지속되면 | iowait|gte|30||%
threshold_set | 여유 디스크 10% 아래로 내려가면 | disk|gt|90||%
forecast | 메모리가 90% 넘는 시점 | memory|gt|90||%
forecast | when does disk reach 80% | disk|gte|80||%
uptime_sla | 가용률 99.9% 미만 서버 | uptime|lt|99.9||%
""".strip().splitlines()


@pytest.mark.parametrize("case", CONDITIONS, ids=[case.split("|")[1].strip() for case in CONDITIONS])
def test_a_level_is_a_condition(case: str) -> None:
    intent, text, wanted = case.split(" | ")
    assert {condition_key(one) for one in frame(intent, text).get("conditions", [])} == set(wanted.split())


def test_a_level_that_must_last_says_how_long() -> None:
    assert frame("threshold_set", "iowait 30% 이상 5분 지속되면")["duration_s"] == 300
    assert "duration_s" not in frame("threshold_set", "latency 2초 넘으면 알려줘")


def test_composed_and_taken_apart_hangul_are_one() -> None:
    text = "정산-01 메모리 어제 오후"
    assert frame("metric_history", unicodedata.normalize("NFD", text)) == frame("metric_history", text)
    assert frame("metric_history", "정\u200b산-01 메모리\u00a0어제 오후") == frame("metric_history", text)


def test_a_name_with_signs_of_a_pattern_is_only_a_name() -> None:
    fleet = [server("a+b(c", "g[1]", team="x|y"), server("web-1", "web")]
    found = extract("web-1 상태, g[1] 서버, a+b(c", NOW, fleet)
    assert "web-1" in found.targets.servers


ANY_TEXT = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(["web", "01", "웹", "1번", "서버", "cpu", "80%", "넘는", "어제", "부터", "까지", "빼고", "except", "*", "최근", "시간", "99999999999", "-1", "²³", "가", "٣", "포트", '"', "'", "여유", "between", "and", "9월"]), max_size=25).map(" ".join),
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(ANY_TEXT, st.sampled_from(sorted(SLOTS)))
def test_no_text_breaks_the_reading_and_what_is_read_is_plain_data(text: str, intent: str) -> None:
    entities = frame(intent, text)
    json.dumps(entities)
    assert set(entities.get("servers", [])) <= {one["id"] for one in FLEET}
    if "top_n" in entities:
        assert entities["top_n"] > 0


def test_a_very_long_text_takes_no_longer_than_its_length() -> None:
    for often in ("web 1, 2, 3 ", "a", "가", "1 ", "cpu 90% ", "어제 ", "-1"):
        assert (
            growth(lambda size, often=often: frame("threshold_filter", often * (size // len(often))), 16_000) < LINEAR
        )


@pytest.mark.parametrize(
    ("text", "value", "op"),
    [("CPU 절반 넘는 서버", 50, "gt"), ("메모리 절반도 안 되는 서버", 50, "lt"), ("using more than half of their memory", 50, "gt")],
)  # fmt: skip
def test_half_is_fifty_percent(text: str, value: float, op: str) -> None:
    [condition] = entities_for("threshold_filter", extract(text, NOW, FLEET))["conditions"]
    assert (condition["value"], condition["op"], condition["unit"]) == (value, op, "%")


def test_half_an_hour_is_a_length() -> None:
    found = extract("mute web-01 for half an hour", NOW, FLEET)
    assert entities_for("alert_silence", found)["duration_s"] == 1800


@pytest.mark.parametrize("text", ["web-01 알림 내일 새벽 2시부터 4시까지 꺼줘", "mute web-01 from 2am to 4am tomorrow"])
def test_a_silence_can_begin_later(text: str) -> None:
    entities = entities_for("alert_silence", extract(text, NOW, FLEET))
    assert entities["time"] == {"start": "2026-10-15T02:00:00+09:00", "end": "2026-10-15T04:00:00+09:00"}
    assert "duration_s" not in entities


@pytest.mark.parametrize(
    "text", ["web-01 알림 토요일 2시부터 4시까지 꺼줘", "maintenance for web-01 on saturday 2am to 4am"]
)
def test_a_silence_on_a_weekday_is_on_the_next_one(text: str) -> None:
    entities = entities_for("alert_silence", extract(text, NOW, FLEET))
    assert entities["time"] == {"start": "2026-10-17T02:00:00+09:00", "end": "2026-10-17T04:00:00+09:00"}


@pytest.mark.parametrize("text", ["cpu on web-01 yesterday 2pm to 4pm", "web-01 cpu 어제 14시~16시"])
def test_two_hours_side_by_side_are_from_one_to_the_other(text: str) -> None:
    entities = entities_for("metric_history", extract(text, NOW, FLEET))
    assert entities["time"] == {"start": "2026-10-13T14:00:00+09:00", "end": "2026-10-13T16:00:00+09:00"}


@pytest.mark.parametrize("text", ["이번 달 트래픽 작년 같은 달이랑 비교", "traffic this month vs same month last year"])
def test_a_month_can_be_held_against_the_same_of_last_year(text: str) -> None:
    entities = entities_for("compare_periods", extract(text, NOW, FLEET))
    assert entities["time"]["start"] == "2026-10-01T00:00:00+09:00"
    assert entities["time2"] == {"start": "2025-10-01T00:00:00+09:00", "end": "2025-11-01T00:00:00+09:00"}
