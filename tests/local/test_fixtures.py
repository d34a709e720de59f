"""The shared fixtures themselves: clean means clean, and services built on them reach both stores."""

from __future__ import annotations

import psycopg
import pytest

from tests.real_stores import Pair, ServicesFactory


def test_services_reach_both_stores(fresh_stores: Pair, make_services: ServicesFactory) -> None:
    from lib import wiring

    services = make_services(fresh_stores, install=True)
    assert wiring.services() is services
    assert services.storage.redis.execute("PING") == "PONG"
    assert services.storage.queries.health()["servers"] == 0


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_fresh_pair_is_empty_each_time(fresh_stores: Pair, turn: int) -> None:
    with fresh_stores.redis() as client:
        assert client.dbsize() == 0
        client.set("left-over", turn)
    assert fresh_stores.rows("select count(*) from omv.server") == [(0,)]
    fresh_stores.rows("insert into omv.server (name) values ('left-over')")


def test_the_product_signs_in_with_no_more_than_its_functions(module_stores: Pair) -> None:
    with psycopg.connect(module_stores.database_url, autocommit=True) as connection:
        assert connection.execute("select public.omv_health('{}')").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from omv.server")
