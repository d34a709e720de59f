"""How long what is kept, and what gives way when the database fills up."""

from __future__ import annotations

import pytest

from lib.monitoring.health import judged
from lib.monitoring.rollup import kept_days, roll_up
from lib.settings import Settings, SettingsError
from tests.history.past import HOUR, KEPT, Past
from tests.real_stores import ServicesFactory

DAY = 24 * HOUR
STORES = {"REDIS_URL": "redis://127.0.0.1:1", "DATABASE_URL": "postgresql://127.0.0.1:1/x"}
MB = 1_000_000


def hours_kept(past: Past, table: str) -> set[int]:
    """How many days old the kept hours of a table are."""
    return {(past.hour - hour) // DAY for (hour,) in past.look(f"select hour from omv.{table}")}


@pytest.fixture
def old(past: Past) -> Past:
    """A server with a packed hour of many ages."""
    past.commit({"web-1": {past.hour - 7 * HOUR: [1.0, 1.0]}})
    past.roll_up()
    for days in (7, 9, 13, 20, 80, 100, 390, 500):
        for table in ("hour_block", "rollup_5m", "rollup_1h"):
            past.admin.execute(
                f"""insert into omv.{table}
                    select (jsonb_populate_record(t, jsonb_build_object('hour', {past.hour - days * DAY}))).*
                      from omv.{table} t where hour = {past.hour - 7 * HOUR}""".encode()
            )
    return past


def test_each_tier_is_kept_as_long_as_its_setting_says(old: Past) -> None:
    old.roll_up()
    assert hours_kept(old, "hour_block") == {0, 7, 9, 13}
    assert hours_kept(old, "rollup_5m") == {0, 7, 9, 13, 20, 80}
    assert hours_kept(old, "rollup_1h") == {0, 7, 9, 13, 20, 80, 100, 390}
    old.step(raw_days=10, five_days=30, hour_days=90)
    assert hours_kept(old, "hour_block") == {0, 7, 9}
    assert hours_kept(old, "rollup_5m") == {0, 7, 9, 13, 20}
    assert hours_kept(old, "rollup_1h") == {0, 7, 9, 13, 20, 80}


def test_raw_samples_are_kept_longer_than_agents_may_fill_in_whatever_is_asked(old: Past) -> None:
    old.step(raw_days=1)
    assert hours_kept(old, "hour_block") == {0, 7}
    with pytest.raises(SettingsError, match="OPENMANAGER_RETENTION_RAW_DAYS is a whole number from 8"):
        Settings.from_environment({**STORES, "OPENMANAGER_RETENTION_RAW_DAYS": "7"})
    assert Settings.from_environment({**STORES, "OPENMANAGER_RETENTION_RAW_DAYS": "8"}).retention["raw_days"] == 8


def test_errors_events_and_processes_are_forgotten_too(past: Past) -> None:
    past.commit({"web-1": {past.hour: [1.0, 1.0]}})
    for days in (1, 3, 29, 31, 399, 401):
        at = past.hour - days * DAY
        past.admin.execute(f"insert into omv.error_event values (1, '{days}', {at}, 'error', 'x', 'y')".encode())
        past.admin.execute(f"insert into omv.event values (1, '{days}', {at}, 'deploy', 'y')".encode())
        past.admin.execute(f"insert into omv.process_list values (1, {at}, '[]')".encode())
    past.roll_up()
    assert {row[0] for row in past.look("select id from omv.error_event")} == {"1", "3", "29"}
    assert {row[0] for row in past.look("select id from omv.event")} == {"1", "3", "29", "31", "399"}
    assert past.look("select at from omv.process_list") == [(past.hour - DAY,)]


def test_forgetting_is_bounded_too(past: Past) -> None:
    past.commit({f"web-{k}": {past.hour: [1.0, 1.0]} for k in range(6)})
    past.admin.execute(
        b"insert into omv.error_event select v.id, g::text, %d + g, 'error', 'x', 'y' "
        b"from omv.server v, generate_series(1, 1100) g" % (past.hour - 40 * DAY)
    )
    first = past.step()
    assert (first["forgotten"], first["more"]) == (5_000, True)
    past.roll_up()
    assert past.look("select count(*) from omv.error_event") == [(0,)]


def test_above_80_percent_of_the_quota_raw_samples_are_kept_eight_days(
    old: Past, make_services: ServicesFactory
) -> None:
    services = make_services(old.pair)
    used = int(services.storage.queries.health()["bytes"])
    roomy = roll_up(services.storage, KEPT, used * 2)
    assert roomy["raw_days"] == 14
    assert hours_kept(old, "hour_block") == {0, 7, 9, 13}
    tight = roll_up(services.storage, KEPT, used)
    assert tight["raw_days"] == 8
    assert hours_kept(old, "hour_block") == {0, 7}
    assert hours_kept(old, "rollup_5m") == {0, 7, 9, 13, 20, 80}


def test_health_says_that_the_database_is_nearly_full(past: Past, make_services: ServicesFactory) -> None:
    answer = make_services(past.pair).storage.health()
    used = answer["facts"]["bytes"]
    full = judged(answer, 0.0, "1", int(used / 0.81)).body
    assert full["status"] == "degraded"
    assert [reason for reason in full["reasons"] if "80 % of its quota" in reason and "8 days" in reason]
    for quota in (int(used / 0.79), 0):
        assert judged(answer, 0.0, "1", quota).body["status"] == "ok"
    assert make_services(past.pair, postgres_quota_mb=1).health.report().body["status"] == "degraded"


@pytest.mark.parametrize(
    ("used", "quota", "raw_days"),
    [(399 * MB, 500 * MB, 14), (400 * MB, 500 * MB, 14), (401 * MB, 500 * MB, 8), (900 * MB, 0, 14)],
)
def test_what_the_quota_shortens(used: int, quota: int, raw_days: int) -> None:
    assert kept_days(KEPT, used, quota) == {**KEPT, "raw_days": raw_days}


def test_the_quota_is_supabases_free_one_unless_told_otherwise() -> None:
    supabase = {"REDIS_URL": "redis://127.0.0.1:1", "SUPABASE_URL": "https://x.supabase.co", "SUPABASE_SECRET_KEY": "k"}
    assert Settings.from_environment(supabase).postgres_quota_mb == 500
    assert Settings.from_environment(STORES).postgres_quota_mb == 0
    assert Settings.from_environment({**supabase, "OPENMANAGER_POSTGRES_QUOTA_MB": "0"}).postgres_quota_mb == 0
    assert Settings.from_environment({**STORES, "OPENMANAGER_POSTGRES_QUOTA_MB": "8000"}).postgres_quota_mb == 8_000
