"""Whatever a cloud answers: a source is read, or it is said why not; nothing else comes of it, and nothing hangs."""

from __future__ import annotations

import itertools
import json
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.clouds import CloudAccount
from lib.monitoring.cloud_rounds import STRANGE
from lib.monitoring.collectors.clouds import PROVIDERS, Asker, Instance, Point, Refused, Trouble, batch_of, provider
from lib.outbound import Answer, Door
from tests.clouds.google_twin import PEM

NOW = int(time.time())
GUID = "11111111-0000-4000-8000-000000000001"
ACCOUNTS = {
    "aws": CloudAccount("aws", "a", ("ap-northeast-2",), {"key_id": "AKIAIOSFODNN7EXAMPLE", "secret": "s" * 20}),
    "google": CloudAccount("google", "g", ("my-project",), {"client_email": "a@b", "private_key": PEM}),
    "azure": CloudAccount("azure", "z", (GUID,), {"tenant": GUID, "client_id": GUID, "client_secret": "s" * 20}),
}
WORDS_OF_ANSWERS = """
access_token error items zones/a instances warning code id name zone labels networkInterfaces networkIP disks timeSeries
metric resource instance_id points interval endTime value doubleValue int64Value nextPageToken nextLink properties vmId
location tags values resourceid timeseries data timeStamp average total MetricDataResults Id Timestamps Values NextToken
Metrics Dimensions Name Value instanceView statuses errors reason
"""
KEYS = WORDS_OF_ANSWERS.split()
TEXTS = st.sampled_from(
    ["", "q0", "i-1", "4", "RUNNING", "UNREACHABLE", "2026-11-26T00:00:00Z", "x/y", "Percentage CPU"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
JSON = st.recursive(
    SCALARS,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(KEYS), one, max_size=5),
    max_leaves=25,
)
WORDS = st.sampled_from([
    "<a>", "</a>", "<reservationSet>", "</reservationSet>", "<item>", "</item>", "<instancesSet>", "</instancesSet>",
    "<tagSet/>", "<nextToken>t</nextToken>", "<instanceId>i</instanceId>", "<!DOCTYPE x>", "&lol;", "\0", "텍스트",
])  # fmt: skip
BODIES = (
    JSON.map(lambda one: json.dumps(one).encode())
    | st.lists(WORDS, max_size=12).map(lambda those: "".join(those).encode())
    | st.binary(max_size=60)
)


class Scripted(Door):
    """Gives tokens to whoever asks for one, and these answers in turn to everything else."""

    def __init__(self, answers: list[tuple[int, bytes]]) -> None:
        super().__init__()
        self._answers = itertools.cycle(answers)

    def ask(self, method: str, url: str, **sent: Any) -> Answer:
        if "/token" in url:
            return Answer(200, {}, b'{"access_token": "t"}')
        return Answer(*(one := next(self._answers))[:1], {}, one[1])


def asker(name: str, answers: list[tuple[int, bytes]]) -> Asker:
    ticks = itertools.count()
    account = ACCOUNTS[name]
    made = Asker(Scripted(answers), account, account.scopes[0], 60.0, monotonic=lambda: float(next(ticks)))
    made.held["token"] = "t"  # signing for one takes as long as all the rest
    return made


STATUSES = st.sampled_from([200, 200, 200, 400, 403, 404, 429, 500])


@pytest.mark.parametrize("name", PROVIDERS)
@settings(deadline=None)
@given(answers=st.lists(st.tuples(STATUSES, BODIES), min_size=1, max_size=6))
def test_any_answer_is_read_or_said_to_be_none(name: str, answers: list[tuple[int, bytes]]) -> None:
    cloud = provider(name)
    detail = {"period": 300, "type": "t3.micro", "resource": "/r", "region": "koreacentral"}
    one = Instance("4", "web", detail=detail)
    for ask in (
        lambda: cloud.instances(asker(name, answers)),
        lambda: list(cloud.points(asker(name, answers), [one], NOW - 3_600, NOW, {})),
    ):
        found: list[Any] = []
        with suppress(Trouble, *STRANGE):  # what becomes words, and what the round makes words of
            found = list(ask())
        points = [point for point in found if isinstance(point, Point)]
        batch_of(ACCOUNTS[name], [one], {"4": "web"}, points, NOW)


@pytest.mark.parametrize("name", PROVIDERS)
def test_pages_without_end_end_with_the_time(name: str) -> None:
    page = {
        "aws": b"<x><nextToken>more</nextToken></x>",
        "google": b'{"nextPageToken": "more"}',
        "azure": b'{"nextLink": "https://management.azure.com/more"}',
    }[name]
    with pytest.raises(Trouble, match="no time left"):
        provider(name).instances(asker(name, [(200, page)]))


def test_a_key_that_is_none_is_said_to_be_none() -> None:
    account = replace(ACCOUNTS["google"], fields={"client_email": "a@b", "private_key": PEM.replace("A", "B", 9)})
    lost = Asker(Scripted([(200, b"{}")]), account, "my-project", time.monotonic() + 5)
    with pytest.raises(Refused, match="cannot be read") as refusal:
        provider("google").instances(lost)
    assert set(refusal.value.text) == {"en", "ko"}


def test_what_can_never_be_cleared_up_is_no_full_disk() -> None:
    from lib.monitoring.collectors.aws import _AGENT, _agents
    from lib.monitoring.collectors.google_cloud import _METRICS, _points

    def told(**labels: str) -> list[dict[str, str]]:
        return [{"Name": name, "Value": value} for name, value in {"InstanceId": "i-1", **labels}.items()]

    linux, windows = (one.name for one in _AGENT if one.series == "disk")
    mounts = {"/": "xfs", "/snap/core/1": "squashfs", "/boot/efi": "vfat", "/var/lib/docker/overlay2/a": "overlay"}
    listed = [[linux, told(path=path, fstype=kind)] for path, kind in mounts.items()]
    listed += [[windows, told(instance=one)] for one in ("C:", "HarddiskVolume1", "_Total")]
    asker = Asker(Door(), ACCOUNTS["aws"], "ap-northeast-2", 0.0)
    found = _agents(asker, Any, {"agent": {"at": NOW, "listed": listed}}, NOW)  # type: ignore[arg-type] # nobody is asked
    assert [series for _, series, _ in found["i-1"]] == ["disk:/", "disk:C:"]

    (disk,) = (one for one in _METRICS if one.series == "disk")
    point = {"value": {"doubleValue": 100.0}, "interval": {"endTime": "2026-11-26T00:00:00Z"}}
    of = {"resource": {"labels": {"instance_id": "4"}}, "points": [point]}
    devices = ("sda1", "/dev/loop3", "loop0")
    series = [one.series for name in devices for one in _points(disk, {**of, "metric": {"labels": {"device": name}}})]
    assert series == ["disk:sda1"]
