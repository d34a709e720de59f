"""Gives every server of a fleet another name, in sentences and frames alike: an engine that knows names by heart fails.

A sentence is kept when every server of its frame stands in it (or in its history) letter by letter, so that the new
name can be put in the old one's place. Globs and unknown servers are left out: their point is the spelling itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

# Written by hand: Latin and Korean, with and without digits, dots and dashes; no word of them is a group or a tag.
NEW_NAMES = (
    "baram-3", "mirinae2", "한라", "seol-kx1", "무궁화-12", "tor.lan.example", "zeta_9", "oak-main", "oak-copy",
    "두루미4", "quartz-a", "quartz-b", "ibex17", "lynx-08", "솔개A", "솔개B", "nori-east", "nori-west", "pluto1",
    "pluto2", "pluto3", "moonlit-job", "rho-x-01", "rho-x-02", "rho-x-03", "titan-k1", "titan-k2", "elm-notes",
    "granite-shelf", "harbor-p", "harbor-q",
    "별똥별01", "별똥별02", "별똥별03", "윷놀이-가", "윷놀이-나", "foyer", "acorn-7", "acorn-8",
    "watch02.lan.example", "tinker-toy", "fennec-5", "여우비-6", "osprey44",
)  # fmt: skip


def _rewritten(value: Any, change: Callable[[str], str], names: dict[str, str]) -> Any:
    """A history or a frame with the names in it changed: in prose letter by letter, in `servers` by the table."""
    if isinstance(value, list):
        return [_rewritten(one, change, names) for one in value]
    if isinstance(value, dict):
        return {
            key: change(one)
            if key == "text"
            else [names.get(name, name) for name in one]
            if key == "servers"
            else _rewritten(one, change, names)
            for key, one in value.items()
        }
    return value


def renamed(
    records: Sequence[dict[str, Any]], fleet: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(the records that can be renamed, renamed; the fleet, renamed). Too large a fleet is a ValueError."""
    if len(fleet) > len(NEW_NAMES):
        raise ValueError(f"{len(fleet)} servers, but only {len(NEW_NAMES)} new names")
    names = {server["id"]: new for server, new in zip(fleet, NEW_NAMES, strict=False)}
    anyone = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))

    def change(text: str) -> str:
        return anyone.sub(lambda found: names[found[0]], text)

    kept = []
    for record in records:
        prose = " ".join([record["text"], *(turn.get("text", "") for turn in record.get("history", []))])
        frames = [record["entities"], *(turn.get("entities", {}) for turn in record.get("history", []))]
        servers = {name for frame in frames for name in frame.get("servers", [])}
        spelled = any(frame.get("globs") or frame.get("unknown_servers") for frame in frames)
        if servers and not spelled and servers <= set(anyone.findall(prose)):
            kept.append(_rewritten(record, change, names))
    return kept, [{**server, "id": names[server["id"]]} for server in fleet]
