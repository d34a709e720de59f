"""Knowledge in an answer: its own numbers are facts that come from it, and beside it stands what is so just now."""

from __future__ import annotations

from collections.abc import Sequence

from lib.mcp.core.facts import unfounded
from lib.mcp.core.measures import Measure, measure
from lib.mcp.core.phrases import now_of, server_url, shown
from lib.mcp.core.responder import Say
from lib.mcp.core.sources import Server, Sources

MOST_ASKED = 200


def tell(say: Say, text: str, source: str) -> None:
    """A line of the knowledge, in the language of the answer."""
    state(say, text, source)
    say.line(text, text)


def state(say: Say, text: str, source: str) -> None:
    """The numbers of a text become facts from `source` ("kb:disk_full")."""
    for number in unfounded(text, []):
        say.number(float(number), metric="knowledge", source=source, decimals=3)


def highest(servers: Sequence[Server], of: Measure, sources: Sources) -> tuple[Server, float, float] | None:
    """(server, value, at) of the one that is highest now, of those that report; None where nobody tells it."""
    there = [one for one in servers if one.is_there][:MOST_ASKED]
    newest = sources.latest(there, [of]) if there else {}
    found = [(one, told) for one in there if (told := now_of(one, of, newest.get(one.id, {}))) is not None]
    if not found:
        return None
    worst, (value, at) = max(found, key=lambda row: (row[1][0], row[0].id))
    return worst, value, at


def tell_live(servers: Sequence[Server], metric: str, sources: Sources, say: Say, *, is_named: bool) -> Server | None:
    """One line with the value of the server that is named, or of the highest of those meant; the server, if any."""
    of = measure(metric)
    found = highest(servers, of, sources)
    if found is None:
        return None
    one, value, at = found
    told = shown(one, of, value, say, at)
    called = say.name(of.called(say.locale))
    moment = say.moment(at, seconds=True)
    if is_named and len(servers) == 1:
        say.line(
            f"지금 {say.name(one.id)}의 {called}: {told} ({moment} 기준).",
            f"{called[:1].upper() + called[1:]} of {say.name(one.id)} now: {told} (as of {moment}).",
        )
    else:
        say.line(
            f"지금 {called} 값이 가장 높은 서버: {say.name(one.id)} {told} ({moment} 기준).",
            f"Highest {called} now: {say.name(one.id)} at {told} (as of {moment}).",
        )
    say.evidence("metric", f"{one.id}/{of.series[0]}", server_url(one.id), (at, at))
    return one
