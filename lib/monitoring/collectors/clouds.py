"""What is asked of a cloud, whichever it is: which machines there are, and what was measured of them.

A provider is one file here and one line of PROVIDERS. It speaks to its API through `Asker`; what it finds becomes
shares of a batch, as posts of agents do.
"""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from lib import strict_json
from lib.domain.clouds import CloudAccount
from lib.domain.errors import BadInput, Unavailable
from lib.domain.telemetry import clean_name
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.server_stats import MAX_TAGS, Batch
from lib.outbound import Answer, Door

PROVIDERS = {"aws": "aws", "google": "google_cloud", "azure": "azure"}
CALL_SECONDS = 10.0
MOST_BYTES = 16_000_000  # of one answer

GONE = "terminated"
STOPPED = "stopped"


class Trouble(Exception):
    """A source cannot be read; the text says why, English and Korean."""

    def __init__(self, en: str, ko: str) -> None:
        super().__init__(en)
        self.text = {"en": en, "ko": ko}


class Refused(Trouble):
    """The cloud will not answer until somebody changes something; the text says what."""


class Busy(Trouble):
    """The cloud or the way to it is not up to it now; next time it may be."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A machine. `stopped` is empty while it runs or starts, else STOPPED or GONE; `hosts` are names that an agent on
    it would call it by."""

    id: str
    name: str  # as people call it; empty where they do not
    stopped: str = ""
    hosts: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)  # in the form of the native protocol, tags apart
    about: Mapping[str, str] = field(default_factory=dict)  # tags by us: type, zone, private address ...
    tags: Mapping[str, str] = field(default_factory=dict)  # by people
    detail: Mapping[str, Any] = field(default_factory=dict)  # what its provider needs to ask for its metrics


class Point(NamedTuple):
    """One value, at the end of the period it was measured over."""

    instance: str
    series: str
    at: int
    value: float


class Asker:
    """The way out for one source: nothing waits beyond `end` (by time.monotonic()), no answer is endless, and an
    answer that is none becomes Busy."""

    def __init__(
        self,
        door: Door,
        account: CloudAccount,
        scope: str,
        end: float,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.account, self.scope, self.clock = account, scope, clock
        self._door, self._end, self._monotonic = door, end, monotonic
        self.held: dict[str, Any] = {}  # credentials that were given for this round; kept nowhere else

    def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Answer:
        left = self._end - self._monotonic()
        if left <= 0:
            raise Busy("there was no time left to ask", "물어볼 시간이 남지 않았습니다")
        try:
            answer = self._door.ask(
                method,
                url,
                headers=headers,
                content=content,
                trusted=self.account.endpoint is not None,
                timeout=min(CALL_SECONDS, left),
                most_bytes=MOST_BYTES,
            )
        except BadInput as error:
            raise Refused(error.detail, f"이 주소로는 요청할 수 없습니다: {error.detail}") from error
        except Unavailable as error:
            raise Busy(error.detail, f"응답을 받지 못했습니다: {error.detail}") from error
        if len(answer.body) >= MOST_BYTES:
            raise Busy("an answer was larger than is read", "응답이 읽을 수 있는 크기를 넘었습니다")
        return answer


def document_of(answer: Answer) -> Any:
    """The JSON of an answer. Raises Busy for what is none, as a proxy on the way may answer."""
    try:
        return strict_json.parse(answer.body)
    except BadInput as error:
        raise strange(str(answer.status)) from error


def asked(
    asker: Asker,
    held: str,
    token: Callable[[], str],
    explain: Callable[[Asker, str, int, Mapping[str, Any]], Exception],
    permission: str,
    method: str,
    url: str,
    content: bytes | None = None,
) -> Mapping[str, Any]:
    """The JSON object that a call with a bearer token is answered. `token` gives the one held under `held`, or a
    new one: one that is no longer taken is renewed once. Any status but 200 is raised as `explain` says."""
    for is_last in (False, True):
        headers = {"authorization": f"Bearer {token()}"}
        if content is not None:
            headers["content-type"] = "application/json"
        answer = asker.ask(method, url, headers, content)
        if answer.status != 401 or is_last:
            break
        del asker.held[held]
    found = document_of(answer)
    if not isinstance(found, dict):
        raise strange(f"{permission} {answer.status}")
    if answer.status != 200:
        raise explain(asker, permission, answer.status, found)
    return found


def epoch_of(text: str) -> int | None:
    """Seconds of a time in ISO 8601; None for what is none."""
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        return None


def fullest_disks(points: Iterable[Point]) -> Iterator[Point]:
    """Each point as it is, and for `disk` the fullest mount."""
    fullest: dict[tuple[str, int], float] = {}
    for point in points:
        yield point
        if point.series.startswith("disk:"):
            key = (point.instance, point.at)
            fullest[key] = max(point.value, fullest.get(key, 0.0))
    for (instance, at), value in fullest.items():
        yield Point(instance, "disk", at, value)


def strange(what: str) -> Busy:
    """An answer that is none, as a proxy on the way may give."""
    return Busy(f"the answer ({what}) is not one that is understood", f"이해할 수 없는 응답입니다({what})")


def throttled(action: str, what: object) -> Busy:
    return Busy(
        f"{action} is throttled or down ({what}): it is tried again, less often",
        f"{action} 요청이 제한되었거나 서비스가 응답하지 않습니다({what}). 간격을 늘려 다시 시도합니다",
    )


class CloudProvider(Protocol):
    """Both may raise Refused and Busy."""

    def instances(self, asker: Asker) -> list[Instance]:
        """All machines of the source that carry the account's tags, those that do not run too."""

    def points(
        self, asker: Asker, instances: Sequence[Instance], start: int, end: int, memory: dict[str, Any]
    ) -> Iterable[Point]:
        """What was measured of some of them in whole periods between two moments. `memory` is the source's to keep
        what need not be asked each time."""


def provider(name: str) -> CloudProvider:
    """Imported when it is asked for: who has no such account does not pay for it."""
    found: CloudProvider = importlib.import_module(f"{__package__}.{PROVIDERS[name]}").PROVIDER
    return found


def named(
    instances: Sequence[Instance], names: Mapping[str, str], taken: Iterable[str], fleet: Iterable[str]
) -> dict[str, str]:
    """{id of an instance: the server it is}, of those that are there. `names` is as it was before and stays; `taken`
    belong to other sources, `fleet` are the servers that there are.

    A machine that an agent tells of already is that server: by its host name or id. Else it is called as people call
    it, unless another that is there has that name: then with its id behind it. Who comes after one that is gone has its
    name.
    """
    there = {one.id for one in instances if one.stopped != GONE}
    kept = {id_: name for id_, name in names.items() if id_ in there}
    used = {*taken, *kept.values()}
    free = set(fleet) - used - set(names.values())
    for one in sorted(instances, key=lambda one: (bool(one.stopped), one.id)):
        if one.stopped == GONE or one.id in kept:
            continue
        cleaned = [name for host in (*one.hosts, one.id) if (name := clean_name(host))]
        ours = clean_name(_without_strange(one.name)) or cleaned[-1]
        found = next((name for name in cleaned if name in free), ours)
        if found in used:
            found = clean_name(f"{ours[:60]} {one.id[-38:]}") or cleaned[-1]
        kept[one.id] = found
        used.add(found)
        free.discard(found)
    return kept


def _without_strange(name: str) -> str:
    """Names of clouds may hold what means something in a path."""
    return re.sub(r"[^\w .:@+-]+", "-", name).strip(" .:@+-")


def batch_of(
    account: CloudAccount,
    instances: Sequence[Instance],
    names: Mapping[str, str],
    points: Iterable[Point],
    now: float,
    events: Mapping[str, list[Any]] | None = None,
) -> Batch:
    """The shares of these machines: what they are, whether they run, what was measured, and an event where there is
    one."""
    gathered = Gathered(account.provider, now)
    for one in instances:
        server = gathered.server(names[one.id])
        if server is not None:
            gathered.polled(server, account.every, one.stopped)
            gathered.host(server, **one.facts)
            gathered.tag(server, _tags(account, one))
            if events and one.id in events:
                gathered.add(server, "events", [events[one.id]])
    for id_, series, at, value in points:
        server = gathered.server(names[id_]) if id_ in names else None
        if server is not None and gathered.is_in_time(at):
            gathered.value(server, at, series, value)
    return gathered.done()


def _tags(account: CloudAccount, one: Instance) -> dict[str, str]:
    """Ours first: what people may tag beyond twenty is cut off. A colon parts name and value in a filter."""
    ours = {"cloud": account.provider, "account": account.name, **one.about}
    theirs = {key.replace(":", "."): value for key, value in one.tags.items() if value}
    both = {**ours, **{key: value for key, value in theirs.items() if key not in ours}}
    return dict(list(both.items())[:MAX_TAGS])
