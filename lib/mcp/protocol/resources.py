"""Resources: what an application may put before a model without a tool being called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lib.domain.errors import NotFound
from lib.domain.metrics import HEADLINE, METRICS
from lib.mcp.knowledge import troubleshooting as kb
from lib.mcp.protocol.house import House
from lib.mcp.protocol.offer import MARKDOWN, Document, Outcome, Resource, Template
from lib.mcp.protocol.tools_alerts import explain_alert
from lib.mcp.protocol.tools_fleet import fleet_summary, get_server
from lib.mcp.protocol.tools_knowledge import runbook_of

MOST_ALERTS = 50
LIVE_SECONDS = 10
STILL_SECONDS = 3_600


def starting_with(typed: str, names: Sequence[str]) -> list[str]:
    """Those that begin like what was typed, then those that hold it."""
    low = typed.casefold()
    begin = [name for name in names if name.casefold().startswith(low)]
    return [*begin, *(name for name in names if low in name.casefold() and name not in begin)]


def server_names(house: House, typed: str) -> list[str]:
    return starting_with(typed, sorted(one["id"] for one in house.fleet()["servers"]))


def group_names(house: House, typed: str) -> list[str]:
    return starting_with(typed, sorted({one["group"] for one in house.fleet()["servers"] if one["group"]}))


def alert_ids(house: House, typed: str) -> list[str]:
    return starting_with(typed, [name for name, _ in _open_alerts(house)])


def catalogue(house: House) -> dict[str, Any]:
    """Every metric of the catalogue: its unit, its range, what people call it."""
    return {
        "metrics": [
            {
                "metric": one.name, "unit": one.unit, "en": one.en, "ko": one.ko, "low": one.low, "high": one.high,
                "per_mount": one.per_subject, "headline": one.name in HEADLINE, "aliases": list(one.aliases),
            }
            for one in METRICS.values()
        ],
        "more": "a metric of one's own has a dot in its name; one mount is disk:/data",
    }  # fmt: skip


def _server(house: House, name: str) -> Mapping[str, Any]:
    return _data(get_server(house, {"server": name}))


def _alert(house: House, alert_id: str) -> Mapping[str, Any]:
    return _data(explain_alert(house, {"alert": alert_id}))


def _data(outcome: Outcome) -> Mapping[str, Any]:
    if outcome.structured is None:
        raise NotFound("there is nothing to tell")
    return outcome.structured


def _servers(house: House) -> list[tuple[str, str]]:
    return [(one["id"], f"{one['id']}: {one['status']}") for one in house.fleet()["servers"]]


def _open_alerts(house: House) -> list[tuple[str, str]]:
    found = house.services.alerts.listed(state="open", most=MOST_ALERTS, sight=house.sight)["alerts"]
    return [
        (one["id"], f"{one['server'] or '-'}: {one.get('source') or one['rule_name']}, {one['severity']}")
        for one in found
    ]


def _runbook(house: House, topic: str) -> Document:
    """Both languages: an application does not say which one it reads."""
    found = runbook_of(topic)
    return f"{kb.markdown(found, 'en')}\n\n---\n\n{kb.markdown(found, 'ko')}\n"


def _runbooks(house: House) -> list[tuple[str, str]]:
    return [(topic, kb.runbook(topic).title.en) for topic in kb.topics()]


RESOURCES = (
    Resource(
        uri="fleet://summary",
        name="summary",
        title="The fleet in short",
        description="How many servers are well, which are not and why, open alerts",
        read=lambda house: fleet_summary(house, {}),
        ttl_seconds=LIVE_SECONDS,
    ),
    Resource(
        uri="catalog://metrics",
        name="metrics",
        title="Metrics",
        description="Every metric with its unit, range and names",
        read=catalogue,
        ttl_seconds=STILL_SECONDS,
    ),
)
TEMPLATES = (
    Template(
        uri="server://{id}",
        name="server",
        title="A server",
        description="Facts, status and reason, the latest of each series, mounts, open alerts",
        read=_server,
        listed=_servers,
        complete=server_names,
        ttl_seconds=LIVE_SECONDS,
    ),
    Template(
        uri="alert://{id}",
        name="alert",
        title="An alert",
        description="Its rule, what happened to it, the server's other values, what moved with it",
        read=_alert,
        listed=_open_alerts,
        complete=alert_ids,
        ttl_seconds=LIVE_SECONDS,
    ),
    Template(
        uri="runbook://{topic}",
        name="runbook",
        title="A runbook",
        description="What to do when something goes wrong, in English and Korean",
        read=_runbook,
        listed=_runbooks,
        complete=lambda house, typed: starting_with(typed, kb.topics()),
        mime=MARKDOWN,
        ttl_seconds=STILL_SECONDS,
    ),
)
