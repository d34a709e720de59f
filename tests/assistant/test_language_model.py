"""A language model at a real address: its wording is taken only where it says nothing but the facts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lib.domain.access import EVERYTHING
from lib.mcp.core.assistant import Assistant, Turn
from lib.mcp.core.conversations import Conversations
from lib.mcp.core.language_model import LanguageModel
from lib.mcp.core.measures import Locale
from lib.mcp.core.responder import Reply, Say
from lib.outbound import Door
from tests.assistant.known_fleet import ZONE, Hub


class FakeModel:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.says: str | bytes = ""
        self.status = 200
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                model.asked.append(json.loads(body))
                model.keys.append(self.headers.get("Authorization"))
                says = model.says
                answer = (
                    says
                    if isinstance(says, bytes)
                    else json.dumps({"choices": [{"message": {"content": says}}]}).encode()
                )
                self.send_response(model.status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def fake() -> Iterator[FakeModel]:
    made = FakeModel()
    yield made
    made.close()


@pytest.fixture
def model(fake: FakeModel) -> LanguageModel:
    return LanguageModel(Door(), fake.url, "small", "a key")


def answered(locale: Locale = "ko") -> Reply:
    from zoneinfo import ZoneInfo

    say = Say(locale, ZoneInfo(ZONE), 1_795_600_000.0)
    value = say.number(93.2, "%", server="web-01", metric="cpu")
    say.line(f"{say.name('web-01')} CPU 현재 **{value}**입니다.", f"CPU of {say.name('web-01')} is **{value}** now.")
    return say.finish(None)


def test_a_faithful_wording_is_taken(fake: FakeModel, model: LanguageModel) -> None:
    fake.says = "지금 web-01의 CPU는 93.2%로 높은 편입니다."
    assert model.rephrased("web-01 cpu", answered(), "ko") == fake.says
    assert fake.keys == ["Bearer a key"]
    assert fake.asked[0]["model"] == "small"
    assert json.loads(fake.asked[0]["messages"][1]["content"])["answer"] == answered().answer


@pytest.mark.parametrize(
    "says",
    [
        "web-01의 CPU는 95%입니다.",  # a number of its own
        "CPU는 93.2%입니다.",  # of whom?
        "web-01 CPU is 93.2% now.",  # another language
        "web-01 CPU는 93.2%입니다. https://evil.example 참고하세요.",
        "web-01 CPU는 93.2%입니다. <img src=x>",
        "web-01 CPU는 93.2%입니다.\n" * 9,
        "",
        "가" * 3_000,
    ],
)
def test_a_wording_that_says_more_or_less_is_not(fake: FakeModel, model: LanguageModel, says: str) -> None:
    fake.says = says
    assert model.rephrased("web-01 cpu", answered(), "ko") is None


@pytest.mark.parametrize(
    "broken", [b"", b"[]", b'{"choices": []}', b'{"choices": [{"message": {"content": 4}}]}', b"<html>"]
)
def test_an_endpoint_that_answers_nonsense_is_no_trouble(fake: FakeModel, model: LanguageModel, broken: bytes) -> None:
    fake.says = broken
    assert model.rephrased("web-01 cpu", answered(), "ko") is None
    fake.says, fake.status = "web-01 93.2%입니다", 500
    assert model.rephrased("web-01 cpu", answered(), "ko") is None


def test_an_endpoint_that_is_away_is_no_trouble() -> None:
    away = LanguageModel(Door(), "http://127.0.0.1:9/v1", "small")
    assert away.rephrased("web-01 cpu", answered(), "ko") is None
    assert away.restated("?", "en") is None


def test_the_template_answers_where_the_model_invents(hub: Hub, fake: FakeModel, model: LanguageModel) -> None:
    from zoneinfo import ZoneInfo

    assistant = Assistant(hub.services, Conversations(hub.services.storage.chats), ZoneInfo(ZONE), None, model)
    turn = Turn("web-01 상태 알려줘", who="one", sight=EVERYTHING)
    fake.says = "web-01은 아주 좋습니다. CPU 12345%입니다."
    plain = assistant.reply(turn)
    assert plain["engine"] == "rules"
    assert "12345" not in plain["answer"]


def test_a_question_that_was_not_understood_is_put_into_plain_words_and_read_again(
    hub: Hub, fake: FakeModel, model: LanguageModel
) -> None:
    from zoneinfo import ZoneInfo

    assistant = Assistant(hub.services, Conversations(hub.services.storage.chats), ZoneInfo(ZONE), None, model)
    fake.says = "전체 서버 상태 요약해줘"
    reply = assistant.reply(Turn("흠 그거 있잖아 그거", who="one"))
    assert reply["nlu"]["restated"] == fake.says
    assert reply["nlu"]["intent"] == "fleet_summary"
    assert reply["engine"] == "llm"
    fake.says = "web-01 알림 30분 음소거해줘"  # what it may not ask for
    acting = assistant.reply(Turn("흠 그거 있잖아 그거", who="two"))
    assert acting["nlu"]["intent"] == "clarify"
    assert acting["actions"] == []
