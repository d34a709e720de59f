"""Terms: one for every metric, whole in both languages, found however they are asked for; their figures are right."""

from __future__ import annotations

import math
import re

import pytest

from lib.domain.metrics import DERIVED, METRICS
from lib.mcp.knowledge.terms import Term, difference_for, differences, term, term_for, terms
from lib.monitoring.absence import GRACE_SECONDS, OFFLINE_INTERVALS, STALE_INTERVALS
from lib.monitoring.analyzers.anomaly import FADE, THRESHOLDS
from lib.monitoring.analyzers.wellbeing import INCIDENT_POINTS, MOST_FOR_INCIDENTS, WEIGHTS

HANGUL = re.compile(r"[가-힣]")
METRIC_TERMS = [one for one in terms() if term(one).metric is not None]


@pytest.mark.parametrize("metric", [*METRICS, *DERIVED, "load", "network", "disk_io", "memory_free", "p95"])
def test_every_metric_has_its_term(metric: str) -> None:
    found = term_for("이게 무슨 뜻이야?", [metric])
    assert found is not None
    assert found.measured is not None


def test_a_series_is_explained_by_its_metric_and_ones_own_metric_is_not() -> None:
    assert term_for("", ["disk:/data"]) is term("disk")
    assert term_for("", ["app.queue"]) is None
    assert term_for("김치찌개가 뭐야?") is None


@pytest.mark.parametrize("key", terms())
def test_a_term_is_whole_in_both_languages(key: str) -> None:
    one: Term = term(key)
    assert one.metric is None or one.metric in METRICS
    for text in (one.what, one.measured, one.usual, one.high):
        if text is None:
            continue
        assert HANGUL.search(text.ko)
        assert not HANGUL.search(text.en)
        sentences = re.sub(r"\([^)]*\)|:\s.*$", "", text.ko)
        assert sentences.rstrip(". ").endswith("니다"), text.ko
        assert 1 <= len(re.findall(r"[.!?](?:\s|$)", text.en)) <= 3, text.en
        assert "{" not in text.ko + text.en


@pytest.mark.parametrize("key", terms())
def test_a_term_is_found_by_its_own_words(key: str) -> None:
    for name in (term(key).name.ko, term(key).name.en):
        shown = re.sub(r"\(.*\)", "", name).strip()
        for text in (f"{shown} 뜻이 뭐야?", f"what is {shown}?", f"what does {shown.lower()} mean"):
            found = term_for(text)
            assert found is not None, text
            assert found.key == key, (text, found.key)


def test_differences_are_of_terms_there_are() -> None:
    assert len(differences()) >= 25
    for one in differences():
        assert one.keys <= set(terms())
        assert len(one.keys) == 2
        assert HANGUL.search(one.what.ko)
        assert not HANGUL.search(one.what.en)
        assert one.what.ko.endswith("니다.")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("swap", "스왑이 뭐야?"),
        ("p50", "remind me what p50 is"),
        ("p95", "CPU의 p95가 뭐야?"),
        ("load", "load average란?"),
        ("iowait", "iowait 의미 알려줘"),
        ("heartbeat", "하트비트 뜻"),
        ("stale", "what does stale mean"),
        ("hold", "what does hold mean in a rule"),
        ("oom_killer", "OOM killer가 뭐죠"),
        ("recovery", "히스테리시스가 뭐야"),
        ("forecast_interval", "예측 구간이 뭔지 설명해줘"),
        ("replica_lag", "what is replica lag"),
        ("cgroup", "cgroup이란 무엇인가요"),
        ("mcp", "MCP가 뭐야?"),
        ("health_score", "explain the health score"),
        ("steal", "씨피유 스틸이 뭔가요"),
        ("availability", "가용률이 무슨 뜻이에요"),
        ("sweep", "스윕이 뭔가요"),
    ],
)
def test_a_question_finds_the_term_it_is_about(key: str, text: str) -> None:
    found = term_for(text)
    assert found is not None
    assert found.key == key


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"cpu", "load"}, "CPU랑 로드 차이가 뭐야"),
        ({"cpu", "load"}, "cpu vs load"),
        ({"memory", "cache"}, "메모리 사용량이랑 캐시는 뭐가 달라?"),
        ({"latency", "throughput"}, "difference between latency and throughput"),
        ({"acknowledge", "silence"}, "확인이랑 음소거 차이"),
        ({"acknowledge", "resolve"}, "ack와 resolve는 어떻게 달라?"),
        ({"warning", "critical"}, "경고와 위험은 뭐가 달라?"),
        ({"stale", "offline"}, "is stale the same as offline?"),
        ({"p95", "average"}, "p95랑 평균 차이"),
        ({"uptime", "availability"}, "가동 시간과 가용률 차이"),
        ({"disk", "inode"}, "디스크랑 아이노드 차이"),
    ],
)
def test_a_difference_is_found_either_way_round(keys: set[str], text: str) -> None:
    found = difference_for(text)
    assert found is not None
    assert found.keys == keys
    assert difference_for("스왑이 뭐야?") is None


@pytest.mark.parametrize(
    "name", ["iowait", "steal", "swap", "disk_busy", "error_rate", "cpu", "memory", "disk", "inode"]
)
def test_where_points_begin_is_what_the_health_score_says(name: str) -> None:
    told = term(name).usual
    assert told is not None
    assert f"{WEIGHTS[name].start:g}%" in told.ko
    assert f"{WEIGHTS[name].start:g} %" in told.en


def test_scores_told_are_those_of_the_detector() -> None:
    told = term("anomaly_score")
    assert told.usual is not None
    assert told.measured is not None
    for level in THRESHOLDS.values():
        assert f"{level:g}" in told.usual.ko
        assert f"{level:g}" in told.usual.en
    halved = round(math.log(0.5) / math.log(FADE))
    assert f"{halved}번" in told.measured.ko
    assert f"{halved} values" in told.measured.en


def test_points_and_times_told_are_those_of_the_product() -> None:
    score, stale, offline = (term(key).measured for key in ("health_score", "stale", "offline"))
    assert score is not None
    assert stale is not None
    assert offline is not None
    for points in INCIDENT_POINTS.values():
        assert f"{points:g}점" in score.ko
    assert f"{MOST_FOR_INCIDENTS:g}점" in score.ko
    assert {2: "두 배", 3: "세 배"}[STALE_INTERVALS] in stale.ko
    assert {2: "두 배", 3: "세 배"}[OFFLINE_INTERVALS] in offline.ko
    assert f"{GRACE_SECONDS}초" in stale.ko
    assert f"{GRACE_SECONDS}초" in offline.ko
