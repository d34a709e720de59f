"""api/health.py: on real stores, on stores that are gone, and on stores that swallow every byte."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lib import wiring
from lib.monitoring.health import FRESH_BILLED_SECONDS, FRESH_SECONDS, Health, judged
from tests.patience import within
from tests.real_stores import Pair, ServicesFactory
from tests.twins.upstash_twin import UpstashTwin

FACTS: dict[str, Any] = {
    "now": 1_800_000_000.0, "swept_at": 1_799_999_995.0, "rolled_at": None, "version": 7, "tries": 0, "servers": 3,
    "checks": 0, "inbox": 0, "dead_letters": 0, "bytes": 9_000_000,
}  # fmt: skip


def answered(**changes: Any) -> dict[str, Any]:
    facts = {**FACTS, **{name: value for name, value in changes.items() if name in FACTS}}
    stores = {name: value for name, value in changes.items() if name not in FACTS}
    return {"redis": "ok", "postgres": "ok", "facts": facts, "redis_commands": 4, **stores}


def ask() -> TestResponse:
    from api.health import app

    return app.test_client().get("/api/health")


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[1]


def test_a_fresh_install_is_well(fresh_stores: Pair, make_services: ServicesFactory) -> None:
    make_services(fresh_stores, install=True)
    answer = ask()
    assert answer.status_code == 200
    body = answer.json
    assert body is not None
    assert body["status"] == "ok"
    assert body["reasons"] == []
    assert body["stores"] == {"redis": "ok", "postgres": "ok"}
    assert body["servers"] == 0
    assert body["sweep"]["lag_seconds"] is None
    assert body["quotas"]["postgres_bytes"] > 1_000_000
    assert body["quotas"]["redis_commands_this_process"] == 1
    assert answer.headers["Cache-Control"] == "no-store"


def test_servers_without_a_sweep_for_three_minutes_are_503(fresh_stores: Pair, make_services: ServicesFactory) -> None:
    make_services(fresh_stores, install=True)
    fresh_stores.rows("insert into omv.server (name) values ('web-01')")
    fresh_stores.rows("update omv.sweep set swept_at = now() - interval '181 seconds'")
    answer = ask()
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["status"] == "down"
    assert answer.json["sweep"]["lag_seconds"] == pytest.approx(181, abs=5)


@pytest.mark.parametrize("away", ["redis_url", "database_url", "both"])
def test_black_holed_stores_are_named_within_two_seconds(
    fresh_stores: Pair, make_services: ServicesFactory, black_hole: int, away: str
) -> None:
    holes = {
        "redis_url": f"redis://:s3cret-word@127.0.0.1:{black_hole}/0",
        "database_url": f"postgresql://svc:s3cret-word@127.0.0.1:{black_hole}/openmanager",
    }
    gone = holes if away == "both" else {away: holes[away]}
    answer = within(2.0, lambda: make_services(fresh_stores, install=True, **gone) and ask())
    assert answer.json is not None
    assert answer.json["stores"] == {
        "redis": "unavailable" if "redis_url" in gone else "ok",
        "postgres": "unavailable" if "database_url" in gone else "ok",
    }
    assert answer.status_code == (503 if "database_url" in gone else 200)
    assert answer.json["status"] == ("down" if "database_url" in gone else "degraded")
    for hidden in ("127.0.0.1", str(black_hole), "s3cret", "svc"):
        assert hidden not in answer.text


def test_a_bug_on_the_way_to_redis_does_not_pass_for_ok(
    fresh_stores: Pair, make_services: ServicesFactory, upstash: UpstashTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstash, "refusal", "ERR unknown command")
    make_services(
        fresh_stores, install=True, redis_url=None, redis_rest_url=upstash.url, redis_rest_token=upstash.token
    )
    assert ask().status_code == 500


def test_closed_ports_are_named_at_once(
    fresh_stores: Pair, make_services: ServicesFactory, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    make_services(
        fresh_stores,
        install=True,
        redis_url=f"redis://:s3cret-word@127.0.0.1:{port}/0",
        database_url=f"postgresql://svc:s3cret-word@127.0.0.1:{port}/openmanager",
    )
    answer = ask()
    assert answer.status_code == 503
    assert "s3cret" not in answer.text + caplog.text


def test_an_environment_that_describes_nothing_is_503_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "REDIS_URL",
        "DATABASE_URL",
        "POSTGRES_URL",
        "SUPABASE_URL",
        "UPSTASH_REDIS_REST_URL",
        "KV_REST_API_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    wiring.use(None)
    answer = ask()
    assert answer.status_code == 503
    assert "no Redis" in answer.text
    assert "no Postgres" in answer.text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "ok"),
        ({"dead_letters": 5}, "ok"),
        ({"redis": "no answer"}, "degraded"),
        ({"tries": 4}, "degraded"),
        ({"swept_at": FACTS["now"] - 130}, "degraded"),
        ({"swept_at": FACTS["now"] - 181}, "down"),
        ({"swept_at": None}, "down"),
        ({"swept_at": FACTS["now"] - 181, "servers": 0}, "ok"),
        ({"swept_at": None, "servers": 0}, "ok"),
        ({"swept_at": FACTS["now"] - 181, "servers": 0, "checks": 1}, "down"),
        ({"swept_at": FACTS["now"] + 5}, "ok"),
        ({"postgres": "no answer", "facts": None}, "down"),
    ],
)
def test_what_the_stores_say_becomes_a_verdict(changes: dict[str, Any], status: str) -> None:
    report = judged(answered(**changes), 1_800_000_000.0, "1.2.3")
    assert report.body["status"] == status
    assert report.is_down == (status == "down")
    assert bool(report.body["reasons"]) == (status != "ok")
    assert report.body["version"] == "1.2.3"


class _Asked:
    """Counts how often the stores are asked."""

    def __init__(self, *, billed: bool) -> None:
        self.billed = billed
        self.times = 0

    def health(self) -> dict[str, Any]:
        self.times += 1
        return answered()


@pytest.mark.parametrize(("billed", "fresh"), [(False, FRESH_SECONDS), (True, FRESH_BILLED_SECONDS)])
def test_asking_often_does_not_ask_the_stores_often(billed: bool, fresh: float) -> None:
    now = [100.0]
    stores = _Asked(billed=billed)
    health = Health(stores, "1", monotonic=lambda: now[0])  # type: ignore[arg-type] # the one method it needs
    for _ in range(5):
        health.report()
    now[0] += fresh - 0.1
    health.report()
    assert stores.times == 1
    now[0] += 0.2
    health.report()
    assert stores.times == 2
