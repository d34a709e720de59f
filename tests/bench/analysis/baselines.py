"""Simple detectors that the product's is held against: fixed limits, EWMA z, and k-means over recent changes.

All have `update(at, value)` like the product's. `Clusters` is made after what Netdata describes of its anomaly bits
(k = 2 on lagged differences of smoothed values, trained anew on recent rows, a score above what 99 % of the training
had counts).
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


class Limits:
    """Static: how far into the upper tenth of its possible range (0 to 1, or to 100 where it was ever above 1) a
    value is."""

    def __init__(self) -> None:
        self.top = 1.0

    def update(self, at: float, value: float) -> float:
        if value > 1.5:
            self.top = 100.0
        return min(1.0, max(0.0, value / self.top - 0.8) * 5.0)


class Ewma:
    """The distance from an exponential mean (of some 200 rows) in exponential standard deviations, as 1 - e^(-z/6)."""

    ALPHA, LEARNING = 0.01, 150

    def __init__(self) -> None:
        self.rows, self.mean, self.variance = 0, 0.0, 0.0

    def update(self, at: float, value: float) -> float:
        self.rows += 1
        alpha = max(self.ALPHA, 1.0 / self.rows)
        off = value - self.mean
        z = abs(off) / (math.sqrt(self.variance) + 1e-9 * (1.0 + abs(self.mean))) if self.rows > 1 else 0.0
        self.mean += alpha * off
        self.variance = (1.0 - alpha) * (self.variance + alpha * off * off)
        score = 1.0 - math.exp(-z / 6.0)
        return score if self.rows > self.LEARNING else 0.1 * score


class Clusters:
    """Two clusters over vectors of six lagged differences of means of three rows; trained on the last 720 rows, anew
    every 360. The score is the share of the last 30 rows whose distance passed what 99 % of the training rows had."""

    LAGS, SMOOTHED, TRAINED_ON, ANEW, LATELY = 6, 3, 720, 360, 30

    def __init__(self) -> None:
        self.values: list[float] = []
        self.smooth: deque[float] = deque(maxlen=self.LAGS + 1)
        self.since_trained = 0
        self.centres: list[list[float]] = []
        self.limit = 0.0
        self.bits: deque[bool] = deque(maxlen=self.LATELY)

    def update(self, at: float, value: float) -> float:
        self.values.append(value)
        if len(self.values) > 4 * self.TRAINED_ON:
            del self.values[: -(self.TRAINED_ON + self.LAGS + self.SMOOTHED)]
        self.smooth.append(sum(self.values[-self.SMOOTHED :]) / self.SMOOTHED)
        self.since_trained += 1
        if len(self.values) > 150 and (not self.centres or self.since_trained >= self.ANEW):
            self._train()
        if not self.centres:
            return 0.0
        vector = [abs(after - before) for before, after in pairwise(self.smooth)]
        self.bits.append(min(math.dist(centre, vector) for centre in self.centres) > self.limit)
        return sum(self.bits) / self.LATELY

    def _vectors(self, values: list[float]) -> NDArray[np.float64]:
        smooth = np.convolve(values, np.full(self.SMOOTHED, 1.0 / self.SMOOTHED), mode="valid")
        return np.lib.stride_tricks.sliding_window_view(np.abs(np.diff(smooth)), self.LAGS)

    def _train(self) -> None:
        self.since_trained = 0
        vectors = self._vectors(self.values[-(self.TRAINED_ON + self.LAGS + self.SMOOTHED) :])
        middle = vectors.mean(axis=0)
        centres = np.stack([middle - vectors.std(axis=0), middle + vectors.std(axis=0)])
        for _ in range(10):
            nearest = ((vectors[:, None, :] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
            for number in (0, 1):
                if (nearest == number).any():
                    centres[number] = vectors[nearest == number].mean(axis=0)
        distances = np.sqrt(((vectors[:, None, :] - centres[None]) ** 2).sum(axis=2).min(axis=1))
        self.centres, self.limit = centres.tolist(), float(np.quantile(distances, 0.99)) + 1e-12
