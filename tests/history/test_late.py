"""Samples that come late: merged into their hour whole, however often they are sent."""

from __future__ import annotations

import time

import pytest

from lib.monitoring.collectors.server_stats import decode
from lib.monitoring.rollup import roll_up
from lib.wiring import Services
from tests.history.past import HOUR, KEPT, Past, every
from tests.real_stores import ServicesFactory

DAY = 24 * HOUR
AGES = {"1 hour": HOUR, "3 days": 3 * DAY, "7 days": 7 * DAY - 300}


def send(services: Services, samples: list[dict[str, object]], server: str = "web-1") -> None:
    """The whole way in: decoded, appended, swept, rolled up."""
    services.ingest.take(decode({"server": server, "samples": samples}, time.time()), "a key")
    services.sweeper.run()
    assert roll_up(services.storage, KEPT)["more"] is False


def history(services: Services, start: int, metric: str = "cpu", server: str = "web-1") -> dict[str, object]:
    """What a person sees of two hours in each tier."""
    queries = services.storage.queries
    return {
        tier: (queries.series(server, [metric], start - HOUR, start + HOUR, step, tier) or {})["series"]
        for tier, step in (("raw", 1), ("5m", 300), ("1h", HOUR))
    }


@pytest.mark.parametrize("age", AGES)
def test_a_late_sample_is_in_every_tier_and_sent_again_changes_nothing(
    past: Past, make_services: ServicesFactory, age: str
) -> None:
    services = make_services(past.pair)
    at = int(time.time()) - AGES[age]
    send(services, [{"at": at - 60, "cpu": 10.0}, {"at": at + 60, "cpu": 12.5}])
    send(services, [{"at": at, "cpu": 95.5}])
    assert past.raw("web-1") == {at - 60: 10.0, at: 95.5, at + 60: 12.5}
    assert past.late_rows() == 0
    tiers, packed = history(services, at), past.packed()
    for _ in range(2):
        send(services, [{"at": at, "cpu": 95.5}])
        assert history(services, at) == tiers
        assert past.packed() == packed
    assert max(row[3] for row in tiers["1h"]["cpu"]) == 95.5  # type: ignore[index] # a list of rows


@pytest.mark.parametrize("age", AGES)
def test_a_late_sample_with_other_metrics_adds_them(past: Past, make_services: ServicesFactory, age: str) -> None:
    services = make_services(past.pair)
    at = int(time.time()) - AGES[age]
    send(services, [{"at": at, "cpu": 10.0}])
    send(services, [{"at": at, "memory": 55.5, "metrics": {"app.queue": 7}}])
    assert past.raw("web-1") == {at: 10.0}
    assert past.raw("web-1", "memory") == {at: 55.5}
    assert past.raw("web-1", "app.queue") == {at: 7.0}
    packed = past.packed()
    send(services, [{"at": at, "memory": 55.5}])
    send(services, [{"at": at, "cpu": 10.0}])
    assert past.packed() == packed
    assert len(past.raw("web-1", "memory")) == 1


@pytest.mark.parametrize("hours_ago", [9, 72, 167])
def test_roll_ups_after_a_late_sample_are_those_of_an_hour_that_was_whole_at_once(past: Past, hours_ago: int) -> None:
    start = past.hour - hours_ago * HOUR
    whole = every(10, start, start + HOUR, value=33.3)
    held_back = {at: row for at, row in whole.items() if 600 <= at - start < 1500 or at % 70 == 0}
    past.hot_from(start)
    past.commit({"at once": whole, "in two": {at: row for at, row in whole.items() if at not in held_back}})
    past.roll_up()
    past.commit({"in two": held_back})
    assert past.late_rows() == len(held_back)
    past.roll_up()
    assert past.raw("in two") == past.raw("at once")
    for tier, step in (("5m", 300), ("1h", HOUR)):
        span = (start, start + HOUR)
        assert past.binned("in two", tier, step, *span) == past.binned("at once", tier, step, *span)


def test_sent_again_while_its_hour_is_hot_it_changes_nothing(past: Past) -> None:
    at = past.hour - 2 * HOUR
    past.commit({"web-1": {at: [5.0, None]}})
    past.commit({"web-1": {at: [None, 7.0], at + 10: [6.0, 7.0]}})
    before = past.look("select server, at, v, ctid from omv.sample_hot order by at")
    past.commit({"web-1": {at: [5.0, 7.0], at + 10: [6.0, 7.0]}})
    assert past.look("select server, at, v, ctid from omv.sample_hot order by at") == before
    assert past.raw("web-1") == {at: 5.0, at + 10: 6.0}
    assert past.raw("web-1", "memory") == {at: 7.0, at + 10: 7.0}


def test_on_the_border_of_what_is_compacted_each_sample_has_one_place(past: Past) -> None:
    past.roll_up()
    [(border,)] = past.look("select compacted_until from omv.sweep")
    past.commit({"web-1": {border - 1: [1.0, 1.0], border: [2.0, 2.0], border + 1: [3.0, 3.0]}})
    assert past.late_rows() == 1
    assert past.look("select at from omv.sample_hot order by at") == [(border,), (border + 1,)]
    past.roll_up()
    assert past.raw("web-1") == {border - 1: 1.0, border: 2.0, border + 1: 3.0}
    past.commit({"web-1": {border - 1: [1.0, 1.0], border: [2.0, 2.0]}})
    past.roll_up()
    assert past.raw("web-1") == {border - 1: 1.0, border: 2.0, border + 1: 3.0}


def test_a_corrected_value_stays_corrected_while_the_old_row_is_still_on_disk(past: Past) -> None:
    """The hot partition outlives its compaction by an hour; merging must not take its rows for news."""
    past.hot_from(past.hour - 8 * HOUR)
    at = past.hour - 7 * HOUR
    past.commit({"web-1": {at: [5.0, 5.0]}})
    past.roll_up()
    assert past.look("select count(*) from omv.sample_hot") == [(1,)]
    past.commit({"web-1": {at: [8.0, None]}})
    past.roll_up()
    past.commit({"web-1": {at + 10: [1.0, None]}})
    past.roll_up()
    assert past.raw("web-1") == {at: 8.0, at + 10: 1.0}
    assert past.raw("web-1", "memory") == {at: 5.0}


def test_a_value_whose_scale_was_chosen_narrowly_does_not_creep(past: Past) -> None:
    """20000.014 needs a scale of 100; the 20000.01 it is kept as would pass at 10, and must not be rounded again."""
    at = past.hour - 30 * HOUR
    past.commit({"web-1": {at: [20_000.014, 1.0]}})
    past.roll_up()
    packed = past.packed()
    for _ in range(2):
        past.commit({"web-1": {at: [None, 1.0]}})
        past.roll_up()
        assert past.packed() == packed


def test_a_late_sample_of_a_server_without_any_history_makes_its_hour(past: Past) -> None:
    at = past.hour - 5 * DAY + 1234
    past.commit({"new": {at: [50.0, None]}})
    past.roll_up()
    assert past.binned("new", "1h", HOUR, at - at % HOUR, at + HOUR) == {at - at % HOUR: [50.0, 50.0, 50.0, 1]}


def test_rollup_is_due_while_late_samples_wait_and_not_after(past: Past) -> None:
    past.roll_up()
    assert past.queries.directory(None)["rollup_due"] is False
    past.commit({"web-1": {past.hour - 100 * HOUR: [1.0, 1.0]}})
    assert past.queries.directory(None)["rollup_due"] is True
    past.roll_up()
    assert past.queries.directory(None)["rollup_due"] is False
