"""Tools about values over time: a server's series, who leads, and some held against each other or against before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lib.domain.errors import NotFound
from lib.domain.moments import iso
from lib.mcp.protocol import shapes as s
from lib.mcp.protocol.house import House
from lib.mcp.protocol.offer import Arguments, Tool
from lib.mcp.protocol.spans import HOUR, series_of, span_of, span_takes

MOST_SERVERS = 200  # one query reads so many
BINS = 120  # that a comparison is made of
MOST_METRICS = 5

type Row = Sequence[float]  # bin, min, mean, max, samples

_STATS = s.gives(
    {
        "mean": s.number("weighed by samples"),
        "min": s.number(),
        "max": s.number(),
        "max_at": s.text(),
        "p95": s.number("of the bins' means"),
        "last": s.number("the newest bin's mean"),
        "last_at": s.text(),
        "bins": s.whole("how many hold data; the others are gaps"),
    }
)


def stats(found: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any] | None:
    """What is told of a series' bins; None where there are none."""
    if not rows:
        return None
    begun, step = found["from"], found["step"]
    top = max(rows, key=lambda row: row[3])
    means = sorted(row[2] for row in rows)
    samples = sum(row[4] for row in rows)
    return {
        "mean": s.rounded(sum(row[2] * row[4] for row in rows) / samples),
        "min": s.rounded(min(row[1] for row in rows)),
        "max": s.rounded(top[3]),
        "max_at": iso(begun + top[0] * step),
        "p95": s.rounded(means[math.ceil(0.95 * len(means)) - 1]),
        "last": s.rounded(rows[-1][2]),
        "last_at": iso(begun + rows[-1][0] * step),
        "bins": len(rows),
    }


def query_metrics(house: House, args: Arguments) -> dict[str, Any]:
    name = house.known(args["server"])
    wanted = list(dict.fromkeys(series_of(one, f"/metrics/{at}") for at, one in enumerate(args["metrics"])))
    start, end = span_of(house, args)
    found = house.services.queries.series(name, wanted, start, end, args["points"], house.sight)
    there = {metric: columns for metric, columns in found["series"].items() if columns["t"]}
    return {
        "as_of": iso(house.now),
        "server": name,
        "from": iso(start),
        "to": iso(end),
        "step_seconds": found["step"],
        "series": [_series(metric, columns) for metric, columns in there.items()],
        "without_data": [one for one in wanted if one not in there],
        "units": s.units(wanted),
        "url": house.page("servers", name),
    }


def _series(metric: str, columns: Mapping[str, Sequence[float | None]]) -> dict[str, Any]:
    highs = [(high, at) for at, high in zip(columns["t"], columns["max"], strict=True) if high is not None]
    lows = [low for low in columns["min"] if low is not None]
    means = [mean for mean in columns["avg"] if mean is not None]
    top, at = max(highs, key=lambda one: one[0])
    return {
        "metric": metric,
        "summary": {
            "mean": s.rounded(sum(means) / len(means)),
            "min": s.rounded(min(lows)),
            "max": s.rounded(top),
            "max_at": iso(at or 0),
            "last": s.rounded(means[-1]),
        },
        **{name: [s.rounded(value) for value in columns[name]] for name in ("min", "avg", "max")},
        "t": list(columns["t"]),
    }


def top_servers(house: House, args: Arguments) -> dict[str, Any]:
    metric = series_of(args["metric"])
    chosen = {key: str(args[key]) for key in ("group", "tag") if args.get(key)}
    servers = house.fleet(chosen)["servers"]
    there = [one["id"] for one in servers if one["status"] not in ("stale", "offline")][:MOST_SERVERS]
    values = _newest(house, there, metric) if args.get("hours") is None else _over(house, there, metric, args)
    ranked = sorted(values, key=lambda one: (one["value"], one["server"]), reverse=args["order"] == "highest")
    told = {one["server"] for one in values}
    return {
        "as_of": iso(house.now),
        "metric": metric,
        "unit": s.units([metric])[metric],
        "what": "newest" if args.get("hours") is None else args["aggregate"],
        "from": None if args.get("hours") is None else iso(house.now - args["hours"] * HOUR),
        "servers": [
            {"rank": place, **one, "url": house.page("servers", one["server"])}
            for place, one in enumerate(ranked[: args["n"]], 1)
        ],
        "measured": len(values),
        "not_measured": sorted({one["id"] for one in servers} - told)[:50],
        "url": house.page("servers"),
    }


def _newest(house: House, names: Sequence[str], metric: str) -> list[dict[str, Any]]:
    """Each server's newest value; of several mounts the fullest."""
    found = house.services.queries.latest(names, [metric], house.sight)
    rows = []
    for name, series in found.items():
        one, (at, value) = max(series.items(), key=lambda it: (it[1][1], ":" in it[0]))
        rows.append({"server": name, "series": one, "value": s.rounded(value), "at": iso(at)})
    return rows


def _over(house: House, names: Sequence[str], metric: str, args: Arguments) -> list[dict[str, Any]]:
    start, how = int(house.now - args["hours"] * HOUR), args["aggregate"]
    rows = []
    found = house.services.queries.stretches(names, [metric], start, int(house.now), BINS, house.sight)
    for name, one in found.items():
        told = [(stats(one, bins), series) for series, bins in one["series"].items()]
        best = max(((it[how], it["max_at"], series) for it, series in told if it), default=None)
        if best is not None:
            value, at, series = best
            rows.append({"server": name, "series": series, "value": value, "at": at if how == "max" else None})
    return rows


def compare(house: House, args: Arguments) -> dict[str, Any]:
    names = list(dict.fromkeys(house.known(one) for one in args["servers"]))
    metrics = list(dict.fromkeys(series_of(one, f"/metrics/{at}") for at, one in enumerate(args["metrics"])))
    start, end = span_of(house, args)
    shift = int(args.get("shift_hours", 0) * HOUR)
    queries, sight = house.services.queries, house.sight
    now = queries.stretches(names, metrics, start, end, BINS, sight)
    ago = queries.stretches(names, metrics, start - shift, end - shift, BINS, sight) if shift else {}
    rows = []
    for name in names:
        if name not in now:
            raise NotFound(f'there is no server "{name}"')
        for series, bins in now[name]["series"].items():
            told = stats(now[name], bins)
            before = stats(ago[name], ago[name]["series"].get(series, [])) if name in ago else None
            change = s.rounded(told["mean"] - before["mean"]) if told and before else None
            rows.append({"server": name, "series": series, "now": told, "before": before, "change": change})
    rows.sort(key=lambda one: (one["series"], -(one["now"]["mean"] if one["now"] else -math.inf), one["server"]))
    return {
        "as_of": iso(house.now),
        "from": iso(start),
        "to": iso(end),
        "before_from": iso(start - shift) if shift else None,
        "rows": rows,
        "units": s.units(list(dict.fromkeys(one["series"] for one in rows)) or metrics),
        "urls": {name: house.page("servers", name) for name in names},
    }


_METRIC = f"one of {s.CATALOGUE}; of one mount disk:/data or inode:/data; a name of one's own contains a dot"
_METRICS = s.several(s.text(_METRIC, 100), minItems=1, maxItems=MOST_METRICS)

TOOLS = (
    Tool(
        name="query_metrics",
        title="Values over time",
        description="A server's metrics over a time: a summary of each (mean, min, max and when, last), and bins of"
        " min, avg and max with their times `t` in seconds since 1970. A gap is null: nothing was measured.",
        run=query_metrics,
        takes=s.takes(
            {
                "server": s.SERVER,
                "metrics": {**_METRICS, "default": ["cpu", "memory"]},
                **span_takes(1),
                "points": s.whole("how many bins at most", minimum=2, maximum=500, default=60),
            },
            ["server"],
        ),
        gives=s.gives(
            {
                "as_of": s.AS_OF,
                "server": s.text(),
                "from": s.text(),
                "to": s.text(),
                "step_seconds": s.number("how long a bin is"),
                "series": s.several(
                    s.gives(
                        {
                            "metric": s.text(),
                            "summary": s.gives(
                                {
                                    "mean": s.number(),
                                    "min": s.number(),
                                    "max": s.number(),
                                    "max_at": s.text(),
                                    "last": s.number(),
                                }
                            ),
                            **{name: s.several(s.some(s.number())) for name in ("min", "avg", "max")},
                            "t": s.several(s.number(), "when each bin begins, seconds since 1970"),
                        }
                    )
                ),
                "without_data": s.several(s.text(), "nothing was measured of these in that time"),
                "units": s.UNITS,
                "url": s.URL,
            }
        ),
    ),
    Tool(
        name="top_servers",
        title="Who leads",
        description="Servers by one metric, the highest or the lowest first: by their newest value, or over some hours"
        " by mean, max, min or p95. Servers that are not heard, or do not tell it, are named apart.",
        run=top_servers,
        takes=s.takes(
            {
                "metric": s.text(_METRIC, 100, default="cpu"),
                "order": s.text("which first", enum=["highest", "lowest"], default="highest"),
                "n": s.whole("how many", minimum=1, maximum=50, default=5),
                "hours": s.number("over how long; left out it is the newest value", minimum=0.1, maximum=24 * 62),
                "aggregate": s.text("over these hours", enum=["mean", "max", "min", "p95"], default="mean"),
                "group": s.text("only servers of this group", 100),
                "tag": s.text("only servers with this tag: `key` or `key:value`", 210),
            }
        ),
        gives=s.gives(
            {
                "as_of": s.AS_OF,
                "metric": s.text(),
                "unit": s.text(),
                "what": s.text("newest, or how bins were put together"),
                "from": s.some(s.text()),
                "servers": s.several(
                    s.gives(
                        {
                            "rank": s.whole(),
                            "server": s.text(),
                            "series": s.text("the mount, where it is one's"),
                            "value": s.number(),
                            "at": s.some(s.text()),
                            "url": s.URL,
                        }
                    )
                ),
                "measured": s.whole("servers that were ranked"),
                "not_measured": s.several(s.text()),
                "url": s.URL,
            }
        ),
    ),
    Tool(
        name="compare",
        title="Hold against each other",
        description="Up to ten servers and five metrics over the same time: mean, min, max, p95, last. With"
        " `shift_hours` (24 is the day before, 168 the week before) each also against itself before.",
        run=compare,
        takes=s.takes(
            {
                "servers": s.several(s.SERVER, minItems=1, maxItems=10),
                "metrics": {**_METRICS, "default": ["cpu", "memory", "disk"]},
                **span_takes(24),
                "shift_hours": s.number("against itself so many hours before", minimum=0.1, maximum=24 * 366),
            },
            ["servers"],
        ),
        gives=s.gives(
            {
                "as_of": s.AS_OF,
                "from": s.text(),
                "to": s.text(),
                "before_from": s.some(s.text()),
                "rows": s.several(
                    s.gives(
                        {
                            "server": s.text(),
                            "series": s.text(),
                            "now": s.some(_STATS),
                            "before": s.some(_STATS),
                            "change": s.some(s.number("of the mean")),
                        }
                    ),
                    "by series, the highest mean first",
                ),
                "units": s.UNITS,
                "urls": s.anything("{server: page}"),
            }
        ),
    ),
)
