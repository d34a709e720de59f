"""Whatever a client sends, it is answered in the protocol's form: no request of any shape is an internal error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.mcp.protocol.catalogue import OFFER
from lib.mcp.protocol.messages import HTTP_STATUS
from tests.api.admitted import SEEN, Admitted
from tests.mcp.caller import LEGACY, META, MODERN, app

ROOT = Path(__file__).resolve().parents[2]
METHODS = (
    "initialize", "ping", "server/discover", "tools/list", "tools/call", "resources/list", "resources/read",
    "resources/templates/list", "prompts/list", "prompts/get", "completion/complete", "x",
)  # fmt: skip
NAMES = (*(one.name for one in OFFER.tools), *(one.name for one in OFFER.prompts), "x")
ARGUMENTS = sorted({name for one in OFFER.tools for name in one.takes["properties"]})
texts = st.one_of(st.sampled_from([SEEN, "cpu", "", "*", "../..", "'; --", "가", "0" * 20]), st.text(max_size=20))
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(allow_nan=False, width=32), texts)
anything = st.recursive(
    scalars, lambda one: st.lists(one, max_size=3) | st.dictionaries(texts, one, max_size=3), max_leaves=6
)
params = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(NAMES) | anything,
        "uri": st.sampled_from([f"server://{SEEN}", "fleet://summary", "alert://x"]) | anything,
        "arguments": st.dictionaries(st.sampled_from(ARGUMENTS), anything, max_size=4) | anything,
        "cursor": anything,
        "protocolVersion": st.sampled_from([MODERN, *LEGACY]) | anything,
        "ref": st.fixed_dictionaries({}, optional={"type": texts, "name": texts, "uri": texts}) | anything,
        "argument": st.fixed_dictionaries({}, optional={"name": texts, "value": anything}) | anything,
        "inputResponses": anything,
        "requestState": anything,
    },
)
messages = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0"), "method": st.sampled_from(METHODS)},
    optional={"id": st.integers(0, 9) | texts, "params": params},
)


def ask(hub: Admitted, body: Any, headers: dict[str, str]) -> None:
    headers = {**headers, "Content-Type": "application/json"}
    answer = hub.call(app(), "POST", "/api/mcp", "act key", data=json.dumps(body), headers=headers)
    assert answer.status_code in {200, 202, *HTTP_STATUS.values()}, answer.text
    told = [] if answer.status_code == 202 else json.loads(answer.text)
    for one in told if isinstance(told, list) else [told]:
        assert one["jsonrpc"] == "2.0"
        assert ("result" in one) != ("error" in one)
        if "error" in one:
            assert isinstance(one["error"]["code"], int)
            assert len(one["error"]["message"]) < 3_000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(messages, st.lists(messages, max_size=3), anything), version=st.sampled_from([None, *LEGACY]))
def test_no_legacy_request_is_an_internal_error(hub: Admitted, body: Any, version: str | None) -> None:
    forget_limits(hub)
    ask(hub, body, {"MCP-Protocol-Version": version} if version else {})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=messages, capabilities=anything)
def test_no_modern_request_is_an_internal_error(hub: Admitted, message: dict[str, Any], capabilities: Any) -> None:
    forget_limits(hub)
    given = {**message.get("params", {})}
    given["_meta"] = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": capabilities}
    headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": message["method"]}
    member = "uri" if message["method"] == "resources/read" else "name"
    name = given.get(member)
    if isinstance(name, str) and name.isascii() and name.isprintable():
        headers["Mcp-Name"] = name
    ask(hub, {**message, "params": given}, headers)


def forget_limits(hub: Admitted) -> None:
    """So many in a minute would be too many."""
    hub.services.__dict__.pop("limits", None)
    with hub.pair.redis() as redis:
        redis.flushdb()


def test_a_cold_start_loads_neither_the_assistant_nor_what_only_acts_need() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import api.mcp, lib.mcp.protocol.catalogue;"
        "print(' '.join(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not {"pydantic", "numpy", "lib.mcp.core.assistant", "lib.mcp.npu.extractor", "psycopg"} & loaded
