"""Accounts on a store that is told what to answer: what is remembered, how long, and what when the store is away."""

from __future__ import annotations

from typing import Any

import pytest

from lib.auth import passwords
from lib.auth.accounts import FRESH_SECONDS, RETRY_SECONDS, STALE_SECONDS, Accounts, clean_email
from lib.domain.errors import BadInput, Throttled, Unauthenticated, Unavailable

SECRET = "a-secret-of-more-than-thirty-two-characters"
PASSWORD = "correct horse battery"
HASH = passwords.hash_of(PASSWORD)


class Store:
    """Answers what it is told, and counts."""

    def __init__(self) -> None:
        self.account: dict[str, Any] | None = {
            "id": "account-1", "email": "ada@example.org", "name": "ada", "role": "operator", "tags": None,
            "session_epoch": 3,
        }  # fmt: skip
        self.is_away = False
        self.opens = True
        self.asked = 0
        self.opened: list[dict[str, object]] = []

    def account_sign_in(self, email: str) -> dict[str, Any]:
        known = self.account and self.account["email"] == email
        return {"account": {**self.account, "password": HASH} if known and self.account else None, "any": True}

    def session_open(self, document: dict[str, object]) -> float | None:
        self.opened.append(document)
        return 2_000_000_000.0 if self.opens else None

    def session_account(self, session: str) -> dict[str, Any] | None:
        self.asked += 1
        if self.is_away:
            raise Unavailable("the store is away")
        return self.account


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(store: Store, clock: Clock) -> Accounts:
    return Accounts(store, SECRET, monotonic=clock)  # type: ignore[arg-type] # the part of a store that is asked here


@pytest.fixture
def token(accounts: Accounts) -> str:
    return accounts.login("ada@example.org", PASSWORD).access_token


def test_who_just_signed_in_is_known_without_asking(accounts: Accounts, store: Store, token: str) -> None:
    principal = accounts.principal(token)
    assert (principal.kind, principal.id, principal.role) == ("user", "account-1", "operator")
    assert (principal.name, principal.email) == ("ada", "ada@example.org")
    assert store.asked == 0


def test_a_change_acts_when_the_memory_is_no_longer_fresh(
    accounts: Accounts, store: Store, clock: Clock, token: str
) -> None:
    assert store.account is not None
    store.account = {**store.account, "role": "viewer"}
    clock.now += FRESH_SECONDS - 0.1
    assert accounts.principal(token).role == "operator"
    clock.now += 0.1
    assert accounts.principal(token).role == "viewer"
    assert store.asked == 1


def test_an_account_that_is_gone_is_gone(accounts: Accounts, store: Store, clock: Clock, token: str) -> None:
    store.account = None
    clock.now += FRESH_SECONDS
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            accounts.principal(token)
    assert store.asked == 1


def test_while_the_store_is_away_memory_serves_a_minute_in_all(
    accounts: Accounts, store: Store, clock: Clock, token: str
) -> None:
    store.is_away = True
    clock.now += FRESH_SECONDS
    for _ in range(10):
        assert accounts.principal(token).role == "operator"
    assert store.asked == 1
    clock.now += RETRY_SECONDS
    accounts.principal(token)
    assert store.asked == 2
    clock.now += STALE_SECONDS - FRESH_SECONDS - RETRY_SECONDS
    with pytest.raises(Unavailable):
        accounts.principal(token)


def test_a_token_of_another_account_than_its_session_is_refused(accounts: Accounts, store: Store) -> None:
    forged = accounts._tokens.issue("account-2", "session-1")
    with pytest.raises(Unauthenticated):
        accounts.principal(forged)


def test_memory_holds_no_password_and_is_bounded(
    accounts: Accounts, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert HASH not in repr(accounts._known)
    monkeypatch.setattr("lib.auth.accounts.MOST_KNOWN", 5)
    for number in range(20):
        accounts.principal(accounts._tokens.issue("account-1", f"session-{number}"))
    assert len(accounts._known) == 5


def test_a_password_changed_during_the_sign_in_does_not_sign_in(accounts: Accounts, store: Store) -> None:
    store.opens = False
    with pytest.raises(Unauthenticated):
        accounts.login("ada@example.org", PASSWORD)


def test_a_throttled_attempt_costs_no_verification(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def never(password: str, stored: str | None) -> bool:
        checked.append(password)
        return False

    monkeypatch.setattr(passwords, "matches", never)
    refusals: list[type[Exception]] = []
    for number in range(12):
        try:
            accounts.login("ada@example.org", f"guess {number}")
        except (Unauthenticated, Throttled) as error:
            refusals.append(type(error))
    assert refusals.count(Unauthenticated) == len(checked) < 12
    assert refusals[-1] is Throttled


def test_what_a_browser_calls_itself_is_cut_and_cleaned(accounts: Accounts, store: Store) -> None:
    accounts.login("ada@example.org", PASSWORD, user_agent="Mozilla\r\n\0\u202e" + "x" * 900)
    kept = str(store.opened[-1]["user_agent"])
    assert kept.startswith("Mozillax")
    assert len(kept) == 200


def test_what_is_given_to_a_browser_is_not_shown_in_a_log(accounts: Accounts) -> None:
    given = accounts.login("ada@example.org", PASSWORD)
    assert given.access_token not in repr(given)
    assert given.refresh_token not in repr(given)


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" Ada@Example.ORG ", "ada@example.org"),
        ("admin@localhost", "admin@localhost"),
        ("김@예시.한국", "김@예시.한국"),
        ("a+b@x.y", "a+b@x.y"),
        ("", None),
        ("ada", None),
        ("@x", None),
        ("x@", None),
        ("a b@x", None),
        ("a\u202eb@x", None),
        ("a\0@x", None),
        ("x" * 250 + "@x.yz", None),
    ],
)
def test_an_address_has_one_form(text: str, email: str | None) -> None:
    assert clean_email(text) == email


def test_no_first_admin_without_an_address(accounts: Accounts, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "account_any", lambda: False, raising=False)
    with pytest.raises(BadInput):
        accounts.ensure_first_admin("nobody")
