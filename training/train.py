"""Trains the classifier of intents on the corpus and writes lib/mcp/npu/intent.model: `make train`.

The result is the same for the same corpus, code and version of scikit-learn. It tells how well phrases are read that
were held back.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections import Counter
from datetime import datetime

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from lib.mcp.npu.extractor import extract_from
from lib.mcp.npu.features import BUCKETS, VERSION, Features, features_of
from lib.mcp.npu.intent import MODEL
from lib.mcp.npu.inventory import inventory_of
from lib.mcp.npu.text import read
from training.corpus import Sentence, fingerprint, sentences

NOW = datetime.fromisoformat("2026-08-14T15:20:00+09:00")
SHARES = (2.0, 2.0, 2.0)
STRENGTH = 10.0  # inverse of the regularisation
HELD_BACK = 6  # one line in so many


def featured(made: list[Sentence]) -> list[Features]:
    return [features_of(extract_from(read(one.text), NOW, inventory_of(one.fleet))) for one in made]


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


def fitted(cells: csr_matrix, labels: list[str]) -> LogisticRegression:
    """Labels with fewer sentences weigh more, by the root of the ratio."""
    counts = Counter(labels)
    weights = [(len(labels) / len(counts) / counts[one]) ** 0.5 for one in labels]
    return LogisticRegression(C=STRENGTH, max_iter=150, tol=1e-3).fit(cells, labels, sample_weight=weights)


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


def main() -> None:
    made = sentences()
    cells, labels = matrix(featured(made)), [one.label for one in made]
    temperature = 1.0
    if "--quick" not in sys.argv:
        held = np.array([one.line % HELD_BACK == 3 for one in made])
        partly = fitted(cells[~held], [one.label for one in made if one.line % HELD_BACK != 3])
        truth = np.array([one.label for one in made if one.line % HELD_BACK == 3])
        scores = partly.decision_function(cells[held])
        right = _intents(partly.classes_[scores.argmax(axis=1)]) == _intents(truth)
        temperature = temperature_of(scores, np.searchsorted(partly.classes_, truth))
        print(
            f"{len(made)} sentences; of {held.sum()} by phrases held back {100 * right.mean():.1f} % read right; T {temperature:.2f}"
        )
    whole = fitted(cells, labels)
    weights = whole.coef_
    scale = np.maximum(np.quantile(np.abs(weights), 0.9999, axis=1), 1e-6) / 127
    packed = np.clip(np.rint(weights / scale[:, None]), -127, 127).astype(np.int8).T.tobytes()
    head = {
        "version": VERSION, "corpus": fingerprint(), "temperature": round(temperature, 3), "blocks": SHARES,
        "labels": list(whole.classes_), "bias": [round(float(one), 4) for one in whole.intercept_],
        "scale": [float(f"{one:.6g}") for one in scale],
    }  # fmt: skip
    MODEL.write_bytes(json.dumps(head).encode() + b"\n" + zlib.compress(packed, 9))
    print(f"{MODEL}: {MODEL.stat().st_size} bytes")


if __name__ == "__main__":
    main()
