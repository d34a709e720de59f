"""Before a modern client's model changes something, the person at the client is asked, by what the client can do."""

from __future__ import annotations

from typing import Any

import pytest

from lib.mcp.protocol.asking import LASTS_SECONDS, Inputs, Seal
from lib.mcp.protocol.messages import Message, RpcError
from tests.api.admitted import SEEN, Admitted
from tests.mcp.caller import LEGACY, MODERN, meta, post, send, tool

SILENCE = {"server": SEEN, "minutes": 5, "confirm": True}
YES = {"action": "accept", "content": {"agree": True}}


def call(
    hub: Admitted, arguments: dict[str, Any], *, who: str = "act key", can: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """The answer to silence_alert, by a client with these capabilities."""
    capabilities = {"elicitation": {}} if can is None else can
    params = {"name": "silence_alert", "arguments": arguments, **more, "_meta": meta(MODERN, **capabilities)}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"MCP_Protocol_Version": MODERN, "Mcp_Method": "tools/call", "Mcp_Name": "silence_alert"}
    answer = post(hub, body, who, **headers).json
    assert answer is not None
    return dict(answer)


def silences(hub: Admitted) -> int:
    return len(hub.services.quietbook.everything()["silences"])


def test_a_person_is_asked_in_words_and_agrees(hub: Admitted) -> None:
    before = silences(hub)
    asked = call(hub, SILENCE)["result"]
    assert asked["resultType"] == "input_required"
    question = asked["inputRequests"]["agreed"]
    assert question["method"] == "elicitation/create"
    assert f"all alerts of {SEEN} for 5 minutes" in question["params"]["message"]
    assert question["params"]["requestedSchema"]["required"] == ["agree"]
    assert silences(hub) == before
    done = call(hub, SILENCE, inputResponses={"agreed": YES, "x": {}}, requestState=asked["requestState"])["result"]
    assert (done["resultType"], done["structuredContent"]["done"]) == ("complete", True)
    assert silences(hub) == before + 1


@pytest.mark.parametrize(
    "said",
    [{"action": "decline"}, {"action": "cancel"}, {"action": "accept", "content": {"agree": False}}],
    ids=str,
)
def test_a_person_who_does_not_agree_is_heard(hub: Admitted, said: dict[str, Any]) -> None:
    before, state = silences(hub), call(hub, SILENCE)["result"]["requestState"]
    told = call(hub, SILENCE, inputResponses={"agreed": said}, requestState=state)["result"]["structuredContent"]
    assert (told["done"], told["next"]) == (False, "nothing was changed: the person did not agree")
    assert silences(hub) == before


def test_consent_is_to_the_very_call_that_was_asked_about(hub: Admitted) -> None:
    before, state = silences(hub), call(hub, SILENCE)["result"]["requestState"]
    answered: dict[str, Any] = {"inputResponses": {"agreed": YES}, "requestState": state}
    for arguments, who in (({**SILENCE, "minutes": 6}, "act key"), (SILENCE, "key of every scope")):
        assert call(hub, arguments, who=who, **answered)["error"]["code"] == -32602
    for tampered in (state + "-TAMPERED", state[:-4], "", "x.y", 5, "é", "a" * 9_000):
        wrong = {**answered, "requestState": tampered}
        assert call(hub, SILENCE, **wrong)["error"]["code"] == -32602
    unasked = call(hub, SILENCE, inputResponses={"agreed": YES})["result"]
    assert unasked["resultType"] == "input_required"
    assert silences(hub) == before


@pytest.mark.parametrize("responses", [5, [], {"agreed": 5}, {"agreed": None}, "yes"], ids=str)
def test_responses_that_are_none_are_refused(hub: Admitted, responses: Any) -> None:
    assert call(hub, SILENCE, inputResponses=responses)["error"]["code"] == -32602


def test_nobody_is_asked_where_nothing_would_be_done(hub: Admitted) -> None:
    dry = call(hub, {**SILENCE, "confirm": False})["result"]
    assert (dry["resultType"], dry["structuredContent"]["done"]) == ("complete", False)
    refused = call(hub, {**SILENCE, "server": "nobody"})["result"]
    assert (refused["resultType"], refused["isError"]) == ("complete", True)
    assert call(hub, SILENCE, who="read key")["result"]["isError"] is True


def test_a_client_that_cannot_ask_is_not_made_to(hub: Admitted) -> None:
    for can in ({}, {"sampling": {}}, {"elicitation": {"url": {}}}):
        assert call(hub, SILENCE, can=can)["result"]["structuredContent"]["done"] is True
    assert call(hub, SILENCE, can={"elicitation": {"form": {}}})["result"]["resultType"] == "input_required"
    for version in LEGACY[:2]:
        assert tool(hub, "silence_alert", "act key", version, **SILENCE)["done"] is True


def test_lists_are_never_answered_with_a_question(hub: Admitted) -> None:
    told = send(hub, "tools/list", {"inputResponses": 5, "requestState": 5})
    assert told["result"]["resultType"] == "complete"


def test_a_state_lasts_ten_minutes() -> None:
    seal, message = Seal("s" * 40), Message("request", "tools/call", 1, {"name": "x"})
    sealed = seal._sealed({"a": [1, "가"]}, message, "key 1", 1_000.0)
    again = Message("request", "tools/call", 2, {"name": "x", "requestState": sealed})
    assert seal.inputs(again, {}, "key 1", 1_000.0 + LASTS_SECONDS - 1).state == {"a": [1, "가"]}
    for caller, now, other in (
        ("key 1", 1_000.0 + LASTS_SECONDS, seal), ("key 2", 1_000.0, seal), ("key 1", 1_000.0, Seal("t" * 40)),
    ):  # fmt: skip
        with pytest.raises(RpcError):
            other.inputs(again, {}, caller, now)
    assert seal.inputs(Message("request", "tools/list", 1, {}), {"elicitation": {}}, "key 1", 0.0) == Inputs()
