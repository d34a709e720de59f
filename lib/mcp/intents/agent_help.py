"""How to install, update and remove the agent, where its key is, and what to do when it does not report."""

from __future__ import annotations

from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources
from lib.mcp.intents.product_help import tell_help
from lib.mcp.knowledge import agents

EXAMPLES = (
    ("에이전트 설치 방법 알려줘", "How do I install the agent?"),
    ("에이전트 키는 어디 있어?", "Where is the agent's key?"),
)
# Tags that name a system the answer differs for.
_SYSTEMS = {"windows": "windows", "macos": "macos", "mac": "macos", "darwin": "macos"}


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    found = agents.agent_help(asked.text)
    systems = [value.lower() for name, _, value in (tag.partition(":") for tag in asked.words("tags")) if name == "os"]
    named = next((_SYSTEMS[one] for one in systems if one in _SYSTEMS), None)
    if named is not None:
        found = agents.topic(named)
    say.is_long = any("\n" in line.ko for line in found.lines)  # a configuration is as long as it is
    tell_help(found, sources, say)
    if found.key == "not_reporting" and asked.words("servers"):
        _tell_when_heard(asked, sources, say)


def _tell_when_heard(asked: Asked, sources: Sources, say: Say) -> None:
    for one in sources.meant(asked).servers[:1]:
        if one.last_seen is not None:
            ago = say.duration(sources.now - one.last_seen, server=one.id, metric="age")
            moment = say.moment(one.last_seen)
            say.line(
                f"{say.name(one.id)}의 마지막 보고: {moment} ({ago} 전).",
                f"Last report of {say.name(one.id)}: {moment} ({ago} ago).",
            )


QUESTION = Question("agent_help", answer, examples=EXAMPLES)
