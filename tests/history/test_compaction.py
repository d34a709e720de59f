"""Hot rows become hour blocks and roll-ups: what a value, a null and a series may expect of it."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable

import pytest

from lib.storage.port import BadData
from tests.history.past import HOUR, Past, every

SIX_DIGITS = 6e-7  # relative: half a unit of the sixth digit, and what a float4 itself loses


def test_a_compacted_hour_reads_like_the_hot_one(past: Past) -> None:
    start = past.hour - 9 * HOUR
    past.hot_from(start)
    past.commit({"web-1": every(10, start, start + HOUR)})
    before = past.raw("web-1")
    assert len(before) == 360
    assert past.roll_up()["compacted_until"] > start
    assert past.look("select count(*) from omv.hour_block") == [(1,)]
    assert past.raw("web-1") == before


SORTS: dict[str, Callable[[random.Random], float]] = {
    "percent": lambda r: round(r.uniform(0, 100), 1),
    "two decimals": lambda r: round(r.uniform(0, 100), 2),
    "bytes a second": lambda r: round(r.expovariate(1 / 120_000), 1),
    "counter of 1e12": lambda r: 1e12 + r.randrange(10**9),
    "around the largest": lambda r: r.uniform(-1e15, 1e15),
    "negative": lambda r: -round(r.uniform(0.1, 40), 2),
    "zero": lambda r: 0.0,
    "tiny": lambda r: r.uniform(1e-9, 2e-9),
    "small and large": lambda r: 10 ** r.uniform(-6, 9),
    "seven digits": lambda r: r.uniform(1, 10),
    "just beyond an int4": lambda r: 2_147_483_648.0 + r.randrange(10_000),
}


@pytest.mark.parametrize("sort", SORTS)
def test_values_survive_compaction_to_six_digits(past: Past, sort: str) -> None:
    chance = random.Random(sort)
    start = past.hour - 8 * HOUR
    past.hot_from(start)
    told = {start + 10 * k: [SORTS[sort](chance), float(k)] for k in range(120)}
    past.commit({"web-1": told})
    past.roll_up()
    found = past.raw("web-1")
    assert found.keys() == told.keys()
    for at, (value, _) in told.items():
        assert found[at] == pytest.approx(value, rel=SIX_DIGITS, abs=0)
    assert past.raw("web-1", "memory") == {at: row[1] for at, row in told.items()}


def test_whole_numbers_and_few_decimals_are_packed_as_integers_and_the_rest_as_floats(past: Past) -> None:
    start = past.hour - 8 * HOUR
    past.hot_from(start)
    names = ["percent", "ratio", "uptime", "bytes", "noise", "zero"]
    rows = {start + 10 * k: [k / 10, k / 1000, 1e5 + k, 1e12 + k * 1e6, 0.1234567 * (k + 1), 0.0] for k in range(100)}
    past.commit({"web-1": rows}, names)
    past.roll_up()
    [(series, scale, floats)] = past.look("select series, scale, series_f from omv.hour_block")
    assert [names[i - 1] for i in series] == ["percent", "ratio", "uptime", "zero"]
    assert scale == [10, 1000, 1, 1]
    assert [names[i - 1] for i in floats] == ["bytes", "noise"]


def test_nulls_stay_nulls_and_zero_stays_a_value(past: Past) -> None:
    start = past.hour - 8 * HOUR
    past.hot_from(start)
    past.commit(
        {"web-1": {start: [0.0, None], start + 10: [None, 0.0], start + 20: [None, None], start + 30: [5.5, 1.0]}}
    )
    past.roll_up()
    assert past.raw("web-1") == {start: 0.0, start + 30: 5.5}
    assert past.raw("web-1", "memory") == {start + 10: 0.0, start + 30: 1.0}


def test_a_series_may_appear_in_the_middle_of_an_hour_and_never_be_seen_again(past: Past) -> None:
    start = past.hour - 9 * HOUR
    past.hot_from(start)
    past.commit({"web-1": {start + 10 * k: [1.5] for k in range(60)}}, ["cpu"])
    past.commit({"web-1": {start + 600 + 10 * k: [2.5, 7.25] for k in range(60)}}, ["cpu", "app.queue"])
    past.commit({"web-1": {start + HOUR + 10 * k: [3.5] for k in range(60)}}, ["cpu", "app.queue"])
    past.roll_up()
    assert past.raw("web-1", "app.queue") == {start + 600 + 10 * k: 7.25 for k in range(60)}
    assert len(past.raw("web-1")) == 180
    assert past.look("select series from omv.hour_block order by hour") == [([1, 2],), ([1],)]
    assert past.binned("web-1", "1h", HOUR, start, start + 2 * HOUR, "app.queue") == {start: [7.25, 7.25, 7.25, 60]}


def test_roll_ups_are_the_minimum_average_maximum_and_count_of_their_samples(past: Past) -> None:
    chance = random.Random(5)
    start = past.hour - 8 * HOUR
    past.hot_from(start)
    told = {
        at: [round(chance.uniform(-50, 50), 2), None] for at in range(start, start + HOUR, 10) if chance.random() < 0.7
    }
    told = {at: row for at, row in told.items() if not start + 900 <= at < start + 1500}
    past.commit({"web-1": told})
    past.roll_up()
    for tier, step in (("5m", 300), ("1h", HOUR)):
        bins: dict[int, list[float]] = {}
        for at, (value, _) in told.items():
            bins.setdefault(at - at % step, []).append(value or 0.0)
        found = past.binned("web-1", tier, step, start, start + HOUR)
        assert found.keys() == bins.keys()
        for at, values in bins.items():
            expected = [min(values), statistics.fmean(values), max(values), len(values)]
            assert found[at] == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_a_wider_bin_weighs_its_roll_ups_by_their_samples(past: Past) -> None:
    start = past.hour - 9 * HOUR
    start -= start % (2 * HOUR)
    past.hot_from(start)
    past.commit({"web-1": {start: [10.0, None], **{start + HOUR + 10 * k: [40.0, None] for k in range(3)}}})
    past.roll_up()
    assert past.binned("web-1", "1h", 2 * HOUR, start, start + 2 * HOUR) == {start: [10.0, 32.5, 40.0, 4]}


@pytest.mark.parametrize("poison", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("hours_ago", [0, 48])
def test_what_is_no_number_cannot_get_in(past: Past, poison: str, hours_ago: int) -> None:
    at = past.hour - hours_ago * HOUR
    begun = past.queries.sweep_begin("a test", None)
    document = {
        "version": begun["version"], "rules_version": begun["rules_version"], "servers": {"web-1": {"series": ["cpu"]}},
        "samples": {"web-1": [[at, "{1," + poison + "}"]]},
    }  # fmt: skip
    with pytest.raises(BadData):
        past.queries.sweep_commit(document)
    assert past.look("select count(*) from omv.server") == [(0,)]


def test_a_sample_too_far_ahead_waits_and_makes_no_work(past: Past) -> None:
    past.roll_up()
    past.commit({"web-1": {past.hour + 12 * HOUR: [1.0, 2.0], past.hour: [3.0, 4.0]}})
    assert past.late_rows() == 1
    assert past.raw("web-1") == {past.hour: 3.0}
    assert past.queries.sweep_begin("another test", None)["rollup_due"] is False
    assert past.step()["merged"] == 0


def test_partitions_are_made_ahead_and_dropped_an_hour_after_their_rows_are_packed(past: Past) -> None:
    start = past.hour - 10 * HOUR
    past.hot_from(start)
    past.commit({"web-1": every(600, start, past.hour)})
    past.roll_up()
    [(until,)] = past.look("select compacted_until from omv.sweep")
    names = past.look("select inhrelid::regclass::text from pg_inherits where inhparent = 'omv.sample_hot'::regclass")
    hours = sorted(int(name.rpartition("_")[2]) for (name,) in names)
    assert hours[0] == until - HOUR
    assert {past.hour, past.hour + HOUR, past.hour + 2 * HOUR} <= set(hours)
    assert len(past.raw("web-1")) == 60
    unprotected = (
        "select 1 from pg_class where relname like 'sample_hot%' and relkind in ('r', 'p') and not relrowsecurity"
    )
    assert past.look(unprotected) == []


def test_a_deleted_server_takes_its_history_with_it(past: Past) -> None:
    start = past.hour - 9 * HOUR
    past.hot_from(start)
    past.commit({"web-1": every(60, start, start + 5 * HOUR), "web-2": every(60, start, start + HOUR)})
    past.commit({"web-1": every(60, start - 48 * HOUR, start - 47 * HOUR)})
    past.roll_up()
    past.commit({"web-1": {start - 70 * HOUR: [1.0, 1.0]}})
    assert past.queries.server_delete("web-1")
    for table in ("sample_hot", "sample_late", "hour_block", "rollup_5m", "rollup_1h"):
        assert past.look(f"select count(*) from omv.{table} where server not in (select id from omv.server)") == [(0,)]
    assert past.queries.series("web-1", ["cpu"], start, past.hour, 60, "raw") is None
    assert len(past.raw("web-2")) == 60
    assert past.queries.server("web-1") is None
