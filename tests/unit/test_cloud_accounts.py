"""OPENMANAGER_CLOUDS: what is written is read, every fault is named, and no fault repeats a value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.domain.clouds import read_accounts
from lib.settings import Settings, SettingsError

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PEM = "-----BEGIN PRIVATE KEY-----\n" + "QUJD" * 12 + "\nQUJD\n-----END PRIVATE KEY-----\n"
GUID = "0a1b2c3d-0000-4000-8000-0123456789ab"
AWS: dict[str, Any] = {
    "provider": "aws", "name": "본사", "key_id": "AKIAIOSFODNN7EXAMPLE", "secret": SECRET,
    "regions": ["ap-northeast-2"],
}  # fmt: skip
GOOGLE: dict[str, Any] = {
    "provider": "google", "name": "gcp", "projects": ["my-project-1", "example.com:old-project"],
    "service_account": {
        "type": "service_account", "project_id": "my-project-1", "private_key_id": "0a1b", "private_key": PEM,
        "client_email": "hub@my-project-1.iam.gserviceaccount.com", "client_id": "1234",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": "https://oauth2.googleapis.com/token",
    },
}  # fmt: skip
AZURE: dict[str, Any] = {
    "provider": "azure", "name": "az", "tenant": GUID, "client_id": GUID, "client_secret": "8Q~something-long",
    "subscriptions": [GUID],
}  # fmt: skip


def faults(*accounts: Any) -> list[str]:
    return read_accounts(json.dumps(accounts))[1]


def test_accounts_of_three_providers_are_read() -> None:
    role = {"role": "arn:aws:iam::210987654321:role/path/OpenManager", "external_id": "hub:42"}
    given = [{**AWS, **role, "tags": {"감시": "예"}, "every_minutes": 15}, GOOGLE, AZURE]
    (aws, google, azure), wrong = read_accounts(json.dumps(given))
    assert wrong == []
    assert (aws.sources, aws.every, aws.tags) == ({"aws:본사:ap-northeast-2": "ap-northeast-2"}, 900, {"감시": "예"})
    assert aws.fields["external_id"] == "hub:42"
    assert google.fields["client_email"].startswith("hub@")
    assert set(google.fields) == {"client_email", "private_key", "private_key_id", "token_uri"}
    assert google.scopes == ("my-project-1", "example.com:old-project")
    assert (azure.scopes, azure.every) == ((GUID,), 300)


def test_every_secret_is_known_for_concealing_and_none_is_printed() -> None:
    settings = Settings.from_environment(
        {
            "REDIS_URL": "redis://localhost", "DATABASE_URL": "postgresql://localhost/omv",
            "OPENMANAGER_CLOUDS": json.dumps([AWS, GOOGLE, AZURE]),
        }
    )  # fmt: skip
    assert {SECRET, PEM, "QUJD" * 12, "8Q~something-long"} <= set(settings.secrets)
    for secret in settings.secrets:
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("account", "fault"),
    [
        ({}, "provider is one of aws, google, azure"),
        ("aws", "provider is one of"),
        ({**AWS, "regions": []}, "regions is a list"),
        ({**AWS, "regions": ["seoul"]}, "regions is a list"),
        ({**AWS, "regions": ["x.evil.example/ap-northeast-2"]}, "regions is a list"),
        ({**AWS, "secret": ""}, "secret does not have the form"),
        ({key: value for key, value in AWS.items() if key != "secret"}, "secret is missing"),
        ({**AWS, "role": "OpenManager"}, "role does not have the form"),
        ({**AWS, "name": "a:b"}, "name is a text"),
        ({**AWS, "every_minutes": 1}, "every_minutes is a whole number from 5"),
        ({**AWS, "tags": ["x"]}, "tags is an object"),
        ({**AWS, "endpoint": "https://u:p@host/x"}, "endpoint is an address"),
        ({**AWS, "region": "ap-northeast-2"}, "there is no field 'region'"),
        ({**GOOGLE, "projects": ["../x"]}, "projects is a list"),
        ({**GOOGLE, "service_account": {}}, "private_key is missing"),
        ({**AZURE, "tenant": "contoso/x"}, "tenant does not have the form"),
        ({**AZURE, "subscriptions": "all"}, "subscriptions is a list"),
    ],
)
def test_a_fault_is_named_by_its_account_and_field(account: Any, fault: str) -> None:
    found = faults(account)
    assert any(one.startswith("account 1: ") and fault in one for one in found), found
    assert all(SECRET not in one and PEM not in one for one in found)


def test_what_is_no_list_of_accounts_is_refused() -> None:
    for text in ("{", "{}", "[]", "null", "[" * 100_000):
        assert read_accounts(text)[1], text[:10]
    assert "another of this provider has the same name" in faults(AWS, AWS)[0]
    with pytest.raises(SettingsError, match="OPENMANAGER_CLOUDS: account 1: secret does not have"):
        Settings.from_environment({"OPENMANAGER_CLOUDS": json.dumps([{**AWS, "secret": 1}])})
