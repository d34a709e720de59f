"""The longer run over docs/openapi.yaml (`make test-long`): everybody who could ask, and more than test_openapi.py
tries every time. What it finds becomes a case there or beside the code."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from tests.api import admitted as admitted_module
from tests.api.admitted import KEYS, PEOPLE, Admitted, admitted, unhashed
from tests.api.paper_hub import CONFORMANCE, FORGIVING, LENIENT, OPERATIONS
from tests.api.test_openapi import CASES
from tests.channels.outbox import key
from tests.real_stores import Pair, ServicesFactory

pytestmark = pytest.mark.long

EXAMPLES = 6  # for each caller and each kind of data
EXAMPLES_OF_THE_ADMIN = 100
CALLERS = ("nobody", "garbage", "cron", *PEOPLE, *KEYS)


@pytest.fixture(scope="module")
def hub(module_stores: Pair) -> Iterator[Admitted]:
    factory = ServicesFactory()
    patch = pytest.MonkeyPatch()
    try:
        unhashed(patch.setattr)
        # Hypothesis tries the constants of a program, and a right guess would change it.
        patch.setattr(admitted_module, "PASSWORD", secrets.token_urlsafe(24))
        yield admitted(module_stores, factory(module_stores, install=True, encryption_keys=(key(),)))
    finally:
        patch.undo()
        factory.close()


def headers(hub: Admitted, who: str) -> dict[str, str]:
    """A new sign-in, as if nobody had asked for anything before."""
    with hub.pair.redis() as client:
        for key in client.scan_iter("omv:limit:*"):
            client.delete(key)
    for one in ("accounts", "limits"):
        hub.services.__dict__.pop(one, None)
    return hub.bearer(who)


def exactly(examples: int) -> Any:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize(("label", "mode"), CASES, ids=lambda one: getattr(one, "value", one))
def test_whoever_sends_whatever_is_answered_as_the_paper_says(
    hub: Admitted, label: str, mode: GenerationMode, who: str
) -> None:
    judged = [checks.positive_data_acceptance] if mode.is_positive and label not in LENIENT else []
    judged += [checks.negative_data_rejection] if mode.is_negative and label not in FORGIVING else []
    sent = headers(hub, who)
    if label == "GET /api/health":
        hub.services.sweeper.run()  # which nobody does here, and without it the hub is not well

    @exactly(4 if label == "POST /api/auth/login" else EXAMPLES_OF_THE_ADMIN if who == "admin" else EXAMPLES)
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        response = case.call(headers=sent)
        case.validate_response(response, checks=CONFORMANCE + judged)

    send()
