"""Forecasts in the roll-up, on a real database: made in turns, kept with what came of yesterday's, read by the page."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lib import wiring
from lib.domain.access import Sight
from lib.domain.errors import BadInput, NotFound
from lib.monitoring.collectors.server_stats import decode
from lib.monitoring.forecasts import HISTORY, forecast_fleet
from tests.history.past import HOUR, Past, Rows
from tests.real_stores import Pair, ServicesFactory

NAMES = ("cpu", "memory", "disk", "disk:/", "disk:/data", "app.depth")
DAYS = 8


class Hub:
    def __init__(self, pair: Pair, services: wiring.Services) -> None:
        self.past = Past(pair, hour_left=60.0)  # a server has its turn once an hour
        self.services = services

    def foresee(self, end: float | None = None) -> dict[str, Any]:
        return forecast_fleet(self.services.storage, time.monotonic() + 30 if end is None else end)


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Hub]:
    factory = ServicesFactory()
    made = Hub(module_stores, factory(module_stores, install=True))
    made.past.hot_from(made.past.hour - 6 * HOUR)
    made.past.commit({name: _rows(made.past.hour) for name in ("web-1", "web-2", "web-3")}, NAMES)
    made.past.roll_up()
    try:
        yield made
    finally:
        made.past.close()
        factory.close()


def _rows(hour: int) -> Rows:
    """A sample an hour of eight days: cpu with a daily pattern, /data filling 5 % a day and now at 80 %."""
    return {
        hour - n * HOUR + 60: [
            50 + 20 * math.sin(2 * math.pi * n / 24), 40.0, 80 - n * 5 / 24, 30.0, 80 - n * 5 / 24, 3.0,
        ]
        for n in range(1, DAYS * 24)
    }  # fmt: skip


def _again(hub: Hub) -> None:
    hub.past.admin.execute("update omv.forecast_run set at = at - 3600")


def test_every_server_has_its_turn_once_an_hour(hub: Hub) -> None:
    made = hub.foresee()
    assert made == {"servers": 3, "series": 12, "more": False}  # the headline disk is told by its mounts
    assert hub.foresee()["servers"] == 0
    rows = hub.past.look(
        "select f.series from omv.forecast f join omv.server v on v.id = f.server where v.name = 'web-1'"
    )
    assert {name for (name,) in rows} == {"cpu", "memory", "disk:/", "disk:/data"}


def test_a_run_without_time_leaves_the_rest_to_the_next(hub: Hub) -> None:
    hub.foresee()
    _again(hub)
    assert hub.foresee(end=time.monotonic() - 1) == {"servers": 0, "series": 0, "more": True}
    assert hub.foresee()["servers"] == 3


def test_a_disk_that_fills_has_its_date_and_one_that_does_not_has_a_code(hub: Hub) -> None:
    hub.foresee()
    told = {one["series"]: one for one in hub.services.forecasts.of_server("web-1")["forecasts"]}
    (full,) = told["disk:/data"]["crossings"]
    assert full["level"] == 100
    assert full["at_epoch"] == pytest.approx(hub.past.hour + 4 * 86_400, abs=8 * HOUR)
    assert full["earliest_epoch"] <= full["at_epoch"] <= full["latest_epoch"]
    assert full["per_day"] == pytest.approx(5, rel=0.05)
    assert [one["code"] for one in told["disk:/"]["crossings"]] == ["no_trend"]


def test_the_stored_one_is_given_and_one_with_another_level_is_made(hub: Hub) -> None:
    hub.foresee()
    stored = hub.services.forecasts.one("web-1", "cpu")
    assert stored["stored"] is True
    assert len(stored["t"]) == len(stored["mid"]) == 24
    assert stored["t"][0] == stored["from_epoch"] == hub.past.hour
    assert stored["mid"][5] == pytest.approx(50 - 20 * math.sin(2 * math.pi * 5 / 24), abs=3)
    other = hub.services.forecasts.one("web-1", "cpu", 48, 65.0)
    assert other["stored"] is False
    assert len(other["mid"]) == 48
    assert other["crossings"][0]["at"] is not None
    made = hub.services.forecasts.one("web-1", "app.depth", 2)
    assert (made["stored"], made["mid"]) == (False, [3.0, 3.0])


def test_what_cannot_be_asked_is_refused(hub: Hub) -> None:
    with pytest.raises(BadInput):
        hub.services.forecasts.one("web-1", "nonsense")
    with pytest.raises(BadInput):
        hub.services.forecasts.one("web-1", "cpu", 73)
    with pytest.raises(NotFound):
        hub.services.forecasts.one("web-9", "cpu")
    with pytest.raises(NotFound):
        hub.services.forecasts.one("web-1", "cpu", sight=Sight(("team:other",)))
    with pytest.raises(NotFound):
        hub.services.forecasts.of_server("web-1", Sight(("team:other",)))


def test_what_came_is_held_against_what_was_foreseen_a_day_ago(hub: Hub) -> None:
    hub.foresee()
    (before,) = hub.past.look(
        "select f.before from omv.forecast f join omv.server v on v.id = f.server"
        " where v.name = 'web-2' and f.series = 'cpu'"
    )[0]
    assert before["at"] == hub.past.hour
    a_day_ago = {
        "at": hub.past.hour - 86_400, "last": 50.0,
        "mid": [50 + 20 * math.sin(2 * math.pi * (24 - n) / 24) for n in range(24)],
        "low": [0.0] * 24, "high": [60.0] * 24,
    }  # fmt: skip
    hub.past.admin.execute("update omv.forecast set before = %s where series = 'cpu'", (json.dumps(a_day_ago),))
    _again(hub)
    hub.foresee()
    told = {one["series"]: one for one in hub.services.forecasts.of_server("web-2")["forecasts"]}["cpu"]["yesterday"]
    assert told["hours"] == 24
    assert told["error"] == pytest.approx(0, abs=0.01)
    assert told["naive_error"] == pytest.approx(12.7, abs=0.5)
    assert 0.5 < told["covered"] < 0.9
    assert told["at_epoch"] == hub.past.hour - 86_400


def test_silence_for_a_day_ends_what_was_foreseen(hub: Hub) -> None:
    rows = {at: row for at, row in _rows(hub.past.hour).items() if at < hub.past.hour - 30 * HOUR}
    hub.past.commit({"gone": rows}, NAMES)
    hub.past.roll_up()
    assert hub.foresee()["series"] == 0
    assert hub.services.forecasts.of_server("gone") == {"forecasts": []}


def test_a_name_with_a_wild_card_of_sql_means_itself(hub: Hub) -> None:
    due = hub.services.storage.forecasts.forecasts_due(50, HISTORY, ["%"])
    assert due["servers"] == {}
    _again(hub)
    due = hub.services.storage.forecasts.forecasts_due(50, HISTORY, ["app\\_depth", "app.depth"])
    assert set(due["servers"]["web-1"]["series"]) == {"app.depth"}
    hub.foresee()


def test_the_sweep_hears_of_a_disk_that_will_be_full_and_opens_an_incident_without_asking_more(hub: Hub) -> None:
    hour = hub.past.hour
    filling: Rows = {hour - n * HOUR + 60: [5.0, 40.0, None, 30.0, 90 - n * 0.75, 3.0] for n in range(1, 72)}
    hub.past.commit({"db-1": filling}, NAMES)
    hub.past.roll_up()
    (version,) = hub.past.look("select rules_version from omv.sweep")[0]
    hub.foresee()
    assert hub.past.look("select rules_version from omv.sweep")[0] == (version + 1,)
    sample = {"at": int(time.time()), "mounts": {"/data": 90.5}}
    hub.services.ingest.take(decode({"server": "db-1", "samples": [sample]}, time.time()), "nobody's")
    hub.services.sweeper.run()
    [(subject, severity, detail)] = hub.past.look(
        "select subject, severity, body->>'detail' from omv.incident where kind = 'forecast' and resolved_at is null"
    )
    assert (subject, severity) == ("disk:/data", "warning")
    level, value, hours, earliest, latest, _ = map(float, detail.split())
    assert (level, value) == (100, 90.5)
    assert 10 < hours < 15
    assert earliest <= hours <= latest
    alert = hub.services.alerts.listed(state="open")["alerts"][0]
    assert "will likely reach 100%" in alert["text"]["en"]


def test_many_metrics_that_a_rule_asks_for_do_not_crowd_out_a_servers_disks(hub: Hub) -> None:
    names = (*(f"app.q{n:02}" for n in range(60)), "cpu", "disk:/")
    rows: Rows = {hub.past.hour - n * HOUR + 60: [float(n)] * len(names) for n in range(1, 4)}
    hub.past.commit({"wide": rows}, names)
    wanted = ["cpu", "disk", "disk:%", "app.%"]
    due = hub.services.storage.forecasts.forecasts_due(50, HISTORY, wanted)["servers"]["wide"]["series"]
    assert len(due) == 40
    assert {"cpu", "disk:/", "app.q00"} <= set(due)
