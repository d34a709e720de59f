"""Notes on refused senders: why, without anything of a secret; and few, whoever knocks how often."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from lib.auth import agent_keys, attempts
from lib.auth.attempts import OF_ALL, OF_NETWORK, PLACES, REASONS, Attempt, Refused, Shape, reason_of
from lib.auth.limiter import LocalLimits
from lib.domain.errors import Unavailable

ROOT = Path(__file__).resolve().parents[2]
OURS = agent_keys.mint().secret
SENDER = Refused(1_000.0, "key_ours", 401, "/api/v2/write", "unknown", "203.0.113.7", "Telegraf/1.30", "omv_live_Ab3d")


class Places:
    """A store of notes, in memory."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.commands = 0

    def keep(self, place: int, text: str) -> None:
        self.commands += 1
        self.texts[place] = text

    def kept(self, places: int) -> list[str]:
        return [self.texts[place] for place in range(places) if place in self.texts]


@pytest.mark.parametrize(
    ("secret", "shape"),
    [
        ("", "none"),
        (OURS, "ours"),
        (OURS[:-1], "mistyped"),
        (OURS[:20] + ("a" if OURS[20] != "a" else "b") + OURS[21:], "mistyped"),
        (f'"{OURS}"', "mistyped"),
        ("omv_live_...", "placeholder"),
        ("omv_live_Ab3d…", "placeholder"),
        ("$OPENMANAGER_KEY", "placeholder"),
        ("${INFLUX_TOKEN}", "placeholder"),
        ("glsa_0123456789", "foreign"),
    ],
)
def test_what_was_sent_as_a_key_is_told_by_its_form(secret: str, shape: str) -> None:
    assert attempts.shape_of(secret) == shape


def test_nothing_of_a_secret_is_kept_but_what_the_list_of_keys_shows() -> None:
    assert attempts.hint_of(OURS) == OURS[:13]
    assert attempts.hint_of("glsa_another-products-token") == ""
    assert attempts.hint_of(f'"{OURS}"') == ""


@pytest.mark.parametrize(
    ("attempt", "status", "reason"),
    [
        (Attempt("addresses"), 403, "address_list"),
        (Attempt("addresses"), 401, "no_key"),
        (Attempt("key", "ours"), 401, "key_ours"),
        (Attempt("key", "placeholder"), 401, "key_placeholder"),
        (Attempt("key", "ours"), 503, None),
        (Attempt("network", "ours"), 403, "key_network"),
        (Attempt("scope", "ours"), 403, "key_scope"),
        (Attempt("body", "ours"), 403, "key_server"),
        (Attempt("body", "ours"), 404, "no_check"),
        (Attempt("body", "ours"), 400, "unreadable"),
        (Attempt("body", "ours", off=7_200.0), 400, "clock"),
        (Attempt("body", "ours", names=["go_threads"]), 400, "nothing_mapped"),
        (Attempt("body", "ours"), 413, "unreadable"),
        (Attempt("body", "ours"), 415, "unreadable"),
        (Attempt("body", "ours"), 429, None),
        (Attempt("body", "ours"), 500, None),
    ],
)
def test_a_refusal_is_told_by_how_far_the_sender_came(attempt: Attempt, status: int, reason: str | None) -> None:
    assert reason_of(attempt, status) == reason


@pytest.mark.parametrize("billed", [False, True])
def test_a_flood_of_strangers_costs_few_commands_and_fills_nothing(billed: bool) -> None:
    store = Places()
    now = [0.0]
    limits = LocalLimits(lambda: now[0])
    for n in range(6_000):  # ten minutes, ten a second, each from another network
        now[0] = n / 10
        attempts.note(store, limits, replace(SENDER, address=f"10.0.{n // 250}.{n % 250}"), billed=billed)
    assert store.commands <= (20 if billed else OF_ALL.quota * 11)
    assert len(store.texts) <= PLACES


def test_one_network_cannot_crowd_out_the_others() -> None:
    store = Places()
    limits = LocalLimits(lambda: 0.0)
    for n in range(1_000):
        attempts.note(store, limits, replace(SENDER, address="198.51.100.9", reason=REASONS[n % 14]), billed=False)
    assert store.commands == OF_NETWORK.quota
    assert attempts.note(store, limits, SENDER, billed=False)
    assert SENDER in attempts.recent(store)


def test_of_one_network_no_kind_of_refusal_hides_another() -> None:
    store = Places()
    for reason in REASONS:
        assert attempts.note(store, LocalLimits(), replace(SENDER, reason=reason), billed=False)
    assert {one.reason for one in attempts.recent(store)} == set(REASONS)


def test_every_reason_is_on_paper_and_has_its_place() -> None:
    paper = (ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8")
    assert f"enum: [{', '.join(REASONS)}]" in paper
    found = {reason_of(Attempt("key", shape), 401) for shape in get_args(Shape.__value__)}
    assert found <= set(REASONS)


def test_notes_come_back_newest_first_and_foreign_ones_are_left_out() -> None:
    store = Places()
    limits = LocalLimits(lambda: 0.0)
    later = replace(SENDER, at=2_000.0, address="198.51.100.9")
    for one in (SENDER, later):
        assert attempts.note(store, limits, one, billed=False)
    store.texts[60], store.texts[61] = json.dumps({"from": "another version"}), "no JSON"
    assert attempts.recent(store) == [later, SENDER]


def test_a_store_that_is_away_keeps_no_note_and_hurts_nobody() -> None:
    class Away(Places):
        def keep(self, place: int, text: str) -> None:
            raise Unavailable("no Redis")

    assert not attempts.note(Away(), LocalLimits(), SENDER, billed=False)
