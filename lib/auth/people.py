"""People: who has an account, in which role, and which servers they see. Only admins come here.

That an enabled admin is always left is settled in SQL, where two who remove each other at once meet.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from lib.auth import passwords
from lib.auth.accounts import Accounts, clean_email
from lib.auth.keyring import clean_tags
from lib.domain.access import ROLES
from lib.domain.errors import BadInput, NotFound
from lib.domain.moments import iso
from lib.storage.port import Access

MOST_NAME = 100
_TIMES = ("created_at", "signed_in_at")


class People:
    def __init__(self, access: Access, accounts: Accounts) -> None:
        self._access = access
        self._accounts = accounts

    def everybody(self) -> list[dict[str, Any]]:
        return [_shown(account) for account in self._access.account_list()]

    def create(
        self,
        email: str,
        role: str,
        *,
        name: str = "",
        tags: Sequence[str] | None = None,
        password: str | None = None,
    ) -> tuple[dict[str, Any], str | None]:
        """(the account, the password where it was generated). Raises BadInput, and Conflict for an address that has an
        account."""
        address = clean_email(email)
        if address is None:
            raise BadInput("this is no e-mail address", pointer="/email")
        document = {
            "email": address, "name": _name(name or address.partition("@")[0][:MOST_NAME]), "role": _role(role),
            "tags": clean_tags(tags),
        }  # fmt: skip
        if role == "admin" and tags is not None:
            raise BadInput("an admin sees every server: tags are for viewers and operators", pointer="/tags")
        chosen = password or passwords.generated()
        account = self._access.account_create({**document, "password": passwords.hash_of(chosen)})
        return _shown(account), None if password else chosen

    def change(self, account_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Set what is given of name, role, tags and disabled; it acts within a minute. Disabling ends every session.
        Raises BadInput, NotFound, and Conflict for the last enabled admin."""
        clean = dict(changes)
        if "name" in clean:
            clean["name"] = _name(clean["name"])
        if "role" in clean:
            _role(clean["role"])
        if "tags" in clean:
            clean["tags"] = clean_tags(clean["tags"])
        account = self._access.account_change(known_id(account_id), clean)
        if account is None:
            raise _unknown()
        self._accounts.forget_account(account["id"])
        return _shown(account)

    def delete(self, account_id: str) -> None:
        """The account and its sessions; keys it made stay. Raises NotFound, and Conflict for the last enabled admin."""
        if not self._access.account_delete(known_id(account_id)):
            raise _unknown()
        self._accounts.forget_account(known_id(account_id))

    def set_password(self, account_id: str, password: str | None) -> str | None:
        """For somebody who lost theirs; ends every session. Gives the password where it was generated."""
        chosen = password or passwords.generated()
        if self._access.account_password(known_id(account_id), passwords.hash_of(chosen)) is None:
            raise _unknown()
        self._accounts.forget_account(known_id(account_id))
        return None if password else chosen

    def end_sessions(self, account_id: str) -> None:
        self._accounts.end_sessions(known_id(account_id))


def known_id(text: str) -> str:
    """An account's id as the store writes it. Raises NotFound for what can be none."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise _unknown() from None


def _unknown() -> NotFound:
    return NotFound("there is no such account")


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not (0 < len(name) <= MOST_NAME and name.isprintable()):
        raise BadInput(f"a name has 1 to {MOST_NAME} characters", pointer="/name")
    return name


def _role(text: str) -> str:
    if text not in ROLES:
        raise BadInput("a role is one of " + ", ".join(ROLES), pointer="/role")
    return text


def _shown(account: dict[str, Any]) -> dict[str, Any]:
    return {name: iso(value) if name in _TIMES and value is not None else value for name, value in account.items()}
