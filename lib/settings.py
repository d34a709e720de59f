"""The environment, read once into one frozen object; whatever is missing or wrong is reported together."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from lib.domain.clouds import CloudAccount, read_accounts

VERSION = "0.1.0"
MIN_SECRET = 32  # characters: HS256 wants a key at least as long as its hash (RFC 7518, 3.2)
FERNET_BYTES = 32
VAPID_BYTES = 32
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SUPABASE_FREE_MB = 500
MIN_PASSWORD, MAX_PASSWORD = 10, 200  # as lib/auth/passwords.py has it
MIN_RAW_DAYS = 8  # agents fill in up to seven days; a sample must find the rows of its hour when it comes

# What deploy guides and examples write where a secret belongs.
_PLACEHOLDERS = re.compile(
    r"(change|replace)[ _-]?(me|this|it)|^(your|my)[ _-]|placeholder"
    r"|^(secret|super-secret|password|passwort|example|default|admin|test|insert)",
    re.IGNORECASE,
)
# What is tried first wherever a password is asked for.
_COMMON = re.compile(
    r"(change|replace)[ _-]?(me|this|it)[\W\d_]*"
    r"|(secret|passw[o0]r[dt]|example|default|admin(istrator)?|test|letmein|qwerty(uiop)?|openmanager|welcome)[\W\d_]*"
    r"|1234567890+",
    re.IGNORECASE,
)
# Python would also read masks (/255.0.0.0) and zones (fe80::%eth0/10). middleware.js does not, nor do people agree.
_NETWORK = re.compile(r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?")
LEAST_PASSWORD_VARIETY = 5
MAPPED_BITS = 96
LEAST_VARIETY = 8  # different characters in a secret: 32 times the same one is none

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_RETENTION = {
    "raw_days": (14, MIN_RAW_DAYS),
    "five_days": (90, MIN_RAW_DAYS),
    "hour_days": (400, MIN_RAW_DAYS),
    "error_days": (30, 1),
    "process_hours": (24, 1),
}


def _usual_retention() -> dict[str, int]:
    return {name: usual for name, (usual, _) in _RETENTION.items()}


class SettingsError(Exception):
    """The environment does not describe a product that can run. The message names every fault."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `.env.example` explains. Secrets are kept out of `repr`."""

    redis_rest_url: str | None = None
    redis_rest_token: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    redis_billed: bool = False  # each command costs money
    database_url: str | None = field(default=None, repr=False)
    supabase_rest_url: str = ""
    supabase_key: str = field(default="", repr=False)
    shard: int = 0
    base_url: str | None = None  # where this deployment is reached, without a slash at the end
    cron_secret: str | None = field(default=None, repr=False)
    jwt_secret: str | None = field(default=None, repr=False)
    admin_email: str | None = None
    admin_password: str | None = field(default=None, repr=False)
    deadman_url: str | None = field(default=None, repr=False)
    emergency_webhook: str | None = field(default=None, repr=False)
    allow_users: tuple[Network, ...] = ()  # where people may sign in and look from; none: from everywhere
    allow_keys: tuple[Network, ...] = ()
    allow_cron: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()  # what is never answered
    outbound_allow: tuple[str, ...] = ()  # networks (CIDR) that may be called although they are not public
    supabase_auth_url: str | None = None  # set where Supabase Auth's tokens are accepted
    supabase_jwt_secret: str | None = field(default=None, repr=False)  # they are HS256 then, and ES256 without it
    encryption_keys: tuple[str, ...] = field(default=(), repr=False)  # Fernet keys, the newest first
    vapid_key: str | None = field(default=None, repr=False)  # P-256, 32 bytes as base64url; None: made of jwt_secret
    llm_url: str | None = None  # a language model's endpoint, OpenAI's form; None: there is none
    llm_model: str = ""
    llm_key: str | None = field(default=None, repr=False)
    clouds: tuple[CloudAccount, ...] = ()
    timezone: str = "UTC"  # of times in messages
    posts_per_minute: int = 12_000  # of one key, at one instance
    retention: Mapping[str, int] = field(default_factory=_usual_retention)
    postgres_quota_mb: int = 0  # what the database may hold; 0 for no limit
    version: str = VERSION
    production: bool = False
    trusted_proxy: bool = False  # X-Forwarded-* are the platform's own words, not the client's

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be written anywhere."""
        passwords = [urlsplit(one).password for one in (self.redis_url, self.database_url, self.base_url) if one]
        given = (
            self.redis_rest_token, *passwords, *(unquote(one) for one in passwords if one),
            self.supabase_key, self.cron_secret, self.jwt_secret, self.admin_password, self.deadman_url,
            self.emergency_webhook, self.supabase_jwt_secret, self.vapid_key, self.llm_key, *self.encryption_keys,
            *(secret for account in self.clouds for secret in account.secrets),
        )  # fmt: skip
        return tuple(one for one in given if one)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, *, on_a_desk: bool = False) -> Settings:
        """Raises SettingsError that names everything missing or wrong at once. On a desk, where only this machine
        reaches the hub, the password may be one that anybody would try."""
        return _Reader(os.environ if environment is None else environment, on_a_desk).settings()


class _Reader:
    def __init__(self, environment: Mapping[str, str], on_a_desk: bool) -> None:
        self._environment = environment
        self._on_a_desk = on_a_desk
        self._faults: list[str] = []
        self._production = bool(self._text("VERCEL"))
        self._secrets: dict[str, str] = {}  # which name had it first

    def settings(self) -> Settings:
        production = self._production
        rest_url = self._url("UPSTASH_REDIS_REST_URL", "KV_REST_API_URL")
        rest_token = self._text("UPSTASH_REDIS_REST_TOKEN", "KV_REST_API_TOKEN")
        if rest_token:
            self._once("UPSTASH_REDIS_REST_TOKEN", rest_token)
        redis_url = self._store_url("REDIS_URL", "redis", "rediss", "unix")
        if rest_url and not rest_token:
            self._faults.append("UPSTASH_REDIS_REST_TOKEN (or KV_REST_API_TOKEN) is missing beside the address")
        if not rest_url and not redis_url:
            self._faults.append("no Redis: set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, or REDIS_URL")
        database_url, supabase_url, supabase_key = self._postgres()
        found = Settings(
            redis_rest_url=rest_url,
            redis_rest_token=rest_token,
            redis_url=redis_url,
            redis_billed=self._flag("OPENMANAGER_REDIS_BILLED", usual=bool(rest_url)),
            database_url=database_url,
            supabase_rest_url=f"{supabase_url.rstrip('/')}/rest/v1" if supabase_url else "",
            supabase_key=supabase_key or "",
            base_url=self._base_url(),
            cron_secret=self._secret("CRON_SECRET", required=production),
            jwt_secret=self._secret("OPENMANAGER_JWT_SECRET", required=production),
            admin_email=self._text("OPENMANAGER_ADMIN_EMAIL"),
            admin_password=self._password("OPENMANAGER_ADMIN_PASSWORD"),
            deadman_url=self._url("OPENMANAGER_DEADMAN_URL"),
            emergency_webhook=self._url("OPENMANAGER_EMERGENCY_WEBHOOK"),
            allow_users=self._networks("OPENMANAGER_ALLOW_USERS"),
            allow_keys=self._networks("OPENMANAGER_ALLOW_KEYS"),
            allow_cron=self._networks("OPENMANAGER_ALLOW_CRON"),
            deny=self._networks("OPENMANAGER_DENY"),
            outbound_allow=tuple(str(network) for network in self._networks("OPENMANAGER_OUTBOUND_ALLOW")),
            supabase_auth_url=self._supabase_auth(production),
            supabase_jwt_secret=self._secret("SUPABASE_JWT_SECRET", required=False),
            encryption_keys=self._fernet_keys("OPENMANAGER_ENCRYPTION_KEYS"),
            vapid_key=self._vapid_key("OPENMANAGER_VAPID_PRIVATE_KEY"),
            retention={
                name: self._number(f"OPENMANAGER_RETENTION_{name.upper()}", usual, least)
                for name, (usual, least) in _RETENTION.items()
            },
            llm_url=self._language_model(),
            llm_model=self._text("OPENMANAGER_LLM_MODEL") or "",
            llm_key=self._text("OPENMANAGER_LLM_KEY"),
            clouds=self._clouds("OPENMANAGER_CLOUDS"),
            timezone=self._zone("OPENMANAGER_TIMEZONE"),
            posts_per_minute=self._number("OPENMANAGER_POSTS_PER_MINUTE", 12_000, 60),
            postgres_quota_mb=self._number("OPENMANAGER_POSTGRES_QUOTA_MB", SUPABASE_FREE_MB if supabase_url else 0, 0),
            production=production,
            trusted_proxy=self._flag("OPENMANAGER_TRUSTED_PROXY", usual=production),
        )
        if self._faults:
            raise SettingsError("OpenManager cannot start:\n- " + "\n- ".join(self._faults))
        return found

    def _postgres(self) -> tuple[str | None, str | None, str | None]:
        """A Supabase project's REST address wins over a database URL: functions share no connection pool."""
        supabase_url = self._url("SUPABASE_URL")
        key = self._text("SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SECRET_KEY")
        database_url = self._store_url("DATABASE_URL", "postgresql", "postgres")
        if database_url or not supabase_url:
            database_url = database_url or self._store_url("POSTGRES_URL", "postgresql", "postgres")
            if not database_url:
                self._faults.append("no Postgres: set SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY, or DATABASE_URL")
            return database_url, None, None
        if not key:
            self._faults.append("SUPABASE_SERVICE_ROLE_KEY (or SUPABASE_SECRET_KEY) is missing beside SUPABASE_URL")
        else:
            self._once("SUPABASE_SERVICE_ROLE_KEY", key)
        return None, supabase_url, key

    def _supabase_auth(self, production: bool) -> str | None:
        if not self._flag("OPENMANAGER_SUPABASE_AUTH", usual=False):
            return None
        url = (self._text("SUPABASE_URL") or "").rstrip("/")
        if not url:
            self._faults.append("SUPABASE_URL is missing: OPENMANAGER_SUPABASE_AUTH needs it")
        elif production and urlsplit(url).scheme != "https":
            self._faults.append("SUPABASE_URL begins with https://: the keys that let people in come from there")
        return f"{url}/auth/v1"

    def _language_model(self) -> str | None:
        url = self._url("OPENMANAGER_LLM_URL")
        if url and not self._text("OPENMANAGER_LLM_MODEL"):
            self._faults.append("OPENMANAGER_LLM_MODEL is missing: it names the model at OPENMANAGER_LLM_URL")
        return url

    def _clouds(self, name: str) -> tuple[CloudAccount, ...]:
        text = self._text(name)
        accounts, faults = read_accounts(text) if text else ((), [])
        self._faults += [f"{name}: {fault}" for fault in faults]
        return accounts

    def _fernet_keys(self, name: str) -> tuple[str, ...]:
        keys = tuple(key for one in (self._text(name) or "").split(",") if (key := one.strip()))
        for number, key in enumerate(keys, 1):
            try:
                read = base64.b64decode(key, altchars=b"-_", validate=True)
            except (binascii.Error, ValueError):
                read = b""
            if len(read) != FERNET_BYTES or len(set(read)) < LEAST_VARIETY:
                self._faults.append(f"{name}: key {number} is none; `openssl rand -base64 32 | tr '+/' '-_'` makes one")
            else:
                self._once(f"{name} (key {number})", key)
        return keys

    def _vapid_key(self, name: str) -> str | None:
        text = self._text(name)
        if text is None:
            return None
        try:
            raw = base64.b64decode(text.rstrip("=") + "=", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != VAPID_BYTES or len(set(raw)) < LEAST_VARIETY or not 0 < int.from_bytes(raw) < P256_ORDER:
            self._faults.append(f"{name} is no private key of P-256 in base64url, as web push tools write it")
        else:
            self._once(name, text)
        return text

    def _base_url(self) -> str | None:
        given = self._url("OPENMANAGER_BASE_URL")
        host = self._text("VERCEL_PROJECT_PRODUCTION_URL")
        return (given or (f"https://{host}" if host else "")).rstrip("/") or None

    def _text(self, *names: str) -> str | None:
        return next((text for name in names if (text := self._environment.get(name, "").strip())), None)

    def _url(self, *names: str) -> str | None:
        """The text is not repeated in the fault: such addresses hold secrets."""
        text = self._text(*names)
        if text is None:
            return None
        try:
            is_web = urlsplit(text).scheme in {"http", "https"} and bool(urlsplit(text).hostname)
        except ValueError:
            is_web = False
        if not is_web:
            self._faults.append(f"{' or '.join(names)} is an address that begins with https:// or http://")
        return text

    def _store_url(self, name: str, *schemes: str) -> str | None:
        """A password that holds `/`, `?`, `#` or `[` as it is makes its own beginning the host and the port, which
        clients then repeat in their errors."""
        text = self._text(name)
        if text is None:
            return None
        try:
            parts = urlsplit(text)
            is_one = parts.scheme in schemes and (parts.port is None or parts.port > 0)
            is_one = is_one and (parts.scheme == "unix" or "@" not in parts.path + parts.fragment)
        except ValueError:
            is_one = False
        if not is_one:
            self._faults.append(
                f"{name} is an address that begins with {schemes[0]}://; in its password write / as %2F, # as %23"
            )
        return text

    def _networks(self, name: str) -> tuple[Network, ...]:
        networks: list[Network] = []
        for text in re.split(r"[\s,]+", self._text(name) or ""):
            if not text:
                continue
            try:
                if not _NETWORK.fullmatch(text):
                    raise ValueError
                networks.append(_unmapped(ipaddress.ip_network(text)))
            except ValueError:
                self._faults.append(f"{name}: {text[:50]!r} is no network such as 10.1.0.0/16 or fd00:1::/32")
        return tuple(networks)

    def _password(self, name: str) -> str | None:
        text = self._text(name)
        if text is not None and not MIN_PASSWORD <= len(text) <= MAX_PASSWORD:
            self._faults.append(f"{name} has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
        elif (
            text is not None
            and not self._on_a_desk
            and (_COMMON.fullmatch(text) or len(set(text)) < LEAST_PASSWORD_VARIETY)
        ):
            self._faults.append(f"{name} is one that anybody would try")
        elif text is not None:
            self._once(name, text)
        return text

    def _secret(self, name: str, *, required: bool) -> str | None:
        text = self._text(name)
        if text is None:
            if required:
                self._faults.append(f"{name} is missing: `openssl rand -hex 32` makes one")
        elif len(text) < MIN_SECRET:
            self._faults.append(f"{name} is too short: at least {MIN_SECRET} characters")
        elif _PLACEHOLDERS.search(text) or len(set(text)) < LEAST_VARIETY:
            self._faults.append(f"{name} is a placeholder: `openssl rand -hex 32` makes a real one")
        else:
            self._once(name, text)
        return text

    def _once(self, name: str, secret: str) -> None:
        """Who gets to know one secret must not hold another with it."""
        first = self._secrets.setdefault(secret, name)
        if first != name:
            self._faults.append(f"{name} is the same as {first}: each needs a secret of its own")

    def _flag(self, name: str, *, usual: bool) -> bool:
        text = (self._text(name) or "").lower()
        if text in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
            return usual if not text else text in {"1", "true", "yes", "on"}
        self._faults.append(f"{name} is 1 or 0")
        return usual

    def _zone(self, name: str) -> str:
        text = self._text(name) or "UTC"
        try:
            ZoneInfo(text)
        except (ValueError, OSError):
            self._faults.append(f"{name} is a time zone such as Asia/Seoul")
        return text

    def _number(self, name: str, usual: int, least: int) -> int:
        text = self._text(name)
        if text is None:
            return usual
        if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) < least:
            self._faults.append(f"{name} is a whole number from {least}")
            return usual
        return int(text)


def _unmapped(network: Network) -> Network:
    """`::ffff:10.0.0.0/104` means IPv4 addresses, which is how they are told apart here."""
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.IPv4Network((mapped, network.prefixlen - MAPPED_BITS))
    return network
