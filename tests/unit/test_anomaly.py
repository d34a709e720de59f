"""The detector of one series: bounded whatever it is fed, the same however it is packed, and it finds what is odd."""

from __future__ import annotations

import base64
import math
import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.monitoring.analyzers.anomaly import (
    THRESHOLDS,
    WARM,
    Detector,
    from_bytes,
    new_detector,
    new_hold_detector,
    threshold,
)

START = 1_800_000_000 - 1_800_000_000 % 86_400
NORMAL = THRESHOLDS["normal"]
LARGEST_STATE = 256


def noisy(count: int, seed: int = 1, every: int = 60, spread: float = 1.0) -> list[tuple[int, float]]:
    dice = random.Random(seed)
    return [(START + n * every, 50.0 + dice.gauss(0, spread)) for n in range(count)]


def fed(detector: Detector, told: Iterable[tuple[float, float]]) -> list[float]:
    return [detector.update(at, value) for at, value in told]


ANY = st.floats(allow_nan=True, allow_infinity=True)
VALUES = st.one_of(ANY, st.floats(-1e6, 1e6), st.sampled_from([0.0, 1e15, -1e15, 1e-300, 5e-324]))
STREAM = st.lists(st.tuples(st.integers(0, 5_000_000_000), VALUES), max_size=60)


@settings(max_examples=150, deadline=None)
@given(STREAM, STREAM, st.integers(0, 400), st.integers(-50_400, 50_400))
def test_whatever_it_is_fed_scores_and_state_are_bounded(
    first: list[tuple[int, float]], then: list[tuple[int, float]], calm: int, offset: int
) -> None:
    detector = new_detector()
    for at, value in [*first, *noisy(calm), *then]:
        score = detector.update(at, value, offset)
        assert 0.0 <= score <= 1.0
        assert 0.0 <= detector.hold <= 1.0
    assert len(detector.to_bytes()) <= LARGEST_STATE
    band = detector.band(detector.last_at, offset)
    assert band is None or band[0] <= band[1]
    assert all(not isinstance(one, float) or math.isfinite(one) for one in detector.explain().values())
    detector.accept(detector.last_at, 5.0, offset)
    assert from_bytes(detector.to_bytes()).to_bytes() == detector.to_bytes()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 90), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_packing_between_changes_nothing(cuts: list[int], dice: random.Random) -> None:
    told = [(at, value if dice.random() > 0.05 else value * dice.uniform(-3, 3)) for at, value in noisy(500)]
    whole, packed = new_detector(), new_detector()
    scores = fed(whole, told)
    found: list[float] = []
    place, turn = 0, 0
    while place < len(told):
        size = cuts[turn % len(cuts)]
        found += fed(packed, told[place : place + size])
        packed = from_bytes(packed.to_bytes())
        place, turn = place + size, turn + 1
    assert found == scores
    assert packed.to_bytes() == whole.to_bytes()


# A state of version 1 as it was first kept, after a day of `noisy`; what it says of the next value then.
KEPT_1 = """
AQA7AKAFAACAYUlrxLJKawAAAABKZR46xSNIQjQTSkLyf5Y/Lh8PQF5xLToFjkI9fQnIvSSMuzzNP0M+OJpPP4MgG0DfL0dA6klI
QksqSEK0ckhCWMiMP43SsD8PFqA/PhBTQrpSTELnUUpCdBBJQj1pfT8e6DU/tHm0PibcL0DjMDc/4sg7PtkqPULI5kJCyq1FQna5
RkJZrbq/HGHwvmRf+b1GwzDAkCIxv6bibb4AAAA6AABwQgf/b/7gANz/XQBt/6f+eACn/tb+if9I/4kAmACd/2H/lwAjALn/MAAD
AFgAlgCXAAAAAAAAAAAAAAAAAAAAAAA=
"""


def test_a_state_of_version_1_can_still_be_read() -> None:
    detector = from_bytes(base64.b64decode(KEPT_1))
    assert (detector.n, detector.started, detector.last_at) == (1_440, START, START + 86_340)
    band = detector.band(START + 86_400)
    assert band is not None
    assert [round(one, 1) for one in band] == [47.1, 52.7]
    detector.update(START + 86_400, 90.0)
    assert detector.hold > NORMAL


# And one of version 2: the same day, and twenty values that are all the same.
KEPT_2 = """
Ah0TALQFAACAYUlrdLdKa/vfgTzWGIA9EwBJoUhCAABMQh+2kD/IGipA5mCJPTZkFD26fUs/MxekPgbPSD7PA1A/0cs1QPOxRkA+
/0tCcmRLQl6PSUKnmYg6TK1nPlmLXT+eClNCTlBMQnJkS0Jej0lCJ0l9PzHJNT/OQbQ+94EvQLSjSz8zF6Q+eTA9QjTpQkJCrkVC
xrlGQukuxMDHlb2/Pa8SvhdpMMD76jC/E7dtvgAAADoAAHBCSwBuP/f/b/7gANz/XQBt/6f+eACn/tb+if9I/4kAmACd/2H/lwAj
ALn/MAADAFgAlgCXAI8AAAAAAAAAAAAAAAAAAAA=
"""


def test_a_state_of_version_2_can_still_be_read() -> None:
    detector = from_bytes(base64.b64decode(KEPT_2))
    assert (detector.n, detector.still, detector.last_at) == (1_460, 19, START + 87_540)
    assert detector.to_bytes() == base64.b64decode(KEPT_2)
    for minute in range(1, 30):
        detector.update(START + 87_540 + 60 * minute, 51.0)
    assert detector.explain()["kind"] == "frozen"


def test_a_state_of_version_1_takes_no_series_for_frozen_that_it_did_not_see_move() -> None:
    detector = from_bytes(base64.b64decode(KEPT_1))
    for minute in range(1, 1_000):
        detector.update(START + 86_340 + 60 * minute, 50.0)
    assert detector.explain().get("kind") != "frozen"


@pytest.mark.parametrize("packed", [b"", b"\x01", b"\x63" * 254, b"\x02" * 248, b"\x01" * 247, b"\x02" + b"\xff" * 253])
def test_what_is_no_state_begins_anew(packed: bytes) -> None:
    assert from_bytes(packed).n == 0


def test_noise_is_not_called_anything_and_a_jump_is_once() -> None:
    detector = new_hold_detector()
    assert max(fed(detector, noisy(1_440))) < NORMAL
    high = [(START + (1_440 + n) * 60, 80.0) for n in range(30)]
    held = fed(detector, high)
    assert held[0] > NORMAL
    assert min(held) > NORMAL
    alerts = new_detector()
    fed(alerts, noisy(1_440))
    peaks = fed(alerts, high)
    assert sum(score > 0.3 for score in peaks) == 1, "one alert an episode"


def test_what_comes_each_day_at_its_hour_is_usual_there_and_not_elsewhere() -> None:
    def value(minute: int, dice: random.Random) -> float:
        is_backup = minute % 1_440 < 60  # an hour from midnight on
        return (85.0 if is_backup else 20.0) + dice.gauss(0, 1.5)

    dice, days = random.Random(4), 6
    detector = new_hold_detector()
    scores = fed(detector, [(START + n * 60, value(n, dice)) for n in range(days * 1_440)])
    assert max(scores[2 * 1_440 :]) < NORMAL
    expected = [detector.band(START + days * 86_400 + hour * 3_600) for hour in (0, 12)]
    (low, high), (low_at_noon, high_at_noon) = [band or (0.0, 0.0) for band in expected]
    assert low < 85 < high
    assert low_at_noon < 20 < high_at_noon < 85
    at_noon = [(START + days * 86_400 + 12 * 3_600 + n * 60, 85.0 + dice.gauss(0, 1.5)) for n in range(20)]
    fed(detector, [(START + (days * 1_440 + n) * 60, value(n, dice)) for n in range(720)])
    # It was so high at another hour: that is less odd than if it never was, and `normal` does not speak of it.
    assert max(fed(detector, at_noon)) > THRESHOLDS["high"]


def test_local_hours_are_those_of_the_offset() -> None:
    here, there = new_detector(), new_detector()
    told = noisy(3_000)
    fed(here, told)
    for at, value in told:
        there.update(at - 9 * 3_600, value, 9 * 3_600)
    assert (here._season.hours, here._season.weekend) == (there._season.hours, there._season.weekend)


def test_before_it_knows_anything_it_says_nothing() -> None:
    detector = new_hold_detector()
    told = noisy(WARM - 10)
    assert max(fed(detector, [*told, *((at + 86_400, 500.0) for at, _ in told[:5])])) <= 0.1
    assert not detector.is_ready
    assert detector.band(START) is None


def test_a_hole_is_no_jump_and_other_intervals_are_learnt() -> None:
    detector = new_hold_detector()
    fed(detector, noisy(1_440))
    later = [(at + 3 * 86_400, value) for at, value in noisy(300, seed=2)]
    assert max(fed(detector, later)) < NORMAL
    rare = [(at + 4 * 86_400, value) for at, value in noisy(300, seed=3, every=300)]
    assert max(fed(detector, rare)) < NORMAL


def test_what_is_out_of_order_or_no_number_changes_nothing() -> None:
    detector = new_detector()
    fed(detector, noisy(200))
    before = detector.to_bytes()
    for at, value in [(START, 1.0), (detector.last_at, 9e9), (START + 10**7, math.nan), (START + 10**7, math.inf),
                      (math.nan, 1.0), (math.inf, 1.0), (1e12, 1.0)]:  # fmt: skip
        detector.update(at, value)
    assert detector.to_bytes() == before


def test_what_was_to_be_expected_is_usual_from_then_on() -> None:
    told = noisy(1_440)
    shifted = [(START + (1_440 + n) * 60, 80.0) for n in range(40)]
    unheeded, heeded = new_hold_detector(), new_hold_detector()
    for detector in (unheeded, heeded):
        fed(detector, [*told, *shifted[:10]])
    heeded.accept(heeded.last_at, 80.0)
    assert heeded.hold == 0.0
    assert max(fed(heeded, shifted[15:])) < min(fed(unheeded, shifted[15:]))


def test_an_explanation_is_data() -> None:
    detector = new_detector()
    assert detector.explain() == {}
    fed(detector, [*noisy(1_440), (START + 86_400, 4.0)])
    why = detector.explain()
    assert why["direction"] == "down"
    assert (why["kind"], why["shape"]) == ("value", "dip")
    assert why["low"] < why["expected"] < why["high"]
    assert (why["value"], why["values"], why["since"]) == (4.0, 1_441, START)


def test_after_an_hour_there_is_a_band_and_what_is_far_beyond_it_is_marked() -> None:
    detector = new_hold_detector()
    fed(detector, noisy(WARM + 10))
    band = detector.band(detector.last_at)
    assert band is not None
    assert 40 < band[0] < 46 < 54 < band[1] < 60, "wide, as little was seen"
    assert max(fed(detector, [(detector.last_at + n * 60, 150.0) for n in range(1, 20)])) > NORMAL


def test_an_episode_does_not_teach_what_is_rare() -> None:
    """An hour beyond all that was must not make the next one usual."""
    told = [*noisy(5 * 1_440)]
    at = told[-1][0]
    odd = [(at + n * 60, 60.0 + 0.1 * (n % 7)) for n in range(1, 61)]
    back = [(odd[-1][0] + n * 60, value) for n, (_, value) in enumerate(noisy(1_440, seed=2), 1)]
    again = [(back[-1][0] + n * 60, 30.0) for n in range(1, 20)]
    detector = new_hold_detector()
    fed(detector, [*told, *odd, *back])
    assert max(fed(detector, again)) > NORMAL


def test_more_sensitive_is_a_lower_threshold() -> None:
    assert threshold("high") < threshold("normal") < threshold("low")
