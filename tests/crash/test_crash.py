"""Whatever is killed, whenever: an acknowledged sample is stored once, and a state sees it at most once, in order."""

from __future__ import annotations

import os
import random

import pytest

from tests.crash.agent_process import EVENT_EVERY, value_at
from tests.crash.faults import Stage, stage

SHORT = 20
LONG = 300


def test_nothing_acknowledged_is_lost_or_doubled(capsys: pytest.CaptureFixture[str]) -> None:
    _crash(SHORT, capsys)


@pytest.mark.long
def test_nothing_acknowledged_is_lost_or_doubled_in_hundreds_of_faults(capsys: pytest.CaptureFixture[str]) -> None:
    _crash(LONG, capsys)


def _crash(faults: int, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("CRASH_SEED") or random.randrange(10**6))
    with stage(seed) as made:
        for _ in range(faults):
            made.fault()
        sampled_until = made.settle(seconds=120)
        made.stop()
        totals = {name: _check(made, name, ledger) for name, ledger in sampled_until.items()}
        dead = made.pair.rows("select entry, reason from omv.dead_letter")
        assert dead == []
        with capsys.disabled():
            sampled, late = (sum(column) for column in zip(*totals.values(), strict=True))
            print(
                f"\ncrash test, CRASH_SEED={seed}: {sum(made.faults.values())} faults {dict(made.faults)};"
                f" {sampled} samples: lost 0, doubled 0; {late} came too late to fold, the others folded once, in order"
            )


def _check(made: Stage, name: str, ledger: list[int]) -> tuple[int, int]:
    """(samples stored, samples that are history only)."""
    stored = made.stored(name)
    assert set(ledger) <= set(stored)
    wrong = {at: value for at, value in stored.items() if abs(value - value_at(at)) > 1e-4}
    assert wrong == {}
    folded = made.folded(name)
    assert folded == sorted(set(folded)), "a state has seen a sample twice, or out of order"
    assert set(folded) <= set(stored)
    events = [row[0] for row in made.pair.rows(
        "select e.at from omv.event e join omv.server v on v.id = e.server where v.name = %s and kind = 'tick'", name
    )]  # fmt: skip
    assert len(events) == len(set(events))
    assert {at for at in ledger if at % EVENT_EVERY == 0} <= set(events)
    lost = made.pair.rows("select message from omv.error_event where message like '%%were dropped before%%'")
    assert lost == []
    return len(stored), len(stored) - len(folded)
