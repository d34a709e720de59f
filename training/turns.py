"""What is said in a conversation after an answer: short turns that lean on it, and whole sentences that do not."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from lib.mcp.npu.followups import NEW, SLOTS
from training.corpus import SEED, Sentence, sentences, spoken, ways_of
from training.fleets import fleets
from training.foreign import foreign

TURNS = Path(__file__).parent / "turns.txt"
WAYS = 24
EARLIER = tuple(sorted({*SLOTS, "fleet_summary", "server_status"} - {"agent_help", "product_help"}))
_SECTION = re.compile(r"\[(\w+)(?: < ([\w, ]+))?\]")
# Whole sentences of these stand for themselves even where they name no server.
_COMPLETE = frozenset({"fleet_summary", "server_list", "agent_help", "product_help", "concept_explain", "troubleshoot", "report", "top_n", "threshold_filter", "compare_servers"})  # fmt: skip
_LEANING = frozenset({"alert_list", "anomaly_list", "log_query", "change_correlation"})


@dataclass(frozen=True)
class Turn:
    """`label` is an intent, "keep", or NEW for a sentence that leans on nothing; `before` the intent answered last."""

    text: str
    label: str
    before: str
    line: int
    fleet: list[dict[str, Any]]


def turns() -> list[Turn]:
    """The leaning turns, the same for the same file."""
    rng = Random(SEED + 1)  # noqa: S311 - chance makes sentences here, no secrets
    known = fleets(rng)
    made: dict[tuple[str, str, str], Turn] = {}
    label, after = "keep", EARLIER
    for number, line in enumerate(TURNS.read_text(encoding="utf-8").splitlines()):
        section = _SECTION.fullmatch(line.strip())
        if section:
            label, after = section[1], tuple((section[2] or ", ".join(EARLIER)).split(", "))
        elif line.strip() and not line.startswith("#"):
            for turn in range(ways_of(line, WAYS)):
                fleet = rng.choice(known)
                text, before = spoken(line, fleet, rng, turn), rng.choice(after)
                if text:
                    made.setdefault((text, label, before), Turn(text, label, before, number, fleet))
    return list(made.values())


def standing(corpus: list[Sentence], has_target: list[bool], words: list[int]) -> list[Turn]:
    """Sentences of the corpus after some answer: the whole ones lean on nothing, those without a server may."""
    rng = Random(SEED + 2)  # noqa: S311 - chance makes sentences here, no secrets
    made = []
    for one, targeted, count in zip(corpus, has_target, words, strict=True):
        if one.label == "clarify" or count < 2 or rng.random() < 0.5:
            continue
        whole = targeted or one.label in _COMPLETE or one.label.startswith("oos_") or one.label == "smalltalk"
        whole = whole or (one.label in _LEANING and count >= 4)
        label = NEW if whole else one.label
        made.append(Turn(one.text, label, rng.choice(EARLIER), 10_000 + one.line, one.fleet))
    return made


def fingerprint() -> str:
    """Changes with any sentence of the corpus."""
    whole = hashlib.sha256()
    for label, text in [(one.label, one.text) for one in (*sentences(), *foreign(), *turns())]:
        whole.update(f"{label}\t{text}\n".encode())
    return whole.hexdigest()[:16]
