"""Google Cloud on this machine, as far as it is asked: tokens, instances.aggregatedList, timeSeries.list. Written after
Google's public reference, which google_cloud.py names; it refuses what the reference says is refused."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lib.domain.clouds import CloudAccount
from tests.clouds.rest_twin import Asked, RestTwin, serving

PROJECT = "my-project-1"
EMAIL = f"hub@{PROJECT}.iam.gserviceaccount.com"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


@dataclass
class GoogleTwin:
    rest: RestTwin
    instances: list[dict[str, Any]] = field(default_factory=list)
    points: dict[tuple[str, str, str], list[tuple[int, float]]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    unreachable: str = ""
    page: int = 3

    def account(self, name: str = "gcp", **more: Any) -> CloudAccount:
        fields = {"client_email": EMAIL, "private_key": PEM, "token_uri": f"{self.rest.url}/token"}
        return CloudAccount("google", name, (PROJECT,), fields, endpoint=self.rest.url, **more)

    def start(
        self, name: str, *, status: str = "RUNNING", labels: dict[str, str] | None = None, zone: str = "a"
    ) -> str:
        id_ = str(4_000_000_000_000_000_000 + len(self.instances))
        place = f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/zones/asia-northeast3-{zone}"
        self.instances.append({
            "kind": "compute#instance", "id": id_, "name": name, "status": status, "zone": place,
            "machineType": f"{place}/machineTypes/e2-medium", "labels": labels or {},
            "networkInterfaces": [{"networkIP": "10.178.0.2"}], "disks": [{"boot": True, "architecture": "X86_64"}],
            "lastStartTimestamp": "2026-11-26T09:00:00.000+09:00",
        })  # fmt: skip
        return id_

    def measure(self, instance: str, metric: str, *points: tuple[int, float], label: str = "") -> None:
        """(end of a period, value) of a metric, as aligned by Google."""
        self.points.setdefault((instance, metric, label), []).extend(points)

    def handle(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/token":
            return self._token(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens[-1:]:
            return 401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}}
        if asked.path == f"/compute/v1/projects/{PROJECT}/aggregated/instances":
            return self._list(asked)
        if asked.path == f"/v3/projects/{PROJECT}/timeSeries":
            return self._series(asked)
        return 404, {"error": {"code": 404, "status": "NOT_FOUND"}}

    def _token(self, asked: Asked) -> tuple[int, Any]:
        claims = jwt.decode(
            asked.form["assertion"], KEY.public_key(), algorithms=["RS256"], audience=f"{self.rest.url}/token",
            options={"require": ["iss", "scope", "aud", "exp", "iat"]},
        )  # fmt: skip
        if claims["iss"] != EMAIL or asked.form["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return 400, {"error": "invalid_grant"}
        self.tokens.append(f"ya29.token-{len(self.tokens)}")
        return 200, {"access_token": self.tokens[-1], "expires_in": 3_599, "token_type": "Bearer"}

    def _list(self, asked: Asked) -> tuple[int, Any]:
        wanted = re.findall(r'labels\.([\w-]+)="([^"]*)"', asked.one("filter"))
        found = [one for one in self.instances if all(one["labels"].get(key) == value for key, value in wanted)]
        first = int(asked.one("pageToken", "0"))
        last = first + self.page
        items: dict[str, Any] = {"zones/us-east1-b": {"warning": {"code": "NO_RESULTS_ON_PAGE"}}}
        if self.unreachable:
            items[f"zones/{self.unreachable}"] = {"warning": {"code": "UNREACHABLE"}}
        for one in found[first:last]:
            items.setdefault(f"zones/{one['zone'].rpartition('/')[2]}", {}).setdefault("instances", []).append(one)
        more = {"nextPageToken": str(last)} if last < len(found) else {}
        return 200, {"kind": "compute#instanceAggregatedList", "items": items, **more}

    def _series(self, asked: Asked) -> tuple[int, Any]:
        text = asked.one("filter")
        kind = re.search(r'metric\.type = "([^"]+)"', text)
        ids = re.search(r"instance_id = one_of\(([^)]*)\)", text)
        assert kind
        assert ids
        assert asked.one("aggregation.alignmentPeriod") == "300s"
        assert asked.one("view") == "FULL"
        told = [key for key in self.points if key[1] == kind[1]]
        if kind[1].startswith("agent.") and not told:
            return 404, {"error": {"code": 404, "status": "NOT_FOUND", "message": f"Cannot find metric {kind[1]}"}}
        start, end = (
            datetime.fromisoformat(asked.one(f"interval.{name}")).timestamp() for name in ("startTime", "endTime")
        )
        assert start % 300 == end % 300 == 0
        assert end <= time.time() - 240
        found = []
        for instance, metric, label in told:
            if instance not in re.findall(r'"(\d+)"', ids[1]):
                continue
            points = [(at, value) for at, value in self.points[instance, metric, label] if start < at <= end]
            number = "int64Value" if metric.endswith("uptime_total") else "doubleValue"
            if points:
                found.append({
                    "metric": {"type": metric, "labels": {"device": label} if label else {}},
                    "resource": {"type": "gce_instance", "labels": {"instance_id": instance, "project_id": PROJECT}},
                    "points": [
                        {
                            "interval": {"startTime": _stamp(at - 300), "endTime": _stamp(at)},
                            "value": {number: str(int(value)) if number == "int64Value" else value},
                        }
                        for at, value in reversed(points)
                    ],
                })  # fmt: skip
        first = int(asked.one("pageToken", "0"))
        more = {"nextPageToken": str(first + 1)} if first + 1 < len(found) else {}
        return 200, {"timeSeries": found[first : first + 1], **more}


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def google() -> Iterator[GoogleTwin]:
    with serving() as rest:
        twin = GoogleTwin(rest)
        rest.handle = twin.handle
        yield twin
