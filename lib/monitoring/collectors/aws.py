"""AWS: EC2's instances, and what CloudWatch measured of them.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lib.monitoring.collectors.aws_calls import Credentials, Element, credentials, query, target
from lib.monitoring.collectors.clouds import (
    GONE,
    STOPPED,
    Asker,
    CloudProvider,
    Instance,
    Point,
    epoch_of,
    fullest_disks,
)
from lib.monitoring.collectors.telegraf import is_mount

EC2_VERSION = "2016-11-15"
PAGE = 500  # instances a call
MOST_QUERIES = 500  # of one GetMetricData
MOST_DATAPOINTS = 50_000  # of one answer; it may be 100 800
BASIC, DETAILED = 300, 60  # seconds between two points
AGENT_EVERY = 3_600  # seconds between two looks at what the CloudWatch agent tells
_STATES = {"pending": "", "running": "", "rebooting": "", "terminated": GONE, "shutting-down": GONE}


@dataclass(frozen=True, slots=True)
class _Metric:
    """How a metric of CloudWatch becomes ours: its statistic, and what a value is divided by."""

    namespace: str
    name: str
    series: str
    statistic: str = "Average"
    per_second: bool = False
    rest_of: float | None = None  # 100 for what is told as free and kept as used


_EC2 = (
    _Metric("AWS/EC2", "CPUUtilization", "cpu"),
    _Metric("AWS/EC2", "NetworkIn", "net_in", "Sum", per_second=True),
    _Metric("AWS/EC2", "NetworkOut", "net_out", "Sum", per_second=True),
    _Metric("AWS/EC2", "EBSReadBytes", "disk_read", "Sum", per_second=True),
    _Metric("AWS/EC2", "EBSWriteBytes", "disk_write", "Sum", per_second=True),
    _Metric("AWS/EC2", "EBSReadOps", "aws.ebs_read_ops", "Sum", per_second=True),
    _Metric("AWS/EC2", "EBSWriteOps", "aws.ebs_write_ops", "Sum", per_second=True),
    _Metric("AWS/EC2", "StatusCheckFailed_System", "aws.status_check_failed_system", "Maximum"),
    _Metric("AWS/EC2", "StatusCheckFailed_Instance", "aws.status_check_failed_instance", "Maximum"),
)
_BURSTABLE = _Metric("AWS/EC2", "CPUCreditBalance", "aws.cpu_credit_balance")
# Of the CloudWatch agent, on Linux and on Windows, where it is installed.
_AGENT = (
    _Metric("CWAgent", "mem_used_percent", "memory"),
    _Metric("CWAgent", "swap_used_percent", "swap"),
    _Metric("CWAgent", "disk_used_percent", "disk"),
    _Metric("CWAgent", "Memory % Committed Bytes In Use", "memory"),
    _Metric("CWAgent", "LogicalDisk % Free Space", "disk", rest_of=100.0),
)
_MOUNTS = ("path", "instance")  # the dimension that names a mount, on Linux and on Windows
_PERCENT = frozenset({"cpu", "memory", "swap", "disk"})

type Dimensions = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One query of GetMetricData."""

    instance: str
    metric: _Metric
    series: str
    period: int
    dimensions: Dimensions

    def body(self, number: int) -> dict[str, Any]:
        metric = {"Namespace": self.metric.namespace, "MetricName": self.metric.name, "Dimensions": self.dimensions}
        return {
            "Id": f"q{number}",
            "MetricStat": {"Metric": metric, "Period": self.period, "Stat": self.metric.statistic},
            "ReturnData": True,
        }

    def value(self, told: float) -> float:
        if self.metric.per_second:
            return round(told / self.period, 3)
        if self.metric.rest_of is not None:
            told = self.metric.rest_of - told
        # Of a machine that is busy all the time CloudWatch tells some ten thousandths more than 100.
        return min(100.0, max(0.0, told)) if self.series.partition(":")[0] in _PERCENT else told


@dataclass(frozen=True, slots=True)
class Aws:
    """`page` and `queries` are how much one call asks for."""

    page: int = PAGE
    queries: int = MOST_QUERIES

    def instances(self, asker: Asker) -> list[Instance]:
        who = credentials(asker)
        wanted = {"MaxResults": str(self.page)}
        for number, (name, value) in enumerate(asker.account.tags.items(), 1):
            wanted |= {f"Filter.{number}.Name": f"tag:{name}", f"Filter.{number}.Value.1": value}
        found: list[Instance] = []
        token: str | None = ""
        while token is not None:
            more = {"NextToken": token} if token else {}
            root = query(asker, who, "ec2", "DescribeInstances", EC2_VERSION, {**wanted, **more})
            found += [_instance(one, asker) for one in root.iterfind("reservationSet/item/instancesSet/item")]
            token = root.findtext("nextToken") or None
        return found

    def points(
        self, asker: Asker, instances: Sequence[Instance], start: int, end: int, memory: dict[str, Any]
    ) -> Iterator[Point]:
        who = credentials(asker)
        known = _agents(asker, who, memory, end)
        asked = [one for instance in instances for one in _asked(instance, known.get(instance.id, []))]
        batches = (asked[first : first + self.queries] for first in range(0, len(asked), self.queries))
        yield from fullest_disks(point for batch in batches for point in _data(asker, who, batch, start, end))


def _instance(item: Element, asker: Asker) -> Instance:
    def text(path: str) -> str:
        return (item.findtext(path) or "").strip()

    tags = {
        key: one.findtext("value") or ""
        for one in item.iterfind("tagSet/item")
        if (key := one.findtext("key") or "") and not key.startswith("aws:")
    }
    name = tags.pop("Name", "")
    private = text("privateDnsName")
    about = {
        "region": asker.scope, "zone": text("placement/availabilityZone"), "instance": text("instanceId"),
        "type": text("instanceType"), "private_ip": text("privateIpAddress"),
    }  # fmt: skip
    threads, cores = text("cpuOptions/threadsPerCore"), text("cpuOptions/coreCount")
    facts: dict[str, Any] = {
        "os": text("platformDetails") or text("platform"), "arch": text("architecture"), "model": text("instanceType"),
        "boot_at": epoch_of(text("launchTime")),
        "cores": int(threads) * int(cores) if threads.isdigit() and cores.isdigit() else None,
    }  # fmt: skip
    state = text("instanceState/name")
    return Instance(
        text("instanceId"),
        name,
        _STATES.get(state, STOPPED),
        tuple(host for host in (private.partition(".")[0], private) if host),
        facts,
        {key: value for key, value in about.items() if value},
        tags,
        {"period": DETAILED if text("monitoring/state") == "enabled" else BASIC, "type": text("instanceType")},
    )


def _asked(instance: Instance, agent: Iterable[tuple[_Metric, str, Dimensions]]) -> Iterator[_Asked]:
    if instance.stopped:
        return
    period = int(instance.detail["period"])
    burstable = str(instance.detail["type"]).startswith("t")
    for metric in (*_EC2, *((_BURSTABLE,) if burstable else ())):
        # Status checks come every minute, all else as often as is paid for.
        own: Dimensions = [{"Name": "InstanceId", "Value": instance.id}]
        yield _Asked(instance.id, metric, metric.series, BASIC if metric is _BURSTABLE else period, own)
    for metric, series, dimensions in agent:
        yield _Asked(instance.id, metric, series, BASIC, dimensions)


def _agents(
    asker: Asker, who: Credentials, memory: dict[str, Any], now: int
) -> dict[str, list[tuple[_Metric, str, Dimensions]]]:
    """{instance: what the CloudWatch agent on it tells}: its metrics carry more labels than can be guessed, so they are
    listed, once an hour."""
    kept = memory.get("agent")
    if not isinstance(kept, dict) or not now - AGENT_EVERY < kept["at"] <= now:
        listed = [[metric.name, one] for metric in _AGENT for one in _listed(asker, who, metric)]
        kept = memory["agent"] = {"at": now, "listed": listed}
    by_name = {metric.name: metric for metric in _AGENT}
    found: dict[str, list[tuple[_Metric, str, Dimensions]]] = {}
    for name, dimensions in kept["listed"]:
        values = {one["Name"]: one["Value"] for one in dimensions}
        metric = by_name.get(name)
        mount = next((values[label] for label in _MOUNTS if label in values), "")
        if metric is None or "InstanceId" not in values or not _counts(mount, values.get("fstype", "")):
            continue
        series = f"disk:{mount}" if metric.series == "disk" and mount else metric.series
        of_it = found.setdefault(values["InstanceId"], [])
        if all(series != other for _, other, _ in of_it):
            of_it.append((metric, series, dimensions))
    return found


def _counts(mount: str, file_system: str) -> bool:
    """Whether it is a mount that may run full; of Windows neither a part of a disk without a letter nor their mean."""
    return is_mount(mount, file_system) and not mount.startswith(("HarddiskVolume", "_Total"))


def _listed(asker: Asker, who: Credentials, metric: _Metric) -> Iterator[Dimensions]:
    wanted: dict[str, Any] = {
        "Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": [{"Name": "InstanceId"}],
        "RecentlyActive": "PT3H",
    }  # fmt: skip
    token: str | None = ""
    while token is not None:
        answer = target(asker, who, "ListMetrics", {**wanted, **({"NextToken": token} if token else {})})
        for one in answer.get("Metrics") or ():
            yield [{"Name": str(label["Name"]), "Value": str(label["Value"])} for label in one["Dimensions"]]
        token = answer.get("NextToken") or None


def _data(asker: Asker, who: Credentials, asked: Sequence[_Asked], start: int, end: int) -> Iterator[Point]:
    """All pages of one GetMetricData. A period that is not over is left for the next time."""
    wanted: dict[str, Any] = {
        "MetricDataQueries": [one.body(number) for number, one in enumerate(asked)],
        "StartTime": start - start % BASIC, "EndTime": end - end % DETAILED,
        "ScanBy": "TimestampAscending", "MaxDatapoints": MOST_DATAPOINTS,
    }  # fmt: skip
    token: str | None = ""
    while token is not None:
        answer = target(asker, who, "GetMetricData", {**wanted, **({"NextToken": token} if token else {})})
        for result in answer.get("MetricDataResults") or ():
            one = asked[int(result["Id"][1:])]
            for at, value in zip(result.get("Timestamps") or (), result.get("Values") or (), strict=False):
                over = int(at) + one.period
                if over <= end:
                    yield Point(one.instance, one.series, over, one.value(float(value)))
        token = answer.get("NextToken") or None


PROVIDER: CloudProvider = Aws()
