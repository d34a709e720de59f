"""Cloud accounts as an operator writes them down (OPENMANAGER_CLOUDS), read and held to their form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_ACCOUNTS = 50
MOST_SCOPES = 50  # of one account
EVERY_MINUTES = 5
SHORTEST_MINUTES, LONGEST_MINUTES = 5, 60
MOST_TAGS = 10


@dataclass(frozen=True, slots=True)
class CloudAccount:
    """Where to ask and as whom. `scopes` are regions of AWS, projects of Google, subscriptions of Azure; `fields` are
    the account's own, its secrets among them."""

    provider: str
    name: str
    scopes: tuple[str, ...]
    fields: Mapping[str, str] = field(repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)  # only machines that carry all of them
    every: int = 60 * EVERY_MINUTES  # seconds
    endpoint: str | None = None  # where to ask instead of the provider's own address

    @property
    def sources(self) -> dict[str, str]:
        """{id: scope} of what is asked by itself."""
        return {f"{self.provider}:{self.name}:{scope}": scope for scope in self.scopes}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be written anywhere."""
        found = [self.fields[name] for name in SECRET_FIELDS if name in self.fields]
        # A key in PEM may be written anywhere line by line.
        lines = [line for one in found if "\n" in one for line in one.splitlines() if len(line) > SHORTEST_LINE]
        return (*found, *lines)


SECRET_FIELDS = ("secret", "private_key", "client_secret")
SHORTEST_LINE = 30
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NAME = re.compile(r"[\w][\w .@+-]{0,49}")
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")
_TEXT = re.compile(r"\S{8,500}")


@dataclass(frozen=True, slots=True)
class _Form:
    """What an account of a provider has: its scopes under a name, fields that must be and that may be there."""

    scopes: str
    scope: re.Pattern[str]
    needed: Mapping[str, re.Pattern[str]]
    allowed: Mapping[str, re.Pattern[str]] = field(default_factory=dict)


_FORMS = {
    "aws": _Form(
        "regions",
        re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d{1,2}"),
        {"key_id": re.compile(r"[A-Z0-9]{16,128}"), "secret": re.compile(r"[A-Za-z0-9/+=]{16,128}")},
        {
            "role": re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,500}", re.ASCII),
            "external_id": re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII),
        },
    ),
    "google": _Form(
        "projects",
        re.compile(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"),
        {
            "client_email": re.compile(r"[^\s@]{1,200}@[^\s@]{1,200}"),
            "private_key": re.compile(r"-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PRIVATE KEY-----\n?"),
        },
        {
            "token_uri": re.compile(r"https?://[A-Za-z0-9.:-]+/[\w/.-]*", re.ASCII),
            "private_key_id": re.compile(r"[0-9a-f]{1,80}"),
        },
    ),
    "azure": _Form("subscriptions", _GUID, {"tenant": _GUID, "client_id": _GUID, "client_secret": _TEXT}),
}
PROVIDERS = tuple(_FORMS)


def read_accounts(text: str) -> tuple[tuple[CloudAccount, ...], list[str]]:
    """The accounts of a JSON list, and what is wrong with it; no fault repeats a value."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return (), ["is no JSON: write a list of accounts, as docs/clouds.md shows it"]
    if not isinstance(given, list) or not 0 < len(given) <= MOST_ACCOUNTS:
        return (), [f"is a list of 1 to {MOST_ACCOUNTS} accounts"]
    found: list[CloudAccount] = []
    faults: list[str] = []
    for number, one in enumerate(given, 1):
        account, wrong = _account(one)
        faults += [f"account {number}: {fault}" for fault in wrong]
        if account is not None and any(
            (known.provider, known.name) == (account.provider, account.name) for known in found
        ):
            faults.append(f"account {number}: another of this provider has the same name")
        elif account is not None:
            found.append(account)
    return tuple(found), faults


def _account(given: object) -> tuple[CloudAccount | None, list[str]]:
    if not isinstance(given, dict) or given.get("provider") not in _FORMS:
        return None, [f"provider is one of {', '.join(_FORMS)}"]
    form = _FORMS[given["provider"]]
    rest = {name: value for name, value in given.items() if name != "provider"}
    key_file = rest.pop("service_account", None)
    if isinstance(key_file, dict) and form is _FORMS["google"]:
        # Google's key file as it was downloaded. It names ids and addresses besides that nothing here needs.
        rest |= {name: value for name, value in key_file.items() if name in {**form.needed, **form.allowed}}
    faults: list[str] = []
    name = rest.pop("name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        faults.append("name is a text of 1 to 50 letters, digits, spaces or . _ @ + -")
    scopes = _scopes(rest.pop(form.scopes, None), form, faults)
    tags = _tags(rest.pop("tags", {}), faults)
    every = rest.pop("every_minutes", EVERY_MINUTES)
    if type(every) is not int or not SHORTEST_MINUTES <= every <= LONGEST_MINUTES:
        faults.append(f"every_minutes is a whole number from {SHORTEST_MINUTES} to {LONGEST_MINUTES}")
        every = EVERY_MINUTES
    endpoint = rest.pop("endpoint", None)
    if endpoint is not None and not (isinstance(endpoint, str) and _URL.fullmatch(endpoint)):
        faults.append("endpoint is an address that begins with https:// or http:// and ends with the host or port")
    fields = _fields(rest, form, faults)
    if faults:
        return None, faults
    return CloudAccount(given["provider"], str(name), scopes, fields, tags, 60 * every, endpoint), []


def _scopes(given: object, form: _Form, faults: list[str]) -> tuple[str, ...]:
    those = given if isinstance(given, list) else []
    if not 0 < len(those) <= MOST_SCOPES or not all(
        isinstance(one, str) and form.scope.fullmatch(one) for one in those
    ):
        faults.append(f"{form.scopes} is a list of 1 to {MOST_SCOPES} of them")
        return ()
    return tuple(dict.fromkeys(those))


def _tags(given: object, faults: list[str]) -> dict[str, str]:
    pairs: dict[Any, Any] = given if isinstance(given, dict) else {None: None}
    if len(pairs) > MOST_TAGS or not all(
        isinstance(one, str) and 0 < len(one) <= 256 for pair in pairs.items() for one in pair
    ):
        faults.append(f"tags is an object of up to {MOST_TAGS} names and values")
        return {}
    return dict(pairs)


def _fields(given: Mapping[str, object], form: _Form, faults: list[str]) -> dict[str, str]:
    forms = {**form.needed, **form.allowed}
    faults += [f"{name} is missing" for name in form.needed if name not in given]
    faults += [f"there is no field {name[:40]!r}" for name in given if name not in forms]
    faults += [
        f"{name} does not have the form it should have"
        for name, value in given.items()
        if name in forms and not (isinstance(value, str) and forms[name].fullmatch(value))
    ]
    return {name: value for name, value in given.items() if isinstance(value, str)}
