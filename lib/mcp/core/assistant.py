"""A question in, an answer out: read, asked of the same queries as the page, told by the contract of docs/assistant.md.

No language model is needed. Every number of an answer is one of its facts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from lib.domain.access import EVERYTHING, Sight
from lib.domain.errors import NotFound
from lib.mcp.core import processor
from lib.mcp.core.anchored import anchored, tell_deploy
from lib.mcp.core.conversations import Conversations
from lib.mcp.core.language_model import LanguageModel
from lib.mcp.core.measures import Locale
from lib.mcp.core.narrowing import narrowed, tell_none, tell_who
from lib.mcp.core.question import Asked
from lib.mcp.core.responder import MOST_SUGGESTIONS, Reply, Say
from lib.mcp.core.sources import House, Sources
from lib.mcp.intents import NEEDS_NO_SERVERS, question
from lib.mcp.intents.unknown import tell_nobody, tell_unknown
from lib.mcp.npu.spoken import UNSURE

_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
_ENGLISH = re.compile(
    r"(?<![a-z])(?:the|is|are|how|what|which|why|show|when|who|does|did|do|of|for|on|in|me|my|all|any|please|compare|list|"
    r"hi|hello|thanks|explain|set|mute|ack|with|and|now|last|over|above|below)(?![a-z])",
    re.IGNORECASE,
)
_AS_THEY_ARE = frozenset(
    {"smalltalk", "out_of_scope", "clarify", "report", "troubleshoot", "agent_help", "product_help"}
)
_NEVER_RESTATED = frozenset({"clarify", "out_of_scope", "smalltalk", "alert_ack", "alert_silence", "threshold_set"})
# What says in its own words that there is no such server.
_TELL_NOBODY = frozenset({"server_list", "server_status", "alert_ack", "alert_silence", "threshold_set"})
type Sign = Callable[[str, str, Mapping[str, Any]], str]  # (who, kind, params) -> token


@dataclass(frozen=True, slots=True)
class Turn:
    """One request. `now` and `servers` are another time and fleet to read the question by; nothing is then done or
    answered from data that is not theirs."""

    message: str
    who: str = ""
    sight: Sight = EVERYTHING
    may_act: bool = False
    locale: Locale | None = None
    conversation: str | None = None
    history: Sequence[Mapping[str, Any]] | None = None
    now: str | None = None
    servers: Sequence[Mapping[str, Any]] | None = None
    dry_run: bool = False


class Assistant:
    """`sign` makes tokens that confirm what is proposed; `model` is a language model, if there is one."""

    def __init__(
        self,
        house: House,
        conversations: Conversations,
        zone: tzinfo,
        sign: Sign | None = None,
        model: LanguageModel | None = None,
    ) -> None:
        self._house = house
        self._conversations = conversations
        self._zone = zone
        self._sign = sign
        self._model = model

    def reply(self, turn: Turn) -> dict[str, Any]:
        """The reply as the contract has it. Raises Unavailable where a store is away that the answer needs."""
        sources = Sources(self._house, turn.sight, self._zone)
        locale = language_of(turn.message, turn.locale, sources.names)
        conversation, kept = self._conversations.begin(turn.who, turn.conversation)
        history = [dict(one) for one in turn.history] if turn.history is not None else kept
        servers = sources.inventory() if turn.servers is None else [dict(one) for one in turn.servers]
        now = turn.now or datetime.fromtimestamp(int(sources.now), self._zone).isoformat()
        frame = processor.parse(turn.message, now, servers, history)
        restated = self._restated(frame, turn, locale)
        if restated is not None:
            again = processor.parse(restated, now, servers, history)
            if _is_answerable(again):
                frame = {**again, "restated": restated}
        say = Say(locale, self._zone, sources.now)
        asked = _asked(frame, turn)
        if turn.servers is None:
            answer(asked, sources, say)
        else:  # a fleet that is not ours: there is nothing to say of it but how the question was read
            say.line(f"질문을 {asked.intent}(으)로 읽었습니다.", f"Read as {asked.intent}.")
        if not turn.dry_run:
            self._conversations.keep(turn.who, conversation, kept, turn.message, frame, say.first)
        say.stale = say.stale or sources.is_stale
        made = say.finish(sources.data_as_of)
        body = self._finished(made, turn, asked, locale)
        reworded = self._reworded(made, turn, asked, locale, is_long=say.is_long)
        return {
            **body,
            "nlu": frame,
            "confidence": frame["confidence"],
            "engine": "llm" if reworded or "restated" in frame else "rules",
            **({"answer": reworded} if reworded else {}),
            "conversation": conversation,
            "locale": locale,
        }

    def _restated(self, frame: Mapping[str, Any], turn: Turn, locale: Locale) -> str | None:
        """Other words for a question that was not understood, from a language model."""
        if self._model is None or turn.dry_run or not turn.message.strip() or _is_answerable(frame):
            return None
        if frame["intent"] != "clarify" and float(frame["confidence"]) >= UNSURE:  # refused, and rightly so
            return None
        return self._model.restated(turn.message, locale)

    def _reworded(self, made: Reply, turn: Turn, asked: Asked, locale: Locale, *, is_long: bool) -> str | None:
        if self._model is None or turn.dry_run or is_long or made.actions or asked.intent in _AS_THEY_ARE:
            return None
        return self._model.rephrased(turn.message, made, locale)

    def _finished(self, made: Reply, turn: Turn, asked: Asked, locale: Locale) -> dict[str, Any]:
        body = made.body()
        body["suggestions"] = _three(made.suggestions, asked.intent, locale)
        for one in body["actions"]:
            can_confirm = turn.may_act and not turn.dry_run and self._sign is not None
            one["confirm_token"] = (
                self._sign(turn.who, one["type"], one["params"]) if can_confirm and self._sign else None
            )
        return body


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    """Answers into `say`."""
    intent = asked.intent
    if intent not in NEEDS_NO_SERVERS:
        if not sources.fleet:
            _tell_empty(say)
            return
        if not sources.meant(asked).servers and (asked.words("unknown_servers") or intent not in _TELL_NOBODY):
            (tell_unknown if asked.words("unknown_servers") else tell_nobody)(asked, sources, say)
            return
    try:
        asked = anchored(narrowed(asked, sources), sources, say)
        if not tell_none(asked, sources, say):
            question(intent).answer(asked, sources, say)
            tell_who(asked, say)
            tell_deploy(asked, say)
    except NotFound:  # deleted between the snapshot and now, or by its own sight
        say.line(
            "찾는 대상이 지금은 없습니다. 방금 삭제되었을 수 있습니다.",
            "What you ask about is not there any more: it may just have been deleted.",
        )


def _is_answerable(frame: Mapping[str, Any]) -> bool:
    """Understood, and nothing that acts."""
    return frame["intent"] not in _NEVER_RESTATED and float(frame["confidence"]) >= UNSURE


def language_of(message: str, locale: Locale | None, names: Iterable[str] = ()) -> Locale:
    """The language to answer in: that of the question, the reader's own where the question shows none. What servers and
    groups are called says nothing of it."""
    said = unicodedata.normalize("NFC", message)
    if _HANGUL.search(said):
        for name in names:
            said = said.replace(name, " ") if _HANGUL.search(name) else said
    if _HANGUL.search(said):
        return "ko"
    if locale is not None and not _ENGLISH.search(said):
        return locale
    return "en"


def _asked(frame: Mapping[str, Any], turn: Turn) -> Asked:
    explain = frame.get("explain") or {}
    intent = str(frame["intent"])
    unsure = float(frame["confidence"]) < UNSURE and intent not in {"out_of_scope", "smalltalk"}
    return Asked(
        intent="clarify" if unsure else intent,
        entities=frame["entities"],
        text=turn.message,
        confidence=float(frame["confidence"]),
        reason=str(frame.get("reason") or explain.get("reason") or ""),
        who=turn.who,
        may_act=turn.may_act,
        sight=turn.sight,
        options={"alternatives": frame.get("alternatives") or []},
    )


def _three(suggestions: Sequence[str], intent: str, locale: Locale) -> list[str]:
    """Three questions to go on with: those of the answer, then usual ones."""
    found = list(suggestions)
    for ko, en in (*question(intent).examples, *USUAL):
        text = ko if locale == "ko" else en
        if text not in found:
            found.append(text)
    return found[:MOST_SUGGESTIONS]


USUAL = (
    ("전체 서버 상태 요약해줘", "How is the whole fleet?"),
    ("지금 열린 알림 보여줘", "Show the open alerts"),
    ("CPU 높은 서버 5대", "Top 5 servers by CPU"),
    ("디스크 언제 꽉 차?", "When will the disks be full?"),
)


def _tell_empty(say: Say) -> None:
    say.line(
        "아직 등록된 서버가 없습니다. 첫 서버를 추가하면 몇 초 안에 여기에서 물어볼 수 있습니다.",
        "There is no server yet. Add the first one, and seconds later you can ask about it here.",
    )
    say.suggest("에이전트 설치 방법 알려줘", "How do I install the agent?")
