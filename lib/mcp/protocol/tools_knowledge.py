"""Tools that answer in words: runbooks for what goes wrong, and the assistant of the page."""

from __future__ import annotations

from typing import Any

from lib.domain.errors import BadInput, NotFound
from lib.domain.metrics import metric_of
from lib.domain.moments import iso
from lib.mcp.knowledge import troubleshooting as kb
from lib.mcp.npu.nearest import nearest
from lib.mcp.protocol import shapes as s
from lib.mcp.protocol.house import House
from lib.mcp.protocol.offer import Arguments, Outcome, Tool

LANGUAGES = ["en", "ko"]
MOST_FACTS, MOST_EVIDENCE, MOST_DOCUMENT = 80, 20, 20_000
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


def ask(house: House, args: Arguments) -> dict[str, Any]:
    """As POST /api/chat, but that nothing can be confirmed: there are tools for that."""
    from lib.mcp.core.assistant import Turn  # dear to import, and of no use to the other tools

    house.count("chat")
    turn = Turn(
        message=args["question"],
        who=house.principal.id,
        sight=house.sight,
        may_act=house.may_act(),
        locale=args.get("language"),
        conversation=args.get("conversation"),
    )
    reply = house.services.assistant.reply(turn)
    document = reply["document"] or {}
    return {
        "as_of": reply["data_as_of"] or iso(house.now),
        "answer": reply["answer"],
        "facts": reply["facts"][:MOST_FACTS],
        "evidence": reply["evidence"][:MOST_EVIDENCE],
        "document": s.cut(document["markdown"], MOST_DOCUMENT) if "markdown" in document else None,
        "proposed": [{"type": one["type"], "params": one["params"]} for one in reply["actions"]],
        "suggestions": reply["suggestions"],
        "intent": reply["nlu"]["intent"],
        "confidence": reply["confidence"],
        "stale": reply["stale"],
        "conversation": reply["conversation"],
        "url": house.page(),
    }


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
        name="ask",
        title="Ask the assistant",
        description="A question about servers in plain English or Korean, answered by the hub's own assistant from the"
        " data, with every number as a fact. For a question that no other tool fits, or to check an answer. Give"
        " `conversation` back to ask on. It changes nothing; what it proposes is done with the tools that act.",
        run=ask,
        takes=s.takes(
            {
                "question": s.text("the question", 2_000, minLength=1),
                "language": s.text("of the answer; left out: of the question", enum=LANGUAGES),
                "conversation": s.text("`conversation` of the answer before", 40),
            },
            ["question"],
        ),
        gives=s.gives(
            {
                "as_of": s.AS_OF,
                "answer": s.text("Markdown; its first sentence answers"),
                "facts": s.several(s.anything("id, server, metric, value, unit, at, source"), "every number in it"),
                "evidence": s.several(s.anything("kind, id, window, url")),
                "document": s.some(s.text("a report, Markdown, where one was asked for")),
                "proposed": s.several(s.gives({"type": s.text(), "params": s.anything("what it would take")})),
                "suggestions": s.several(s.text(), "questions that can be asked next"),
                "intent": s.text("how it was read"),
                "confidence": s.number("0 to 1"),
                "stale": s.flag("the database was away: from a copy"),
                "conversation": s.some(s.text("give it back to ask on")),
                "url": s.URL,
            }
        ),
    ),
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
