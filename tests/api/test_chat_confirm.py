"""What the assistant proposes is done when an operator confirms it: once, by whoever was asked, and audited."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

import api.chat
from lib import wiring
from lib.auth.confirmations import LAST_SECONDS, Confirmations
from lib.monitoring.collectors.server_stats import decode
from lib.storage.redis.chats import RedisChats
from lib.storage.redis.client import NoRedis
from tests.api.admitted import SEEN as SEEN_TOO
from tests.api.admitted import TAG, Admitted, admitted, unhashed
from tests.real_stores import JWT_SECRET, Pair, ServicesFactory

SEEN, HIDDEN = "pay-2", "web-2"  # of whoever is held to TAG; each with an alert


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Admitted]:
    factory = ServicesFactory()
    patch = pytest.MonkeyPatch()
    try:
        unhashed(patch.setattr)
        found = admitted(module_stores, factory(module_stores, install=True))
        for name in (SEEN, HIDDEN):
            now = time.time()
            samples = [{"at": int(now) - 60 * minute, "cpu": 99.5} for minute in range(25, 0, -1)]
            post = {"server": name, "samples": samples, "host": {"tags": {"team": "payment"} if name == SEEN else {}}}
            found.services.ingest.take(decode(post, now), "nobody's")
        found.services.sweeper.run()
        yield found
    finally:
        patch.undo()
        factory.close()


@pytest.fixture(autouse=True)
def limits_begin_anew(hub: Admitted) -> None:
    with hub.pair.redis() as redis:
        for key in redis.scan_iter("omv:limit:*"):
            redis.delete(key)


def ask(hub: Admitted, message: str, who: str = "operator", **more: Any) -> dict[str, Any]:
    answer = hub.call(api.chat.app, "POST", "/api/chat", who, json={"message": message, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def confirm(hub: Admitted, token: str, who: str = "operator", locale: str = "ko") -> TestResponse:
    return hub.call(api.chat.app, "POST", "/api/chat/confirm", who, json={"token": token, "locale": locale})


def entries(hub: Admitted) -> list[tuple[str, str]]:
    return hub.pair.rows("select action, actor_name from omv.audit where action !~ '^sign_in' order by seq")  # type: ignore[return-value] # two columns


def test_asked_previewed_confirmed_undone(hub: Admitted) -> None:
    told = ask(hub, f"{HIDDEN} 알림 30분 꺼줘")
    (action,) = told["actions"]
    assert (told["nlu"]["intent"], action["type"]) == ("alert_silence", "alert_silence")
    assert hub.services.quietbook.everything()["silences"] == []
    before = entries(hub)
    done = confirm(hub, action["confirm_token"])
    assert done.status_code == 200, done.text
    (silence,) = hub.services.quietbook.everything()["silences"]
    assert done.get_json()["did"] == {"silence": silence["id"]}
    assert silence["scope"]["servers"] == [HIDDEN]
    assert silence["by"] == "operator@example.org"
    assert HIDDEN in done.get_json()["answer"]
    (undo,) = done.get_json()["actions"]
    assert confirm(hub, undo["confirm_token"], locale="en").get_json()["answer"].startswith("Ended")
    assert hub.services.quietbook.one(silence["id"])["state"] == "over"
    assert [action for action, _ in entries(hub)[len(before) :]] == ["silence_added", "silence_ended"]


def test_a_confirmation_is_good_once_for_one_person_and_ten_minutes(hub: Admitted) -> None:
    token = ask(hub, f"{SEEN} 알림 20분 꺼줘")["actions"][0]["confirm_token"]
    before = hub.services.quietbook.everything()
    assert confirm(hub, token, "admin").status_code == 403  # somebody else's
    assert confirm(hub, token, "viewer").status_code == 403
    assert confirm(hub, token + "x").status_code == 403
    assert hub.services.quietbook.everything() == before
    assert confirm(hub, token).status_code == 200
    again = confirm(hub, token)
    assert again.status_code == 409
    assert "already" in again.get_json()["detail"]
    assert len(hub.services.quietbook.everything()["silences"]) == len(before["silences"]) + 1
    (person,) = hub.pair.rows("select id::text from omv.account where email = 'operator@example.org'")
    old = Confirmations(JWT_SECRET, lambda: time.time() - LAST_SECONDS - 1).sign(person[0], "rule_remove", {})
    assert "older than ten minutes" in confirm(hub, old).get_json()["detail"]


def test_viewers_and_dry_runs_are_given_no_token(hub: Admitted) -> None:
    message = f"{HIDDEN} 메모리 85% 넘으면 알려줘"
    for who, more in (("viewer", {}), ("read key", {}), ("operator", {"dry_run": True})):
        (action,) = ask(hub, message, who, **more)["actions"]
        assert action["confirm_token"] is None
    assert ask(hub, message)["actions"][0]["confirm_token"]


def test_a_key_that_may_act_confirms_its_own(hub: Admitted) -> None:
    token = ask(hub, f"ack the alerts on {SEEN}", "act key")["actions"][0]["confirm_token"]
    assert confirm(hub, token, "read key").status_code == 403
    done = confirm(hub, token, "act key", "en")
    assert done.status_code == 200, done.text
    (alert,) = hub.services.alerts.listed(server=SEEN)["alerts"]
    assert alert["acked_at"] is not None
    assert entries(hub)[-1][0] == "incident_acknowledged"


def test_what_is_out_of_sight_is_neither_shown_nor_changed(hub: Admitted) -> None:
    told = ask(hub, "모든 알림 1시간 꺼줘", "operator of a team")
    assert HIDDEN not in told["answer"]
    (action,) = told["actions"]
    assert action["params"]["scope"] == {"servers": [SEEN_TOO, SEEN]}
    assert confirm(hub, action["confirm_token"], "operator of a team").status_code == 200
    hidden = ask(hub, f"{HIDDEN} 알림 확인 처리해줘", "operator of a team")
    assert hidden["actions"] == []
    assert TAG.split(":")[0] not in hidden["answer"]


def test_while_redis_is_away_nothing_is_done(hub: Admitted, monkeypatch: pytest.MonkeyPatch) -> None:
    token = ask(hub, f"{HIDDEN} CPU 위험 기준 95%로 설정")["actions"][0]["confirm_token"]
    before = hub.services.rulebook.everything()
    monkeypatch.setattr(hub.services.storage, "chats", RedisChats(NoRedis()))
    refused = confirm(hub, token)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert hub.services.rulebook.everything() == before
    monkeypatch.undo()
    wiring.use(hub.services)
    assert confirm(hub, token).status_code == 200
    made = [one for one in hub.services.rulebook.everything()["rules"] if one not in before["rules"]]
    assert [(one["scope"]["servers"], one["critical"]) for one in made] == [([HIDDEN], 95)]


def test_bad_bodies_are_refused_with_where(hub: Admitted) -> None:
    for body in ({}, {"token": ""}, {"token": "x" * 9_000}, {"token": "x", "locale": "fr"}, {"token": "x", "y": 1}):
        answer = hub.call(api.chat.app, "POST", "/api/chat/confirm", "operator", json=body)
        assert answer.status_code == 400, answer.text
        assert answer.mimetype == "application/problem+json"
