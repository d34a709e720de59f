"""The assistant's door: who is answered, what of, and that nothing is done by asking."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.admitted import HIDDEN, SEEN, Admitted
from tests.real_stores import Pair


def ask(hub: Admitted, who: str, message: str, **more: Any) -> TestResponse:
    from api.chat import app

    return hub.call(app, "POST", "/api/chat", who, json={"message": message, **more})


def told(hub: Admitted, who: str, message: str, **more: Any) -> dict[str, Any]:
    answer = ask(hub, who, message, **more)
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def test_a_reply_has_the_form_of_the_contract(hub: Admitted) -> None:
    reply = told(hub, "viewer", "전체 서버 상태 요약해줘")
    assert reply["answer"].startswith("전체 서버 2대")
    assert reply["locale"] == "ko"
    assert reply["engine"] == "rules"
    assert len(reply["suggestions"]) == 3
    assert "explain" not in reply["nlu"]
    assert "explain" in told(hub, "viewer", "전체 서버 상태 요약해줘", debug=True)["nlu"]


def test_whoever_is_held_to_tags_hears_of_no_other_server(hub: Admitted) -> None:
    reply = told(hub, "viewer of a team", "서버 전체 상태")
    assert HIDDEN not in str(reply)
    named = told(hub, "viewer of a team", f"{HIDDEN} 상태")
    assert f"{HIDDEN}" not in str(named["facts"])
    assert named["nlu"]["entities"].get("servers") is None
    assert SEEN in str(told(hub, "viewer of a team", f"{SEEN} 상태"))


def test_a_conversation_goes_on_and_is_its_owner_s_alone(hub: Admitted) -> None:
    first = told(hub, "viewer", f"{SEEN} cpu 얼마야?")
    assert first["nlu"]["entities"]["servers"] == [SEEN]
    after = told(hub, "viewer", "메모리는?", conversation=first["conversation"])
    assert after["nlu"]["entities"] == {"servers": [SEEN], "metrics": ["memory"]}
    assert after["conversation"] == first["conversation"]
    other = told(hub, "operator", "메모리는?", conversation=first["conversation"])
    assert "servers" not in other["nlu"]["entities"]


def test_the_first_of_a_ranking_is_known_to_the_next_question(hub: Admitted) -> None:
    ranked = told(hub, "viewer", "cpu 높은 서버 3대")
    head = next(fact["server"] for fact in ranked["facts"] if fact["metric"] == "cpu")
    after = told(hub, "viewer", "제일 높은 놈 24시간 추이", conversation=ranked["conversation"])
    assert (after["nlu"]["intent"], after["nlu"]["entities"]["servers"]) == ("metric_history", [head])
    assert after["nlu"]["entities"]["metrics"] == ["cpu"]
    assert told(hub, "viewer", "제일 높은 놈 24시간 추이")["nlu"]["entities"].get("servers") is None


def test_another_fleet_and_time_are_for_dry_runs_alone(hub: Admitted) -> None:
    fleet = [{"id": "box-77", "group": "web", "tags": {}}]
    dry = told(hub, "viewer", "box-77 cpu 어제 추이", servers=fleet, now="2026-01-02T12:00:00+09:00", dry_run=True)
    assert dry["nlu"]["entities"]["servers"] == ["box-77"]
    assert dry["nlu"]["entities"]["time"]["start"] == "2026-01-01T00:00:00+09:00"
    assert dry["facts"] == []
    real = told(hub, "viewer", "box-77 cpu 어제 추이", servers=fleet, now="2026-01-02T12:00:00+09:00")
    assert real["nlu"]["entities"].get("unknown_servers") == ["box-77"]


@pytest.mark.parametrize(
    "body",
    [{}, {"message": 4}, {"message": "x", "what": 1}, {"message": "x", "now": "2026-01-01", "dry_run": True}, [], "x"],
)
def test_a_body_that_is_none_is_refused_with_the_place(hub: Admitted, body: Any) -> None:
    from api.chat import app

    answer = hub.call(app, "POST", "/api/chat", "viewer", json=body)
    assert answer.status_code == 400
    assert answer.get_json()["errors"]


@pytest.mark.parametrize(
    "message", ["", "   ", "\u200b", "?" * 5_000, "<script>alert(1)</script>", "'; drop table users; --"]
)
def test_whatever_is_said_is_answered(hub: Admitted, message: str) -> None:
    reply = told(hub, "viewer", message)
    assert reply["answer"]
    assert "<script>" not in reply["answer"]
    assert reply["actions"] == []


def test_a_question_needs_no_redis(module_stores: Pair) -> None:
    from zoneinfo import ZoneInfo

    from lib import wiring
    from lib.mcp.core.assistant import Turn
    from lib.settings import Settings
    from lib.storage.hybrid.storage import HybridStorage
    from lib.storage.redis.client import NoRedis
    from lib.storage.supabase.client import PsycopgRpc

    storage = HybridStorage(NoRedis(), PsycopgRpc(module_stores.database_url), billed=False)
    services = wiring.Services(Settings(jwt_secret="x" * 40), storage)
    reply = services.assistant.reply(Turn("전체 서버 상태", who="one", conversation="a" * 16))
    assert reply["answer"].startswith("전체 서버")
    assert ZoneInfo("UTC").key in reply["data_as_of"] or reply["data_as_of"].endswith("+00:00")
    storage.close()
