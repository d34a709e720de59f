"""What the house asks of storage, as Protocols with promises. `monitoring`, `auth` and `mcp` know no more than this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from lib.domain.access import EVERYTHING, Sight
from lib.domain.limits import Limits
from lib.domain.slugs import NamedCheck


class Entry(NamedTuple):
    """One post as it waits for the sweep: its stream id (or `inbox:<n>`), when it was heard, its parts in order."""

    id: str
    heard_at: float
    parts: list[str]


class BadData(Exception):
    """The database refused a value in the document (SQLSTATE 22xxx or 23xxx). Sending it again would fail again."""


@dataclass(frozen=True, slots=True)
class AgentKey:
    id: str
    scopes: tuple[str, ...]
    server: str | None
    cidrs: tuple[str, ...]
    expires_at: float | None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """One reading of the directory. `stored` is {server: {epoch: [n, resend ranges or None]}}; `tagged` is {server:
    those of its tags that some key is held to}, of every server as soon as there is such a key."""

    cursor: str = "0-0"
    swept_at: float | None = None
    rollup_due: bool = False
    clock_ahead: float = 0.0  # database seconds minus ours
    keys_version: int | None = None
    keys: dict[str, AgentKey] = field(default_factory=dict)
    stored: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    watch: dict[str, float] = field(default_factory=dict)
    tagged: dict[str, list[str]] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)  # whose pings: what a ping's address says -> the check's id
    slugs: dict[str, list[NamedCheck]] = field(default_factory=dict)  # and by the slug that keys call them by


class Directory(Protocol):
    """What is asked at every post without a call per post: keys, cursor, stored posts. At most a minute old."""

    def contents(self) -> Contents:
        """Raises Unavailable when there is no reading that may still be used."""

    def key(self, secret_hash: str) -> AgentKey | None:
        """The living key with this SHA-256 (hex)."""

    def check(self, ping_id: str) -> str | None:
        """The id of the check that is pinged at this address."""

    def called(self, slug: str, sight: Sight) -> list[str]:
        """The ids of the checks in sight that have this slug."""


class Spine(Protocol):
    """The SQL functions of the spine. Every call may raise Unavailable; shapes are in storage/supabase/queries.py.

    A server that is out of `sight` is none: its reads give None, and nothing of it is changed.
    """

    def sweep_begin(self, owner: str, have_version: int | None, have_rules: int | None = None) -> dict[str, Any]: ...
    def sweep_commit(self, document: Mapping[str, object]) -> dict[str, Any]: ...
    def sweep_release(self, owner: str) -> None: ...
    def rollup_step(self, options: Mapping[str, object]) -> dict[str, Any]: ...
    def watch(self, subjects: Sequence[str], seconds: float) -> None: ...
    def server(self, name: str, sight: Sight = EVERYTHING) -> dict[str, Any] | None: ...
    def series(
        self,
        name: str,
        series: Sequence[str],
        start: int,
        end: int,
        step: int,
        tier: str,
        sight: Sight = EVERYTHING,
    ) -> dict[str, Any] | None: ...
    def processes(self, name: str, at: int | None = None, sight: Sight = EVERYTHING) -> dict[str, Any] | None: ...
    def errors(self, name: str, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any] | None: ...
    def events(self, name: str, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any] | None: ...
    def error_groups(self, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any]: ...
    def error_group(
        self, fingerprint: str, filters: Mapping[str, object], sight: Sight = EVERYTHING
    ) -> dict[str, Any]: ...
    def health(self) -> dict[str, Any]: ...
    def server_settings(
        self, name: str, settings: Mapping[str, object], sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None: ...
    def server_delete(self, name: str, sight: Sight = EVERYTHING) -> bool: ...


class Access(Protocol):
    """Accounts, sessions and keys. Every call may raise Unavailable; shapes: storage/supabase/queries_access.py."""

    def account_any(self) -> bool: ...
    def account_sign_in(self, email: str) -> dict[str, Any]: ...
    def account_first(self, email: str, name: str, password: str) -> bool: ...
    def account_list(self) -> list[dict[str, Any]]: ...
    def account_create(self, document: Mapping[str, object]) -> dict[str, Any]: ...
    def account_change(self, account: str, changes: Mapping[str, object]) -> dict[str, Any] | None: ...
    def account_delete(self, account: str) -> bool: ...
    def account_password(
        self, account: str, password: str, epoch: int | None = None, session: str | None = None
    ) -> int | None: ...
    def sessions_end(self, account: str) -> bool: ...
    def session_open(self, document: Mapping[str, object]) -> float | None: ...
    def session_rotate(self, document: Mapping[str, object]) -> dict[str, Any]: ...
    def session_close(self, session: str, token_hash: str) -> bool: ...
    def session_account(self, session: str) -> dict[str, Any] | None: ...
    def key_list(self) -> list[dict[str, Any]]: ...
    def key_create(self, document: Mapping[str, object]) -> dict[str, Any]: ...
    def key_change(self, key_id: str, changes: Mapping[str, object]) -> dict[str, Any] | None: ...
    def key_rotate(self, key_id: str, document: Mapping[str, object]) -> dict[str, Any] | None: ...
    def key_revoke(self, key_id: str) -> dict[str, Any] | None: ...
    def key_used(self, key_id: str) -> None: ...
    def audit_add(self, entry: Mapping[str, object]) -> bool: ...
    def audit(self, filters: Mapping[str, object]) -> dict[str, Any]: ...
    def audit_verify(self, most: int) -> dict[str, Any]: ...


class Checks(Protocol):
    """Checks as people keep them. Every call may raise Unavailable; shapes: storage/supabase/queries_checks.py."""

    def check_list(self, sight: Sight = EVERYTHING) -> dict[str, Any]: ...
    def check(self, check_id: str, sight: Sight = EVERYTHING) -> dict[str, Any] | None: ...
    def check_create(self, body: Mapping[str, object], by: str, sight: Sight = EVERYTHING) -> dict[str, Any]: ...
    def check_change(
        self, check_id: str, changes: Mapping[str, object], *, anew: bool = False, sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None: ...
    def check_provide(
        self, slug: str, body: Mapping[str, object], by: str, most: int, sight: Sight = EVERYTHING
    ) -> dict[str, Any]: ...
    def check_delete(self, check_id: str, sight: Sight = EVERYTHING) -> bool: ...


class Clouds(Protocol):
    """Where each cloud source stands. May raise Unavailable; shapes: storage/supabase/queries_clouds.py."""

    def clouds_claim(self, sources: Sequence[str], lease: str, seconds: float) -> dict[str, Any] | None: ...
    def clouds_settle(self, source: str, lease: str, outcome: Mapping[str, object]) -> bool: ...
    def clouds(self) -> list[dict[str, Any]]: ...


class Silences(Protocol):
    """Silences as people keep them; shapes: storage/supabase/queries_silences.py."""

    def silences(self, sight: Sight = EVERYTHING) -> list[dict[str, Any]]: ...
    def silence(self, silence_id: str, sight: Sight = EVERYTHING) -> dict[str, Any] | None: ...
    def silence_create(
        self, body: Mapping[str, object], starts: float | None, ends: float | None, by: str, sight: Sight = EVERYTHING
    ) -> dict[str, Any]: ...
    def silence_change(
        self, silence_id: str, changes: Mapping[str, object], *, end: bool = False, sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None: ...
    def silence_delete(self, silence_id: str, sight: Sight = EVERYTHING) -> bool: ...


class Forecasts(Protocol):
    """Forecasts as the roll-up keeps them; shapes: storage/supabase/queries_forecasts.py."""

    def forecasts_due(self, most: int, hours: int, patterns: Sequence[str]) -> dict[str, Any]: ...
    def forecasts_store(self, hour: int, servers: Mapping[str, Mapping[str, object]]) -> int: ...
    def forecasts_tell(self) -> bool: ...
    def forecasts(
        self, server: str, series: str | None = None, sight: Sight = EVERYTHING
    ) -> list[dict[str, Any]] | None: ...


class AnomalyLog(Protocol):
    """What was unlike itself; shapes: storage/supabase/queries_anomalies.py."""

    def anomalies(
        self, filters: Mapping[str, object], server: str | None = None, sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None: ...
    def expected(
        self, server: str, series: str, since: int, by: str, sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None: ...


class Analysis(Protocol):
    """What the analysis reads; shapes: storage/supabase/queries_analysis.py."""

    def analysis_series(
        self,
        reads: Sequence[tuple[str, int, int]],
        series: Sequence[str],
        step: int,
        tier: str,
        *,
        custom: bool = False,
        thin: int = 0,
        sight: Sight = EVERYTHING,
    ) -> list[dict[str, Any] | None]: ...
    def latest(
        self, servers: Sequence[str], series: Sequence[str], sight: Sight = EVERYTHING
    ) -> list[tuple[str, str, float, float]]: ...
    def outages(
        self, servers: Sequence[str], start: float, end: float, sight: Sight = EVERYTHING
    ) -> list[dict[str, Any]]: ...
    def process_lists(
        self, servers: Sequence[str], name: str | None = None, port: int | None = None, sight: Sight = EVERYTHING
    ) -> list[dict[str, Any]]: ...
    def forecast_list(
        self, servers: Sequence[str], series: Sequence[str], sight: Sight = EVERYTHING
    ) -> list[dict[str, Any]]: ...
    def log_search(
        self, servers: Sequence[str], filters: Mapping[str, object], sight: Sight = EVERYTHING
    ) -> dict[str, Any]: ...
    def analysis_happenings(
        self, servers: Sequence[str], start: int, end: int, sight: Sight = EVERYTHING
    ) -> dict[str, Any]: ...


class Status(Protocol):
    """The components of the public status page; shapes: storage/supabase/queries_status.py."""

    def status(self, days: int) -> dict[str, Any]: ...
    def components(self) -> list[dict[str, Any]]: ...
    def component_create(self, document: Mapping[str, object]) -> dict[str, Any]: ...
    def component_change(self, component: str, changes: Mapping[str, object]) -> dict[str, Any] | None: ...
    def component_delete(self, component: str) -> bool: ...


class RuleStore(Protocol):
    """Rules as people keep them. Every call may raise Unavailable; shapes: storage/supabase/queries_rules.py."""

    def rule_list(self) -> list[dict[str, Any]]: ...
    def rule(self, rule_id: str, at: float | None = None) -> dict[str, Any] | None: ...
    def rule_create(self, body: Mapping[str, object], rule_id: str | None = None) -> dict[str, Any]: ...
    def rule_change(
        self, rule_id: str, body: Mapping[str, object], version: int | None = None
    ) -> dict[str, Any] | None: ...
    def rule_delete(self, rule_id: str) -> bool: ...
    def rule_import(
        self, rules: Mapping[str, Mapping[str, object]], remove: Sequence[str] = (), *, dry_run: bool = False
    ) -> dict[str, list[str]]: ...


class Incidents(Protocol):
    """Incidents as people read them. May raise Unavailable; shapes: storage/supabase/queries_incidents.py."""

    def incident_list(self, filters: Mapping[str, object], sight: Sight = EVERYTHING) -> dict[str, Any]: ...
    def incident(self, incident_id: str, sight: Sight = EVERYTHING) -> dict[str, Any] | None: ...
    def incident_act(
        self, incident_id: str, act: str, by: str, note: str = "", sight: Sight = EVERYTHING
    ) -> dict[str, Any] | None: ...


class Deliveries(Protocol):
    """Channels, and what is owed to them. May raise Unavailable; shapes: storage/supabase/queries_deliveries.py."""

    def notices_claim(self, lease: str, most: int = 8, of_channel: int = 3) -> list[dict[str, Any]]: ...
    def notice_settle(
        self,
        notice: str,
        lease: str,
        *,
        ok: bool,
        detail: str = "",
        ms: int = 0,
        retry_in: float | None = None,
        disable: bool = False,
    ) -> bool: ...
    def notices_of(self, incident: str) -> list[dict[str, Any]]: ...
    def channel_list(self) -> list[dict[str, Any]]: ...
    def channel(self, channel: str) -> dict[str, Any] | None: ...
    def channel_create(self, document: Mapping[str, object]) -> dict[str, Any]: ...
    def channel_change(self, channel: str, changes: Mapping[str, object]) -> dict[str, Any] | None: ...
    def channel_delete(self, channel: str) -> bool: ...
    def device_list(self, owner: str) -> list[dict[str, Any]]: ...
    def device(self, owner: str, device: str) -> dict[str, Any] | None: ...
    def device_keep(self, document: Mapping[str, object]) -> dict[str, Any]: ...
    def device_change(self, owner: str, device: str, changes: Mapping[str, object]) -> dict[str, Any] | None: ...
    def device_delete(self, owner: str, device: str) -> bool: ...
    def secrets(self, after: str, most: int) -> list[tuple[str, str]]: ...
    def secrets_reseal(self, changes: Sequence[tuple[str, str, str]]) -> int: ...


class Chats(Protocol):
    """Conversations with the assistant, in Redis alone. Every call may raise Unavailable."""

    def turns(self, owner: str, conversation: str) -> str | None: ...
    def keep(self, owner: str, conversation: str, turns: str) -> None: ...
    def first_use(self, token: str, seconds: int) -> bool: ...


class RefusalStore(Protocol):
    """Notes on senders that were refused, in so many places, in Redis alone. May raise Unavailable."""

    def keep(self, place: int, text: str) -> None: ...
    def kept(self, places: int) -> list[str]: ...


class Storage(Protocol):
    """Both stores behind one door."""

    @property
    def billed(self) -> bool:
        """Whether each Redis command costs money: then agents post once a minute and pages ask Postgres."""

    @property
    def queries(self) -> Spine: ...

    @property
    def directory(self) -> Directory: ...

    @property
    def access(self) -> Access: ...

    @property
    def checks(self) -> Checks: ...

    @property
    def clouds(self) -> Clouds: ...

    @property
    def status(self) -> Status: ...

    @property
    def forecasts(self) -> Forecasts: ...

    @property
    def analysis(self) -> Analysis: ...

    @property
    def rules(self) -> RuleStore: ...

    @property
    def incidents(self) -> Incidents: ...

    @property
    def deliveries(self) -> Deliveries: ...

    @property
    def chats(self) -> Chats: ...

    @property
    def refusals(self) -> RefusalStore: ...

    @property
    def limits(self) -> Limits:
        """Counted for all instances together, in one Redis command a call."""

    def append(self, parts: Sequence[str], cursor: str) -> str:
        """Keep one post until the next sweep, in one Redis command; in Postgres when Redis is away. Gives where it is.

        Raises Unavailable when neither took it: then the sender must keep it.
        """

    def read(self, cursor: str, count: int) -> list[Entry]:
        """Up to `count` posts after the cursor, oldest first; fewer than `count` means that is all there is."""

    def publish(self, snapshot: str) -> None:
        """Put the committed snapshot where pages find it when Postgres is away. Never raises."""

    def snapshot(self, have_version: int | None = None) -> dict[str, Any]:
        """`{version, body, swept_at, now}` of the last commit; body None when `have_version` is still current."""

    def first_emergency_this_hour(self) -> bool:
        """True for one caller an hour, and for everybody when Redis cannot be asked: better told twice than never."""

    def health(self) -> dict[str, Any]: ...
