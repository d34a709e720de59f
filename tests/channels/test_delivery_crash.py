"""Deliveries that are killed at every step: each notice arrives, and none twice at a receiver that honours ids.

A fault ends the step as a killed process would: what was sent is sent, what was not written down is not. It strikes
also after the database has written and before anybody hears of it, and between the receiver's taking a message and its
answer.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from lib import wiring
from tests.channels.outbox import add_webhook, due_now, incident_row, owe, services_on, states
from tests.channels.receiver import Receiver, Reply, Request, receiving
from tests.real_stores import Pair, ServicesFactory

STEPS = (
    "claim:before", "claim:after", "settle:before", "settle:after", "send:before", "answer:lost", "answer:500",
    "answer:429", "opened:vault", "none",
)  # fmt: skip
LONG_RUNS = 1_000
NOTICES = 3


class Killed(BaseException):
    """As SIGKILL: no `except Exception` of the product may catch it."""


class Once:
    """Strikes the first time it is asked after it was set."""

    def __init__(self) -> None:
        self.step = "none"

    def strikes(self, step: str) -> bool:
        if self.step != step:
            return False
        self.step = "none"
        return True


@contextmanager
def faulty(hub: wiring.Services, once: Once) -> Iterator[None]:
    deliveries, notifier = hub.storage.deliveries, hub.notifier
    claim, settle, ask, open_secret = (
        deliveries.notices_claim, deliveries.notice_settle, hub.door.ask, notifier._open,
    )  # fmt: skip

    def around(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def faulted(*words: Any, **more: Any) -> Any:
            if once.strikes(f"{name}:before"):
                raise Killed
            answer = call(*words, **more)
            if once.strikes(f"{name}:after"):
                raise Killed
            return answer

        return faulted

    def opened(sealed: str) -> str:
        if once.strikes("opened:vault"):
            raise Killed
        return open_secret(sealed)

    deliveries.notices_claim = around("claim", claim)  # type: ignore[method-assign]
    deliveries.notice_settle = around("settle", settle)  # type: ignore[method-assign]
    hub.door.ask = around("send", ask)  # type: ignore[method-assign]
    notifier._open = opened
    try:
        yield
    finally:
        deliveries.notices_claim = claim  # type: ignore[method-assign]
        deliveries.notice_settle = settle  # type: ignore[method-assign]
        hub.door.ask = ask  # type: ignore[method-assign]
        notifier._open = open_secret


def trial(pair: Pair, hub: wiring.Services, receiver: Receiver, channel: str, seed: int) -> str:
    """Three notices of one incident, one or two faults, and then runs until nothing is owed. Gives the fault."""
    chance = random.Random(seed)
    once = Once()
    fault = STEPS[seed % len(STEPS)]
    incident = f"i{seed}"
    wanted = [f"{seed}-{number}" for number in range(NOTICES)]
    pair.rows("truncate omv.notice cascade")
    pair.rows("delete from omv.incident")
    incident_row(pair, incident, resolved=False)
    for number, notice in enumerate(wanted):
        kind = ("opened", "escalated", "resolved")[number]
        owe(pair, channel, notice, incident=incident, seq=number + 1, kind=kind, age=10.0 - number)
    receiver.requests.clear()

    def reply(request: Request) -> Reply | None:
        if once.strikes("answer:lost"):
            return None
        if once.strikes("answer:500"):
            return Reply(500)
        return Reply(429, headers=(("Retry-After", "1"),)) if once.strikes("answer:429") else Reply()

    receiver.reply = reply
    with faulty(hub, once):
        for turn in range(12):
            # Again a fault in the second run, somewhere else.
            once.step = fault if turn == 0 else chance.choice(STEPS) if turn == 1 else "none"
            with suppress(Killed):
                hub.notifier.run()
            due_now(pair)
            if set(states(pair).values()) == {"sent"}:
                break
    assert states(pair) == dict.fromkeys(wanted, "sent"), f"seed {seed}, {fault}"
    received = [request.headers["webhook-id"] for request in receiver.requests]
    shown = list(dict.fromkeys(received))  # a receiver that honours ids
    assert shown == wanted, f"seed {seed}, {fault}: not each once and in order"
    return fault


def run(pair: Pair, make: ServicesFactory, trials: int) -> Counter[str]:
    with receiving() as receiver:
        hub = services_on(make, pair)
        channel = add_webhook(hub, receiver.url)
        return Counter(trial(pair, hub, receiver, channel, seed) for seed in range(trials))


def test_a_notice_survives_a_fault_at_every_step(fresh_stores: Pair, make_services: ServicesFactory) -> None:
    assert run(fresh_stores, make_services, 2 * len(STEPS)).keys() == set(STEPS)


@pytest.mark.long
def test_a_thousand_crashes_lose_nothing_and_show_nothing_twice(
    fresh_stores: Pair, make_services: ServicesFactory
) -> None:
    found = run(fresh_stores, make_services, LONG_RUNS)
    print(f"{found.total()} runs of {NOTICES} notices: all delivered, none shown twice; by fault: {dict(found)}")
    assert sum(found.values()) == LONG_RUNS
