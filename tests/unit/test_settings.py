"""The environment: read once, every fault told at once, secrets out of sight."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable

import pytest

from lib.settings import Settings, SettingsError

LONG = "0123456789abcdef0123456789abcdef"
OTHER = LONG.replace("0", "x")
LOCAL = {"REDIS_URL": "redis://localhost", "DATABASE_URL": "postgresql://localhost/omv"}
VERCEL = {
    "VERCEL": "1",
    "KV_REST_API_URL": "https://eu1.upstash.example",
    "KV_REST_API_TOKEN": "token-of-redis",
    "SUPABASE_URL": "https://p.supabase.example/",
    "SUPABASE_SECRET_KEY": "sb_secret_1",
    "OPENMANAGER_JWT_SECRET": LONG,
    "CRON_SECRET": LONG[::-1],
    "VERCEL_PROJECT_PRODUCTION_URL": "hub.example.org",
}


def read(*environments: dict[str, str], **more: str) -> Settings:
    whole: dict[str, str] = {}
    for one in environments:
        whole |= one
    return Settings.from_environment({**whole, **more})


def test_nothing_set_names_both_stores_at_once() -> None:
    with pytest.raises(SettingsError) as refusal:
        read()
    assert "UPSTASH_REDIS_REST_URL" in str(refusal.value)
    assert "DATABASE_URL" in str(refusal.value)


def test_every_fault_is_told_in_one_message() -> None:
    with pytest.raises(SettingsError) as refusal:
        read(
            VERCEL="1",
            KV_REST_API_URL="https://redis.example",
            SUPABASE_URL="https://p.supabase.example",
            CRON_SECRET="short",
            OPENMANAGER_RETENTION_RAW_DAYS="7",
            OPENMANAGER_REDIS_BILLED="maybe",
            OPENMANAGER_BASE_URL="hub.example.org",
            OPENMANAGER_ADMIN_PASSWORD="short",
        )
    told = str(refusal.value)
    for name in (
        "UPSTASH_REDIS_REST_TOKEN", "SUPABASE_SERVICE_ROLE_KEY", "CRON_SECRET", "OPENMANAGER_JWT_SECRET",
        "OPENMANAGER_RETENTION_RAW_DAYS", "OPENMANAGER_REDIS_BILLED", "OPENMANAGER_BASE_URL",
        "OPENMANAGER_ADMIN_PASSWORD",
    ):  # fmt: skip
        assert name in told


def test_a_local_pair_of_stores_is_enough_on_a_desk() -> None:
    found = read(LOCAL)
    assert found.redis_url == "redis://localhost"
    assert not found.redis_billed
    assert not found.production
    assert not found.trusted_proxy
    assert found.cron_secret is None
    assert found.retention["raw_days"] == 14


def test_the_marketplaces_names_are_enough_on_the_platform() -> None:
    found = read(VERCEL)
    assert found.redis_rest_url == "https://eu1.upstash.example"
    assert found.redis_billed
    assert found.supabase_rest_url == "https://p.supabase.example/rest/v1"
    assert found.base_url == "https://hub.example.org"
    assert found.production
    assert found.trusted_proxy


@pytest.mark.parametrize("missing", ["OPENMANAGER_JWT_SECRET", "CRON_SECRET"])
def test_the_platform_is_not_started_without_a_secret(missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        read({name: value for name, value in VERCEL.items() if name != missing})


@pytest.mark.parametrize("secret", ["x" * 31, "changeme" * 8, "your-secret-goes-here-your-secret-goes", " " * 40])
def test_nor_with_a_short_or_a_written_example_of_one(secret: str) -> None:
    with pytest.raises(SettingsError, match="OPENMANAGER_JWT_SECRET"):
        read(VERCEL, OPENMANAGER_JWT_SECRET=secret)


@pytest.mark.parametrize("secret", ["x" * 40, "abcabc" * 8, "changeme" * 8, "my-secret-of-production-0123456789abcdef"])
def test_nowhere_is_a_secret_taken_that_is_none(secret: str) -> None:
    with pytest.raises(SettingsError, match="CRON_SECRET is a placeholder"):
        read(LOCAL, CRON_SECRET=secret)


def test_each_place_has_a_secret_of_its_own() -> None:
    with pytest.raises(SettingsError, match="OPENMANAGER_JWT_SECRET is the same as CRON_SECRET"):
        read(VERCEL, CRON_SECRET=LONG)


@pytest.mark.parametrize("password", ["password123", "ChangeMe!!!!", "1234567890", "aaaaaaaaaaaa", "Admin-2026!!"])
def test_the_first_admin_has_no_password_that_is_tried_first(password: str) -> None:
    with pytest.raises(SettingsError, match="anybody would try"):
        read(VERCEL, OPENMANAGER_ADMIN_PASSWORD=password)


def test_nor_anywhere_but_on_a_desk_of_ones_own() -> None:
    with pytest.raises(SettingsError, match="anybody would try"):
        read(LOCAL, OPENMANAGER_ADMIN_PASSWORD="password123")
    assert Settings.from_environment({**LOCAL, "OPENMANAGER_ADMIN_PASSWORD": "password123"}, on_a_desk=True)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("OPENMANAGER_ADMIN_PASSWORD", "CRON_SECRET"),
        ("OPENMANAGER_JWT_SECRET", "KV_REST_API_TOKEN"),
        ("CRON_SECRET", "SUPABASE_SECRET_KEY"),
        ("OPENMANAGER_JWT_SECRET", "OPENMANAGER_ENCRYPTION_KEYS"),
    ],
)
def test_no_two_places_share_a_secret(name: str, other: str) -> None:
    secret = base64.urlsafe_b64encode(os.urandom(32)).decode()
    with pytest.raises(SettingsError, match="is the same as") as refusal:
        read(VERCEL, **{name: secret, other: secret})
    assert secret not in str(refusal.value)
    assert str(refusal.value).count("\n- ") == 1


@pytest.mark.parametrize(
    "url",
    [
        "redis://:canary/y@h:6379", "redis://:12/canary@h:6379", "redis://:canary#y@h", "redis://:canary?y@h",
        "redis://:[canary@h", "redis://h:canary", "http://:canary@h", "canary",
    ],
)  # fmt: skip
def test_a_store_is_called_by_an_address_and_a_wrong_one_is_not_repeated(url: str) -> None:
    database = url.replace("redis", "postgresql")
    with pytest.raises(SettingsError) as refusal:
        read(REDIS_URL=url, DATABASE_URL=database)
    told = str(refusal.value)
    assert "REDIS_URL is an address" in told
    assert "DATABASE_URL is an address" in told
    assert "canary" not in told


@pytest.mark.parametrize(
    ("redis", "database"),
    [
        ("rediss://default:p%2Fw@h:6379/1", "postgres://u:p%40w@h:5432/d?sslmode=verify-full"),
        ("unix:///run/a@b/redis.sock?db=3", "postgresql://u@/d?host=/run/postgresql"),
        ("redis://:p@ss@h", "postgresql://u@[2001:db8::1]:5432/d"),
    ],
)
def test_every_form_of_a_stores_address_is_taken(redis: str, database: str) -> None:
    found = read(REDIS_URL=redis, DATABASE_URL=database)
    assert (found.redis_url, found.database_url) == (redis, database)


def test_what_is_concealed_is_a_password_in_both_its_forms() -> None:
    found = read(REDIS_URL="redis://:one%2Ftwo@h", DATABASE_URL="postgresql://u:three@h/d")
    assert {"one%2Ftwo", "one/two", "three"} <= set(found.secrets)


def test_a_passphrase_of_ones_own_is_taken() -> None:
    assert read(VERCEL, OPENMANAGER_ADMIN_PASSWORD="administrators love tea").admin_password


def test_address_lists_are_networks() -> None:
    found = read(
        LOCAL,
        OPENMANAGER_ALLOW_USERS="10.0.0.0/8 fd00::/8",
        OPENMANAGER_ALLOW_KEYS="192.0.2.7",
        OPENMANAGER_DENY="::ffff:198.51.100.0/120,2001:db8::/32\n203.0.113.9",
    )
    assert [str(one) for one in found.allow_users] == ["10.0.0.0/8", "fd00::/8"]
    assert [str(one) for one in found.allow_keys] == ["192.0.2.7/32"]
    assert [str(one) for one in found.deny] == ["198.51.100.0/24", "2001:db8::/32", "203.0.113.9/32"]
    assert found.allow_cron == ()


def test_an_address_list_that_cannot_be_read_stops_the_start() -> None:
    """Taken as empty, a list with a slip of the pen would let everybody in."""
    with pytest.raises(SettingsError) as refusal:
        read(
            LOCAL, OPENMANAGER_DENY="10.0.0.1/8", OPENMANAGER_ALLOW_CRON="vercel", OPENMANAGER_ALLOW_USERS="10.0.0.0/8"
        )
    told = str(refusal.value)
    assert "OPENMANAGER_DENY" in told
    assert "OPENMANAGER_ALLOW_CRON" in told
    assert "OPENMANAGER_ALLOW_USERS" not in told


@pytest.mark.parametrize(
    "text", ["10.0.0.0/255.0.0.0", "10.0.0.0/0.255.255.255", "fe80::%eth0/10", "10.0.0.0/", "::/0/0"]
)
def test_what_only_python_takes_for_a_network_is_none(text: str) -> None:
    """The edge reads the same lists, in another language."""
    with pytest.raises(SettingsError, match="OPENMANAGER_DENY"):
        read(LOCAL, OPENMANAGER_DENY=f"192.0.2.0/24 {text}")


def test_a_database_url_goes_before_a_supabase_project() -> None:
    found = read(VERCEL, DATABASE_URL="postgresql://elsewhere/omv")
    assert (found.database_url, found.supabase_rest_url) == ("postgresql://elsewhere/omv", "")


def test_the_marketplaces_postgres_url_does_not_take_supabases_place() -> None:
    assert read(VERCEL, POSTGRES_URL="postgresql://pooler/omv").database_url is None
    assert read({"REDIS_URL": "redis://x", "POSTGRES_URL": "postgresql://p/omv"}).database_url == "postgresql://p/omv"


@pytest.mark.parametrize(("text", "billed"), [("1", True), ("0", False), ("yes", True), ("OFF", False)])
def test_who_pays_by_command_can_be_said(text: str, billed: bool) -> None:
    assert read(VERCEL, OPENMANAGER_REDIS_BILLED=text).redis_billed is billed
    assert read(LOCAL, OPENMANAGER_REDIS_BILLED=text).redis_billed is billed


@pytest.mark.parametrize("text", ["7", "-1", "1e3", "٣٠", "9999999", "14.5"])
def test_raw_history_outlives_what_agents_may_fill_in(text: str) -> None:
    with pytest.raises(SettingsError, match="RAW_DAYS"):
        read(LOCAL, OPENMANAGER_RETENTION_RAW_DAYS=text)


def test_white_space_and_empty_values_count_as_not_set() -> None:
    found = read(LOCAL, OPENMANAGER_ADMIN_EMAIL="  ", CRON_SECRET="", OPENMANAGER_BASE_URL=" https://h.example/ ")
    assert found.admin_email is None
    assert found.cron_secret is None
    assert found.base_url == "https://h.example"


@pytest.mark.parametrize(
    "name",
    [
        "OPENMANAGER_BASE_URL",
        "OPENMANAGER_DEADMAN_URL",
        "OPENMANAGER_EMERGENCY_WEBHOOK",
        "SUPABASE_URL",
        "KV_REST_API_URL",
    ],
)
@pytest.mark.parametrize(
    "text", ["hub.example.org", "ftp://hub.example.org", "https://", "http://[", "javascript:alert(1)"]
)
def test_an_address_is_a_web_address(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match="http"):
        read(VERCEL, **{name: text})


def test_secrets_are_not_shown() -> None:
    shown = repr(read(VERCEL, OPENMANAGER_ADMIN_PASSWORD="a long password", DATABASE_URL="postgresql://u:pw@h/d"))
    for secret in (LONG, LONG[::-1], "token-of-redis", "sb_secret_1", "a long password", "u:pw"):
        assert secret not in shown


def test_faults_do_not_show_secrets() -> None:
    with pytest.raises(SettingsError) as refusal:
        read(LOCAL, CRON_SECRET="tiny-canary", OPENMANAGER_ADMIN_PASSWORD="canary2", OPENMANAGER_DEADMAN_URL="canary3")
    assert "canary" not in str(refusal.value)


def test_settings_do_not_change() -> None:
    change: Callable[[], None] = lambda: setattr(read(LOCAL), "shard", 1)  # noqa: E731 - mypy refuses the plain way
    with pytest.raises(AttributeError):
        change()


def test_networks_that_may_be_called_are_networks() -> None:
    found = read(LOCAL, OPENMANAGER_OUTBOUND_ALLOW=" 127.0.0.1/32, fd00:1::/32 ,,10.0.0.7")
    assert found.outbound_allow == ("127.0.0.1/32", "fd00:1::/32", "10.0.0.7/32")
    assert read(LOCAL).outbound_allow == ()
    for wrong in ("10.0.0.1/8", "inside", "10.0.0.0/33", "*"):
        with pytest.raises(SettingsError, match="OPENMANAGER_OUTBOUND_ALLOW"):
            read(LOCAL, OPENMANAGER_OUTBOUND_ALLOW=wrong)


def test_supabase_auth_is_off_until_it_is_switched_on() -> None:
    assert read(VERCEL).supabase_auth_url is None
    found = read(VERCEL, OPENMANAGER_SUPABASE_AUTH="1", SUPABASE_JWT_SECRET=OTHER)
    assert found.supabase_auth_url == "https://p.supabase.example/auth/v1"
    assert found.supabase_jwt_secret == OTHER
    beside = read(VERCEL, OPENMANAGER_SUPABASE_AUTH="1", DATABASE_URL="postgresql://elsewhere/omv")
    assert beside.supabase_auth_url == "https://p.supabase.example/auth/v1"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"SUPABASE_URL": "", "DATABASE_URL": "postgresql://x/x"}, "SUPABASE_URL is missing"),
        ({"SUPABASE_URL": "http://p.supabase.example"}, "https"),
        ({"SUPABASE_JWT_SECRET": "x" * 31}, "SUPABASE_JWT_SECRET"),
        ({"SUPABASE_JWT_SECRET": "super-secret-jwt-token-with-at-least-32-characters-long"}, "placeholder"),
        ({"SUPABASE_JWT_SECRET": LONG}, "same as OPENMANAGER_JWT_SECRET"),
        ({"SUPABASE_JWT_SECRET": "your-super-secret-jwt-token-with-at-least-32-characters"}, "placeholder"),
    ],
)
def test_supabase_auth_is_not_switched_on_by_halves(more: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        read(VERCEL, {"OPENMANAGER_SUPABASE_AUTH": "1"}, more)


def test_encryption_keys_are_fernet_keys_and_not_shown() -> None:
    new, old = (base64.urlsafe_b64encode(os.urandom(32)).decode() for _ in range(2))
    found = read(LOCAL, OPENMANAGER_ENCRYPTION_KEYS=f"{new}, {old}")
    assert found.encryption_keys == (new, old)
    assert new not in repr(found)
    for wrong in ("canary", "A" * 42 + "==", "A" * 43 + "=", f"{new},canary", new + new, f"{new},{new}"):
        with pytest.raises(SettingsError, match="OPENMANAGER_ENCRYPTION_KEYS") as refusal:
            read(LOCAL, OPENMANAGER_ENCRYPTION_KEYS=wrong)
        assert "canary" not in str(refusal.value)
