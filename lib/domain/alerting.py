"""The nouns of alerting: what a rule asks, what an incident is, what happens to it. Plain data, no decisions.

How an incident moves is `domain/episodes.py`; who is told of it is `monitoring/alerts/routing.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

type Severity = Literal["info", "warning", "critical"]
GRAVITY = {"ok": 0, "info": 0, "warning": 1, "critical": 2}
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")

type RuleKind = Literal["threshold", "heartbeat", "skew", "deaf", "check", "errors", "forecast", "anomaly", "outside"]
type Aggregation = Literal["last", "avg", "min", "max"]
type NoData = Literal["keep", "resolve", "warning", "critical"]
type TransitionKind = Literal[
    "opened", "escalated", "eased", "recovering", "relapsed", "no_data", "data_back", "stale", "heard",
    "acknowledged", "resolved",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """An analyzer's opinion of one series, at the end of the rows it saw."""

    code: str
    series: str
    severity: Severity
    value: float
    level: float
    since: int  # epoch seconds of the first sample of this episode


@dataclass(frozen=True, slots=True)
class Scope:
    """Which servers are meant: those that fit every list that is not empty; nothing said is every server.

    `servers` are names or globs (`web-*`), `tags` are `key:value` or a `key`. Of each list one is enough.
    """

    servers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def holds(self, server: str, group: str | None, tags: Mapping[str, str]) -> bool:
        if self.servers and not any(fnmatchcase(server, pattern) for pattern in self.servers):
            return False
        if self.groups and group not in self.groups:
            return False
        return not self.tags or any(_carries(tags, wanted) for wanted in self.tags)

    @property
    def is_everything(self) -> bool:
        return not (self.servers or self.groups or self.tags)


def _carries(tags: Mapping[str, str], wanted: str) -> bool:
    key, colon, value = wanted.partition(":")
    return key in tags and (not colon or tags[key] == value)


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times of the week in a time zone; `days` 0 is Monday. Where `until` is not after `start` it ends the next day."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    start: str = "00:00"
    until: str = "24:00"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Rule:
    """When an incident opens and when it is over.

    Kind `threshold`: `metric` is a catalogue name (`disk`: each of its mounts), one series (`disk:/data`), the derived
    `disk_free` (bytes, each mount), or a custom name; `*` globs. A value beyond `warning` or `critical` (above it, or
    below where `above` is false) for `hold_seconds` opens; one past `recovery` for `recover_seconds` resolves. With
    `over_seconds` the aggregate of so many seconds is judged instead of each value; levels of `per_core` are multiplied
    by the cores. Kind `forecast`: `metric` will likely reach `options.level` within `options.within_hours`. It and the
    other kinds, which have no metric, open with `severity`.
    """

    id: str
    name: str
    kind: RuleKind = "threshold"
    version: int = 1
    enabled: bool = True
    scope: Scope = EVERYWHERE
    metric: str = ""
    above: bool = True
    warning: float | None = None
    critical: float | None = None
    recovery: float | None = None
    hold_seconds: int = 0
    recover_seconds: int = 0
    aggregation: Aggregation = "last"
    over_seconds: int = 0
    per_core: bool = False
    no_data: NoData = "keep"
    no_data_seconds: int = 900
    severity: Severity = "warning"
    schedule: Schedule | None = None
    note: str = ""  # what to do: shown with the incident and in every message
    options: Mapping[str, Any] = field(default_factory=dict)  # of the kinds `errors`, `forecast` and later ones

    def applies(self, server: str, group: str | None, tags: Mapping[str, str]) -> bool:
        return self.enabled and self.scope.holds(server, group, tags)


@dataclass(frozen=True, slots=True)
class Incident:
    """One episode of one rule on one subject, as the sweep keeps it. Times are epoch seconds.

    `server` is None for what concerns no single server; `subject` is a series, or names what else is meant. `opened_at`
    is the time of the samples, `noticed_at` when the sweep saw them: back-filled news is old news.
    """

    id: str
    rule_id: str
    rule_version: int
    rule_name: str
    kind: str
    server: str | None
    subject: str
    severity: Severity
    opened_at: float
    noticed_at: float
    since: float = 0.0  # the first sample beyond the level; it opened when that had lasted for the hold
    group: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    value: float | None = None
    level: float | None = None
    peak: float | None = None
    state: Literal["open", "recovering", "resolved"] = "open"
    no_data: bool = False
    stale: bool = False
    flaps: int = 0
    acked_by: str | None = None
    resolved_at: float | None = None
    resolved_why: str | None = None  # recovered, no_data, rule_changed, server_removed, by_hand, ...
    note: str = ""  # the rule's
    detail: str = ""  # what it is about in words, where subject is an id: an error's message, what a job said
    source: str = ""  # the outside monitor that told it
    description: str = ""  # what that said more of it
    url: str = ""  # where it is shown there: http or https

    @property
    def key(self) -> tuple[str | None, str, str]:
        return self.server, self.rule_id, self.subject


@dataclass(frozen=True, slots=True)
class Transition:
    """Something that happened to an incident. (incident, seq) names it for ever: what is announced carries it."""

    incident: str
    seq: int
    kind: TransitionKind
    at: float  # its own time
    noticed_at: float
    severity: Severity
    value: float | None = None
    actor: str | None = None  # who did it, where it was a person
    note: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """Mutes deliveries of what it matches while it is active; incidents go on. A maintenance window is one that recurs.

    Active from `starts` to `ends` (None: until ended), or for `duration_seconds` from each occurrence of `recurrence`
    (an RFC 5545 RRULE, or a cron expression of five fields) in `timezone`, within starts and ends.
    """

    id: str
    scope: Scope = EVERYWHERE
    rules: tuple[str, ...] = ()  # ids; none: every rule
    metric: str = ""  # a series or glob; "": every one
    incidents: tuple[str, ...] = ()  # of these alone
    starts: float = 0.0
    ends: float | None = None
    recurrence: str = ""
    duration_seconds: int = 0
    timezone: str = "UTC"
    comment: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """While they last, only incidents of at least `unless` are delivered; the rest waits for their end."""

    schedule: Schedule
    unless: Severity = "critical"


@dataclass(frozen=True, slots=True)
class Policy:
    """What one channel wants to hear, and how much of it. Defaults are calm: one message for what belongs together."""

    scope: Scope = EVERYWHERE
    least: Severity = "warning"
    rules: tuple[str, ...] = ()
    resolved: bool = True
    acknowledged: bool = False
    group_by: tuple[str, ...] = ("server",)  # of: server, group, rule, tag:<key>, all
    wait_seconds: int = 20  # what belongs together and comes within it is one message; critical does not wait
    interval_seconds: int = 300  # further news of the same group not sooner
    repeat_seconds: int = 14_400  # reminded of what is still open and not acknowledged; 0: never
    budget: int = 20  # messages in an hour; what is over it waits for the hour's digest
    quiet: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What routing must know of a channel; how it sends is its file's business."""

    id: str
    kind: str
    name: str
    locale: Literal["ko", "en"] = "en"
    enabled: bool = True
    policy: Policy = Policy()


@dataclass(frozen=True, slots=True)
class Notice:
    """One message that is owed to one channel. `id` stays the same however often it is tried."""

    id: str
    channel: str
    kind: Literal["opened", "escalated", "acknowledged", "resolved", "update", "reminder", "digest", "test"]
    severity: Severity
    due_at: float
    expires_at: float
    items: Sequence[Mapping[str, Any]] = ()  # the incidents it speaks of, each with its latest transition
    others: Sequence[tuple[str, int]] = ()  # (incident, seq) of those beyond what one message can list
    suppressed: int = 0  # how many silent servers stand behind what it tells of, and are not told of themselves


@dataclass(frozen=True, slots=True)
class RoutingDecision:
    """Why a channel was, or was not, told of a transition. `reason` is a code that the page has words for."""

    incident: str
    seq: int
    channel: str
    verdict: Literal["sent", "waiting", "muted", "suppressed", "digest", "skipped"]
    reason: str
    at: float
    until: float | None = None
