"""Which revision of the protocol a request is in, and whether its headers say what its body says.

Since 2026-07-28 ("modern") each request names its revision and its client in `_meta`, and headers repeat what is needed
to route it. Before ("legacy") a handshake settled the revision; a stateless server is told it by a header alone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.mcp.protocol.messages import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    UNSUPPORTED_VERSION,
    Message,
    RpcError,
)

MODERN = ("2026-07-28",)
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26")
SUPPORTED = (*MODERN, *LEGACY)
UNNAMED = "2025-03-26"  # what a request without a header is taken for, as the revisions after it have it

META = "io.modelcontextprotocol/"
VERSION_KEY = f"{META}protocolVersion"
CAPABILITIES_KEY = f"{META}clientCapabilities"
CLIENT_KEY = f"{META}clientInfo"

VERSION_HEADER = "mcp-protocol-version"
METHOD_HEADER = "mcp-method"
NAME_HEADER = "mcp-name"
PARAM_HEADER = "mcp-param-"
# Which of the params the name header repeats.
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


@dataclass(frozen=True, slots=True)
class Era:
    version: str
    capabilities: Mapping[str, Any] = field(default_factory=dict)  # of the client; legacy ones are not remembered

    @property
    def is_modern(self) -> bool:
        return self.version in MODERN

    def knows(self, version: str) -> bool:
        """Whether what came with that revision may be said: they sort like the dates they are."""
        return self.version >= version


def era_of(message: Message, headers: Mapping[str, str]) -> Era:
    """The revision of a request. Headers have names in lower case. Raises RpcError."""
    said = headers.get(VERSION_HEADER)
    claimed = (message.meta or {}).get(VERSION_KEY)
    if said in LEGACY and claimed in (None, said):
        return Era(said)
    if said is None and claimed is None:
        return Era(UNNAMED)
    if said is not None and said not in SUPPORTED and claimed in (None, said):
        raise unsupported(said)
    return _modern(message, headers, said)


def _modern(message: Message, headers: Mapping[str, str], said: str | None) -> Era:
    meta = message.meta
    if meta is None:
        raise RpcError(INVALID_PARAMS, "params have `_meta` with the revision and the client's capabilities")
    version, capabilities = meta.get(VERSION_KEY), meta.get(CAPABILITIES_KEY)
    if not isinstance(version, str):
        raise RpcError(INVALID_PARAMS, f"`_meta` has a text {VERSION_KEY!r}")
    if not isinstance(capabilities, dict):
        raise RpcError(INVALID_PARAMS, f"`_meta` has an object {CAPABILITIES_KEY!r}")
    _match("MCP-Protocol-Version", said, version)
    if version not in MODERN:
        raise unsupported(version)
    _match("Mcp-Method", headers.get(METHOD_HEADER), message.method)
    member = NAMED_BY.get(message.method)
    if member is not None:
        name = message.params.get(member)
        if not isinstance(name, str):
            raise RpcError(INVALID_PARAMS, f"params have a text {member!r}")
        _match("Mcp-Name", header_text("Mcp-Name", headers.get(NAME_HEADER)), name)
    return Era(version, capabilities)


def unsupported(version: str) -> RpcError:
    data = {"supported": list(SUPPORTED), "requested": version[:100]}
    return RpcError(UNSUPPORTED_VERSION, "Unsupported protocol version", data)


def check_notification(headers: Mapping[str, str]) -> None:
    """All that is asked of a notification is a revision that is known, where it names one. Raises RpcError."""
    said = headers.get(VERSION_HEADER)
    if said is not None and said not in SUPPORTED:
        raise unsupported(said)


def _match(header: str, said: str | None, meant: str) -> None:
    if said is None:
        raise RpcError(HEADER_MISMATCH, f"Header mismatch: the header {header} is missing")
    if said != meant:
        raise RpcError(HEADER_MISMATCH, f"Header mismatch: {header} is {said[:100]!r}, the body says {meant[:100]!r}")


def header_text(header: str, said: str | None) -> str | None:
    """What a header means: `=?base64?...?=` holds UTF-8, everything else is itself. Raises RpcError."""
    if said is None or not (said.startswith("=?base64?") and said.endswith("?=") and len(said) >= 11):
        return said
    written = said[9:-2]
    try:
        found = base64.b64decode(written, validate=True)
        if base64.b64encode(found).decode() == written:
            return found.decode("utf-8")
    except (binascii.Error, ValueError):
        pass
    raise RpcError(HEADER_MISMATCH, f"Header mismatch: {header} holds no base64 of UTF-8")


def check_params(schema: Mapping[str, Any], arguments: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    """Arguments that a tool has repeated in headers (`x-mcp-header`) are there and the same. Raises RpcError."""
    for name, one in schema.get("properties", {}).items():
        if "x-mcp-header" not in one:
            continue
        header = f"Mcp-Param-{one['x-mcp-header']}"
        said = header_text(header, headers.get(header.lower()))
        value = arguments.get(name)
        if value is None:
            if said is not None:
                raise RpcError(HEADER_MISMATCH, f"Header mismatch: {header} has a value, the body has none")
            continue
        _match(header, said, str(value).lower() if isinstance(value, bool) else str(value))
