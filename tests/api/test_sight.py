"""Who is held to tags, or a key to a server: what they see of the fleet, and what they may report and change."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.admitted import HIDDEN, SEEN, Admitted

HELD = ("viewer of a team", "operator of a team", "read key of a team", "act key of a team", "read key of a server")
_numbers = itertools.count(1)


def fleet(hub: Admitted, who: str, query: str = "", **headers: str) -> TestResponse:
    from api.servers import app

    return hub.call(app, "GET", f"/api/servers{query}", who, headers=headers)


def ids(answer: TestResponse) -> set[str]:
    assert answer.json is not None
    return {str(server["id"]) for server in answer.json["servers"]}


def change(hub: Admitted, who: str, server: str, body: Any) -> TestResponse:
    from api.servers import app

    return hub.call(app, "PATCH", f"/api/servers/{server}", who, json=body)


def report(hub: Admitted, who: str, server: str, **more: Any) -> TestResponse:
    """A post as whoever sends it, folded."""
    from api.ingest import app

    hub.read_keys_anew()
    body = {"server": server, "samples": [{"at": int(time.time()), "cpu": 1}], **more}
    answer = hub.call(app, "POST", "/api/ingest", who, json=body)
    hub.services.sweeper.run()
    hub.read_keys_anew()
    return answer


def tags_of(hub: Admitted, server: str) -> dict[str, str]:
    body = fleet(hub, "admin", f"?q={server}").json
    assert body is not None
    return dict(body["servers"][0]["tags"])


@pytest.fixture
def name() -> str:
    return f"new-{next(_numbers)}"


@pytest.mark.parametrize("who", HELD)
def test_the_fleet_is_what_its_reader_sees(hub: Admitted, who: str) -> None:
    assert {SEEN, HIDDEN} <= ids(fleet(hub, "viewer"))
    seen = fleet(hub, who)
    assert HIDDEN not in seen.text
    assert SEEN in ids(seen)
    assert HIDDEN not in ids(fleet(hub, who, f"?q={HIDDEN}"))
    assert HIDDEN not in ids(fleet(hub, who, "?tag=team:web"))
    assert seen.json is not None
    assert seen.json["fleet"] == {"cpu": {"t": [], "median": [], "p95": []}}, "how all do together tells of the others"


@pytest.mark.parametrize("who", HELD)
def test_an_etag_is_of_what_was_seen(hub: Admitted, who: str) -> None:
    everything, seen = fleet(hub, "viewer"), fleet(hub, who)
    assert everything.headers["ETag"] != seen.headers["ETag"]
    assert fleet(hub, who, **{"If-None-Match": everything.headers["ETag"]}).status_code == 200
    assert fleet(hub, "viewer", **{"If-None-Match": seen.headers["ETag"]}).status_code == 200
    assert fleet(hub, who, **{"If-None-Match": seen.headers["ETag"]}).status_code == 304
    assert "Authorization" in seen.headers["Vary"]


def test_two_who_see_different_servers_share_no_etag(hub: Admitted) -> None:
    tags = {fleet(hub, who).headers["ETag"] for who in ("viewer", "viewer of a team", "read key of a server")}
    assert len(tags) == 3
    same = {fleet(hub, who).headers["ETag"] for who in ("viewer of a team", "operator of a team", "read key of a team")}
    assert len(same) == 1


def test_settings_of_people_win_over_what_an_agent_says(hub: Admitted, name: str) -> None:
    hub.report(name, {"team": "payment"})
    assert name in ids(fleet(hub, "viewer of a team"))
    assert change(hub, "admin", name, {"tags": {"team": "web"}}).status_code == 200
    assert change(hub, "operator of a team", name, {"group": "mine"}).status_code == 404
    hub.report(name, {"team": "payment"})
    assert name not in ids(fleet(hub, "viewer of a team"))
    assert change(hub, "admin", name, {"tags": None}).status_code == 200
    assert change(hub, "operator of a team", name, {"group": "mine"}).status_code == 200


@pytest.mark.parametrize("who", ["operator of a team", "act key of a team"])
@pytest.mark.parametrize("tags", [{"team": "web"}, {"team": "payment2"}, {"team": "PAYMENT"}])
def test_nobody_changes_a_server_out_of_their_own_sight(
    hub: Admitted, name: str, who: str, tags: dict[str, str]
) -> None:
    hub.report(name, {"team": "payment"})
    refused = change(hub, who, name, {"tags": tags, "group": "taken"})
    assert refused.status_code == 403
    assert refused.json is not None
    assert "would not see the server any more" in refused.json["detail"]
    assert hub.pair.rows("select settings from omv.server where name = %s", name) == [({},)]
    assert change(hub, who, name, {"tags": {**tags, "team": "payment", "tier": "1"}}).status_code == 200
    assert change(hub, "operator", name, {"tags": tags}).status_code == 200
    assert change(hub, who, name, {"tags": None}).status_code == 404


def test_a_server_whose_tags_only_people_set_is_not_let_go(hub: Admitted, name: str) -> None:
    """Taking the setting back would take the server out of sight too."""
    hub.report(name)
    assert change(hub, "operator", name, {"tags": {"team": "payment"}}).status_code == 200
    assert change(hub, "operator of a team", name, {"tags": None}).status_code == 403
    assert change(hub, "operator of a team", name, {"tags": {}}).status_code == 403
    assert change(hub, "operator of a team", name, {"group": "a"}).status_code == 200


def test_a_key_held_to_tags_reports_what_carries_one(hub: Admitted) -> None:
    assert report(hub, "write key of a team", SEEN).status_code == 202
    refused = report(hub, "write key of a team", HIDDEN)
    assert refused.status_code == 403
    assert refused.json is not None
    assert "team:payment" in refused.json["detail"]
    assert tags_of(hub, HIDDEN) == {"team": "web"}


@pytest.mark.parametrize(
    ("host", "tags"),
    [
        ({}, {"team": "payment"}),
        ({"host": {"os": "Debian"}}, {"team": "payment"}),
        ({"host": {"tags": {"env": "prod"}}}, {"env": "prod", "team": "payment"}),
        ({"host": {"tags": {"team": "web"}}}, {"team": "payment"}),
    ],
)
def test_a_new_server_gets_its_keys_tag(hub: Admitted, name: str, host: Any, tags: dict[str, str]) -> None:
    assert report(hub, "write key of a team", name, **host).status_code == 202
    assert tags_of(hub, name) == tags
    assert name in ids(fleet(hub, "viewer of a team"))


def test_what_a_host_says_does_not_take_it_out_of_its_keys_sight(hub: Admitted, name: str) -> None:
    assert report(hub, "write key of a team", name).status_code == 202
    assert report(hub, "write key of a team", name, host={"tags": {"team": "web", "env": "a"}}).status_code == 202
    assert tags_of(hub, name) == {"team": "payment", "env": "a"}
    assert report(hub, "write key of a team", name, host={"os": "Debian"}).status_code == 202
    assert tags_of(hub, name) == {"team": "payment", "env": "a"}


def test_where_people_moved_a_server_away_its_key_is_refused(hub: Admitted, name: str) -> None:
    assert report(hub, "write key of a team", name).status_code == 202
    assert change(hub, "operator", name, {"tags": {"team": "web"}}).status_code == 200
    assert report(hub, "write key of a team", name).status_code == 403


def test_a_key_of_one_server_reports_that_alone(hub: Admitted) -> None:
    assert report(hub, "write key of a server", SEEN).status_code == 202
    assert report(hub, "write key of a server", HIDDEN).status_code == 403
    assert report(hub, "write key", HIDDEN).status_code == 202


def test_changed_tags_of_a_person_change_what_they_see(hub: Admitted) -> None:
    person, _ = hub.services.people.create("moving@example.org", "viewer", tags=["team:payment"], password="x" * 12)
    token = hub.services.accounts.login("moving@example.org", "x" * 12).access_token
    headers = {"Authorization": f"Bearer {token}"}
    assert HIDDEN not in ids(fleet(hub, "nobody", **headers))
    hub.services.people.change(person["id"], {"tags": ["team:web"]})
    assert SEEN not in ids(fleet(hub, "nobody", **headers))
    assert HIDDEN in ids(fleet(hub, "nobody", **headers))
    hub.services.people.change(person["id"], {"tags": None})
    assert {SEEN, HIDDEN} <= ids(fleet(hub, "nobody", **headers))
