"""What is owed is sent: once by many notifiers, again after a crash, in order, and never at the sweep's cost."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from lib import wiring
from lib.domain.errors import Unavailable
from lib.monitoring.alerts.notifier import Notifier, pause_after
from tests.channels.outbox import add_webhook, due_now, incident_row, key, owe, services_on, states
from tests.channels.receiver import Receiver, Reply, Request, receiving
from tests.patience import FOR_EVER
from tests.real_stores import Pair, ServicesFactory


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def hub(fresh_stores: Pair, make_services: ServicesFactory) -> wiring.Services:
    return services_on(make_services, fresh_stores)


def ids(receiver: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in receiver.requests]


def test_a_notice_is_sent_and_written_down(fresh_stores: Pair, hub: wiring.Services, receiver: Receiver) -> None:
    owe(fresh_stores, add_webhook(hub, receiver.url), "n1", incident="i1")
    assert hub.notifier.run() == 1
    assert hub.notifier.run() == 0
    assert ids(receiver) == ["n1"]
    [told] = hub.storage.deliveries.notices_of("i1")
    assert told["state"] == "sent"
    assert [(ok, detail) for _, ok, detail, _ in told["attempts"]] == [(True, "200")]


def test_ten_notifiers_at_once_send_each_notice_once(
    fresh_stores: Pair, hub: wiring.Services, make_services: ServicesFactory, receiver: Receiver
) -> None:
    channels = [add_webhook(hub, f"{receiver.url}/{number}") for number in range(5)]
    for number in range(60):
        owe(fresh_stores, channels[number % 5], f"n{number}")
    others = [make_services(fresh_stores, **_same(hub)).notifier for _ in range(10)]
    sent: list[int] = []
    threads = [threading.Thread(target=lambda one=one: sent.append(one.run())) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent.append(hub.notifier.run())  # what all of them left because others held places
    assert Counter(ids(receiver)) == Counter({f"n{number}": 1 for number in range(60)})
    assert sum(sent) == 60
    assert set(states(fresh_stores).values()) == {"sent"}


def _same(hub: wiring.Services) -> dict[str, object]:
    settings = hub.settings
    return {"outbound_allow": settings.outbound_allow, "encryption_keys": settings.encryption_keys}


def test_one_that_died_between_sending_and_settling_is_followed_by_the_same_id(
    fresh_stores: Pair, hub: wiring.Services, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(fresh_stores, add_webhook(hub, receiver.url), "n1")

    def die(*words: object, **more: object) -> bool:
        raise Unavailable("the process was killed here")

    with monkeypatch.context() as patch:
        patch.setattr(hub.storage.deliveries, "notice_settle", die)
        assert hub.notifier.run() == 0
    assert hub.notifier.run() == 0  # the lease holds
    due_now(fresh_stores)
    assert hub.notifier.run() == 1
    assert ids(receiver) == ["n1", "n1"]


def test_a_late_settlement_of_a_lost_lease_changes_nothing(
    fresh_stores: Pair, hub: wiring.Services, receiver: Receiver
) -> None:
    owe(fresh_stores, add_webhook(hub, receiver.url), "n1")
    deliveries = hub.storage.deliveries
    assert deliveries.notices_claim("first")
    due_now(fresh_stores)
    assert deliveries.notices_claim("second")
    assert not deliveries.notice_settle("n1", "first", ok=False, detail="late")
    assert deliveries.notice_settle("n1", "second", ok=True)
    assert states(fresh_stores) == {"n1": "sent"}


def test_what_failed_comes_again_later_and_is_told_in_order(
    fresh_stores: Pair, hub: wiring.Services, receiver: Receiver
) -> None:
    channel = add_webhook(hub, receiver.url)
    owe(fresh_stores, channel, "opened", incident="i1", seq=1, age=60)
    owe(fresh_stores, channel, "escalated", incident="i1", seq=2, kind="escalated", age=30)
    owe(fresh_stores, channel, "other", incident="i2", age=10)
    receiver.reply = lambda request: Reply(503 if request.headers["webhook-id"] == "opened" else 200)
    began = time.time()
    assert hub.notifier.run() == 1
    assert sorted(ids(receiver)) == ["opened", "other"]
    [(due,)] = fresh_stores.rows("select due_at from omv.notice where id = 'opened'")
    assert began + 10 <= due <= time.time() + 12
    receiver.reply = lambda request: Reply()
    due_now(fresh_stores)
    assert hub.notifier.run() == 2
    assert ids(receiver)[-2:] == ["opened", "escalated"]


def test_the_pauses_grow_and_are_never_shorter_than_was_asked_for() -> None:
    pauses = [pause_after(tries, "n") for tries in range(1, 9)]
    for pause, base in zip(pauses, [10, 30, 120, 600, 1_800, 1_800, 1_800, 1_800], strict=True):
        assert base <= pause <= base * 1.2
    assert pause_after(1, "n", 90.0) == 90.0
    assert pause_after(2, "a") != pause_after(2, "b")


def test_one_that_asks_for_a_pause_is_given_it(fresh_stores: Pair, hub: wiring.Services, receiver: Receiver) -> None:
    owe(fresh_stores, add_webhook(hub, receiver.url), "n1")
    receiver.reply = lambda request: Reply(429, headers=(("Retry-After", "77"),))
    began = time.time()
    hub.notifier.run()
    [(due,)] = fresh_stores.rows("select due_at from omv.notice")
    assert began + 77 <= due <= time.time() + 77


def test_a_receiver_that_is_gone_for_ever_switches_its_channel_off(
    fresh_stores: Pair, hub: wiring.Services, receiver: Receiver
) -> None:
    channel = add_webhook(hub, receiver.url)
    owe(fresh_stores, channel, "n1")
    [(before,)] = fresh_stores.rows("select rules_version from omv.sweep")
    receiver.reply = lambda request: Reply(410, b"gone")
    hub.notifier.run()
    found = hub.storage.deliveries.channel(channel)
    assert found is not None
    assert (found["enabled"], found["failing"]) == (False, "410 gone")
    assert fresh_stores.rows("select rules_version from omv.sweep") == [(before + 1,)]
    owe(fresh_stores, channel, "n2")
    hub.notifier.run()
    assert states(fresh_stores) == {"n1": "failed", "n2": "dropped"}


def test_what_is_too_old_expires(fresh_stores: Pair, hub: wiring.Services, receiver: Receiver) -> None:
    owe(fresh_stores, add_webhook(hub, receiver.url), "n1", age=21_700)
    assert hub.notifier.run() == 0
    assert states(fresh_stores) == {"n1": "expired"}
    assert receiver.requests == []


def test_an_opening_that_was_resolved_before_it_was_sent_wakes_nobody(
    fresh_stores: Pair, hub: wiring.Services, receiver: Receiver
) -> None:
    channel = add_webhook(hub, receiver.url)
    incident_row(fresh_stores, "over", resolved=True)
    owe(fresh_stores, channel, "opened", incident="over", seq=1, age=60)
    owe(fresh_stores, channel, "resolved", incident="over", seq=2, kind="resolved", age=30)
    fresh_stores.rows("insert into omv.decision values ('over', 1, %s, 'sent', 'matched', 1)", channel)
    assert hub.notifier.run() == 0
    assert states(fresh_stores) == {"opened": "dropped", "resolved": "dropped"}
    assert fresh_stores.rows("select verdict, reason from omv.decision") == [("skipped", "resolved_meanwhile")]


def test_a_resolution_of_what_was_told_is_told(fresh_stores: Pair, hub: wiring.Services, receiver: Receiver) -> None:
    channel = add_webhook(hub, receiver.url)
    incident_row(fresh_stores, "i1", resolved=False)
    owe(fresh_stores, channel, "opened", incident="i1", seq=1)
    assert hub.notifier.run() == 1
    fresh_stores.rows("update omv.incident set resolved_at = 3, state = 'resolved'")
    owe(fresh_stores, channel, "resolved", incident="i1", seq=2, kind="resolved")
    assert hub.notifier.run() == 1
    assert ids(receiver) == ["opened", "resolved"]


def test_one_that_somebody_tried_to_send_is_not_dropped(
    fresh_stores: Pair, hub: wiring.Services, receiver: Receiver
) -> None:
    """It may have arrived: then its resolution is owed too."""
    channel = add_webhook(hub, receiver.url)
    incident_row(fresh_stores, "i1", resolved=True)
    owe(fresh_stores, channel, "opened", incident="i1", seq=1)
    fresh_stores.rows("update omv.notice set lease = 'of a dead one', lease_until = 1")
    owe(fresh_stores, channel, "resolved", incident="i1", seq=2, kind="resolved")
    assert hub.notifier.run() == 2
    assert ids(receiver) == ["opened", "resolved"]


def test_slow_receivers_hold_nobody_for_longer_than_a_run(
    fresh_stores: Pair, hub: wiring.Services, receiver: Receiver
) -> None:
    """Twenty that never answer, with a fifth of the usual times; the one that answers is served all the same."""
    for number in range(20):
        owe(fresh_stores, add_webhook(hub, f"{receiver.url}/slow"), f"slow{number}", age=60)
    owe(fresh_stores, add_webhook(hub, f"{receiver.url}/quick"), "quick")
    let_go = threading.Event()

    def reply(request: Request) -> Reply | None:
        if request.path == "/slow":
            let_go.wait(60)
        return Reply()

    receiver.reply = reply
    notifier = Notifier(
        hub.storage.deliveries, hub.door, hub.vault.open, clock=hub.clock, run_seconds=FOR_EVER, send_seconds=0.8
    )
    began = time.monotonic()
    try:
        assert notifier.run() == 1
        assert time.monotonic() - began < FOR_EVER, "twenty times 0.8 s, one after another, is more"
    finally:
        let_go.set()
    assert states(fresh_stores)["quick"] == "sent"


def test_one_channel_does_not_take_all_places(fresh_stores: Pair, hub: wiring.Services, receiver: Receiver) -> None:
    busy, quiet = add_webhook(hub, receiver.url), add_webhook(hub, receiver.url)
    for number in range(20):
        owe(fresh_stores, busy, f"busy{number}", age=60)
    owe(fresh_stores, quiet, "quiet")
    claimed = hub.storage.deliveries.notices_claim("lease")
    assert Counter(one["channel"]["id"] for one in claimed) == {busy: 3, quiet: 1}


def test_a_database_that_is_away_disturbs_nobody(
    hub: wiring.Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*words: object) -> list[object]:
        raise Unavailable("Postgres did not answer")

    monkeypatch.setattr(hub.storage.deliveries, "notices_claim", away)
    assert hub.notifier.run() == 0
    assert "deliveries wait" in caplog.text


def test_a_secret_that_cannot_be_opened_is_tried_again(
    fresh_stores: Pair, hub: wiring.Services, make_services: ServicesFactory, receiver: Receiver
) -> None:
    owe(fresh_stores, add_webhook(hub, receiver.url), "n1")
    other = services_on(make_services, fresh_stores, encryption_keys=(key(),))
    assert other.notifier.run() == 0
    assert states(fresh_stores) == {"n1": "pending"}
    due_now(fresh_stores)
    assert hub.notifier.run() == 1


def test_a_message_has_links_that_were_signed_for_it(
    fresh_stores: Pair, hub: wiring.Services, receiver: Receiver
) -> None:
    channel = add_webhook(hub, receiver.url)
    owe(fresh_stores, channel, "n1", incident="i1")
    hub.notifier.run()
    data = json.loads(receiver.requests[0].body)["data"]
    assert data["link"] == "https://hub.example.org/#/alerts/i1"
    for name, wanted in (("ack_link", "acknowledge"), ("silence_link", "silence")):
        act = hub.act_links.read(data[name].partition("#")[2])
        assert (act.incident, act.act, act.channel) == ("i1", wanted, channel)


def test_the_sweep_delivers_what_is_owed_and_asks_for_nothing_else(
    fresh_stores: Pair, make_services: ServicesFactory, receiver: Receiver
) -> None:
    import api.cron.sweep as function

    hub = services_on(make_services, fresh_stores, install=True)
    headers = {"Authorization": f"Bearer {hub.settings.cron_secret}"}
    client = function.app.test_client()
    assert client.get("/api/cron/sweep", headers=headers).json["delivered"] == 0
    assert "notifier" not in hub.__dict__  # not even built
    owe(fresh_stores, add_webhook(hub, receiver.url), "n1")
    assert client.get("/api/cron/sweep", headers=headers).json["delivered"] == 1
    assert ids(receiver) == ["n1"]
