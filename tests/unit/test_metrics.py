"""The catalogue: what a series may be called and what its values may be."""

from __future__ import annotations

import pytest

from lib.domain.metrics import MAX_NAME, METRICS, UNBOUNDED, bounds_of, metric_of


@pytest.mark.parametrize(
    ("series", "bounds"),
    [
        ("cpu", (0.0, 100.0)),
        ("temperature", (-100.0, 1000.0)),
        ("uptime", (0.0, UNBOUNDED)),
        ("disk:/", (0.0, 100.0)),
        ("disk:/데이터 1", (0.0, 100.0)),
        ("inode:C:", (0.0, 100.0)),
        ("app.queue_depth", (-UNBOUNDED, UNBOUNDED)),
        ("http.server.duration:p95/api", (-UNBOUNDED, UNBOUNDED)),
        ("cpus", None),
        ("", None),
        ("cpu:0", None),
        ("disk:", None),
        ("disk:" + "x" * 81, None),
        ("disk:/a\nb", None),
        ("disk:/\u202egnp.", None),
        (".x", None),
        ("app.", None),
        ("앱.대기", None),
        ("app.queue depth", None),
        ("a." + "b" * MAX_NAME, None),
    ],
)
def test_a_series_has_bounds_or_may_not_exist(series: str, bounds: tuple[float, float] | None) -> None:
    assert bounds_of(series) == bounds


def test_a_subject_finds_the_row_of_its_metric() -> None:
    found = metric_of("disk:/data")
    assert found is not None
    assert found.name == "disk"
    assert metric_of("cpu:0") is None
    assert metric_of("app.queue") is None


def test_every_metric_has_a_name_in_both_languages_and_no_two_share_one() -> None:
    names = ({name.casefold() for name in (metric.en, metric.ko, *metric.aliases)} for metric in METRICS.values())
    said = [name for one in names for name in one]
    assert all(said)
    assert len(said) == len(set(said))
