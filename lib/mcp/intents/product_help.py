"""What the product can do and where things are set: a direct answer, and questions that can be asked next."""

from __future__ import annotations

import re

from lib.mcp.core import listed_rules
from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources
from lib.mcp.intents.known import state, tell
from lib.mcp.knowledge.help import Help
from lib.mcp.knowledge.product import product_help
from lib.mcp.npu import rule_lists
from lib.mcp.npu.text import read

_COMMAND = re.compile(r"`([^`]+)`")
EXAMPLES = (("뭘 할 수 있어?", "What can you do?"), ("알림은 어떻게 받아?", "How do I get notified?"))


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    if rule_lists.is_asked(read(asked.text).folded):
        listed_rules.answer(sources, say)
    else:
        tell_help(product_help(asked.text), sources, say)


def tell_help(found: Help, sources: Sources, say: Say) -> None:
    """Its lines, with this hub's address in place of `HUB`, and its questions: as a line to read and to press. A line
    that is nothing but code becomes a block."""
    source = f"kb:help/{found.key}"
    hub = sources.house.base_url
    for text in found.lines:
        line = text.of(say.locale)
        if hub:
            line = _at(hub, line)
        whole = _COMMAND.fullmatch(line)
        if whole:  # a block of its own can be copied by one press
            say.line(*(2 * [f"```sh\n{whole[1]}\n```"]))
        else:
            tell(say, line, source)
    if not hub and any("HUB" in text.ko for text in found.lines):
        say.line("`HUB`는 지금 보고 있는 화면의 주소로 바꿉니다.", "Put the address of this page in place of `HUB`.")
    asked_next = [ko if say.locale == "ko" else en for ko, en in found.examples]
    state(say, " ".join(asked_next), source)
    say.line(
        f"이렇게 물어보세요: {' · '.join(f'“{one}”' for one in asked_next)}",
        f"You can ask: {' · '.join(f'“{one}”' for one in asked_next)}",
    )
    for ko, en in found.examples:
        say.suggest(ko, en)
    say.evidence("kb", f"help/{found.key}", found.place)


def _at(hub: str, line: str) -> str:
    """With the hub's address where the line says `https://HUB`, and its name and port where it says them apart."""
    host = hub.partition("://")[2]
    line = line.replace("https://HUB", hub).replace("HUB:443", host if ":" in host else f"{host}:443")
    return line.replace("HUB", host.partition(":")[0])


QUESTION = Question("product_help", answer, examples=EXAMPLES)
