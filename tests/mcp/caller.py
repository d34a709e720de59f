"""Asks /api/mcp as a client of either era does."""

from __future__ import annotations

import itertools
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.api.admitted import Admitted

MODERN = "2026-07-28"
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26")
META = "io.modelcontextprotocol/"
_ids = itertools.count(1)


def app() -> Flask:
    import api.mcp

    found: Flask = api.mcp.app
    return found


def meta(version: str = MODERN, **capabilities: Any) -> dict[str, Any]:
    return {
        f"{META}protocolVersion": version,
        f"{META}clientInfo": {"name": "test", "version": "1"},
        f"{META}clientCapabilities": capabilities,
    }


def post(hub: Admitted, body: Any, who: str = "read key", **headers: str) -> TestResponse:
    """A body as it is; `MCP_Method="x"` is the header MCP-Method."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return hub.call(app(), "POST", "/api/mcp", who, json=body, headers=named)


def send(hub: Admitted, method: str, params: dict[str, Any], who: str = "read key", version: str = MODERN) -> Any:
    """The answer to one request, well made for its revision: the message, whatever its status."""
    message = {"jsonrpc": "2.0", "id": next(_ids), "method": method}
    if version != MODERN:
        answer = post(hub, {**message, "params": params}, who, MCP_Protocol_Version=version)
    else:
        name = params.get("name") or params.get("uri")
        named = {"Mcp_Name": name} if method in {"tools/call", "prompts/get", "resources/read"} else {}
        body = {**message, "params": {**params, "_meta": meta()}}
        answer = post(hub, body, who, MCP_Protocol_Version=version, Mcp_Method=method, **named)
    assert answer.json is not None, answer.text
    assert answer.json["id"] == message["id"]
    return answer.json


def result(hub: Admitted, method: str, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    told = send(hub, method, params or {}, **more)
    assert "result" in told, told
    return dict(told["result"])


def tool(hub: Admitted, name: str, who: str = "read key", version: str = MODERN, **arguments: Any) -> dict[str, Any]:
    """What a tool found; that it is what its schema says is held by test_every_tool.py."""
    told = result(hub, "tools/call", {"name": name, "arguments": arguments}, who=who, version=version)
    assert told["isError"] is False, told["content"][0]["text"]
    return dict(told["structuredContent"])


def refusal(hub: Admitted, name: str, who: str = "read key", **arguments: Any) -> str:
    """What a tool said it could not do."""
    told = result(hub, "tools/call", {"name": name, "arguments": arguments}, who=who)
    assert told["isError"] is True, told
    return str(told["content"][0]["text"])
