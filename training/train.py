"""Trains the two classifiers, of sentences and of turns in a conversation, and writes lib/mcp/npu/*.model: `make train`.

The result is the same for the same corpus, code and version of scikit-learn. It tells how well phrases are read that
were held back.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zlib
from collections import Counter
from datetime import datetime
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from lib.mcp.npu.extractor import Extraction, extract_from
from lib.mcp.npu.features import BUCKETS, VERSION, Features, features_of
from lib.mcp.npu.intent import MODELS, WIDEST
from lib.mcp.npu.inventory import inventory_of
from lib.mcp.npu.text import read
from training.corpus import sentences
from training.foreign import foreign
from training.turns import standing, turns

NOW = datetime.fromisoformat("2026-08-14T15:20:00+09:00")
SHARES = (2.0, 2.0, 2.0)
STRENGTH = {"intent": 10.0, "turn": 10.0}  # inverse of the regularisation
HELD_BACK = 6  # one line in so many


def _found(text: str, fleet: list[dict[str, Any]]) -> Extraction:
    return extract_from(read(text), NOW, inventory_of(fleet))


def matrix(rows: list[Features]) -> csr_matrix:
    ends: list[int] = [0]
    columns: list[int] = []
    values: list[float] = []
    for row in rows:
        cells: dict[int, float] = {}
        for share, buckets in zip(SHARES, (row.letters, row.words, row.structure), strict=True):
            for bucket in buckets:
                cells[bucket] = cells.get(bucket, 0.0) + share / np.sqrt(len(buckets))
        columns += cells.keys()
        values += cells.values()
        ends.append(len(columns))
    return csr_matrix((np.array(values), np.array(columns), np.array(ends)), shape=(len(rows), BUCKETS))


def fitted(cells: csr_matrix, labels: np.ndarray, strength: float) -> LogisticRegression:
    """Labels with fewer sentences weigh more, by the root of the ratio."""
    counts = Counter(labels.tolist())
    weights = [(len(labels) / len(counts) / counts[one]) ** 0.5 for one in labels.tolist()]
    return LogisticRegression(C=strength, max_iter=120, tol=1e-3).fit(cells, labels, sample_weight=weights)


def _intents(labels: np.ndarray) -> np.ndarray:
    return np.array(["out_of_scope" if one.startswith("oos_") else one for one in labels])


def temperature_of(scores: np.ndarray, wanted: np.ndarray) -> float:
    """What the scores are divided by so that they are as sure as they are right on phrases never seen."""

    def loss(temperature: float) -> float:
        scaled = scores / temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        likely = scaled[np.arange(len(wanted)), wanted] - np.log(np.exp(scaled).sum(axis=1))
        return float(-likely.mean())

    return float(minimize_scalar(loss, bounds=(0.3, 4.0), method="bounded").x)


def trained(name: str, rows: list[Features], labels: list[str], lines: list[int], corpus: str) -> None:
    """Writes one model. With --quick nothing is held back first, and the temperature of the last model is kept."""
    cells, wanted, line = matrix(rows), np.array(labels), np.array(lines)
    if "--quick" in sys.argv and MODELS[name].exists():
        temperature = json.loads(MODELS[name].read_bytes().partition(b"\n")[0])["temperature"]
    else:
        held = line % HELD_BACK == 3
        partly = fitted(cells[~held], wanted[~held], STRENGTH[name])
        scores, truth = partly.decision_function(cells[held]), wanted[held]
        right = _intents(partly.classes_[scores.argmax(axis=1)]) == _intents(truth)
        temperature = temperature_of(scores, np.searchsorted(partly.classes_, truth))
        print(
            f"{name}: {len(rows)} sentences; of {held.sum()} held back {100 * right.mean():.1f} % right; T {temperature:.2f}"
        )
    whole = fitted(cells, wanted, STRENGTH[name])
    weights = whole.coef_
    widest = np.maximum(np.abs(weights).max(axis=1), 1e-6)
    roots = np.sign(weights) * np.sqrt(np.abs(weights) / widest[:, None])
    packed = (4 * np.rint(31.75 * roots)).clip(-127, 127).astype(np.int8).T.tobytes()  # 63 steps: packs smaller
    head = {
        "version": VERSION, "corpus": corpus, "temperature": round(temperature, 3), "blocks": SHARES,
        "labels": list(whole.classes_), "bias": [round(float(one), 4) for one in whole.intercept_],
        "scale": [float(f"{one:.6g}") for one in widest / WIDEST],
    }  # fmt: skip
    MODELS[name].write_bytes(json.dumps(head).encode() + b"\n" + zlib.compress(packed, 9))
    print(f"{MODELS[name].name}: {MODELS[name].stat().st_size} bytes")


def fingerprint() -> str:
    """Changes with any sentence of the corpus."""
    whole = hashlib.sha256()
    for label, text in [(one.label, one.text) for one in (*sentences(), *foreign(), *turns())]:
        whole.update(f"{label}\t{text}\n".encode())
    return whole.hexdigest()[:16]


def main() -> None:
    made, corpus = [*sentences(), *foreign()], fingerprint()
    read_once = [_found(one.text, one.fleet) for one in made]
    rows = [features_of(found) for found in read_once]
    if "--turns" not in sys.argv:
        trained("intent", rows, [one.label for one in made], [one.line for one in made], corpus)
    targeted = [bool(found.targets.entities()) for found in read_once]
    said = [*turns(), *standing(made, targeted, [len(row.skeleton.split()) for row in rows])]
    rows = [features_of(_found(one.text, one.fleet), one.before) for one in said]
    trained("turn", rows, [one.label for one in said], [one.line for one in said], corpus)


if __name__ == "__main__":
    main()
