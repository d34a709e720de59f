"""Whether a sentence speaks of the time since the last deploy, or of that before and after it. When that was only the
data know: a frame has no time then, and whoever answers looks it up."""

from __future__ import annotations

import re

from lib.mcp.npu.extractor import Extraction

_DEPLOY = (
    r"(?:the |our |that )?(?:last |latest |most recent |newest |new )?(?:deploy(?:ment|s)?|release|rollout)(?![a-z])"
)
_SINCE = re.compile(
    r"(?:배포|릴리즈|릴리스)\s*(?:이후|후|뒤|하고\s*(?:나서|난\s*(?:뒤|후|다음))|(?:한|된)\s*(?:뒤|후|다음|이후)|부터|나서)(?!\s*에?\s*(?:재|롤))"
    rf"|(?<![a-z])(?:since|after) {_DEPLOY}"
)
_AROUND = re.compile(
    r"(?:배포|릴리즈|릴리스)\s*(?:전\s*(?:이?랑|과|와|하고|,|/)?\s*(?:이?후|뒤)|전후)"
    rf"|(?<![a-z])(?:before (?:and|vs\.?|versus|or|to) after|(?:pre|post)[- ](?:deploy|release)) ?(?:{_DEPLOY})?"
)
_WHEN = re.compile(
    r"(?:마지막|최근)\s*(?:배포|릴리즈|릴리스)[^.?!]{0,12}언제|언제\s*(?:마지막으로\s*)?(?:배포|릴리즈)(?:했|됐|되었|한|된)"
    rf"|(?<![a-z])when (?:was|were|did|is)[^.?!]{{0,16}} {_DEPLOY}"
)
_CHANGED = re.compile(
    r"바뀌|바뀐|변했|변한|달라|늘었|줄었|올랐|올라|높아|낮아|느려|나빠|좋아|떨어"
    r"|(?<![a-z])(?:chang\w*|differen\w*|ris(?:e|en)|rose|g(?:o|one|et|ot)|increas\w*|drop\w*|slower|faster|worse|better|higher|lower)(?![a-z])"
)
_TOGETHER = re.compile(r"함께|같이|상관|(?<![a-z])(?:correlat\w*|together|along)(?![a-z])")
_ERRORS = re.compile(r"에러|오류|(?<![a-z])errors?(?![a-z])")
_OTHERS = (
    ("alert_list", re.compile(r"알림|알람|경보|(?<![a-z])(?:alerts?|alarms?)(?![a-z])")),
    ("log_query", re.compile(r"에러|오류|로그|(?<![a-z])(?:errors?|logs?|exceptions?)(?![a-z])")),
)
_LOOSE = frozenset(
    {"metric_current", "change_correlation", "out_of_scope", "clarify", "fleet_summary", "server_status"}
)


def is_said(folded: str) -> bool:
    return _SINCE.search(folded) is not None or is_around(folded) or asks_when(folded)


def asks_when(folded: str) -> bool:
    return _WHEN.search(folded) is not None


def is_around(folded: str) -> bool:
    """Before and after it, that is."""
    return _AROUND.search(folded) is not None and re.search(r"배포|릴리|deploy|release|rollout", folded) is not None


def intent_of(found: Extraction, read_as: str) -> str | None:
    """The question of a sentence that speaks of the deploy: a metric's course since then, both times, or what changed;
    None where it is what it was read as. Of a time that is named the sentence itself says when."""
    folded = found.text.folded
    if found.whens or read_as not in _LOOSE or not is_said(folded):
        return None
    if found.measured.names:
        if _TOGETHER.search(folded):
            return "change_correlation"
        return "compare_periods" if is_around(folded) or _CHANGED.search(folded) else "metric_history"
    if is_around(folded) or asks_when(folded):
        return "change_correlation"
    if _ERRORS.search(folded) and _CHANGED.search(folded):
        return "compare_periods"
    return next((intent for intent, words in _OTHERS if words.search(folded)), "change_correlation")
