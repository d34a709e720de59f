"""What a sentence asks: a linear classifier over letters, words and structure, in plain Python, with the rules of safety on top.

The weights are in `intent.model` and `turn.model` beside this file, made by `make train` (training/): a line of JSON, then one signed
byte for each bucket and label (the root of its weight), compressed. They are read when the first question comes.
"""

from __future__ import annotations

import base64
import json
import math
import re
import sys
import zlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from lib.mcp.npu.extractor import Extraction
from lib.mcp.npu.features import VERSION, Features, features_of

MODELS = {name: Path(__file__).with_name(f"{name}.model") for name in ("intent", "turn")}
WIDEST = 32_512
_SURE_ENOUGH = 0.4  # for an action; what is less sure is read as the question nearest to it
# What nobody can say and what may well lie outside is turned away: an answer about nothing is worse.
_UNSURE, _SUSPECT = 0.6, 0.3
OUT_OF_SCOPE = "out_of_scope"
ACTIONS = frozenset({"alert_ack", "alert_silence", "threshold_set"})
_REFUSALS = "oos_"


@dataclass(frozen=True)
class Model:
    """`weights` hold one number a bucket and label, row by row; a label's score is their sum times `scale`, plus its bias."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    scale: tuple[float, ...]
    blocks: tuple[float, float, float]
    temperature: float
    corpus: str
    known: bytes
    weights: memoryview

    def scores(self, features: Features) -> list[float]:
        width = len(self.labels)
        total = list(self.bias)
        parts = (features.letters, features.words, features.structure)
        for share, buckets in zip(self.blocks, parts, strict=True):
            if not buckets:
                continue
            rows = [self.weights[bucket * width : bucket * width + width] for bucket in buckets]
            summed = map(sum, zip(*rows, strict=True))  # column by column: twice as fast as row by row
            weight = share / math.sqrt(len(buckets))
            total = [sofar + weight * unit * part for sofar, unit, part in zip(total, self.scale, summed, strict=True)]
        return total

    def shares(self, features: Features) -> list[tuple[str, float]]:
        """Every label with its likelihood, summing to one."""
        scores = [score / self.temperature for score in self.scores(features)]
        top = max(scores)
        weights = [math.exp(score - top) for score in scores]
        whole = sum(weights)
        return [(label, weight / whole) for label, weight in zip(self.labels, weights, strict=True)]


@cache
def model(name: str = "intent") -> Model:
    """A shipped model: "intent" of sentences, "turn" of what is said after an answer.

    A file of another version is a ValueError: `make train` makes one that fits."""
    head, _, packed = MODELS[name].read_bytes().partition(b"\n")
    said = json.loads(head)
    if said["version"] != VERSION:
        raise ValueError(
            f"{MODELS[name].name} is of version {said['version']}, the features are of {VERSION}: run make train"
        )
    return Model(
        labels=tuple(said["labels"]),
        bias=tuple(said["bias"]),
        scale=tuple(said["scale"]),
        blocks=(said["blocks"][0], said["blocks"][1], said["blocks"][2]),
        temperature=said["temperature"],
        corpus=said["corpus"],
        known=base64.b64decode(said["known"]),
        weights=_unfolded(zlib.decompress(packed)),
    )


def _unfolded(packed: bytes) -> memoryview:
    """A byte holds the root of a weight, so that small weights keep their worth; here it is squared, in 16 bits."""
    signed = [place - 256 if place > 127 else place for place in range(256)]
    squared = [round(WIDEST * (one / 127) * abs(one / 127)) & 0xFFFF for one in signed]
    both = bytearray(2 * len(packed))
    little = sys.byteorder == "little"
    both[0 if little else 1 :: 2] = packed.translate(bytes(one & 0xFF for one in squared))
    both[1 if little else 0 :: 2] = packed.translate(bytes(one >> 8 for one in squared))
    return memoryview(both).cast("h")


@dataclass(frozen=True)
class Reading:
    """The intents by likelihood, best first, summing to one. `reason` says why a refused sentence is refused."""

    ranked: list[tuple[str, float]]
    reason: str
    features: Features
    fired: list[str] = field(default_factory=list)

    @property
    def intent(self) -> str:
        return self.ranked[0][0]

    @property
    def confidence(self) -> float:
        return self.ranked[0][1]

    def likelihood(self, intent: str) -> float:
        return next((share for name, share in self.ranked if name == intent), 0.0)


def classify(found: Extraction) -> Reading:
    """Never fails. An action is first only where the sentence says its verb (`permitted`)."""
    features = features_of(found, model().known)
    shares: dict[str, float] = {}
    reasons: dict[str, float] = {}
    for label, share in model().shares(features):
        if label.startswith(_REFUSALS):
            reasons[label.removeprefix(_REFUSALS)] = share
        else:
            shares[label] = share
    shares[OUT_OF_SCOPE] = sum(reasons.values())
    ranked = sorted(shares.items(), key=lambda one: (-one[1], one[0]))
    first, share = ranked[0]
    if first in ACTIONS and (share < _SURE_ENOUGH or not permitted(first, found, features)):
        ranked = _without_actions(ranked)
    if ranked[0][1] < _UNSURE and shares[OUT_OF_SCOPE] >= _SUSPECT:
        ranked.sort(key=lambda one: one[0] != OUT_OF_SCOPE)
    return Reading(ranked, max(reasons, key=reasons.__getitem__), features, _fired(features, ranked[0][0]))


_ALERT = re.compile(r"알림|알람|경보|얼럿|알럿|노티|(?<![a-z])(?:alert|alarm|notif|pag(?:e|ing)|incident|warning)")
_MUTE = re.compile(
    r"(?<![a-z])(?:mute|silence|snooze|suppress|maintenance|bother|shush|hush|quiet|page|paging|shut up)(?![a-z])|음소거|뮤트|스누즈|점검|메인터넌스|유지보수|조용"
)


def _without_actions(ranked: list[tuple[str, float]]) -> list[tuple[str, float]]:
    left = sum(share for name, share in ranked if name not in ACTIONS)
    others = [(name, share / left) for name, share in ranked if name not in ACTIONS]
    return [*others, *((name, 0.0) for name, _ in ranked if name in ACTIONS)]


def permitted(action: str, found: Extraction, features: Features, carried: bool = False) -> bool:
    """Whether the sentence itself asks for the action: what changes something is never guessed from the general drift.

    `carried`: what it is about may have been said before."""
    said = {one.value for one in features.cues}
    if action == "alert_ack":
        return "ack" in said
    if action == "alert_silence":
        # "web-01 꺼줘" is a command to the server; only words that nothing but an alert can mean go without "alert".
        return bool(said & {"mute", "maintenance"}) and bool(
            carried or _ALERT.search(found.rest) or (_MUTE.search(found.rest) and found.targets.entities())
        )
    measured = bool(found.measured.names or found.measured.soft)
    about = measured or (("threshold" in said or "alert" in said) and bool(found.levels and found.targets.entities()))
    return (about or carried) and bool(
        said & {"threshold", "notify", "alert"} or (measured and "if_over" in said) or found.severity
    )


def _fired(features: Features, intent: str) -> list[str]:
    """The words that made it so: "추이→metric_history"."""
    words = dict.fromkeys(f"{one.value}" for one in features.cues)
    return [f"{word}→{intent}" for word in list(words)[:6]]
