"""What the official conformance suite asks of every server by name. It is added to our own offer in tests; nothing of
it is in the product. Texts and names are the suite's."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from lib.domain.errors import BadInput
from lib.mcp.protocol.asking import InputRequired, form
from lib.mcp.protocol.catalogue import OFFER
from lib.mcp.protocol.house import House
from lib.mcp.protocol.offer import Argument, Offer, Outcome, Prompt, Resource, Template, Tool

IMAGE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="  # one red pixel
)
SOUND = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
NOTHING: dict[str, Any] = {"type": "object", "additionalProperties": False}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def picture() -> dict[str, Any]:
    return {"type": "image", "data": IMAGE, "mimeType": "image/png"}


def embedded(uri: str, mime: str, words: str) -> dict[str, Any]:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime, "text": words}}


def tool(name: str, *content: dict[str, Any], takes: Mapping[str, Any] = NOTHING, needs: tuple[str, ...] = ()) -> Tool:
    return Tool(
        name=name,
        title=name,
        description=f"{name} of the conformance suite",
        run=lambda house, args: Outcome(content=content),
        takes=takes,
        gives=None,
        needs=needs,
    )


def fails(house: House, args: Mapping[str, Any]) -> Outcome:
    raise BadInput("This tool intentionally returns an error for testing")


SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
TOOLS = (
    tool("test_simple_text", text("This is a simple text response for testing.")),
    tool("test_image_content", picture()),
    tool("test_audio_content", {"type": "audio", "data": SOUND, "mimeType": "audio/wav"}),
    tool(
        "test_embedded_resource",
        embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."),
    ),
    tool(
        "test_multiple_content_types",
        text("Multiple content types test:"),
        picture(),
        embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ),
    Tool(
        name="test_error_handling",
        title="fails",
        description="Always fails",
        run=fails,
        takes=NOTHING,
        gives=None,
    ),
    tool("json_schema_2020_12_tool", text("called"), takes=SCHEMA),
    tool("test_missing_capability", text("never"), needs=("sampling",)),
    # What these would stream is left out: every answer is one document.
    tool("test_streaming_elicitation", text("done")),
    tool("test_logging_tool", text("done")),
    tool(
        "test_custom_header",
        text("done"),
        takes={
            "type": "object",
            "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
            "required": ["region"],
            "additionalProperties": False,
        },
    ),
)


def asks(name: str, *rounds: dict[str, Any], state: str | None = None) -> Tool:
    """Asks its questions, all of a round at once and round after round, and then says what it was told."""

    def run(house: House, args: Mapping[str, Any]) -> Outcome:
        done = house.inputs.state or {}
        told = {**done.get("told", {}), **{key: one for key, one in house.inputs.responses.items() if is_told(one)}}
        for questions in rounds:
            missing = {key: one for key, one in questions.items() if key not in told}
            if missing:
                raise InputRequired(missing, {"told": told} if state else None)
        if state and house.inputs.state is None:
            raise BadInput("there is no state")
        return Outcome(content=[text(f"state-ok {told}")])

    return Tool(name=name, title=name, description=f"{name} of the suite", run=run, takes=NOTHING, gives=None)


def is_told(one: Mapping[str, Any]) -> bool:
    return bool(one.get("content") or one.get("roots") or one.get("action") == "accept")


def asked(message: str, field: str, kind: str = "string") -> dict[str, Any]:
    return form(message, {field: {"type": kind}}, (field,))


def sampled(words: str, most: int) -> dict[str, Any]:
    messages = [{"role": "user", "content": text(words)}]
    return {"method": "sampling/createMessage", "params": {"messages": messages, "maxTokens": most}}


ROOTS = {"method": "roots/list", "params": {}}
ASKING = (
    asks("test_input_required_result_elicitation", {"user_name": asked("What is your name?", "name")}),
    asks("test_input_required_result_sampling", {"capital_question": sampled("What is the capital of France?", 100)}),
    asks("test_input_required_result_list_roots", {"client_roots": ROOTS}),
    asks(
        "test_input_required_result_request_state", {"confirm": asked("Please confirm", "ok", "boolean")}, state="yes"
    ),
    asks(
        "test_input_required_result_multiple_inputs",
        {
            "user_name": asked("What is your name?", "name"),
            "greeting": sampled("Generate a greeting", 50),
            "client_roots": ROOTS,
        },
        state="yes",
    ),
    asks(
        "test_input_required_result_multi_round",
        {"step1": asked("Step 1: What is your name?", "name")},
        {"step2": asked("Step 2: What is your favorite color?", "color")},
        state="yes",
    ),
    asks("test_input_required_result_tampered_state", {"confirm": asked("Confirm", "ok", "boolean")}, state="yes"),
    asks(
        "test_input_required_result_capabilities",
        {"user_name": asked("What is your name?", "name"), "greeting": sampled("Generate a greeting", 50)},
    ),
)


def prompt_that_asks(house: House, given: Mapping[str, str]) -> list[dict[str, Any]]:
    context = house.inputs.accepted("user_context")
    if context is None:
        raise InputRequired({"user_context": asked("What context should the prompt use?", "context")})
    return said(text(f"Context: {context.get('context')}"))


RESOURCES = (
    Resource(
        uri="test://static-text",
        name="static-text",
        title="Static text",
        description="A static text resource for testing",
        mime="text/plain",
        read=lambda house: "This is the content of the static text resource.",
    ),
    Resource(
        uri="test://static-binary",
        name="static-binary",
        title="Static binary",
        description="A static binary resource for testing",
        mime="image/png",
        read=lambda house: base64.b64decode(IMAGE),
    ),
)
TEMPLATES = (
    Template(
        uri="test://template/{id}/data",
        name="template",
        title="Template",
        description="A resource template with parameter substitution",
        read=lambda house, found: {"id": found, "templateTest": True, "data": f"Data for ID: {found}"},
        listed=lambda house: (),
        complete=lambda house, typed: (),
    ),
)


def said(*content: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": one} for one in content]


PROMPTS = (
    Prompt(
        name="test_simple_prompt",
        title="Simple",
        description="A simple prompt without arguments",
        arguments=(),
        run=lambda house, given: said(text("This is a simple prompt for testing.")),
    ),
    Prompt(
        name="test_prompt_with_arguments",
        title="With arguments",
        description="A prompt with required arguments",
        arguments=(
            Argument(name="arg1", description="First test argument", is_required=True),
            Argument(name="arg2", description="Second test argument", is_required=True),
        ),
        run=lambda house, given: said(text(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'")),
    ),
    Prompt(
        name="test_prompt_with_embedded_resource",
        title="With a resource",
        description="A prompt that includes an embedded resource",
        arguments=(Argument(name="resourceUri", description="URI of the resource to embed", is_required=True),),
        run=lambda house, given: said(
            embedded(given["resourceUri"], "text/plain", "Embedded resource content for testing."),
            text("Please process the embedded resource above."),
        ),
    ),
    Prompt(
        name="test_prompt_with_image",
        title="With an image",
        description="A prompt that includes image content",
        arguments=(),
        run=lambda house, given: said(picture(), text("Please analyze the image above.")),
    ),
)
ASKING_PROMPT = Prompt(
    name="test_input_required_result_prompt",
    title="Asks",
    description="A prompt that asks back",
    arguments=(),
    run=prompt_that_asks,
)
EVERYTHING = Offer(
    tools=(*OFFER.tools, *TOOLS, *ASKING),
    resources=(*OFFER.resources, *RESOURCES),
    templates=(*OFFER.templates, *TEMPLATES),
    prompts=(*OFFER.prompts, *PROMPTS, ASKING_PROMPT),
    instructions=OFFER.instructions,
)
