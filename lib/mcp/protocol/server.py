"""The server of the protocol: one body in, one answer out. It remembers nothing between requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lib import strict_json
from lib.domain.errors import BadInput, DomainError, NotFound, Unavailable
from lib.mcp.protocol import eras, schemas
from lib.mcp.protocol.asking import InputRequired, Seal
from lib.mcp.protocol.eras import Era
from lib.mcp.protocol.house import House
from lib.mcp.protocol.listings import Listings
from lib.mcp.protocol.messages import (
    HTTP_STATUS,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MISSING_CAPABILITY,
    PARSE_ERROR,
    RESOURCE_NOT_FOUND,
    Message,
    RpcError,
    id_of,
    read,
)
from lib.mcp.protocol.offer import Offer, Outcome, Tool

NAME = "openmanager-vibe"
TITLE = "OpenManager Vibe"
MOST_IN_A_BATCH = 20
BATCHES = "2025-03-26"  # the one revision that has them
STRUCTURED = "2025-06-18"  # the first with structured content, links to resources and titles
CAPABILITIES: dict[str, Any] = {"tools": {}, "resources": {}, "prompts": {}, "completions": {}}
CACHED_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is None where there is nothing to say: then the status is 202."""

    status: int
    body: dict[str, Any] | list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """The result of a method. `fresh_ms` is how long it may be kept, None for what may not be."""

    result: Mapping[str, Any]
    fresh_ms: int | None = None
    is_public: bool = False


type Handler = Callable[[Message, Era, House, Mapping[str, str]], Given]


class Server:
    """Thread-safe."""

    def __init__(self, offer: Offer, version: str, secret: str | None = None) -> None:
        """Without a secret that all instances share nothing is asked back: it could not be told whether an answer
        belongs to the question."""
        self._offer = offer
        self._seal = Seal(secret) if secret else None
        self._info = {"name": NAME, "title": TITLE, "version": version}
        self._tools = {one.name: one for one in offer.tools}
        self._listings = Listings(offer)
        shared: dict[str, Handler] = {
            "tools/list": self._list_tools,
            "tools/call": self._call_tool,
            "resources/list": self._list_resources,
            "resources/templates/list": self._list_templates,
            "resources/read": self._read_resource,
            "prompts/list": self._list_prompts,
            "prompts/get": self._get_prompt,
            "completion/complete": self._complete,
        }
        self._modern: dict[str, Handler] = {"server/discover": self._discover, **shared}
        self._legacy: dict[str, Handler] = {"initialize": self._initialize, "ping": self._ping, **shared}

    def answer(self, raw: bytes, headers: Mapping[str, str], house: House) -> Answer:
        """`headers` have names in lower case and values without blanks around them. Raises DomainError for what is no
        matter of the protocol: a store that is away, too many requests."""
        try:
            document = strict_json.parse(raw)
        except BadInput as error:
            return _refused(RpcError(PARSE_ERROR, error.detail), None)
        if isinstance(document, list):
            return self._batch(document, headers, house)
        return self._one(document, headers, house)

    def _one(self, document: object, headers: Mapping[str, str], house: House) -> Answer:
        try:
            message = read(document)
            if message.kind != "request":
                eras.check_notification(headers)
                return Answer(202)
            era = eras.era_of(message, headers)
        except RpcError as error:
            return _refused(error, id_of(document))
        try:
            return Answer(200, self._result(message, era, headers, house))
        except RpcError as error:
            told = error.answer(message.id)
            return Answer(HTTP_STATUS.get(error.code, 200) if era.is_modern else 200, told)

    def _batch(self, documents: list[Any], headers: Mapping[str, str], house: House) -> Answer:
        if headers.get(eras.VERSION_HEADER, BATCHES) != BATCHES:
            return _refused(RpcError(INVALID_REQUEST, "this revision has no batches: send one message a request"), None)
        if not 0 < len(documents) <= MOST_IN_A_BATCH:
            text = f"a batch holds 1 to {MOST_IN_A_BATCH} messages"
            return _refused(RpcError(INVALID_REQUEST, text), None)
        told: list[dict[str, Any]] = []
        for place, document in enumerate(documents):
            if isinstance(document, dict) and document.get("method") == "initialize":
                error = RpcError(INVALID_REQUEST, "the handshake is no part of a batch")
                told.append(error.answer(id_of(document)))
                continue
            if place:
                house.count("read")  # the first was counted at the door
            body = self._one(document, headers, house).body
            if isinstance(body, dict):
                told.append(body)
        return Answer(200, told) if told else Answer(202)

    def _result(self, message: Message, era: Era, headers: Mapping[str, str], house: House) -> dict[str, Any]:
        handler = (self._modern if era.is_modern else self._legacy).get(message.method)
        if handler is None:
            raise RpcError(METHOD_NOT_FOUND, f"Method not found: {message.method[:100]}")
        try:
            given = self._given(handler, message, era, house, headers)
        except BadInput as error:
            raise RpcError(INVALID_PARAMS, told_in_words(error)) from None
        result = dict(given.result)
        if era.is_modern:
            result.setdefault("resultType", "complete")
            result["_meta"] = {eras.META + "serverInfo": self._info}
            if given.fresh_ms is not None:
                result["ttlMs"] = given.fresh_ms
                result["cacheScope"] = "public" if given.is_public else "private"
        return {"jsonrpc": "2.0", "id": message.id, "result": result}

    def _given(self, handler: Handler, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        """What the method gives, or the question that it asks back."""
        if not era.is_modern or self._seal is None:
            return handler(message, era, house, headers)
        caller = f"{house.principal.kind} {house.principal.id}"
        inputs = self._seal.inputs(message, era.capabilities, caller, house.now)
        try:
            return handler(message, era, replace(house, inputs=inputs), headers)
        except InputRequired as needed:
            asked = self._seal.asked(needed, message, inputs, caller, house.now)
            return Given({"resultType": "input_required", **asked})

    # methods

    def _initialize(self, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        wanted = message.params.get("protocolVersion")
        if not isinstance(wanted, str):
            raise BadInput("`protocolVersion` is a text")
        return Given(
            {
                "protocolVersion": wanted if wanted in eras.LEGACY else eras.LEGACY[0],
                "capabilities": CAPABILITIES,
                "serverInfo": self._info,
                "instructions": self._offer.instructions,
            }
        )

    def _ping(self, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        return Given({})

    def _discover(self, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        told = {
            "supportedVersions": list(eras.SUPPORTED),
            "capabilities": CAPABILITIES,
            "instructions": self._offer.instructions,
        }
        return Given(told, CACHED_SECONDS * 1_000, is_public=True)

    def _list_tools(self, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        whole_list(message)
        shown = [tool for tool in self._offer.tools if not tool.acts or house.may_act()]
        return Given({"tools": [described(tool, era) for tool in shown]}, 300_000)

    def _call_tool(self, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        tool = self._tools.get(str(message.params.get("name")))
        if tool is None:
            raise RpcError(INVALID_PARAMS, f"Unknown tool: {str(message.params.get('name'))[:100]}")
        arguments = message.params.get("arguments") or {}
        if not isinstance(arguments, dict):
            raise BadInput("`arguments` are an object", pointer="/arguments")
        if era.is_modern:
            eras.check_params(tool.takes, arguments, headers)
        missing: dict[str, Any] = {one: {} for one in tool.needs if one not in era.capabilities}
        if missing:
            raise RpcError(MISSING_CAPABILITY, "Missing required client capability", {"requiredCapabilities": missing})
        return Given(_called(tool, arguments, era, house))

    def _list_resources(self, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        return Given(self._listings.resources(house, cursor_of(message)), 60_000)

    def _list_templates(self, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        whole_list(message)
        return Given(self._listings.templates(), CACHED_SECONDS * 1_000, is_public=True)

    def _read_resource(self, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        uri = message.params.get("uri")
        if not isinstance(uri, str):
            raise BadInput("`uri` is a text", pointer="/uri")
        try:
            contents, seconds = self._listings.read(house, uri)
        except NotFound as error:
            code = INVALID_PARAMS if era.is_modern else RESOURCE_NOT_FOUND
            raise RpcError(code, f"Resource not found: {error.detail}", {"uri": uri[:600]}) from None
        return Given({"contents": contents}, seconds * 1_000)

    def _list_prompts(self, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        whole_list(message)
        return Given(self._listings.prompts(), CACHED_SECONDS * 1_000, is_public=True)

    def _get_prompt(self, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        try:
            return Given(self._listings.prompt(house, message.params))
        except NotFound as error:
            raise RpcError(INVALID_PARAMS, error.detail) from None

    def _complete(self, message: Message, era: Era, house: House, headers: Mapping[str, str]) -> Given:
        return Given(self._listings.completed(house, message.params))


def cursor_of(message: Message) -> str | None:
    cursor = message.params.get("cursor")
    if cursor is not None and not isinstance(cursor, str):
        raise BadInput("a cursor is a text", pointer="/cursor")
    return cursor


def whole_list(message: Message) -> None:
    """These lists have one page, so no cursor was ever given for them."""
    if cursor_of(message) is not None:
        raise BadInput("this list has one page: there is no cursor for it", pointer="/cursor")


def described(tool: Tool, era: Era) -> dict[str, Any]:
    """A tool as its revision lists it."""
    hints: dict[str, Any] = {"title": tool.title, "readOnlyHint": not tool.acts, "openWorldHint": False}
    if tool.acts:
        hints |= {"destructiveHint": tool.is_destructive, "idempotentHint": tool.is_idempotent}
    told: dict[str, Any] = {
        "name": tool.name,
        "description": tool.description,
        "inputSchema": dict(tool.takes),
        "annotations": hints,
    }
    if era.knows(STRUCTURED):
        told["title"] = tool.title
        if tool.gives is not None:
            told["outputSchema"] = dict(tool.gives)
    return told


def _called(tool: Tool, arguments: Mapping[str, Any], era: Era, house: House) -> dict[str, Any]:
    """What went wrong is told in the result: the model that called it can then mend its call."""
    try:
        if tool.acts:
            house.demand_act()
        found = tool.run(house, schemas.taken(tool.takes, arguments))
    except DomainError as error:
        return {"content": [{"type": "text", "text": told_in_words(error)}], "isError": True}
    outcome = found if isinstance(found, Outcome) else Outcome(found)
    content = list(outcome.content)
    if not era.knows(STRUCTURED):
        content = [one for one in content if one["type"] != "resource_link"]
    told: dict[str, Any] = {"content": content, "isError": False}
    if outcome.structured is not None:
        text = json.dumps(outcome.structured, ensure_ascii=False, separators=(",", ":"))
        told["content"] = [{"type": "text", "text": text}, *content]
        if era.knows(STRUCTURED):
            told["structuredContent"] = dict(outcome.structured)
    return told


def told_in_words(error: DomainError) -> str:
    """What is wrong, where, and what to do, in one text."""
    lines = [f"{one['pointer'] or '/'}: {one['detail']}" for one in error.errors]
    if error.detail not in {one["detail"] for one in error.errors}:
        lines.insert(0, error.detail)
    if isinstance(error, Unavailable):
        lines.append("nothing was read or changed for certain; try again in some seconds")
    return "\n".join(lines)


def _refused(error: RpcError, request_id: str | int | None) -> Answer:
    return Answer(HTTP_STATUS.get(error.code, 400), error.answer(request_id))
