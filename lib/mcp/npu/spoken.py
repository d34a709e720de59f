"""Ways to ask that say little: what is read by what they name where the classifier is not sure."""

from __future__ import annotations

import re

from lib.mcp.npu.extractor import Extraction

UNSURE = 0.35  # below it a question is asked back
DOUBTFUL = 0.8  # below it what a sentence names weighs more than what it was read as

_ALL_WELL = re.compile(
    r"^(?:다|모두|전부|지금|진짜|정말|이제|아직|혹시|서버(?:들)?(?:은|는)?|시스템(?:은|는)?|\s)*(?:괜찮|멀쩡|문제\s?없|이상\s?없|별일\s?없)"
    r"|(?:뭐|어디|뭣)\s?부터\s?(?:봐|보면|확인|손|해야|챙)"
    r"|(?:사이트|홈페이지|웹\s?페이지|페이지|서비스|접속)(?:이|가|은|는)?\s?(?:안\s?(?:열|되|돼|떠|뜨|들어)|못\s?(?:들어|열)|죽었|터졌|이상)"
    r"|(?<![a-z])(?:what (?:should|do|must) (?:i|we) (?:look at|check|fix|worry about|do) first|where (?:should|do) (?:i|we) (?:start|look first)"
    r"|(?:the |our )?(?:site|website|web ?page|service) (?:is |seems )?(?:down|dead|broken|not (?:loading|working|opening)|won't load))(?![a-z])"
)
_WENT_DOWN = re.compile(
    r"다운\s?(?:됐|되었|된|되)|죽었|죽은|꺼졌|꺼진|내려갔|내려간|끊겼|끊긴"
    r"|(?<![a-z])(?:w(?:ent|as|ere)|gone|been) (?:down|offline|unreachable|dead)(?![a-z])"
)
_OOM = re.compile(
    r"(?<![a-z])(?:oom|out of memory|oom[- ]?kill(?:ed|er|s)?)(?![a-z])|메모리\s?부족\s?(?:으로|에러|오류|킬)"
)
_HOW = re.compile(r"방법|어떻게|해결|조치|뭐야|뜻|왜|(?<![a-z])(?:how|fix|why|what is|mean)(?![a-z])")
_SILENCED = re.compile(r"음소거|뮤트|사일런스|(?<![a-z])(?:silenc\w+|mut(?:e|ed|es))(?![a-z])")
_ASKED = re.compile(r"누가|뭐|있|어떤|목록|보여|(?<![a-z])(?:who|which|what|any|list|show)(?![a-z])")
_EATS = re.compile(
    r"(?:뭐|누|어디|어느|무엇|어떤)[^.?!]{0,24}(?:먹|차지|잡고)|(?<![a-z])(?:who|what|which)(?:'?s)? [a-z ]{0,20}(?:eating|hogging|using up|chewing)(?![a-z])"
)
_WILL_BE = re.compile(
    r"(?:꽉|가득|다)\s?(?:찰|차겠|차게)|찰\s?(?:것|거|듯|서버|예정|수)|넘을\s?(?:예정|것|거|듯|서버)|모자랄|부족할"
)
_CAPACITY = frozenset({"disk", "inode", "memory", "swap"})
_NOT_YET = frozenset(
    {"metric_history", "metric_current", "threshold_filter", "top_n", "server_list", "out_of_scope", "clarify"}
)
_REPORT = re.compile(
    r"(?:주간|월간|일간|일일|데일리|위클리|먼슬리)\s?(?:보고|리포트|레포트)"
    r"|(?<![a-z])(?:weekly|daily|monthly) (?:recap|report|rundown|write-?up)(?![a-z])"
)
_UNDONE = re.compile(r"삭제|지워|지우|(?<![a-z])(?:delete|remove)(?![a-z])")
_LEAK = re.compile(r"누수|새는\s?(?:거|것|중|서버)|(?<![a-z])leak(?:s|ing|y)?(?![a-z])")
_STATES = frozenset({"server_list", "fleet_summary", "server_status", "out_of_scope", "clarify"})


def intent_of(found: Extraction, read_as: str, confidence: float, *, is_unrelated: bool) -> str | None:
    """What such a sentence asks; None where it is what it was read as."""
    folded = found.text.folded
    servers, metrics = bool(found.targets.servers), found.measured.names
    if _WENT_DOWN.search(folded) and read_as in _STATES and any(one.range[0] < found.now for one in found.whens):
        return "uptime_sla"
    if read_as in _NOT_YET and _WILL_BE.search(folded) and _CAPACITY & set(metrics):
        return "forecast"
    if confidence >= DOUBTFUL and not is_unrelated:
        return None
    if read_as in {*_STATES, "smalltalk"} and _REPORT.search(folded) and not _UNDONE.search(folded):
        return "report"
    if (
        read_as in {"metric_current", *_STATES}
        and _LEAK.search(folded)
        and metrics == ["memory"]
        and not _HOW.search(folded)
    ):
        return "root_cause"
    if _OOM.search(folded) and not _HOW.search(folded) and (is_unrelated or read_as in _STATES):
        return "log_query"
    if is_unrelated and _SILENCED.search(folded) and _ASKED.search(folded):
        return "alert_list"
    if (
        (is_unrelated or read_as in {"clarify", "product_help"})
        and not (servers or metrics)
        and _ALL_WELL.search(folded)
    ):
        return "fleet_summary"
    if confidence < UNSURE and metrics and _EATS.search(folded):
        return "process_query" if servers else "top_n"
    if confidence < UNSURE and metrics and servers and not found.whens and not found.levels and not _HOW.search(folded):
        return "metric_current"
    return None
