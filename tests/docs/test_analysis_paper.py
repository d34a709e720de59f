"""docs/analysis.md tells the health score as it is computed."""

from __future__ import annotations

import re
from pathlib import Path

from lib.monitoring.analyzers.wellbeing import INCIDENT_POINTS, MOST_FOR_INCIDENTS, UNMEASURED_POINTS, WEIGHTS

PAPER = (Path(__file__).parents[2] / "docs" / "analysis.md").read_text(encoding="utf-8")


def test_the_weights_are_those_of_the_paper() -> None:
    rows = re.findall(r"^\| (\w+)[^|]*\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", PAPER, re.MULTILINE)
    told = {name: tuple(map(float, figures)) for name, *figures in rows}
    assert told == {name: (one.points, one.start, one.full) for name, one in WEIGHTS.items()}


def test_what_incidents_and_gaps_take_is_told() -> None:
    text = " ".join(PAPER.split())
    critical, warning = INCIDENT_POINTS["critical"], INCIDENT_POINTS["warning"]
    assert (
        f"critical incident takes {critical:.0f} and each warning {warning:.0f}, at most {MOST_FOR_INCIDENTS:.0f}"
        in text
    )
    assert f"their share of {UNMEASURED_POINTS:.0f}" in text
