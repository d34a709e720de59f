"""The server at the head of the last ranking, called by that: "the highest one over 24 hours", "제일 높은 놈 추이"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lib.mcp.npu.extractor import Extraction

_NOUN = r"(?:서버|섭|놈|거|것|애|녀석|장비|노드)"
_CALLED = re.compile(
    rf"(?:그\s?중(?:에서?)?\s*)?(?:(?:제일|가장|젤)\s*(?:[가-힣]{{1,6}}\s*){{1,2}}?{_NOUN}(?![가-힣]*들)|(?:맨\s?(?:위|앞)|첫\s?번째|1\s?(?:등|위|번째))\s*(?:의\s*)?{_NOUN}?)"
    r"|(?<![a-z])(?:the )?(?:(?:highest|top|first|worst|busiest|biggest|largest|fullest|slowest|lowest|number) one"
    r"|(?:top|first) (?:server|host|box|machine|node))(?![a-z])(?: of (?:them|those|these))?"
)
# "That server": one that was named before.
POINTED = re.compile(
    r"(?<![가-힣])(?:그|이|저)\s?(?:서버|섭|놈|녀석|장비|노드)(?!들)|(?<![가-힣])걔(?!네)"
    r"|(?<![a-z])(?:that|this) (?:one|server|host|box|machine|node)(?![a-z])"
)
# What is asked of one server, and not of a ranking.
_OF_ONE = re.compile(
    r"추이|추세|그래프|차트|변화|왜|이유|원인|상태|어때|언제|프로세스|로그|알림|알람|비교|무슨\s?일|음소거|꺼\s?줘"
    r"|(?<![a-z])(?:plot|graph|chart|trend|history|over|why|status|when|process(?:es)?|logs?|alerts?|happen\w*|compar\w*|doing|mute|silence|ack\w*)(?![a-z])"
)
# What is asked of one metric of it: that of the ranking, where none is named.
_OF_METRIC = re.compile(
    r"추이|추세|그래프|차트|변화|왜|이유|원인|언제|비교|(?<![a-z])(?:plot|graph|chart|trend|history|over|why|when|compar\w*)(?![a-z])"
)
# Of a ranking from the top, and of one from the bottom.
_OTHER_END = (
    re.compile(r"낮|적은|적게|작은|lowest"),
    re.compile(r"높|많|큰|크게|highest|busiest|biggest|largest|fullest|worst"),
)


def of(history: Sequence[Mapping[str, Any]]) -> str | None:
    """The first of the ranking that was the last answer; None where that was another one."""
    last = next((turn for turn in reversed(history) if turn.get("role") == "assistant"), None)
    first = last.get("first") if last else None
    return first if isinstance(first, str) and first else None


def named(found: Extraction, text: str, first: str, before: Mapping[str, Any]) -> str | None:
    """The sentence with the server's name in the place of what it is called by; None where it asks for something else:
    another ranking or its other end, other servers. `before` are the entities of the ranking."""
    metrics: Sequence[str] = before.get("metrics") or ()
    if found.targets.entities() or not set(found.measured.names) <= set(metrics) or not _OF_ONE.search(found.rest):
        return None
    folded = text.casefold()
    called = _CALLED.search(folded) or (POINTED.search(folded) if before.get("top_n") == 1 else None)
    if called is None or (_OTHER_END[before.get("order") == "asc"].search(called[0])):
        return None
    metric = "" if found.measured.names or not _OF_METRIC.search(found.rest) else " ".join(metrics[:1])
    return f"{text[: called.start()]} {first} {metric} {text[called.end() :]}"
