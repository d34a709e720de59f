"""What it costs to read a question, in a fleet of five hundred."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from lib.mcp.core.processor import parse
from lib.mcp.npu.extractor import extract_from
from lib.mcp.npu.inventory import inventory_of
from lib.mcp.npu.text import read
from tests.bench.meter import Figure

NOW = datetime.fromisoformat("2026-08-14T15:20:00+09:00")
STEMS = ("web", "api", "db", "cache", "mq")
QUESTIONS = (
    "웹 1번 서버 CPU 어때?", "지난주 월요일부터 어제까지 api-003 메모리 평균", "top 5 servers by disk usage right now",
    "which servers had CPU above 80% for more than 10 minutes last night?",
    "db-* 중 디스크 90% 넘는 서버만 빼고 보여줘",
    "compare web-001 and web-002 network in over the past 6 hours", "cache 그룹에서 가장 느린 서버 3대는?",
    "warning alerts on mq-099 since yesterday 3pm", "오늘 새벽 2시에서 4시 사이 에러 로그 찾아줘",
    "hello, who are you?",
)  # fmt: skip
ROUNDS = 40
LONGEST = 4_000


def reading() -> Iterator[Figure]:
    servers = [
        {"id": f"{stem}-{number:03}", "group": stem, "tags": {"region": "seoul"}}
        for stem in STEMS
        for number in range(100)
    ]
    began = time.process_time()
    fleet = inventory_of(servers)
    prepared = time.process_time() - began
    began = time.process_time()
    for text in QUESTIONS:  # word lists become patterns when a text first needs them
        extract_from(read(text), NOW, fleet)
    first = (time.process_time() - began) / len(QUESTIONS)
    took = []
    for text in QUESTIONS * ROUNDS:
        began = time.process_time()
        extract_from(read(text), NOW, fleet)
        took.append(time.process_time() - began)
    took.sort()
    group = f"reading a question, {len(servers)} servers"
    yield Figure(group, "CPU, median", took[len(took) // 2] * 1e3, "ms")
    yield Figure(group, "CPU, 99th percentile", took[int(0.99 * len(took))] * 1e3, "ms", most=5.0)
    yield Figure(group, "CPU of making a new fleet ready", prepared * 1e3, "ms")
    yield Figure(group, "CPU of the first time, mean of the questions", first * 1e3, "ms")
    yield from _parsed(group, servers)


def _parsed(group: str, servers: list[dict[str, Any]]) -> Iterator[Figure]:
    """The whole way from a sentence to its frame, first and in a conversation; the first loads the models."""
    began = time.process_time()
    parse(QUESTIONS[0], NOW, servers)
    yield Figure(group, "CPU of the first frame, models loaded", (time.process_time() - began) * 1e3, "ms")
    history = [
        {"role": "assistant", "intent": "metric_current", "entities": {"servers": ["web-001"], "metrics": ["cpu"]}}
    ]
    took = []
    for text, said in [
        (text, said) for text in (*QUESTIONS, "어제는?", "and web-002?") for said in ([], history)
    ] * ROUNDS:
        began = time.process_time()
        parse(text, NOW, servers, said)
        took.append(time.process_time() - began)
    took.sort()
    yield Figure(group, "CPU of a frame, median", took[len(took) // 2] * 1e3, "ms")
    yield Figure(group, "CPU of a frame, 99th percentile", took[int(0.99 * len(took))] * 1e3, "ms", most=15.0)
    yield Figure(group, "CPU of 4 000 random Korean letters, median", _noise(servers) * 1e3, "ms", most=50.0)


def _noise(servers: list[dict[str, Any]]) -> float:
    """Seconds for a text as long as is read that means nothing, which every rule looks through in vain."""
    dice = random.Random(20)
    texts = ["".join(chr(dice.randrange(0xAC00, 0xD7A4)) for _ in range(LONGEST)) for _ in range(13)]
    took = []
    for text in texts * 3:  # the first time some word lists become patterns
        began = time.process_time()
        parse(text, NOW, servers)
        took.append(time.process_time() - began)
    return sorted(took)[len(took) // 2]
