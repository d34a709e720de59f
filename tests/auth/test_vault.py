"""What is sealed can be opened, with any key that is still named, and by nobody else."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from lib.auth.vault import Vault
from lib.domain.errors import Unavailable

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = "https://hooks.example/비밀/canary"


def test_a_secret_comes_back_as_it_was_and_does_not_show() -> None:
    sealed = Vault([NEW]).seal(SECRET)
    assert Vault([NEW]).open(sealed) == SECRET
    assert "canary" not in sealed
    assert Vault([NEW]).seal(SECRET) != sealed


def test_keys_are_rotated_with_an_overlap() -> None:
    sealed = Vault([OLD]).seal(SECRET)
    both = Vault([NEW, OLD])
    assert both.open(sealed) == SECRET
    assert not both.is_newest(sealed)
    with pytest.raises(Unavailable, match="OPENMANAGER_ENCRYPTION_KEYS"):
        Vault([NEW]).open(sealed)
    again = both.reseal(sealed)
    assert both.is_newest(again)
    assert Vault([NEW]).open(again) == SECRET
    with pytest.raises(Unavailable):
        Vault([OLD]).open(again)


@pytest.mark.parametrize("change", [lambda s: s[:-6] + "AAAA==", lambda s: "", lambda s: "비밀", lambda s: s[:40]])
def test_what_was_changed_is_not_opened(change) -> None:  # type: ignore[no-untyped-def] # pytest's table
    vault = Vault([NEW])
    sealed = change(vault.seal(SECRET))
    for use in (vault.open, vault.reseal, vault.is_newest):
        with pytest.raises(Unavailable):
            use(sealed)


def test_without_keys_only_who_needs_one_is_told() -> None:
    vault = Vault([])
    for use in (vault.seal, vault.open, vault.reseal, vault.is_newest):
        with pytest.raises(Unavailable, match="OPENMANAGER_ENCRYPTION_KEYS is not set"):
            use("x")
