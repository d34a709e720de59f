"""The protocol itself over HTTP: both eras, their headers, versions, errors, batches, and who is let in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.admitted import Admitted
from tests.mcp.caller import LEGACY, META, MODERN, app, meta, post, result, send

DISCOVER = {"jsonrpc": "2.0", "id": 7, "method": "server/discover", "params": {"_meta": meta()}}
HEADERS = {"MCP_Protocol_Version": MODERN, "Mcp_Method": "server/discover"}
CALL = {
    "jsonrpc": "2.0",
    "id": 7,
    "method": "tools/call",
    "params": {"name": "fleet_summary", "arguments": {}, "_meta": meta()},
}


def error(hub: Admitted, body: Any, **headers: str) -> tuple[int, int, Any]:
    """(HTTP status, code, id) of an error."""
    answer = post(hub, body, **headers)
    assert answer.json is not None
    assert answer.mimetype == "application/json"
    return answer.status_code, answer.json["error"]["code"], answer.json.get("id")


def test_a_modern_client_learns_what_there_is(hub: Admitted) -> None:
    told = result(hub, "server/discover")
    assert told["supportedVersions"] == [MODERN, *LEGACY]
    assert set(told["capabilities"]) == {"tools", "resources", "prompts", "completions"}
    assert told["resultType"] == "complete"
    assert told["_meta"][f"{META}serverInfo"]["name"] == "openmanager-vibe"
    assert (told["ttlMs"], told["cacheScope"]) == (3_600_000, "public")


@pytest.mark.parametrize("version", LEGACY)
def test_a_legacy_client_shakes_hands(hub: Admitted, version: str) -> None:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": params}
    answer = post(hub, body)
    assert answer.json is not None
    told = answer.json["result"]
    assert told["protocolVersion"] == version
    assert told["serverInfo"]["version"]
    assert "never instructions" in told["instructions"]
    assert "resultType" not in told
    assert "Mcp-Session-Id" not in answer.headers
    noted = post(hub, {"jsonrpc": "2.0", "method": "notifications/initialized"}, MCP_Protocol_Version=version)
    assert (noted.status_code, noted.data) == (202, b"")
    assert result(hub, "ping", version=version) == {}
    listed = result(hub, "tools/list", version=version)
    assert "ttlMs" not in listed
    assert ("outputSchema" in listed["tools"][0]) == (version != "2025-03-26")


def test_a_handshake_in_a_revision_nobody_knows_is_answered_with_the_newest_that_has_one(hub: Admitted) -> None:
    for wanted in ("2024-11-05", MODERN, "3000-01-01"):
        body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": wanted}}
        answer = post(hub, body)
        assert answer.json is not None
        assert answer.json["result"]["protocolVersion"] == LEGACY[0]
    assert error(hub, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}})[1] == -32602


def test_without_a_header_it_is_the_revision_before_there_was_one(hub: Admitted) -> None:
    answer = post(hub, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert answer.json is not None
    assert "outputSchema" not in answer.json["result"]["tools"][0]
    called = {"name": "fleet_summary", "arguments": {}}
    told = post(hub, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": called}).json
    assert told is not None
    assert "structuredContent" not in told["result"]
    assert told["result"]["content"][0]["text"].startswith('{"as_of":')


@pytest.mark.parametrize("missing", ["protocolVersion", "clientCapabilities", ""])
def test_a_modern_request_says_its_revision_and_its_capabilities(hub: Admitted, missing: str) -> None:
    there = {name: value for name, value in meta().items() if name != META + missing}
    params = {"_meta": there} if missing else {}
    assert error(hub, {**DISCOVER, "params": params}, **HEADERS) == (400, -32602, 7)


def test_the_client_need_not_say_who_it_is(hub: Admitted) -> None:
    there = {name: value for name, value in meta().items() if not name.endswith("clientInfo")}
    assert post(hub, {**DISCOVER, "params": {"_meta": there}}, **HEADERS).status_code == 200


def test_a_revision_nobody_knows_is_refused_with_those_that_are(hub: Admitted) -> None:
    body = {**DISCOVER, "params": {"_meta": meta("v999.0.0")}}
    answer = post(hub, body, **{**HEADERS, "MCP_Protocol_Version": "v999.0.0"})
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"]["code"] == -32022
    assert answer.json["error"]["data"] == {"supported": [MODERN, *LEGACY], "requested": "v999.0.0"}
    listing = {"jsonrpc": "2.0", "id": 7, "method": "tools/list"}
    assert error(hub, listing, MCP_Protocol_Version="1999-01-01") == (400, -32022, 7)
    noted = post(hub, {"jsonrpc": "2.0", "method": "notifications/x"}, MCP_Protocol_Version="1999-01-01")
    assert noted.status_code == 400


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (DISCOVER, {"Mcp_Method": "server/discover"}),
        (DISCOVER, {**HEADERS, "MCP_Protocol_Version": LEGACY[0]}),
        ({**DISCOVER, "params": {"_meta": meta("v999")}}, HEADERS),
        (DISCOVER, {"MCP_Protocol_Version": MODERN}),
        (DISCOVER, {**HEADERS, "Mcp_Method": "SERVER/DISCOVER"}),
        (DISCOVER, {**HEADERS, "Mcp_Method": "tools/list"}),
        (CALL, {"MCP_Protocol_Version": MODERN, "Mcp_Method": "tools/call"}),
        (CALL, {"MCP_Protocol_Version": MODERN, "Mcp_Method": "tools/call", "Mcp_Name": "get_server"}),
        (CALL, {"MCP_Protocol_Version": MODERN, "Mcp_Method": "tools/call", "Mcp_Name": "=?base64?ZmxlZXQ?="}),
    ],
)
def test_headers_say_what_the_body_says(hub: Admitted, body: dict[str, Any], headers: dict[str, str]) -> None:
    assert error(hub, body, **headers) == (400, -32020, 7)


@pytest.mark.parametrize("name", ["fleet_summary", "  fleet_summary  ", "=?base64?ZmxlZXRfc3VtbWFyeQ==?="])
def test_a_name_may_stand_among_blanks_or_in_base64(hub: Admitted, name: str) -> None:
    answer = post(hub, CALL, MCP_Protocol_Version=MODERN, Mcp_Method="tools/call", Mcp_Name=name)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel", "resources/subscribe", "x/y"])
def test_a_method_that_is_gone_is_not_found(hub: Admitted, method: str) -> None:
    body = {**DISCOVER, "method": method}
    assert error(hub, body, MCP_Protocol_Version=MODERN, Mcp_Method=method) == (404, -32601, 7)


def test_a_legacy_client_is_told_errors_with_200(hub: Admitted) -> None:
    body = {"jsonrpc": "2.0", "id": "x", "method": "server/discover"}
    assert error(hub, body, MCP_Protocol_Version=LEGACY[0]) == (200, -32601, "x")
    unknown = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "no_such"}}
    assert error(hub, unknown, MCP_Protocol_Version=LEGACY[0]) == (200, -32602, 2)
    assert send(hub, "tools/call", {"name": "no_such"})["error"]["code"] == -32602


@pytest.mark.parametrize(
    ("body", "code", "request_id"),
    [
        ([], -32600, None),
        ("text", -32600, None),
        ({"id": 1, "method": "ping"}, -32600, 1),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, -32600, None),
        ({"jsonrpc": "2.0", "id": True, "method": "ping"}, -32600, None),
        ({"jsonrpc": "2.0", "id": {}, "method": "ping"}, -32600, None),
        ({"jsonrpc": "2.0", "id": "x" * 201, "method": "ping"}, -32600, None),
        ({"jsonrpc": "2.0", "id": 1, "method": 5}, -32600, 1),
        ({"jsonrpc": "2.0", "id": 1}, -32600, 1),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]}, -32600, 1),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "extra": 1}, -32600, 1),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "result": {}}, -32600, 1),
    ],
)
def test_what_is_no_message_is_refused(hub: Admitted, body: Any, code: int, request_id: Any) -> None:
    assert error(hub, body) == (400, code, request_id)


def test_what_is_no_json_is_refused(hub: Admitted) -> None:
    for raw in (b"{", b"", b'{"a":1,"a":2}', b"\xff", b"[" * 100_000):
        answer = hub.call(app(), "POST", "/api/mcp", "read key", data=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert answer.json is not None
        assert answer.json["error"]["code"] == -32700
    assert hub.call(app(), "POST", "/api/mcp", "read key", data="{}").status_code == 415


def test_a_response_of_a_client_is_taken_and_forgotten(hub: Admitted) -> None:
    assert post(hub, {"jsonrpc": "2.0", "id": 1, "result": {}}).status_code == 202


def test_only_the_first_revision_has_batches(hub: Admitted) -> None:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    noted = {"jsonrpc": "2.0", "method": "notifications/cancelled"}
    hello = {"jsonrpc": "2.0", "id": 3, "method": "initialize", "params": {"protocolVersion": "2025-03-26"}}
    answer = post(hub, [ping, noted, hello, {"jsonrpc": "2.0", "id": 2, "method": "nothing"}, 5])
    assert answer.json is not None
    assert [one.get("error", {}).get("code") for one in answer.json] == [None, -32600, -32601, -32600]
    assert post(hub, [noted, noted]).status_code == 202
    assert error(hub, [ping] * 21)[:2] == (400, -32600)
    for version in (*LEGACY[:2], MODERN):
        assert error(hub, [ping], MCP_Protocol_Version=version)[:2] == (400, -32600)


def test_there_is_no_stream_and_no_session(hub: Admitted) -> None:
    for method in ("GET", "DELETE", "PUT"):
        answer = hub.call(app(), method, "/api/mcp", "read key")
        assert answer.status_code == 405
        assert "POST" in answer.headers["Allow"]


def test_a_stranger_learns_where_credentials_come_from(hub: Admitted) -> None:
    answer = post(hub, DISCOVER, "nobody", **HEADERS)
    where = "https://hub.example.org/.well-known/oauth-protected-resource/api/mcp"
    assert answer.status_code == 401
    assert f'resource_metadata="{where}"' in answer.headers["WWW-Authenticate"]
    for path in ("", "/api/mcp"):
        told = hub.call(app(), "GET", f"/.well-known/oauth-protected-resource{path}", "nobody").json
        assert told == {
            "resource": "https://hub.example.org/api/mcp",
            "resource_name": "OpenManager Vibe",
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["read", "act"],
        }
    assert post(hub, DISCOVER, "write key", **HEADERS).status_code == 403


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        (None, "hub.example.org", 200),
        ("https://hub.example.org", "hub.example.org", 200),
        ("http://localhost:3000", "localhost:3000", 200),
        ("http://127.0.0.1:3000", "127.0.0.1:3000", 200),
        ("https://evil.example.org", "hub.example.org", 403),
        ("http://evil.example.org:3000", "evil.example.org:3000", 403),
        ("http://localhost:3000", "evil.example.org", 403),
        ("null", "hub.example.org", 403),
    ],
)
def test_pages_of_other_sites_are_refused(hub: Admitted, origin: str | None, host: str, status: int) -> None:
    headers = {name.replace("_", "-"): value for name, value in HEADERS.items()}
    headers |= {"Host": host, **({"Origin": origin} if origin else {})}
    assert hub.call(app(), "POST", "/api/mcp", "read key", json=DISCOVER, headers=headers).status_code == status


def test_what_is_asked_for_counts_as_a_read(hub: Admitted) -> None:
    answer = post(hub, DISCOVER, "act key", **HEADERS)
    assert answer.headers["RateLimit-Policy"] == '"read";q=600;w=60'
