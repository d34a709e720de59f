"""Mends slips of the keyboard in the words the questions turn on: one letter lost, doubled, wrong or swapped."""

from __future__ import annotations

import re

_WORDS = ["memory", "disk", "swap", "latency", "network", "traffic", "temperature", "connections", "connection", "requests", "request", "inode", "iowait", "uptime", "availability", "utilization", "utilisation", "usage", "server", "servers", "status", "alert", "alerts", "anomaly", "anomalies", "forecast", "predict", "threshold", "critical", "warning", "warnings", "yesterday", "today", "tomorrow", "average", "maximum", "minimum", "compare", "process", "processes", "between", "report", "hours", "minutes", "highest", "lowest", "exceeds", "exceed", "above", "below", "silence", "acknowledge", "error", "errors", "overnight", "response", "bandwidth", "storage", "week", "month", "production", "staging"]  # fmt: skip
# Real words one letter away from one of ours.
_REAL = frozenset(
    [
        "weeks",
        "months",
        "works",
        "dish",
        "risk",
        "disc",
        "disks",
        "swaps",
        "swamp",
        "wreck",
        "weak",
        "mouth",
        "reports",
        "repeat",
        "resort",
        "port",
        "above",
        "hour",
        "minute",
        "terror",
        "mirror",
        "terrors",
        "mirrors",
        "critical",
        "excess",
        "exceeds",
        "staring",
        "stating",
        "aging",
        "alerted",
        "alter",
        "alters",
        "later",
        "serve",
        "serves",
        "served",
        "sever",
        "severs",
        "severe",
        "request",
        "requests",
        "processed",
        "processor",
        "usages",
        "sage",
        "silenced",
        "memories",
        "networks",
        "temperatures",
        "averages",
        "averaged",
        "compared",
        "compares",
        "comparing",
        "tow",
        "moth",
        "depth",
        "forecasts",
        "predicts",
        "predicted",
        "status",
        "state",
        "states",
        "stats",
        "statue",
        "errored",
        "nodes",
        "inodes",
        "score",
        "store",
        "response",
        "responses",
        "tonight",
        "days",
        "toady",
        "warming",
        "warning",
        "connected",
        "connecting",
        "month",
        "monthly",
        "weekly",
        "week",
        "seek",
        "meek",
        "peek",
        "wee",
        "reported",
        "reporter",
        "requested",
        "bellow",
        "belong",
    ]
)
_LATIN = re.compile(r"(?<![a-z0-9_.*-])[a-z]{5,14}(?![a-z0-9_.*-])")


def _lost_one(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


_NEAR: dict[str, set[str]] = {}
for _word in _WORDS:
    if len(_word) >= 5:
        for _form in (_word, *_lost_one(_word)):
            _NEAR.setdefault(_form, set()).add(_word)
_KNOWN = frozenset(_WORDS) | _REAL


def within_one(left: str, right: str) -> bool:
    """Whether one letter lost, put in, changed or two neighbours swapped make one of the other."""
    if abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    a, b = left[start:], right[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
    return a[1:] == b or a == b[1:]


def mended(text: str) -> str:
    """The text with misspelled key words spelled right; words that are words stay."""

    def mend(found: re.Match[str]) -> str:
        word = found[0]
        if word in _KNOWN:
            return word
        near = set().union(*(_NEAR.get(form, set()) for form in (word, *_lost_one(word))))
        fitting = sorted(one for one in near if one[0] == word[0] and within_one(word, one))
        return fitting[0] if fitting else word

    return _LATIN.sub(mend, text)
