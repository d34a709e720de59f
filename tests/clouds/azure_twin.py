"""Azure on this machine, as far as it is asked: tokens, the list of virtual machines, metrics:getBatch. Written after
Microsoft's public reference, which azure.py names; it refuses what the reference says is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lib.domain.clouds import CloudAccount
from tests.clouds.rest_twin import Asked, RestTwin, serving

SUBSCRIPTION = "11111111-0000-4000-8000-000000000001"
TENANT = "22222222-0000-4000-8000-000000000002"
CLIENT = "33333333-0000-4000-8000-000000000003"
SECRET = "8Q~a-secret-of-an-application"
MANAGEMENT, METRICS = "https://management.azure.com/.default", "https://metrics.monitor.azure.com/.default"
UNITS = ("average", "total")


@dataclass
class AzureTwin:
    rest: RestTwin
    machines: list[dict[str, Any]] = field(default_factory=list)
    power: dict[str, str] = field(default_factory=dict)  # by id
    points: dict[tuple[str, str], list[tuple[int, float]]] = field(default_factory=dict)
    tokens: dict[str, list[str]] = field(default_factory=dict)  # by scope
    page: int = 3

    def account(self, name: str = "az", **more: Any) -> CloudAccount:
        fields = {"tenant": TENANT, "client_id": CLIENT, "client_secret": SECRET}
        return CloudAccount("azure", name, (SUBSCRIPTION,), fields, endpoint=self.rest.url, **more)

    def start(
        self, name: str, *, power: str = "running", tags: dict[str, str] | None = None, region: str = "koreacentral",
        computer: str = "",
    ) -> str:  # fmt: skip
        """A machine; gives its vmId."""
        vm_id = f"44444444-0000-4000-8000-{len(self.machines):012}"
        id_ = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/RG-Web/providers/Microsoft.Compute/virtualMachines/{name}"
        self.power[id_] = power
        self.machines.append({
            "id": id_, "name": name, "type": "Microsoft.Compute/virtualMachines", "location": region,
            "tags": tags or {}, "zones": ["1"],
            "properties": {
                "vmId": vm_id, "hardwareProfile": {"vmSize": "Standard_B2s"}, "provisioningState": "Succeeded",
                "osProfile": {"computerName": computer or name}, "storageProfile": {"osDisk": {"osType": "Linux"}},
            },
        })  # fmt: skip
        return vm_id

    def measure(self, name: str, metric: str, *points: tuple[int, float]) -> None:
        """(beginning of a period, value) of a machine's metric."""
        self.points.setdefault((name, metric), []).extend(points)

    def handle(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == f"/{TENANT}/oauth2/v2.0/token":
            return self._token(asked)
        is_metrics = asked.path.endswith("/metrics:getBatch")
        good = self.tokens.get(METRICS if is_metrics else MANAGEMENT, [])
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in good[-1:]:
            return 401, {"error": {"code": "InvalidAuthenticationToken"}}
        if asked.path == f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines":
            return self._list(asked)
        if asked.path == f"/subscriptions/{SUBSCRIPTION}/metrics:getBatch" and asked.method == "POST":
            return self._batch(asked)
        return 404, {"error": {"code": "SubscriptionNotFound"}}

    def _token(self, asked: Asked) -> tuple[int, Any]:
        form = asked.form
        if form["grant_type"] != "client_credentials" or form["client_id"] != CLIENT:
            return 400, {"error": "unauthorized_client"}
        if form["client_secret"] != SECRET:
            return 401, {"error": "invalid_client", "error_description": f"AADSTS7000215: not {form['client_secret']}"}
        given = self.tokens.setdefault(form["scope"], [])
        given.append(f"eyJ-token-{form['scope'][8:15]}-{len(given)}")
        return 200, {"token_type": "Bearer", "expires_in": 3_599, "access_token": given[-1]}

    def _list(self, asked: Asked) -> tuple[int, Any]:
        assert asked.one("api-version") == "2024-07-01"
        first = int(asked.one("$skiptoken", "0"))
        those = self.machines[first : first + self.page]
        if asked.one("statusOnly") == "true":
            found = [
                {
                    "id": one["id"].upper(),  # Azure's two lists do not agree in this
                    "name": one["name"],
                    "properties": {
                        "instanceView": {
                            "statuses": [
                                {"code": "ProvisioningState/succeeded"},
                                {"code": f"PowerState/{self.power[one['id']]}"},
                            ]
                        }
                    },
                }
                for one in those
            ]
        else:
            found = those
        more = {}
        if first + self.page < len(self.machines):
            rest = f"&statusOnly={asked.one('statusOnly')}" if "statusOnly" in asked.query else ""
            more = {
                "nextLink": f"{self.rest.url}{asked.path}?api-version=2024-07-01&$skiptoken={first + self.page}{rest}"
            }
        return 200, {"value": found, **more}

    def _batch(self, asked: Asked) -> tuple[int, Any]:
        assert asked.one("api-version") == "2023-10-01"
        assert asked.one("metricnamespace") == "Microsoft.Compute/virtualMachines"
        assert asked.one("interval") == "PT5M"
        ids = json.loads(asked.body)["resourceids"]
        known = {one["id"]: one for one in self.machines}
        if not 0 < len(ids) <= 50 or len({known[one]["location"] for one in ids}) > 1:
            return 400, {"error": {"code": "BadRequest"}}
        start, end = (datetime.fromisoformat(asked.one(name)).timestamp() for name in ("starttime", "endtime"))
        names = asked.one("metricnames").split(",")
        assert asked.one("aggregation").split(",") == list(UNITS)
        return 200, {
            "values": [
                {
                    "starttime": asked.one("starttime"), "endtime": asked.one("endtime"), "interval": "PT5M",
                    "namespace": "Microsoft.Compute/virtualMachines", "resourceregion": known[id_]["location"],
                    "resourceid": id_,
                    "value": [self._series(known[id_]["name"], name, start, end) for name in names],
                }
                for id_ in ids
            ]
        }  # fmt: skip

    def _series(self, machine: str, metric: str, start: float, end: float) -> dict[str, Any]:
        told = dict(self.points.get((machine, metric), []))
        data = []
        for at in range(int(start), int(end), 300):
            values = dict.fromkeys(UNITS, told[at]) if at in told else {}  # a period without values has no fields
            data.append({"timeStamp": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), **values})
        name = {"value": metric, "localizedValue": metric}
        series = [{"metadatavalues": [], "data": data}] if told else []
        return {"name": name, "unit": "Percent", "timeseries": series, "errorCode": "Success"}


@contextmanager
def azure() -> Iterator[AzureTwin]:
    with serving() as rest:
        twin = AzureTwin(rest)
        rest.handle = twin.handle
        yield twin
