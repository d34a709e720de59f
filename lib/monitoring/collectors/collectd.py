"""What collectd sends by its plugin write_http: its JSON, its commands (PUTVAL), and its form for KairosDB.

Forms: collectd's utils/format_json, utils/cmds/putval and utils/format_kairosdb; names and units: its types.db.
Whether numbers of a kind that counts are rates already (`StoreRates true`) is not said in a request, but seen: a
counter is a whole number, a rate hardly ever is, and the first one is null. `?rates=true` or `false` says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from lib import strict_json
from lib.domain.errors import BadInput
from lib.monitoring.collectors.collectd_names import Keeper
from lib.monitoring.collectors.gathering import Gathered
from lib.monitoring.collectors.protocols import Incoming, Protocol
from lib.monitoring.collectors.server_stats import Batch

MOST_VALUES = 50_000
# What of types.db holds several values, and what counts: PUTVAL and KairosDB's form do not say it.
_SEVERAL = {
    "load": ("shortterm", "midterm", "longterm"), "disk_io_time": ("io_time", "weighted_io_time"),
    **dict.fromkeys(("if_octets", "if_packets", "if_errors", "if_dropped"), ("rx", "tx")),
    **dict.fromkeys(("disk_octets", "disk_ops", "disk_time", "disk_merged"), ("read", "write")),
}  # fmt: skip
_COUNTING = frozenset({
    "cpu", "derive", "counter", "absolute", "swap_io", "fork_rate", "contextswitch", "irq", "total_requests",
    "nginx_requests", "apache_requests", "apache_bytes", "total_bytes", "total_operations", "total_connections",
    "total_values", "protocol_counter", "mysql_commands", "mysql_handler", "mysql_octets", "operations",
    "http_requests", "cache_result", "ps_cputime", "vmpage_io", *(name for name in _SEVERAL if name != "load"),
})  # fmt: skip
# What is quoted never also fits the unquoted form: else a long line could be tried in very many ways.
_QUOTED, _BARE = r'"(?:[^"\\]|\\.)*"', r'[^\s"]\S*'
_PUTVAL = re.compile(rf"PUTVAL\s+({_QUOTED}|{_BARE})((?:\s+[a-z_]+=(?:{_QUOTED}|{_BARE}))*)\s+(\S+)$", re.IGNORECASE)


class Reading(NamedTuple):
    """One value; `counts` where it is of a kind that only grows (or the rate of one), `value` None where it has none
    yet."""

    host: str
    plugin: str
    plugin_instance: str
    type: str
    type_instance: str
    source: str
    at: float
    value: float | None
    counts: bool


def read(request: Incoming) -> Batch:
    gathered = Gathered("collectd", request.now)
    if request.path == "/api/v1/datapoints":
        found = list(_kairos(strict_json.parse(request.body), gathered))
    elif request.body.lstrip()[:1] in {b"[", b"{"}:
        found = list(_json(strict_json.parse(request.body), gathered))
    else:
        found = list(_commands(request.body, gathered, request.now))
    if len(found) > MOST_VALUES:
        raise BadInput(f"at most {MOST_VALUES} values a request")
    keeper = Keeper(gathered, rates=_are_rates(found, request.query.get("rates", "")))
    for one in found:
        keeper.keep(one)
    keeper.finish()
    return gathered.done()


def _are_rates(found: list[Reading], said: str) -> bool:
    if said.lower() in {"true", "1", "false", "0"}:
        return said.lower() in {"true", "1"}
    counted = [one.value for one in found if one.counts]
    return any(value is None or not value.is_integer() for value in counted) or not any(counted)


def _number(given: object) -> float | None:
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None


def _text(given: object) -> str:
    return given if isinstance(given, str) else ""


def _json(document: object, gathered: Gathered) -> Iterator[Reading]:
    for index, one in enumerate(document if isinstance(document, list) else [document]):
        values, names, kinds, at = (
            (one.get("values"), one.get("dsnames"), one.get("dstypes"), _number(one.get("time")))
            if isinstance(one, dict)
            else (None, None, None, None)
        )
        if (
            not (isinstance(values, list) and isinstance(names, list) and isinstance(kinds, list))
            or not len(values) == len(names) == len(kinds)
            or at is None
        ):
            if not (isinstance(one, dict) and "message" in one and "severity" in one):  # a notification
                gathered.batch.reject(f"/{index}", "needs time, and values, dsnames and dstypes of one length", index)
            continue
        said = (_text(one.get(key)) for key in ("host", "plugin", "plugin_instance", "type", "type_instance"))
        host, plugin, instance, kind, kind_instance = said
        for value, name, counts in zip(values, names, kinds, strict=True):
            yield Reading(
                host, plugin, instance, kind, kind_instance, _text(name), at, _number(value), counts != "gauge"
            )


def _kairos(document: object, gathered: Gathered) -> Iterator[Reading]:
    """`{name, tags, datapoints: [[ms, value], ...]}`, or one `timestamp` and `value`."""
    for index, one in enumerate(document if isinstance(document, list) else [document]):
        tags = one.get("tags") if isinstance(one, dict) else None
        if not isinstance(one, dict) or not isinstance(tags, dict) or not isinstance(one.get("name"), str):
            gathered.batch.reject(f"/{index}", "needs name, tags and datapoints", index)
            continue
        points = one.get("datapoints")
        if not isinstance(points, list):
            points = [[one.get("timestamp"), one.get("value")]]
        kind = _text(tags.get("type"))
        for point in points:
            at = _number(point[0]) if isinstance(point, list) and len(point) >= 2 else None
            if at is None:
                gathered.batch.reject(f"/{index}", "a data point is [milliseconds, value]", index)
                continue
            yield Reading(
                _text(tags.get("host")), one["name"].removeprefix("collectd."), _text(tags.get("plugin_instance")),
                kind, _text(tags.get("type_instance")), _text(tags.get("ds")) or "value",
                at / 1_000, _number(point[1]), kind in _COUNTING,
            )  # fmt: skip


def _commands(body: bytes, gathered: Gathered, now: float) -> Iterator[Reading]:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("the body is neither JSON nor text in UTF-8") from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().upper().startswith("PUTNOTIF"):
            continue
        try:
            yield from _command(line.strip(), now)
        except ValueError:
            gathered.batch.reject("", f"line {number}: not PUTVAL: {line[:80]!r}")


def _command(line: str, now: float) -> Iterator[Reading]:
    found = _PUTVAL.match(line)
    if found is None:
        raise ValueError
    identifier = re.sub(r"\\(.)", r"\1", found[1][1:-1]) if found[1][0] == '"' else found[1]
    host, plugin, kind = identifier.split("/", 2)
    plugin, _, plugin_instance = plugin.partition("-")
    kind, _, type_instance = kind.partition("-")
    stamp, *values = found[3].split(":")
    names = _SEVERAL.get(kind, ("value",))
    if len(names) != len(values):
        names = tuple(str(index) for index in range(len(values)))
    at = now if stamp == "N" else float(stamp)
    for name, value in zip(names, values, strict=True):
        told = None if value in {"U", "nan", "-nan"} else float(value)
        yield Reading(host, plugin, plugin_instance, kind, type_instance, name, at, told, kind in _COUNTING)


PROTOCOL = Protocol("collectd", read, partly_told=True)
