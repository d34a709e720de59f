"""Azure: the virtual machines of a subscription, and what Azure Monitor knows of them.

https://learn.microsoft.com/rest/api/compute/virtual-machines/list-all
https://learn.microsoft.com/rest/api/monitor/metrics-batch/batch
https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-compute-virtualmachines-metrics
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

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
    throttled,
)

LOGIN, MANAGEMENT = "https://login.microsoftonline.com", "https://management.azure.com"
METRICS = "https://{region}.metrics.monitor.azure.com"
MANAGEMENT_SCOPE, METRICS_SCOPE = "https://management.azure.com/.default", "https://metrics.monitor.azure.com/.default"
COMPUTE_VERSION, METRICS_VERSION = "2024-07-01", "2023-10-01"
MOST_RESOURCES = 50  # of one call for metrics; all of one region
PERIOD = 300
_REGION = re.compile(r"[a-z0-9]{3,40}")
_RUNS = frozenset({"running", "starting", "unknown", ""})


@dataclass(frozen=True, slots=True)
class _Metric:
    """`told` is the aggregation that is read: a total is made a rate."""

    name: str
    series: str
    told: str = "average"
    rest_of: float | None = None


_METRICS = (
    _Metric("Percentage CPU", "cpu"),
    _Metric("Network In Total", "net_in", "total"),
    _Metric("Network Out Total", "net_out", "total"),
    _Metric("Disk Read Bytes", "disk_read", "total"),
    _Metric("Disk Write Bytes", "disk_write", "total"),
    _Metric("Disk Read Operations/Sec", "azure.disk_read_ops"),
    _Metric("Disk Write Operations/Sec", "azure.disk_write_ops"),
    _Metric("Available Memory Percentage", "memory", rest_of=100.0),
    _Metric("VmAvailabilityMetric", "azure.vm_available"),
    _Metric("CPU Credits Remaining", "azure.cpu_credits_remaining"),
)
_BY_NAME = {metric.name.lower(): metric for metric in _METRICS}
_PERCENT = frozenset({"cpu", "memory"})


class Azure:
    def instances(self, asker: Asker) -> list[Instance]:
        states = {str(one["id"]).lower(): _power(one) for one in _machines(asker, {"statusOnly": "true"})}
        wanted = asker.account.tags.items()
        return [
            _instance(one, states.get(str(one["id"]).lower(), ""), asker)
            for one in _machines(asker, {})
            if wanted <= (one.get("tags") or {}).items()
        ]

    def points(
        self, asker: Asker, instances: Sequence[Instance], start: int, end: int, memory: dict[str, Any]
    ) -> Iterator[Point]:
        by_region: dict[str, list[Instance]] = {}
        for one in instances:
            if not one.stopped and one.detail:
                by_region.setdefault(str(one.detail["region"]), []).append(one)
        for region, those in sorted(by_region.items()):
            for first in range(0, len(those), MOST_RESOURCES):
                yield from _batch(asker, region, those[first : first + MOST_RESOURCES], start, end)


def _power(one: Mapping[str, Any]) -> str:
    """`running`, `deallocated`, `stopped` ...; empty where nothing is said."""
    statuses = ((one.get("properties") or {}).get("instanceView") or {}).get("statuses") or ()
    codes = (str(status.get("code") or "") for status in statuses)
    return next((code.partition("/")[2].lower() for code in codes if code.startswith("PowerState/")), "")


def _instance(one: Mapping[str, Any], power: str, asker: Asker) -> Instance:
    told = one.get("properties") or {}
    system = (told.get("storageProfile") or {}).get("osDisk") or {}
    kind = str((told.get("hardwareProfile") or {}).get("vmSize") or "")
    region = str(one.get("location") or "").replace(" ", "").lower()
    about = {
        "subscription": asker.scope, "region": region, "zone": ", ".join(map(str, one.get("zones") or ())),
        "instance": str(told["vmId"]), "type": kind, "resource_group": _group(str(one["id"])),
    }  # fmt: skip
    host = str((told.get("osProfile") or {}).get("computerName") or "")
    facts = {"os": str(system.get("osType") or ""), "model": kind}
    return Instance(
        str(told["vmId"]),
        str(one.get("name") or ""),
        "" if power in _RUNS else STOPPED,
        (host,) if host else (),
        {name: fact for name, fact in facts.items() if fact},
        {name: text for name, text in about.items() if text},
        {str(key): str(value) for key, value in (one.get("tags") or {}).items()},
        {"resource": str(one["id"]), "region": region} if _REGION.fullmatch(region) else {},
    )


def _group(resource: str) -> str:
    parts = resource.split("/")
    return next((parts[index + 1] for index, part in enumerate(parts[:-1]) if part.lower() == "resourcegroups"), "")


def _machines(asker: Asker, wanted: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """All pages. The address of the next is Azure's word; it has to lead to where we asked."""
    base = f"{asker.account.endpoint or MANAGEMENT}/"
    path = f"subscriptions/{asker.scope}/providers/Microsoft.Compute/virtualMachines"
    url = f"{base}{path}?{urlencode({'api-version': COMPUTE_VERSION, **wanted})}"
    while url:
        answer = _call(asker, "GET", url, MANAGEMENT_SCOPE, "Microsoft.Compute/virtualMachines/read")
        yield from answer.get("value") or ()
        url = str(answer.get("nextLink") or "")
        if url and not url.startswith(base):
            raise Busy(
                "Azure named a next page that is not at its own address",
                "Azure가 알려 준 다음 페이지의 주소가 Azure의 것이 아닙니다",
            )


def _batch(asker: Asker, region: str, instances: Sequence[Instance], start: int, end: int) -> Iterator[Point]:
    """What was measured of up to fifty machines of one region, in periods of five minutes that are over."""
    wanted = {
        "api-version": METRICS_VERSION, "metricnamespace": "Microsoft.Compute/virtualMachines",
        "metricnames": ",".join(metric.name for metric in _METRICS), "aggregation": "average,total", "interval": "PT5M",
        "starttime": _stamp(start // PERIOD * PERIOD), "endtime": _stamp(end // PERIOD * PERIOD),
    }  # fmt: skip
    base = asker.account.endpoint or METRICS.format(region=region)
    url = f"{base}/subscriptions/{asker.scope}/metrics:getBatch?{urlencode(wanted)}"
    content = json.dumps({"resourceids": [one.detail["resource"] for one in instances]}).encode()
    answer = _call(asker, "POST", url, METRICS_SCOPE, "Microsoft.Insights/metrics/read", content)
    ids = {str(one.detail["resource"]).lower(): one.id for one in instances}
    for one in answer.get("values") or ():
        instance = ids.get(str(one.get("resourceid") or "").lower())
        for told in one.get("value") or () if instance else ():
            metric = _BY_NAME.get(str(told["name"]["value"]).lower())
            if metric is not None and instance is not None:
                yield from _points(metric, instance, told, end)


def _points(metric: _Metric, instance: str, told: Mapping[str, Any], end: int) -> Iterator[Point]:
    for series in told.get("timeseries") or ():
        for point in series.get("data") or ():
            at, value = epoch_of(str(point.get("timeStamp") or "")), point.get(metric.told)
            if at is None or value is None or at + PERIOD > end:
                continue
            number = float(value)
            if metric.told == "total":
                number /= PERIOD
            if metric.rest_of is not None:
                number = metric.rest_of - number
            bound = min(100.0, max(0.0, number)) if metric.series in _PERCENT else number
            yield Point(instance, metric.series, at + PERIOD, round(bound, 4))


def _call(
    asker: Asker, method: str, url: str, scope: str, permission: str, content: bytes | None = None
) -> Mapping[str, Any]:
    return asked(asker, scope, lambda: _token(asker, scope), trouble, permission, method, url, content)


def trouble(asker: Asker, permission: str, status: int, found: Mapping[str, Any]) -> Exception:
    """What an error means. Azure's own words are not repeated."""
    error = found.get("error")
    code = str(error.get("code") or "") if isinstance(error, dict) else ""
    if status == 429 or status >= 500:
        return throttled(permission, status)
    if status == 401:
        return Refused(
            "Azure does not accept its own token: the application was deleted, or is of another tenant",
            "Azure가 자신이 준 토큰을 받아들이지 않습니다. 애플리케이션이 삭제되었거나 다른 테넌트의 것입니다",
        )
    if status == 403:
        return Refused(
            f"{permission} is not allowed in the subscription {asker.scope}: give the application the role Monitoring "
            "Reader there, or the one of docs/clouds.md; it takes some minutes to hold",
            f"{asker.scope} 구독에서 {permission} 권한이 없습니다. 애플리케이션에 Monitoring Reader나 docs/clouds.md의 "
            "역할을 주세요. 적용되기까지 몇 분 걸립니다",
        )
    if status == 404 or code in ("SubscriptionNotFound", "InvalidSubscriptionId"):
        return Refused(
            f"there is no subscription {asker.scope} that this application sees",
            f"이 애플리케이션이 볼 수 있는 {asker.scope} 구독이 없습니다",
        )
    return Refused(
        f"{permission} was answered {status} {code[:60]}", f"{permission} 요청에 {status} {code[:60]} 응답이 왔습니다"
    )


def _token(asker: Asker, scope: str) -> str:
    """An access token of the application, asked for once a round and audience."""
    if scope not in asker.held:
        asker.held[scope] = _new_token(asker, scope)
    return str(asker.held[scope])


_NO_TOKEN = {
    "invalid_client": (
        "its secret is wrong or has run out: make a new one under Certificates & secrets",
        "비밀이 틀리거나 만료되었습니다. 인증서 및 암호에서 새로 만드세요",
    ),
    "unauthorized_client": (
        "there is no such application in this tenant", "이 테넌트에 그런 애플리케이션이 없습니다",
    ),
    "invalid_request": (
        "the tenant or the application's id is wrong", "테넌트나 애플리케이션의 ID가 틀립니다",
    ),
}  # fmt: skip


def _new_token(asker: Asker, scope: str) -> str:
    fields = asker.account.fields
    url = f"{asker.account.endpoint or LOGIN}/{fields['tenant']}/oauth2/v2.0/token"
    content = urlencode({
        "grant_type": "client_credentials", "client_id": fields["client_id"], "client_secret": fields["client_secret"],
        "scope": scope,
    }).encode()  # fmt: skip
    answer = asker.ask("POST", url, {"content-type": "application/x-www-form-urlencoded"}, content)
    found = document_of(answer)
    if answer.status == 200 and isinstance(found, dict) and isinstance(found.get("access_token"), str):
        return str(found["access_token"])
    if answer.status == 429 or answer.status >= 500:
        raise throttled("oauth2 token", answer.status)
    code = str(found.get("error") or "") if isinstance(found, dict) else ""
    usual = (f"it was answered {answer.status} {code[:40]}", f"{answer.status} {code[:40]} 응답이 왔습니다")
    en, ko = _NO_TOKEN.get(code, usual)
    raise Refused(
        f"Azure gives no token for the application: {en}", f"Azure가 애플리케이션에 토큰을 주지 않습니다: {ko}"
    )


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


PROVIDER: CloudProvider = Azure()
