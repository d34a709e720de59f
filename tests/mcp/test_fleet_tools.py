"""The tools about the fleet: what they tell is what the page tells, of the servers in sight."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.admitted import HIDDEN, SEEN, Admitted
from tests.mcp.caller import refusal, result, tool

HELD = ("viewer of a team", "read key of a team", "act key of a team", "read key of a server")


def test_the_fleet_in_short(hub: Admitted) -> None:
    told = tool(hub, "fleet_summary")
    assert told["servers"] == {"total": 2, "ok": 2, "warning": 0, "critical": 0, "stale": 0, "offline": 0}
    assert told["metrics"]["cpu"] == {"measured": 2, "mean": 12.5, "max": 12.5, "max_server": HIDDEN}
    assert told["metrics"]["disk"]["measured"] == 0
    assert told["units"]["cpu"] == "%"
    assert told["url"] == "https://hub.example.org/#/"
    assert tool(hub, "fleet_summary", tag="team:web")["servers"]["total"] == 1


def test_the_same_data_is_there_as_text(hub: Admitted) -> None:
    told = result(hub, "tools/call", {"name": "fleet_summary"})
    first, *_ = told["content"]
    assert first["type"] == "text"
    assert json.loads(first["text"]) == told["structuredContent"]


def test_servers_come_in_pages(hub: Admitted) -> None:
    first = tool(hub, "list_servers", limit=1)
    assert ([one["server"] for one in first["servers"]], first["total"]) == ([SEEN], 2)
    second = tool(hub, "list_servers", limit=1, cursor=first["next_cursor"])
    assert [one["server"] for one in second["servers"]] == [HIDDEN]
    assert second["next_cursor"] is None
    assert second["servers"][0]["metrics"]["cpu"] == 12.5
    assert tool(hub, "list_servers", q="pay")["total"] == 1
    assert tool(hub, "list_servers", status="critical")["servers"] == []
    for cursor in ("x", "", first["next_cursor"][:-2], "é"):
        assert "begin anew" in refusal(hub, "list_servers", cursor=cursor)


def test_one_server_and_names_that_nobody_has(hub: Admitted) -> None:
    told = tool(hub, "get_server", server=SEEN)
    assert (told["facts"]["os"], told["latest"]["cpu"], told["alerts"]) == ("Debian 12", 12.5, [])
    assert told["url"] == f"https://hub.example.org/#/servers/{SEEN}"
    assert refusal(hub, "get_server", server="pay-2") == 'there is no server "pay-2"; nearest names: pay-1'
    assert "list_servers tells all names" in refusal(hub, "get_server", server="몰라요")


@pytest.mark.parametrize("who", HELD)
def test_servers_out_of_sight_are_none(hub: Admitted, who: str) -> None:
    assert tool(hub, "fleet_summary", who)["servers"]["total"] == 1
    assert [one["server"] for one in tool(hub, "list_servers", who)["servers"]] == [SEEN]
    said = refusal(hub, "get_server", who, server=HIDDEN)
    assert said == f'there is no server "{HIDDEN}"; list_servers tells all names'
    assert HIDDEN not in refusal(hub, "get_server", who, server="web-2")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"stauts": "ok"}, "/stauts: there is no such argument; perhaps `status`; there is status, group"),
        ({"status": "good"}, "/status: give one of ok, warning, critical, stale, offline"),
        ({"limit": "5"}, "/limit: give an integer"),
        ({"limit": 1.5}, "/limit: give an integer"),
        ({"limit": True}, "/limit: give an integer"),
        ({"limit": 0}, "/limit: give a number from 1 up to 200"),
        ({"q": "x" * 101}, "/q: give 0 to 100 characters"),
        ({"q": ["x"]}, "/q: give a string"),
    ],
)
def test_arguments_that_do_not_fit_are_told_with_what_would(
    hub: Admitted, arguments: dict[str, Any], said: str
) -> None:
    assert said in refusal(hub, "list_servers", **arguments)


def test_null_counts_as_left_out(hub: Admitted) -> None:
    assert tool(hub, "list_servers", status=None, limit=None, cursor=None)["total"] == 2
    assert "/server: this is needed" in refusal(hub, "get_server", server=None)
