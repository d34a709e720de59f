"""Google Cloud: Compute Engine's instances, and what Cloud Monitoring knows of them.

https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList
https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list
https://cloud.google.com/monitoring/api/metrics_gcp_c (and metrics_opsagent)
https://developers.google.com/identity/protocols/oauth2/service-account
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from lib.monitoring.collectors.clouds import (
    STOPPED,
    Asker,
    Busy,
    CloudProvider,
    Instance,
    Point,
    Refused,
    asked,
    document_of,
    epoch_of,
    fullest_disks,
    throttled,
)

COMPUTE, MONITORING = "https://compute.googleapis.com", "https://monitoring.googleapis.com"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # nosec B105 # noqa: S105 - an address
SCOPES = "https://www.googleapis.com/auth/compute.readonly https://www.googleapis.com/auth/monitoring.read"
PAGE = 500
SERIES_PAGE = 10_000  # points a call
PERIOD = 300
LAG = 240  # "data is not visible for up to 240 seconds"
AGENT_EVERY = 3_600  # seconds until a metric that nobody told is asked for again
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_RUNS = frozenset({"PROVISIONING", "STAGING", "RUNNING", "REPAIRING"})


@dataclass(frozen=True, slots=True)
class _Metric:
    """`aligner` makes one value of a period, `reducer` one of a machine's disks or interfaces."""

    type: str
    series: str
    aligner: str = "ALIGN_MEAN"
    reducer: str = "REDUCE_MEAN"
    factor: float = 1.0
    where: str = ""
    by: str = ""  # the label that names a mount

    @property
    def is_agents(self) -> bool:
        return self.type.startswith("agent.")


def _rate(name: str, series: str) -> _Metric:
    return _Metric(f"compute.googleapis.com/instance/{name}", series, "ALIGN_RATE", "REDUCE_SUM")


_USED = ' AND metric.labels.state = "used"'
_METRICS = (
    _Metric("compute.googleapis.com/instance/cpu/utilization", "cpu", factor=100.0),
    _rate("network/received_bytes_count", "net_in"),
    _rate("network/sent_bytes_count", "net_out"),
    _rate("disk/read_bytes_count", "disk_read"),
    _rate("disk/write_bytes_count", "disk_write"),
    _rate("disk/read_ops_count", "google.disk_read_ops"),
    _rate("disk/write_ops_count", "google.disk_write_ops"),
    _Metric("compute.googleapis.com/instance/uptime_total", "uptime", "ALIGN_MAX", "REDUCE_MAX"),
    # Of the Ops Agent, where it is installed.
    _Metric("agent.googleapis.com/memory/percent_used", "memory", where=_USED),
    _Metric("agent.googleapis.com/swap/percent_used", "swap", where=_USED),
    _Metric("agent.googleapis.com/disk/percent_used", "disk", where=_USED, by="device"),
)
_PERCENT = frozenset({"cpu", "memory", "swap", "disk"})


@dataclass(frozen=True, slots=True)
class Google:
    """`page` is how many machines one call asks for."""

    page: int = PAGE

    def instances(self, asker: Asker) -> list[Instance]:
        wanted = {"maxResults": str(self.page)}
        if asker.account.tags:
            wanted["filter"] = " AND ".join(
                f"labels.{key}={_quoted(value)}" for key, value in asker.account.tags.items()
            )
        url = f"{_base(asker, COMPUTE)}/compute/v1/projects/{_project(asker)}/aggregated/instances"
        found: list[Instance] = []
        for answer in _pages(asker, url, wanted, "compute.instances.list"):
            for place, zone in (answer.get("items") or {}).items():
                if (zone.get("warning") or {}).get("code") == "UNREACHABLE":
                    # Who cannot be seen now must not pass for deleted.
                    raise Busy(f"Google does not reach {place} at present", f"Google이 지금 {place}에 닿지 못합니다")
                found += [_instance(one, asker) for one in zone.get("instances") or ()]
        return found

    def points(
        self, asker: Asker, instances: Sequence[Instance], start: int, end: int, memory: dict[str, Any]
    ) -> Iterator[Point]:
        ids = [one.id for one in instances if not one.stopped]
        if not ids:
            return
        last = (end - LAG) // PERIOD * PERIOD
        untold = _untold(memory, end)
        wanted = [metric for metric in _METRICS if metric.type not in untold]
        yield from fullest_disks(
            point for metric in wanted for point in _series(asker, metric, ids, start // PERIOD * PERIOD, last, untold)
        )


def _instance(item: Mapping[str, Any], asker: Asker) -> Instance:
    zone = str(item.get("zone") or "").rpartition("/")[2]
    kind = str(item.get("machineType") or "").rpartition("/")[2]
    address = next((str(one.get("networkIP") or "") for one in item.get("networkInterfaces") or ()), "")
    about = {
        "project": asker.scope, "region": zone.rpartition("-")[0], "zone": zone, "instance": str(item["id"]),
        "type": kind, "private_ip": address,
    }  # fmt: skip
    host = str(item.get("hostname") or "")
    facts = {
        "model": kind, "arch": _architecture(item), "boot_at": epoch_of(str(item.get("lastStartTimestamp") or "")),
    }  # fmt: skip
    return Instance(
        str(item["id"]),
        str(item.get("name") or ""),
        "" if item.get("status") in _RUNS else STOPPED,
        tuple(one for one in (host, host.partition(".")[0]) if one),
        {name: fact for name, fact in facts.items() if fact},
        {name: text for name, text in about.items() if text},
        {str(key): str(value) for key, value in (item.get("labels") or {}).items()},
    )


def _architecture(item: Mapping[str, Any]) -> str:
    return next((str(disk["architecture"]) for disk in item.get("disks") or () if disk.get("architecture")), "").lower()


def _untold(memory: dict[str, Any], now: int) -> list[str]:
    """Types that nobody told of when they were last asked for; forgotten after an hour."""
    kept = memory.get("untold")
    if not isinstance(kept, dict) or not now - AGENT_EVERY < kept["at"] <= now:
        kept = memory["untold"] = {"at": now, "types": []}
    types: list[str] = kept["types"]
    return types


def _series(
    asker: Asker, metric: _Metric, ids: Sequence[str], start: int, end: int, untold: list[str]
) -> Iterator[Point]:
    """One metric of all these machines, in periods of five minutes."""
    those = ", ".join(_quoted(one) for one in ids)
    groups = ["resource.labels.instance_id", *([f"metric.labels.{metric.by}"] if metric.by else [])]
    wanted = [
        ("filter", f'metric.type = "{metric.type}" AND resource.labels.instance_id = one_of({those}){metric.where}'),
        ("interval.startTime", _stamp(start)), ("interval.endTime", _stamp(end)),
        ("aggregation.alignmentPeriod", f"{PERIOD}s"), ("aggregation.perSeriesAligner", metric.aligner),
        ("aggregation.crossSeriesReducer", metric.reducer),
        *(("aggregation.groupByFields", group) for group in groups),
        ("view", "FULL"), ("pageSize", str(SERIES_PAGE)),
    ]  # fmt: skip
    url = f"{_base(asker, MONITORING)}/v3/projects/{_project(asker)}/timeSeries"
    try:
        for answer in _pages(asker, url, wanted, "monitoring.timeSeries.list"):
            for one in answer.get("timeSeries") or ():
                yield from _points(metric, one)
    except _Unknown:
        # Nobody in the project ever told of it: of an agent's metrics that is no fault.
        if not metric.is_agents:
            raise Refused(
                f"Cloud Monitoring has no {metric.type} in this project",
                f"이 프로젝트의 Cloud Monitoring에 {metric.type} 지표가 없습니다",
            ) from None
        untold.append(metric.type)


def _points(metric: _Metric, one: Mapping[str, Any]) -> Iterator[Point]:
    instance = str(one["resource"]["labels"]["instance_id"])
    mount = str((one["metric"].get("labels") or {}).get(metric.by) or "") if metric.by else ""
    if mount.removeprefix("/dev/").startswith("loop"):  # an image, such as of a snap: always full
        return
    series = f"{metric.series}:{mount}" if mount else metric.series
    for point in one.get("points") or ():
        told = point["value"]
        value = float(told["doubleValue"] if "doubleValue" in told else told["int64Value"]) * metric.factor
        at = epoch_of(point["interval"]["endTime"])
        if at is not None:
            bound = min(100.0, max(0.0, value)) if metric.series in _PERCENT else value
            yield Point(instance, series, at, round(bound, 4))


class _Unknown(Exception):
    """404: there is no such metric, or no such project."""


def _pages(
    asker: Asker, url: str, wanted: Mapping[str, str] | Iterable[tuple[str, str]], permission: str
) -> Iterator[Mapping[str, Any]]:
    pairs = list(wanted.items()) if isinstance(wanted, Mapping) else list(wanted)
    following: list[tuple[str, str]] = []
    while True:
        answer = _get(asker, f"{url}?{urlencode([*pairs, *following])}", permission)
        yield answer
        if not answer.get("nextPageToken"):
            return
        following = [("pageToken", str(answer["nextPageToken"]))]


def _get(asker: Asker, url: str, permission: str) -> Mapping[str, Any]:
    return asked(asker, "token", lambda: _token(asker), trouble, permission, "GET", url)


def trouble(asker: Asker, permission: str, status: int, found: Mapping[str, Any]) -> Exception:
    """What an error means (https://cloud.google.com/apis/design/errors). Google's own words are not repeated."""
    error = found.get("error")
    error = error if isinstance(error, dict) else {}
    reasons = {str(one.get("reason")) for name in ("errors", "details") for one in error.get(name) or ()}
    if status == 429 or status >= 500 or reasons & {"rateLimitExceeded", "RATE_LIMIT_EXCEEDED", "quotaExceeded"}:
        return throttled(permission, status)
    no_project = Refused(f"there is no project {asker.scope}", f"{asker.scope} 프로젝트가 없습니다")
    if status == 404:
        return _Unknown() if permission.startswith("monitoring.") else no_project
    if status == 403 and reasons & {"SERVICE_DISABLED", "accessNotConfigured"}:
        api = "compute.googleapis.com" if permission.startswith("compute.") else "monitoring.googleapis.com"
        return Refused(
            f"the API {api} is not enabled in the project {asker.scope}: `gcloud services enable {api}`",
            f"{asker.scope} 프로젝트에서 {api} API가 켜져 있지 않습니다: `gcloud services enable {api}`",
        )
    if status == 403:
        role = "roles/compute.viewer" if permission.startswith("compute.") else "roles/monitoring.viewer"
        return Refused(
            f"{permission} is not allowed in the project {asker.scope}: give the service account {role} or the role of "
            "docs/clouds.md",
            f"{asker.scope} 프로젝트에서 {permission} 권한이 없습니다. 서비스 계정에 {role}이나 docs/clouds.md의 "
            "역할을 주세요",
        )
    if status == 401:
        return Refused(
            "Google does not accept the service account: it was deleted or disabled",
            "Google이 서비스 계정을 받아들이지 않습니다. 삭제되었거나 사용 중지되었습니다",
        )
    return Refused(f"{permission} was answered {status}", f"{permission} 요청에 {status} 응답이 왔습니다")


def _token(asker: Asker) -> str:
    """An access token for the service account, asked for once a round."""
    if "token" not in asker.held:
        asker.held["token"] = _new_token(asker)
    return str(asker.held["token"])


def _new_token(asker: Asker) -> str:
    import jwt

    fields = asker.account.fields
    to, now = fields.get("token_uri", TOKEN_URI), int(asker.clock())
    claims = {"iss": fields["client_email"], "scope": SCOPES, "aud": to, "iat": now, "exp": now + 3_600}
    headers = {"kid": fields["private_key_id"]} if "private_key_id" in fields else None
    try:
        assertion = jwt.encode(claims, fields["private_key"], algorithm="RS256", headers=headers)
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise Refused(
            "the private key of the service account cannot be read: paste the key file as it is",
            "서비스 계정의 개인 키를 읽을 수 없습니다. 키 파일을 그대로 붙여 넣으세요",
        ) from error
    content = urlencode({"grant_type": GRANT, "assertion": assertion}).encode()
    answer = asker.ask("POST", to, {"content-type": "application/x-www-form-urlencoded"}, content)
    found = document_of(answer)
    if answer.status == 200 and isinstance(found, dict) and isinstance(found.get("access_token"), str):
        return str(found["access_token"])
    if answer.status == 429 or answer.status >= 500:
        raise throttled("oauth2 token", answer.status)
    raise Refused(
        f"Google gives no token for the service account ({answer.status}): its key was deleted, or the hub's "
        "clock is wrong",
        f"Google이 서비스 계정에 토큰을 주지 않습니다({answer.status}). 키가 삭제되었거나 허브의 시계가 틀립니다",
    )


def _base(asker: Asker, usual: str) -> str:
    return asker.account.endpoint or usual


def _project(asker: Asker) -> str:
    return quote(asker.scope, safe=":")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


PROVIDER: CloudProvider = Google()
