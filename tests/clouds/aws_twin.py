"""AWS on this machine: moto's server, and a gate before it that notes what is asked and may answer itself."""

from __future__ import annotations

import http.client
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import boto3
from moto.server import ThreadedMotoServer

from lib.domain.clouds import CloudAccount
from tests.channels.receiver import Receiver, Reply, Request, receiving

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS' own example
SEOUL, TOKYO = "ap-northeast-2", "ap-northeast-1"
OWN_ACCOUNT, OTHER_ACCOUNT = "123456789012", "210987654321"
_FORWARDED = ("authorization", "content-type", "x-amz-date", "x-amz-target", "x-amz-security-token", "host")


@dataclass(frozen=True)
class Call:
    """One call as it came: `who` is the access key that signed it."""

    action: str
    region: str
    who: str
    wanted: dict[str, str]


@dataclass
class AwsTwin:
    receiver: Receiver
    port: int
    calls: list[Call] = field(default_factory=list)
    instead: Callable[[Call], Reply | None] = lambda call: None

    @property
    def url(self) -> str:
        return self.receiver.url

    def account(self, name: str = "본사", *regions: str, **more: Any) -> CloudAccount:
        fields = {"key_id": KEY_ID, "secret": SECRET, **more.pop("fields", {})}
        return CloudAccount("aws", name, regions or (SEOUL,), fields, endpoint=self.url, **more)

    def client(self, service: str, region: str = SEOUL, **keys: str) -> Any:
        """AWS' own SDK, past the gate."""
        usual = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET}
        return _client(service, region, f"http://127.0.0.1:{self.port}", tuple({**usual, **keys}.items()))

    def forget(self) -> None:
        """As it was at first."""
        _ask(self.port, Request("/moto-api/reset", {}, b""))
        _ask(self.port, Request("/moto-api/reset-auth", {}, b"inf"))
        self.calls.clear()
        self.instead = lambda call: None

    def hold_to_policies(self) -> None:
        """From the next call on IAM has the last word, until all is forgotten."""
        _ask(self.port, Request("/moto-api/reset-auth", {}, b"0"))

    def start(self, name: str = "", *, region: str = SEOUL, tags: dict[str, str] | None = None, **more: Any) -> str:
        """A machine; gives its id."""
        pairs = {**({"Name": name} if name else {}), **(tags or {})}
        listed = [{"Key": key, "Value": value} for key, value in pairs.items()]
        specification = {"TagSpecifications": [{"ResourceType": "instance", "Tags": listed}]} if listed else {}
        client = more.pop("client", None) or self.client("ec2", region)
        made = client.run_instances(
            ImageId="ami-12c6146b", MinCount=1, MaxCount=1, **{"InstanceType": "t3.micro", **specification, **more}
        )
        return str(made["Instances"][0]["InstanceId"])

    def measure(
        self,
        instance: str,
        metric: str,
        points: Sequence[tuple[float, float]],
        *,
        region: str = SEOUL,
        namespace: str = "AWS/EC2",
        client: Any = None,
        **labels: str,
    ) -> None:
        """(time, value) of one metric."""
        dimensions = [{"Name": key, "Value": value} for key, value in {"InstanceId": instance, **labels}.items()]
        (client or self.client("cloudwatch", region)).put_metric_data(
            Namespace=namespace,
            MetricData=[
                {
                    "MetricName": metric, "Dimensions": dimensions, "Value": value,
                    "Timestamp": datetime.fromtimestamp(at, UTC),
                }
                for at, value in points
            ],
        )  # fmt: skip


@cache
def _client(service: str, region: str, url: str, keys: tuple[tuple[str, str], ...]) -> Any:
    """Kept: making one reads the description of a whole service."""
    return boto3.client(service, region_name=region, endpoint_url=url, **dict(keys))


@contextmanager
def aws() -> Iterator[AwsTwin]:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    try:
        _, port = moto.get_host_and_port()
        with receiving() as receiver:
            twin = AwsTwin(receiver, port)
            twin.forget()

            def reply(request: Request) -> Reply:
                call = _read(request)
                twin.calls.append(call)
                return twin.instead(call) or _ask(port, request)

            receiver.reply = reply
            yield twin
    finally:
        moto.stop()


def _read(request: Request) -> Call:
    found = re.search(r"Credential=([^/]+)/\d{8}/([^/]+)/", request.headers["authorization"])
    assert found, request.headers
    target = request.headers.get("x-amz-target", "").rpartition(".")[2]
    wanted = {} if target else {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    return Call(target or wanted["Action"], found[2], found[1], wanted)


def _ask(port: int, request: Request) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = {name: text for name, text in request.headers.items() if name in _FORWARDED}
        connection.request("POST", request.path, request.body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(), (("Content-Type", answer.getheader("Content-Type", "")),))
    finally:
        connection.close()
