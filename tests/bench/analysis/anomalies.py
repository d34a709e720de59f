"""The rows of the bench about anomalies: the product's detector and simple ones, over every source of series there
is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lib.monitoring.analyzers.anomaly import Detector as Product
from lib.monitoring.analyzers.anomaly import new_detector, new_hold_detector
from tests.bench.analysis import series as sources
from tests.bench.analysis.baselines import Clusters, Ewma, Limits
from tests.bench.analysis.figures import Figure
from tests.bench.analysis.machine_score import Found, Scores, found, vus_pr
from tests.bench.analysis.marks import marks
from tests.bench.analysis.nab_score import PROFILES, nab_score
from tests.bench.analysis.series import Machine

PART = "anomalies"
SHORT_BUFFER_ROWS = 20  # of series with a row an hour
LEARNT_SHARE = 0.25  # of a labelled series, not judged


class Detector(Protocol):
    def update(self, at: float, value: float) -> float: ...


Factory = Callable[[], Detector]
BASELINES: dict[str, Factory] = {"limits": Limits, "ewma z": Ewma, "k-means": Clusters}


def figures(data: Path) -> Iterator[Figure]:
    yield from on_series(data / "nab")
    for source, goals in {
        "smd": {"VUS-PR": 0.45, "cause@1": 0.92, "calibrated": 0.70},
        "asd": {"VUS-PR": 0.55, "cause@1": 0.85},
        "services": {"VUS-PR": 0.55},
    }.items():
        yield from on_machines(data / source, source, goals)
    yield from on_labelled(data / "mscloud")
    yield from costs()


def scores_of(factory: Factory, at: list[float], values: list[float]) -> NDArray[np.float64]:
    update = factory().update
    return np.nan_to_num(np.array([update(moment, value) for moment, value in zip(at, values, strict=True)]))


def on_series(folder: Path) -> Iterator[Figure]:
    corpus = sources.nab(folder)
    if not corpus:
        return
    held = sources.held_out(one.name for one in corpus)
    tuned, hidden = ([one for one in corpus if (one.name in held) is is_held] for is_held in (False, True))
    methods: dict[str, Factory] = {"own": new_detector, **BASELINES}
    scores = {
        method: {one.name: scores_of(factory, one.at, one.values) for one in corpus}
        for method, factory in methods.items()
    }
    for name, profile in PROFILES.items():
        for by_category in (False, True) if len({one.category for one in corpus}) > 1 else (False,):
            goal = {False: 72.0, True: 65.0}[by_category] if name == "standard" else None
            reached = {
                method: nab_score(corpus, of_method, profile, by_category) for method, of_method in scores.items()
            }
            yield Figure(
                PART,
                f"NAB {name}" + (", threshold of other categories" if by_category else ""),
                reached.pop("own"),
                goal,
                held_out=nab_score(hidden, scores["own"], profile, by_category),
                tuned=nab_score(tuned, scores["own"], profile, by_category),
                baselines=reached,
                note=f"{len(corpus)} series",
            )


def on_machines(folder: Path, source: str, goals: dict[str, float]) -> Iterator[Figure]:
    all_of_it = sources.machines(folder)
    if not all_of_it:
        return
    step = sources.STEP_SECONDS[source]
    held = sources.held_out(one.name for one in all_of_it)
    parts = [[one for one in all_of_it if (one.name in held) is is_held] for is_held in (False, True)]
    note = f"{len(all_of_it)} machines"
    own = {one.name: scores_of_machine(new_hold_detector, one, step) for one in all_of_it}
    scores, usual = ({name: both[place] for name, both in own.items()} for place in (0, 1))
    reached, tuned, hidden = (found(of, scores, usual, step) for of in (all_of_it, *parts))
    others: dict[str, Found] = {}
    for name, factory in BASELINES.items():
        simple = {one.name: scores_of_machine(factory, one, step) for one in all_of_it}
        others[name] = found(all_of_it, *({key: both[place] for key, both in simple.items()} for place in (0, 1)), step)
    for name, value in {
        "VUS-PR": lambda one: one.vus_pr,
        "events at 1 false alarm a day": lambda one: one.recall,
        "calibrated": lambda one: one.calibrated,
        "its false alarms a server-day": lambda one: one.calibrated_false,
        "cause@1": lambda one: one.cause_1,
        "cause@3": lambda one: one.cause_3,
    }.items():
        if name.startswith("cause") and not any(one.causes for one in all_of_it):
            continue
        title = "events found, threshold without labels" if name == "calibrated" else name
        is_false = name.startswith("its")
        yield Figure(
            PART,
            f"{source} {title}",
            value(reached),
            1.0 if is_false else goals.get(name),
            more_is_better=not is_false,
            held_out=value(hidden),
            tuned=value(tuned),
            baselines={method: value(of_method) for method, of_method in others.items()},
            note=note,
        )
    shown, shown_tuned, shown_hidden = (marks(of, scores, step) for of in (all_of_it, *parts))
    for name, at in {
        "normal: events met by a series": lambda one: one.events_series,
        "normal: events met by the machine": lambda one: one.events_machine,
        "normal: series marked a server-day": lambda one: one.series_later,
        "normal: series marked on the first day": lambda one: one.series_first_day,
        "normal: machine marked a server-day": lambda one: one.machine_later,
        "normal: machine marked on the first day": lambda one: one.machine_first_day,
    }.items():
        yield Figure(
            PART, f"{source} {name}", at(shown), held_out=at(shown_hidden), tuned=at(shown_tuned), note=note
        )  # fmt: skip


def scores_of_machine(factory: Factory, machine: Machine, step: float) -> tuple[Scores, Scores]:
    """Scores and what they usually are, (rows of train and test, metrics); a metric that never changes is left at 0."""
    rows = np.vstack([machine.train, machine.test])
    at = (sources.MIDNIGHT + step * np.arange(len(rows))).tolist()
    scores = np.zeros(rows.shape, dtype=np.float32)
    usual = np.zeros(rows.shape, dtype=np.float32)
    for metric, column in enumerate(rows.T):
        if column.min() < column.max():
            detector = factory()
            for row, value in enumerate(column.tolist()):
                scores[row, metric] = detector.update(at[row], value)
                if isinstance(detector, Product):
                    usual[row, metric] = detector.usually
    return np.nan_to_num(scores), usual


def on_labelled(folder: Path) -> Iterator[Figure]:
    judged = {}
    for name, at, values, label in sources.labelled(folder):
        first = int(LEARNT_SHARE * len(at))
        if label[first:].any():
            judged[name] = (at, values, label, first)
    if not judged:
        return
    held = sources.held_out(judged)

    def mean_of(factory: Factory) -> tuple[float, float, float]:
        areas = {
            name: vus_pr(label[first:], scores_of(factory, at, values)[first:], SHORT_BUFFER_ROWS)
            for name, (at, values, label, first) in judged.items()
        }
        apart = [[area for name, area in areas.items() if (name in held) is is_held] for is_held in (False, True)]
        return float(np.mean(list(areas.values()))), float(np.mean(apart[0])), float(np.mean(apart[1]))

    own, own_tuned, own_hidden = mean_of(new_hold_detector)
    yield Figure(
        PART,
        "mscloud VUS-PR, mean of single series",
        own,
        held_out=own_hidden,
        tuned=own_tuned,
        baselines={name: mean_of(factory)[0] for name, factory in BASELINES.items()},
        note=f"{len(judged)} series",
    )


def costs() -> Iterator[Figure]:
    """Of one update, and of the state of a series that has lived for a month."""
    random = np.random.default_rng(7)
    rows = 40_000
    values = (50 + 20 * np.sin(np.arange(rows) / 229) + random.normal(0, 3, rows)).tolist()
    detector = new_detector()
    fastest = float("inf")
    for begin in range(0, rows, 2_000):
        started = time.process_time()
        for row in range(begin, begin + 2_000):
            detector.update(sources.MIDNIGHT + 60.0 * row, values[row])
        fastest = min(fastest, (time.process_time() - started) / 2_000)
    yield Figure(PART, "processor's microseconds an update, at best", 1e6 * fastest, 10.0, more_is_better=False)
    yield Figure(PART, "bytes of state a series", float(len(detector.to_bytes())), 256.0, more_is_better=False)
