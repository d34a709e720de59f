"""Greetings and thanks: one short line, never data."""

from __future__ import annotations

import re

from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources

_THANKS = re.compile(r"고마|감사|땡큐|ㄱㅅ|ㄳ|thank|thx|cheers|appreciate", re.IGNORECASE)
_BYE = re.compile(r"잘 ?가|안녕히|바이|수고|(?<![a-z])(?:bye|goodbye|see you|good ?night)", re.IGNORECASE)
_PRAISE = re.compile(
    r"최고|잘했|대단|멋지|좋아|(?<![a-z])(?:great|nice|awesome|good job|well done|perfect)", re.IGNORECASE
)
_HELLO = re.compile(
    r"안녕|하이|ㅎㅇ|반가|좋은 아침|(?<![a-z])(?:hi|hello|hey|good (?:morning|afternoon|evening))", re.IGNORECASE
)


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    text = asked.text
    if _THANKS.search(text):
        say.line("천만에요. 더 궁금한 것이 있으면 물어보세요.", "You are welcome. Ask whenever you need.")
    elif _BYE.search(text):
        say.line("수고하셨습니다. 서버는 제가 계속 지켜보겠습니다.", "Goodbye. I keep watching the servers.")
    elif _HELLO.search(text):
        say.line("안녕하세요. 서버에 대해 무엇이든 물어보세요.", "Hello. Ask me anything about your servers.")
    elif _PRAISE.search(text):
        say.line("감사합니다. 계속 정확하게 알려드리겠습니다.", "Thank you. I will keep it exact.")
    else:
        say.line("네, 말씀하세요.", "Yes, go ahead.")


QUESTION = Question("smalltalk", answer)
