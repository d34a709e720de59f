"""What a term means, how it is measured here, what is usual, and what it is just now; or how two terms differ."""

from __future__ import annotations

from lib.mcp.core.question import Asked, Question
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Sources
from lib.mcp.intents.known import tell, tell_live
from lib.mcp.knowledge.terms import Difference, Term, compares, difference_for, term, term_for, terms_in
from lib.mcp.knowledge.texts import Text

_HEADS = (Text("재는 방법: ", "How we measure it: "), Text("보통: ", "Usual: "), Text("높으면: ", "When it is high: "))
_NO_HEADS = (Text("여기에서는: ", "Here: "), Text("", ""), Text("", ""))  # of what is no quantity


def answer(asked: Asked, sources: Sources, say: Say) -> None:
    difference = difference_for(asked.text, asked.metrics)
    if difference is not None and (compares(asked.text) or len(asked.metrics) > 1):
        _differ(difference, say)
        return
    named = terms_in(asked.text)
    if len(named) > 1 and compares(asked.text):
        _both(named[0], named[-1], say)
        return
    found = term_for(asked.text, asked.metrics)
    if found is None:
        say.line(
            "그 용어의 설명은 갖고 있지 않습니다. 지표와 모니터링 용어를 설명해 드릴 수 있습니다.",
            "I have no explanation of that term. I can explain metrics and terms of monitoring.",
        )
        say.suggest("p95가 뭐야?", "What is p95?")
        say.suggest("iowait가 뭐야?", "What is iowait?")
        say.suggest("뭘 할 수 있어?", "What can you do?")
        return
    _explain(found, asked, sources, say)


def _explain(found: Term, asked: Asked, sources: Sources, say: Say) -> None:
    source = f"kb:{found.key}"
    tell(say, f"**{found.name.of(say.locale)}**: {found.what.of(say.locale)}", source)
    heads = _HEADS if found.metric is not None else _NO_HEADS
    for head, text in zip(heads, (found.measured, found.usual, found.high), strict=True):
        if text is not None:
            tell(say, f"{head.of(say.locale)}{text.of(say.locale)}", source)
    say.evidence("kb", f"term/{found.key}", "")
    if found.metric is not None:
        _tell_now(found, asked, sources, say)
    _go_on(found, say)


def _tell_now(found: Term, asked: Asked, sources: Sources, say: Say) -> None:
    metric = str(found.metric)
    meant = sources.meant(asked)
    one = tell_live(meant.servers, metric, sources, say, is_named=meant.is_named)
    if one is not None:
        called = found.name.of(say.locale).partition("(")[0].strip()
        say.suggest(f"{one.id} {called} 최근 24시간 추이", f"{called} of {one.id} over the last 24 hours")
        say.suggest(f"{called} 높은 서버 5대", f"Top 5 servers by {called}")


def _differ(found: Difference, say: Say) -> None:
    a, b = sorted(found.keys)
    tell(say, f"**{found.name.of(say.locale)}**: {found.what.of(say.locale)}", f"kb:{a}/{b}")
    say.evidence("kb", f"term/{a}", "")
    say.evidence("kb", f"term/{b}", "")
    for key in (a, b):
        _ask_for(term(key), say)


def _both(first: Term, second: Term, say: Say) -> None:
    """Two terms that nobody takes for each other, one after the other."""
    for one in (first, second):
        tell(say, f"**{one.name.of(say.locale)}**: {one.what.of(say.locale)}", f"kb:{one.key}")
        say.evidence("kb", f"term/{one.key}", "")
        _ask_for(one, say)


def _go_on(found: Term, say: Say) -> None:
    pair = _FOLLOWED_BY.get(found.key)
    if pair is not None:
        _ask_for(term(pair), say)


def _ask_for(other: Term, say: Say) -> None:
    ko, en = (text.partition("(")[0].strip() for text in (other.name.ko, other.name.en))
    say.suggest(f"{ko} 뜻이 뭐야?", f"What does {en} mean?")


# What is asked next, as a rule.
_FOLLOWED_BY = {
    "p95": "p99", "p99": "p95", "p50": "p95", "average": "p95", "percentile": "p95", "load": "cpu", "iowait": "disk_busy",
    "acknowledge": "silence", "silence": "acknowledge", "stale": "offline", "offline": "stale", "hold": "recovery",
    "recovery": "flapping", "anomaly": "anomaly_score", "anomaly_score": "expected_band", "forecast": "forecast_interval",
    "sla": "error_budget", "availability": "sla", "oom_killer": "swap", "warning": "critical", "critical": "severity",
    "throughput": "latency", "iops": "throughput", "health_score": "saturation",
}  # fmt: skip

QUESTION = Question(
    "concept_explain", answer, examples=(("p95가 뭐야?", "What is p95?"), ("CPU와 부하의 차이가 뭐야?", "What is the difference between CPU and load?"))
)  # fmt: skip
