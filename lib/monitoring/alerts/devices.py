"""People's own devices: whoever may sign in may be told on their phone, of what they see and nothing else."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from lib.domain.errors import BadInput, NotFound, Unavailable
from lib.domain.moments import told
from lib.monitoring.alerts.messages import clean
from lib.monitoring.alerts.policies import document_of, policy_of
from lib.monitoring.alerts.switchboard import WantedQuiet, tried
from lib.outbound import Door
from lib.storage.port import Deliveries

if TYPE_CHECKING:
    from lib.monitoring.alerts.push import PushKey

# The push services of the browsers there are. A browser names its own: without a list anybody who may sign in could
# have us call any host.
PUSH_HOSTS = (
    "fcm.googleapis.com", "updates.push.services.mozilla.com", ".push.services.mozilla.com", ".notify.windows.com",
    "web.push.apple.com", ".push.apple.com",
)  # fmt: skip
MOST_ADDRESS = 1_000
KIND = "web_push"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SubscriptionKeys(_Body):
    p256dh: str = Field(min_length=1, max_length=200)
    auth: str = Field(min_length=1, max_length=100)


class DeviceChange(_Body):
    """What is left out stays. `least` is the severity from which on the device is told; null of `quiet` ends it."""

    name: str = Field(default="", min_length=1, max_length=100)
    locale: Literal["ko", "en"] = "en"
    least: Literal["info", "warning", "critical"] = "warning"
    resolved: bool = True
    enabled: bool = True
    quiet: WantedQuiet | None = None


class WantedDevice(_Body):
    """A browser's PushSubscription, as its `toJSON` gives it, and what to call it. `expirationTime` is not kept: a push
    service says by itself when a subscription is over."""

    endpoint: str = Field(min_length=1, max_length=MOST_ADDRESS)
    keys: SubscriptionKeys
    expirationTime: float | None = None
    name: str = Field(min_length=1, max_length=100)
    locale: Literal["ko", "en"] = "en"


class Devices:
    """`seal` and `open_secret` are the vault's; `push` is who we are to push services, or None."""

    def __init__(
        self,
        deliveries: Deliveries,
        door: Door,
        seal: Callable[[str], str],
        open_secret: Callable[[str], str],
        push: PushKey | None,
        *,
        allow: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
        base_url: str | None = None,
        timezone: str = "UTC",
    ) -> None:
        self._deliveries = deliveries
        self._door = door
        self._seal = seal
        self._open = open_secret
        self._push = push
        self._allow = tuple(ipaddress.ip_network(one) for one in allow)
        self._clock = clock
        self._base_url = base_url
        self._timezone = timezone

    def of(self, owner: str) -> dict[str, Any]:
        """`{key, devices}`: what to subscribe with (None: web push is not set up), and the devices, newest first."""
        devices = [shown(row) for row in self._deliveries.device_list(owner)]
        return {"key": self._push.public if self._push else None, "devices": devices}

    def keep(self, owner: str, wanted: WantedDevice) -> tuple[dict[str, Any], bool]:
        """(the device, whether it is new). The same browser again is the same device. Raises BadInput, Conflict."""
        if self._push is None:
            raise Unavailable("web push is not set up here", retry_after=3_600)
        self._check(wanted)
        secret = {"endpoint": wanted.endpoint, "p256dh": wanted.keys.p256dh, "auth": wanted.keys.auth}
        document = {
            "owner": owner, "device": device_of(wanted.endpoint), "kind": KIND, "name": _name(wanted.name),
            "locale": wanted.locale, "secret": self._seal(json.dumps(secret)), "sealed": sorted(secret),
        }  # fmt: skip
        row = self._deliveries.device_keep(document)
        return shown(row), bool(row["made"])

    def change(self, owner: str, device: str, wanted: DeviceChange) -> dict[str, Any]:
        """Raises NotFound."""
        sent = wanted.model_fields_set
        row = self._row(owner, device)
        changes: dict[str, Any] = {name: getattr(wanted, name) for name in ("locale", "enabled") if name in sent}
        if "name" in sent:
            changes["name"] = _name(wanted.name)
        policy = {**row["policy"]}
        if "least" in sent:
            policy["least"] = wanted.least
        if "resolved" in sent:
            policy["resolved"] = wanted.resolved
        if "quiet" in sent:
            policy["quiet"] = wanted.quiet.model_dump() if wanted.quiet else None
        if policy != row["policy"]:
            try:
                changes["policy"] = document_of(policy_of(policy))
            except (TypeError, KeyError, ValueError) as error:
                raise BadInput(f"these hours cannot be kept: {error}", pointer="/quiet") from None
        changed = self._deliveries.device_change(owner, device, changes)
        if changed is None:
            raise _nobody()
        return shown(changed)

    def remove(self, owner: str, device: str) -> None:
        if not self._deliveries.device_delete(owner, device):
            raise _nobody()

    def test(self, owner: str, device: str) -> dict[str, Any]:
        """`{verdict: sent | later | never, detail, ms}` of a real message."""
        row = self._row(owner, device)
        return tried(
            row, self._open, self._door, self._clock(), base_url=self._base_url, timezone=self._timezone,
            push=self._push,
        )  # fmt: skip

    def _row(self, owner: str, device: str) -> dict[str, Any]:
        row = self._deliveries.device(owner, device)
        if row is None:
            raise _nobody()
        return row

    def _check(self, wanted: WantedDevice) -> None:
        # Late: cryptography costs every cold start of these routes a tenth of a second, and only this needs it.
        from lib.monitoring.alerts.push import AUTH_BYTES, bytes_of, public_point

        try:
            parts = urlsplit(wanted.endpoint)
            host = parts.hostname or ""
            port = parts.port
        except ValueError:
            raise BadInput("this is no address", pointer="/endpoint") from None
        known = parts.scheme == "https" and port in (None, 443) and any(_is_host(host, one) for one in PUSH_HOSTS)
        if "@" in parts.netloc or not wanted.endpoint.isprintable() or not (known or self._is_opened(host)):
            raise BadInput("this is not the address of a push service we know", pointer="/endpoint")
        try:
            public_point(wanted.keys.p256dh)
        except ValueError as error:
            raise BadInput(f"this is no public key of P-256: {error}", pointer="/keys/p256dh") from None
        try:
            bytes_of(wanted.keys.auth, AUTH_BYTES)
        except ValueError as error:
            raise BadInput(f"this is no secret of a subscription: {error}", pointer="/keys/auth") from None

    def _is_opened(self, host: str) -> bool:
        """An operator's own push service, by its address."""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address.version == network.version and address in network for network in self._allow)


def device_of(endpoint: str) -> str:
    """What a browser's subscription is found again by; the address itself is a secret."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    policy = policy_of(row["policy"])
    quiet = row["policy"].get("quiet")
    return {
        "id": row["id"], "name": row["name"], "locale": row["locale"], "enabled": row["enabled"],
        "least": policy.least, "resolved": policy.resolved, "quiet": quiet, "failing": row["failing"],
        "device": row.get("device"), **told("created_at", row["created_at"]), **told("told_at", row.get("told_at")),
    }  # fmt: skip


def _is_host(host: str, known: str) -> bool:
    return host.endswith(known) if known.startswith(".") else host == known


def _name(text: str) -> str:
    name = clean(text, 100)
    if not name:
        raise BadInput("a device has a name", pointer="/name")
    return name


def _nobody() -> NotFound:
    return NotFound("you have no such device")
