"""The only builder: settings become stores, stores become use cases. Tests swap parts here with `use`.

Everything is built at the first request and kept for the life of the process; nothing here holds data.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from lib.domain.errors import Unavailable
from lib.settings import Settings, SettingsError
from lib.storage.roads import storage_of

if TYPE_CHECKING:
    from lib.auth.accounts import Accounts
    from lib.auth.act_links import ActLinks
    from lib.auth.audit import Audit
    from lib.auth.confirmations import Confirmations
    from lib.auth.keyring import Keyring
    from lib.auth.limiter import Limiter
    from lib.auth.people import People
    from lib.auth.supabase_accounts import SupabaseAccounts
    from lib.auth.vault import Vault
    from lib.mcp.core.assistant import Assistant
    from lib.mcp.core.language_model import LanguageModel
    from lib.mcp.protocol.server import Server
    from lib.monitoring.alerts.by_link import ByLink
    from lib.monitoring.alerts.desk import Desk
    from lib.monitoring.alerts.devices import Devices
    from lib.monitoring.alerts.notifier import Notifier
    from lib.monitoring.alerts.push import PushKey
    from lib.monitoring.alerts.quietbook import Quietbook
    from lib.monitoring.alerts.rulebook import Rulebook
    from lib.monitoring.alerts.switchboard import Switchboard
    from lib.monitoring.analysis import Analysis
    from lib.monitoring.anomalies import Anomalies
    from lib.monitoring.causes import Why
    from lib.monitoring.checkbook import Checkbook
    from lib.monitoring.forecasts import Forecasts
    from lib.monitoring.health import Health
    from lib.monitoring.ingest import Ingest
    from lib.monitoring.public_status import PublicStatus
    from lib.monitoring.queries import Queries
    from lib.monitoring.sweep import Sweeper
    from lib.outbound import Door
    from lib.storage.hybrid.storage import HybridStorage

log = logging.getLogger(__name__)
POKE_TIMEOUT_SECONDS = 1.0
SUPABASE_TIMEOUT_SECONDS = 1.5


@dataclass
class Services:
    """What a function needs, built when it is asked for: importing a function must not cost what it does not use."""

    settings: Settings
    storage: HybridStorage
    clock: Callable[[], float] = time.time

    @property
    def base_url(self) -> str | None:
        """Where people reach this hub, without a slash at its end; None where nobody said."""
        return self.settings.base_url

    @cached_property
    def ingest(self) -> Ingest:
        from lib.monitoring.ingest import Ingest

        return Ingest(self.storage, self.clock)

    @cached_property
    def queries(self) -> Queries:
        from lib.monitoring.queries import Queries

        return Queries(self.storage)

    @cached_property
    def anomalies(self) -> Anomalies:
        from lib.monitoring.anomalies import Anomalies

        return Anomalies(self.storage.anomalies)

    @cached_property
    def checkbook(self) -> Checkbook:
        from lib.monitoring.checkbook import Checkbook

        return Checkbook(self.storage.checks)

    @cached_property
    def quietbook(self) -> Quietbook:
        from lib.monitoring.alerts.quietbook import Quietbook

        return Quietbook(self.storage.silences)

    @cached_property
    def forecasts(self) -> Forecasts:
        from lib.monitoring.forecasts import Forecasts

        return Forecasts(self.storage, self.queries, self.clock, self.settings.timezone)

    @cached_property
    def analysis(self) -> Analysis:
        from lib.monitoring.analysis import Analysis

        return Analysis(self.storage, self.queries, self.clock, self.settings.timezone)

    @cached_property
    def why(self) -> Why:
        from lib.monitoring.causes import Why

        return Why(self.storage, self.queries, self.clock)

    @cached_property
    def protocol(self) -> Server:
        from lib.mcp.protocol.catalogue import OFFER
        from lib.mcp.protocol.server import Server

        return Server(OFFER, self.settings.version, self.settings.jwt_secret)

    @cached_property
    def public_status(self) -> PublicStatus:
        from lib.monitoring.public_status import PublicStatus

        return PublicStatus(self.storage.status, self.queries.snapshot)

    @cached_property
    def rulebook(self) -> Rulebook:
        from lib.monitoring.alerts.rulebook import Rulebook

        return Rulebook(self.storage.rules)

    @cached_property
    def alerts(self) -> Desk:
        from lib.monitoring.alerts.desk import Desk

        return Desk(self.storage.incidents, self.storage.deliveries)

    @cached_property
    def by_link(self) -> ByLink:
        from lib.monitoring.alerts.by_link import ByLink

        return ByLink(self.alerts, self.quietbook, self.clock)

    @cached_property
    def accounts(self) -> Accounts:
        from lib.auth.accounts import Accounts
        from lib.auth.delays import Delays

        settings = self.settings
        if not settings.jwt_secret:
            raise Unavailable("nobody can sign in: OPENMANAGER_JWT_SECRET is not set", retry_after=60)
        email, password = settings.admin_email, settings.admin_password
        return Accounts(
            self.storage.access,
            settings.jwt_secret,
            first_admin=(email, password) if email and password else None,
            delays=Delays(self.limits),
        )

    @cached_property
    def limits(self) -> Limiter:
        from lib.auth.limiter import Limiter

        # Only so that names of subjects cannot be guessed from Redis: any secret that all instances share will do.
        secret = self.settings.jwt_secret or self.settings.cron_secret or ""
        return Limiter(self.storage.limits, f"limits {secret}".encode())

    @cached_property
    def assistant(self) -> Assistant:
        from lib.domain.calendars import read_zone
        from lib.mcp.core.assistant import Assistant
        from lib.mcp.core.conversations import Conversations

        sign = (lambda *act: self.confirmations.sign(*act)) if self.settings.jwt_secret else None
        conversations = Conversations(self.storage.chats)
        return Assistant(self, conversations, read_zone(self.settings.timezone), sign, self.language_model)

    @cached_property
    def language_model(self) -> LanguageModel | None:
        """None unless the operator named one."""
        from lib.mcp.core.language_model import LanguageModel

        settings = self.settings
        if not settings.llm_url:
            return None
        return LanguageModel(self.door, settings.llm_url, settings.llm_model, settings.llm_key)

    @cached_property
    def confirmations(self) -> Confirmations:
        from lib.auth.confirmations import Confirmations

        if not self.settings.jwt_secret:
            raise Unavailable("nothing can be confirmed: OPENMANAGER_JWT_SECRET is not set", retry_after=60)
        return Confirmations(self.settings.jwt_secret, self.clock)

    @cached_property
    def people(self) -> People:
        from lib.auth.people import People

        return People(self.storage.access, self.accounts)

    @cached_property
    def supabase(self) -> SupabaseAccounts | None:
        """None unless Supabase Auth is switched on."""
        from lib.auth.supabase_accounts import SupabaseAccounts
        from lib.auth.supabase_tokens import SupabaseTokens

        settings = self.settings
        if not settings.supabase_auth_url:
            return None
        fetch = partial(self.door.call, "GET", timeout=SUPABASE_TIMEOUT_SECONDS)
        tokens = SupabaseTokens(settings.supabase_auth_url, fetch, secret=settings.supabase_jwt_secret)
        return SupabaseAccounts(tokens, self.storage.access)

    @cached_property
    def vault(self) -> Vault:
        from lib.auth.vault import Vault

        return Vault(self.settings.encryption_keys)

    @cached_property
    def audit(self) -> Audit:
        from lib.auth.audit import Audit

        return Audit(self.storage.access)

    @cached_property
    def keyring(self) -> Keyring:
        from lib.auth.keyring import Keyring

        return Keyring(self.storage.access, self.clock)

    @cached_property
    def health(self) -> Health:
        from lib.monitoring.health import Health

        quota = self.settings.postgres_quota_mb * 1_000_000
        return Health(self.storage, self.settings.version, self.clock, quota_bytes=quota)

    @cached_property
    def sweeper(self) -> Sweeper:
        from lib.monitoring.deadman import DeadMan, Emergency
        from lib.monitoring.ingest import Cadence
        from lib.monitoring.sweep import Sweeper

        post_every = Cadence(self.storage.billed).post_every
        alive = DeadMan(self.settings.deadman_url, self.door)
        zone = self.settings.timezone
        return Sweeper(
            self.storage,
            post_every,
            alive=alive,
            emergency=Emergency(self.settings.emergency_webhook, self.door),
            timezone=zone,
        )

    @cached_property
    def notifier(self) -> Notifier:
        from lib.monitoring.alerts.notifier import Notifier

        return Notifier(
            self.storage.deliveries,
            self.door,
            lambda sealed: self.vault.open(sealed),
            clock=self.clock,
            base_url=self.settings.base_url,
            sign=self.act_links.sign if self.settings.jwt_secret else None,
            timezone=self.settings.timezone,
            push=lambda: self.push_key,
        )

    @cached_property
    def push_key(self) -> PushKey | None:
        """Who we are to push services: the key that was given, or one that comes of the secret all instances share."""
        from lib.monitoring.alerts.push import PushKey

        settings = self.settings
        address = settings.base_url or ""
        subject = address if address.startswith("https://") else f"mailto:{settings.admin_email or 'admin@example.org'}"
        if settings.vapid_key:
            return PushKey.from_text(settings.vapid_key, subject)
        return PushKey.from_secret(settings.jwt_secret, subject) if settings.jwt_secret else None

    @cached_property
    def devices(self) -> Devices:
        from lib.monitoring.alerts.devices import Devices

        return Devices(
            self.storage.deliveries,
            self.door,
            lambda text: self.vault.seal(text),
            lambda sealed: self.vault.open(sealed),
            self.push_key,
            allow=self.settings.outbound_allow,
            clock=self.clock,
            base_url=self.settings.base_url,
            timezone=self.settings.timezone,
        )

    @cached_property
    def switchboard(self) -> Switchboard:
        from lib.monitoring.alerts.switchboard import Switchboard

        return Switchboard(
            self.storage.deliveries,
            self.door,
            lambda text: self.vault.seal(text),
            lambda sealed: self.vault.open(sealed),
            clock=self.clock,
            base_url=self.settings.base_url,
            sign=self.act_links.sign if self.settings.jwt_secret else None,
            timezone=self.settings.timezone,
        )

    @cached_property
    def act_links(self) -> ActLinks:
        from lib.auth.act_links import ActLinks

        if not self.settings.jwt_secret:
            raise Unavailable("links cannot be signed: OPENMANAGER_JWT_SECRET is not set", retry_after=60)
        return ActLinks(self.settings.jwt_secret, self.clock)

    @cached_property
    def door(self) -> Door:
        from lib.outbound import Door

        return Door(self.settings.outbound_allow)

    def poke(self, path: str) -> None:
        """Wake scheduled work in its own function. Does not wait for it to finish, and never raises."""
        from lib.domain.errors import DomainError

        if not self.settings.base_url or not self.settings.cron_secret:
            return
        headers = {"Authorization": f"Bearer {self.settings.cron_secret}"}
        try:
            self.door.call(
                "GET", self.settings.base_url + path, headers=headers, trusted=True, timeout=POKE_TIMEOUT_SECONDS
            )
        except DomainError as error:
            # A time-out is the usual end: the sweep takes longer than we wait.
            log.debug("poked %s: %s", path, error)


_lock = threading.Lock()
_services: Services | None = None


def services() -> Services:
    """The services of this process. Raises Unavailable, naming every fault of the environment that describes them."""
    global _services
    if _services is None:
        with _lock:
            if _services is None:
                _services = build(_settings())
    return _services


def _settings() -> Settings:
    try:
        return Settings.from_environment()
    except SettingsError as error:
        log.error("%s", error)
        raise Unavailable(str(error), retry_after=60) from error


def use(replacement: Services | None) -> None:
    """Put other services in place, or none so that they are built anew."""
    global _services
    with _lock:
        _services = replacement


def build(settings: Settings) -> Services:
    return Services(settings, storage_of(settings))
