"""The performance analysis: shifts, saturation, sizes, imbalance and the health score, by values worked out by hand."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.monitoring.analyzers.hours import copies
from lib.monitoring.analyzers.performance import compared, imbalances, performance, size_of_cpu, size_of_memory
from lib.monitoring.analyzers.tracks import DAY, Machine, Stretch, track
from lib.monitoring.analyzers.wellbeing import fleet_score, health

STEP = 900
MACHINE = Machine("web-1", "web", cores=8, memory_bytes=32_000_000_000)


def stretch(start: int, end: int, **series: object) -> Stretch:
    """Constant numbers, or functions of the time."""
    times = range(start, end, STEP)
    tracks = {}
    for name, value in series.items():
        level = [value(at) if callable(value) else value for at in times]
        tracks[name.replace("__", ":/")] = track(zip(times, level, level, level, strict=True))
    return Stretch(start, end, STEP, tracks)


def daily(seed: int, extra_from: float = math.inf, extra: float = 0.0, day_noise: float = 1.0):  # type: ignore[no-untyped-def]
    """A series with a day's course, a level of its own each day, and noise; `extra` from a time on."""
    chance = random.Random(seed)
    noise: dict[int, float] = {}
    days: dict[int, float] = {}

    def value(at: int) -> float:
        course = 30 + 15 * math.sin(at % DAY / DAY * 2 * math.pi)
        own = days.setdefault(at // DAY, chance.gauss(0, day_noise))
        return course + own + noise.setdefault(at, chance.gauss(0, 2)) + (extra if at >= extra_from else 0)

    return value


def against_a_week(window: Stretch, **series: object):  # type: ignore[no-untyped-def]
    return [
        (start, stretch(start, end, **series)) for start, end in copies(window.start, window.end, 7, UTC, window.step)
    ]


def test_a_day_that_is_busier_than_the_seven_before_is_said_so() -> None:
    cpu = daily(1, 20 * DAY, 12.0)
    window = stretch(20 * DAY, 21 * DAY, cpu=cpu)
    (found,) = compared(window, against_a_week(window, cpu=cpu))
    assert found.verdict == "higher"
    assert found.after - found.before == pytest.approx(12, abs=3)
    assert (found.n, found.m, found.days) == (96, 7 * 96, 7)
    assert found.delta > 0.7
    assert found.days_p is not None
    assert found.days_p < 0.01


def test_days_like_the_others_are_seldom_called_anything() -> None:
    """Each day's own level is drawn anew, which bins of fifteen minutes alone would take for a shift."""
    called = 0
    for seed in range(40):
        cpu = daily(seed, day_noise=3.0)
        window = stretch(20 * DAY, 21 * DAY, cpu=cpu)
        called += compared(window, against_a_week(window, cpu=cpu))[0].verdict != "same"
    assert called <= 4


def _hourly(start: int, value: Callable[[int], float], days: int = 1) -> Stretch:
    times = range(start, start + days * DAY, 3_600)
    return Stretch(start, start + days * DAY, 3_600, {"cpu": track((at, *[value(at)] * 3) for at in times)})


def test_the_course_of_the_day_hides_no_shift_from_the_days_before() -> None:
    """What a bin remembers of the one before it is asked of what is left without the course."""
    called = [0, 0]
    for seed in range(20):
        for place, extra in enumerate((0.0, 12.0)):
            cpu = daily(seed, 20 * DAY, extra)
            before = [(19 * DAY - back * DAY, _hourly(19 * DAY - back * DAY, cpu)) for back in range(7)]
            called[place] += compared(_hourly(20 * DAY, cpu), before)[0].verdict == "higher"
    assert called[0] <= 1
    assert called[1] >= 15


def test_against_one_day_before_its_course_hides_no_shift_and_is_none() -> None:
    """By the hour, as a fleet is looked at: fifteen points of course, and ten of shift."""
    found = {}
    for extra in (0.0, 10.0):
        verdicts = []
        for seed in range(20):
            cpu = daily(seed, 20 * DAY, extra, day_noise=0.0)
            before, window = (_hourly(start, cpu) for start in (19 * DAY, 20 * DAY))
            verdicts.append(compared(window, [(before.start, before)])[0].verdict)
        found[extra] = verdicts
    assert found[0.0].count("same") == 20
    assert found[10.0].count("higher") >= 15


@pytest.mark.parametrize("days", [2, 3, 6])
def test_a_shift_far_beyond_the_noise_is_seldom_hidden_by_what_chance_remembers(days: int) -> None:
    """Twelve deviations, by the hour, against a few days: hours that forget at once may look as if they did not."""
    higher = 0
    for seed in range(60):
        cpu = daily(seed, 20 * DAY, 25.0, day_noise=0.0)
        before = [((20 - back) * DAY, _hourly((20 - back) * DAY, cpu)) for back in range(1, days + 1)]
        higher += compared(_hourly(20 * DAY, cpu), before)[0].verdict == "higher"
    assert higher >= 57


def test_to_be_young_is_no_gap_and_no_week_is_made_of_two_days() -> None:
    """Known for the last two of seven days, and nothing before: a server that was silent before is another thing."""
    end = 20 * DAY
    window = Stretch(end - 7 * DAY, end, STEP, stretch(end - 2 * DAY, end, cpu=10.0).tracks)
    nothing, some = ([(end - 14 * DAY, one)] for one in (Stretch(0, DAY, STEP), stretch(0, DAY, cpu=10.0)))
    young, gone = (performance(MACHINE, window, before) for before in (nothing, some))
    assert (young.measured, young.health.score) == (1.0, 100)
    assert gone.measured == pytest.approx(2 / 7)
    assert [one.code for one in gone.health.reasons] == ["unmeasured"]
    assert (young.sizes[0].verdict, young.sizes[0].why, young.sizes[0].days) == ("unknown", "short", 2.0)


def test_a_brief_look_compares_what_its_baseline_has_and_looks_for_no_changes() -> None:
    window = stretch(20 * DAY, 21 * DAY, cpu=lambda at: 20.0 + (60.0 if at > 20.5 * DAY else at % 7), memory=50.0)
    before = [(19 * DAY, stretch(19 * DAY, 20 * DAY, cpu=lambda at: 20.0 + at % 7))]
    whole, brief = (performance(MACHINE, window, before, is_brief=one) for one in (False, True))
    assert [one.series for one in brief.shifts] == ["cpu"]
    assert {one.series for one in whole.shifts} == {"cpu", "memory"}
    assert (list(whole.changes), list(brief.changes)) == (["cpu"], [])
    assert brief.health == whole.health


def test_a_morning_is_compared_with_mornings() -> None:
    """Half a day against seven whole days: the day's course is no shift."""
    cpu = daily(3, day_noise=0.1)
    window = stretch(20 * DAY, 20 * DAY + DAY // 4, cpu=cpu)
    (found,) = compared(window, [(13 * DAY, stretch(13 * DAY, 20 * DAY, cpu=cpu))])
    assert found.after - found.before > 5
    assert found.verdict == "same"


def test_what_was_hardly_measured_is_unknown() -> None:
    window = stretch(0, 5 * STEP, cpu=50.0)
    (found,) = compared(window, [])
    assert found.verdict == "unknown"


def test_health_by_hand() -> None:
    """cpu 86.5: 20 * 11.5 / 23 = 10. disk 91.5 on /data: 25 * 6.5 / 13 = 12.5. One critical incident: 20."""
    window = stretch(0, DAY, cpu=86.5, disk__=20.0, disk__data=91.5)
    found = health(window, MACHINE, {"critical": 1})
    assert [(one.code, one.series, one.points) for one in found.reasons] == [
        ("incident:critical", "", 20.0),
        ("disk", "disk:/data", pytest.approx(12.5)),
        ("cpu", "cpu", pytest.approx(10.0)),
    ]
    assert found.score == 58  # 57.5, to even


def test_incidents_take_forty_at_most_and_silence_has_no_score() -> None:
    window = stretch(0, DAY, cpu=1.0)
    assert health(window, MACHINE, {"critical": 1, "warning": 9}).score == 60
    assert health(window, Machine("web-1", status="stale")).score is None
    assert health(Stretch(0, DAY, STEP), MACHINE).score is None


def test_half_a_window_unmeasured_takes_ten() -> None:
    half = stretch(0, DAY // 2, cpu=1.0)
    assert health(Stretch(0, DAY, STEP, half.tracks), MACHINE).score == 90


def test_load_is_by_core_and_unknown_without_them() -> None:
    """22 on 8 cores is 2.75, half of the way from 1.5 to 4: 5 points."""
    window = stretch(0, DAY, load5=22.0)
    assert health(window, MACHINE).score == 95
    assert health(window, Machine("web-1")).score is None


def test_one_bad_server_of_ten_shows_in_the_fleet() -> None:
    """Mean 91, worst 10: 50.5."""
    assert fleet_score([100] * 9 + [10]) == 50
    assert fleet_score([None, 80]) == 80
    assert fleet_score([None]) is None


def test_saturation_is_said_with_its_share() -> None:
    window = stretch(0, DAY, cpu=lambda at: 99.0 if at < DAY // 2 else 20.0, steal=7.0)
    found = {one.code: one for one in performance(MACHINE, window).statements}
    assert found["cpu_saturated"].severity == "bad"
    assert found["cpu_saturated"].numbers["share"] == 0.5
    assert found["noisy_neighbour"].numbers["p95"] == 7.0


def test_full_memory_is_pressure_only_where_something_gives_way() -> None:
    calm = stretch(0, DAY, memory=92.0, swap=0.0)
    assert [one.code for one in performance(MACHINE, calm).statements] == ["memory_full_calm"]
    swapping = stretch(0, DAY, memory=92.0, swap=40.0)
    assert [one.code for one in performance(MACHINE, swapping).statements] == ["memory_pressure"]


def test_a_disk_is_slow_when_it_is_busier_for_the_same_work() -> None:
    steady, busy = daily(5, day_noise=0.2), daily(6, 20 * DAY, 60.0, day_noise=0.2)
    series = {"disk_read": lambda at: 1e6 * steady(at), "disk_busy": lambda at: min(100.0, busy(at))}
    window = stretch(20 * DAY, 21 * DAY, **series)
    found = performance(MACHINE, window, against_a_week(window, **series))
    assert "disk_slow" in [one.code for one in found.statements]


def test_half_the_cores_would_do() -> None:
    """9 % of 8 cores are 0.72, at 60 % of them 1.2: two cores."""
    found = size_of_cpu(MACHINE, stretch(0, 14 * DAY, cpu=9.0))
    assert (found.verdict, found.p95, found.has, found.needs, found.days) == ("smaller", 9.0, 8.0, 2.0, 14.0)


@pytest.mark.parametrize(
    ("series", "days", "verdict", "why"),
    [
        ({"cpu": 9.0}, 2, "unknown", "short"),
        ({"cpu": 9.0, "steal": 9.0}, 14, "unknown", "noisy"),
        ({"memory": 9.0}, 14, "unknown", "unmeasured"),
        ({"cpu": 55.0}, 14, "fits", ""),
        ({"cpu": 90.0}, 14, "larger", ""),
    ],
)
def test_sizes_of_cpu(series: dict[str, float], days: int, verdict: str, why: str) -> None:
    found = size_of_cpu(MACHINE, stretch(0, days * DAY, **series))
    assert (found.verdict, found.why) == (verdict, why)


def test_a_quarter_of_the_memory_in_use_would_fit_in_less() -> None:
    """20 % of 32 GB, at 80 %: 8 GB."""
    found = size_of_memory(MACHINE, stretch(0, 14 * DAY, memory=20.0))
    assert (found.verdict, found.needs) == ("smaller", pytest.approx(8e9))


def test_the_one_that_carries_more_than_its_group_is_named() -> None:
    group = {f"web-{n}": stretch(0, DAY, cpu=daily(n, day_noise=0.5)) for n in range(4)}
    assert imbalances(group) == []
    group["web-9"] = stretch(0, DAY, cpu=daily(9, 0, 40.0))
    (found,) = imbalances(group)
    assert (found.server, found.series) == ("web-9", "cpu")
    assert found.median - found.others == pytest.approx(40, abs=4)


@given(st.dictionaries(st.sampled_from(["cpu", "memory", "disk:/", "load5", "steal", "swap", "disk_busy", "app.x"]),
                       st.lists(st.floats(-1e12, 1e12), max_size=40), max_size=6))  # fmt: skip
def test_any_series_give_a_score_within_bounds(series: dict[str, list[float]]) -> None:
    tracks = {
        name: track((place * STEP, value, value, value) for place, value in enumerate(values))
        for name, values in series.items()
    }
    window = Stretch(0, 40 * STEP, STEP, tracks)
    found = performance(MACHINE, window, [(0, window)], {"warning": 1})
    assert found.health.score is None or 0 <= found.health.score <= 100
    assert all(0.0 <= one.p <= 1.0 and 0.0 <= one.q <= 1.0 for one in found.shifts)
    assert all(one.verdict in ("same", "unknown") for one in found.shifts)  # nothing differs from itself
