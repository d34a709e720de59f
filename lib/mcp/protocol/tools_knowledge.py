"""Tools that answer in words: runbooks for what goes wrong, and the assistant of the page."""

from __future__ import annotations

from lib.domain.errors import BadInput, NotFound
from lib.domain.metrics import metric_of
from lib.domain.moments import iso
from lib.mcp.knowledge import troubleshooting as kb
from lib.mcp.npu.nearest import nearest
from lib.mcp.protocol import shapes as s
from lib.mcp.protocol.house import House
from lib.mcp.protocol.offer import Arguments, Outcome, Tool

LANGUAGES = ["en", "ko"]
LANGUAGE = s.text("of the answer", enum=LANGUAGES, default="en")


def runbook_of(topic: str) -> kb.Runbook:
    """Raises NotFound that names the topics there are."""
    try:
        return kb.runbook(topic)
    except KeyError:
        like = nearest(topic, kb.topics()) or kb.topics()
        raise NotFound(f'there is no runbook "{topic[:60]}"; there is {", ".join(like)}') from None


def search_runbooks(house: House, args: Arguments) -> Outcome:
    language, metric = args["language"], args.get("metric")
    found = kb.search(args["q"], language) if args.get("q") else []
    about = kb.for_metric(metric) if metric else None
    topics = list(dict.fromkeys([*([about] if about else []), *found]))[: args["limit"]]
    if not args.get("q") and not metric:
        raise BadInput("say what goes wrong in `q`, or give a `metric`", pointer="/q")
    family, values = _live(house, args)
    return Outcome(
        {
            "as_of": iso(house.now),
            "runbooks": [
                {
                    "topic": topic,
                    "title": kb.runbook(topic).title.of(language),
                    "symptom": kb.runbook(topic).symptom.of(language),
                    "uri": f"runbook://{topic}",
                }
                for topic in topics
            ],
            "best": kb.markdown(kb.runbook(topics[0]), language, family, values) if topics else None,
            "all_topics": [] if topics else list(kb.topics()),
        },
        [
            {"type": "resource_link", "uri": f"runbook://{one}", "name": one, "mimeType": "text/markdown"}
            for one in topics
        ],
    )


def _live(house: House, args: Arguments) -> tuple[str, dict[str, str]]:
    """Whose commands to show, and the values a runbook may hold; without a server those of Linux."""
    if not args.get("server"):
        return "linux", {}
    name = house.known(args["server"])
    found = house.services.queries.server(name, house.sight)
    values, metric = {"server": name, "host": name}, args.get("metric")
    value = found["latest"].get(metric) if metric else None
    if value is not None:
        row = metric_of(str(metric))
        values |= {"value": f"{value:g}", "unit": row.unit if row else ""}
    mount = str(metric or "").partition(":")[2]
    return kb.family_of(found["facts"].get("os")), values | ({"mount": mount} if mount else {})


TOOLS = (
    Tool(
        name="search_runbooks",
        title="Runbooks",
        description="What to do when something goes wrong: symptom, checks with commands for its system, fixes, how to"
        " see that it worked. By words in English or Korean, or by the metric that is too high; with `server` for its"
        " operating system. Commands are for a person to run: the hub runs none.",
        run=search_runbooks,
        takes=s.takes(
            {
                "q": s.text("what goes wrong, in words", 400),
                "metric": s.text("the metric that is too high, such as iowait or disk:/data", 100),
                "server": s.SERVER,
                "language": LANGUAGE,
                "limit": s.whole("how many at most", minimum=1, maximum=8, default=3),
            }
        ),
        gives=s.gives(
            {
                "as_of": s.AS_OF,
                "runbooks": s.several(
                    s.gives({"topic": s.text(), "title": s.text(), "symptom": s.text(), "uri": s.text()}),
                    "the best first",
                ),
                "best": s.some(s.text("the first of them, Markdown")),
                "all_topics": s.several(s.text(), "what there is, where nothing was found"),
            }
        ),
    ),
)
