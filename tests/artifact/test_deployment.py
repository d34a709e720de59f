"""The product as it runs in production: every function under the real runtime, from the real bundles where there is a
builder, behind an edge that follows the build's routes, on Upstash's and Supabase's roads. Sign in, make a key, post,
sweep, read.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from lib.storage.embedded.supervisor import EmbeddedStores
from tests.artifact.function_process import FunctionProcess, base_environment, from_bundle, from_tree
from tests.artifact.platform_edge import Edge, routes_of_vercel_json, serving
from tests.artifact.vercel_build import ROOT, Output
from tests.real_stores import Pair, eventually
from tests.twins import node_tools
from tests.twins.supabase_project import Project, clone, project
from tests.twins.upstash_twin import UpstashTwin

HOST = "hub.example.com"
CRON_SECRET = "c" * 20 + "0123456789abcdef01234567"
ADMIN = {"email": "kim@example.com", "password": "correct horse battery staple"}
SERVER = "web-01"


@dataclass
class Deployment:
    used: str
    url: str
    edge: Edge
    twin: UpstashTwin
    pair: Pair
    supabase: Project | None
    client: httpx.Client
    tokens: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Host": HOST, **options.pop("headers", {})}
        return self.client.request(method, self.url + path, headers=headers, **options)

    def signed_in(self) -> dict[str, str]:
        if "access" not in self.tokens:
            answer = self.call("POST", "/api/auth/login", json=ADMIN, headers={"Origin": f"https://{HOST}"})
            assert answer.status_code == 200, answer.text
            self.tokens["access"] = answer.json()["access_token"]
        return {"Authorization": f"Bearer {self.tokens['access']}"}

    def key(self, **wanted: Any) -> dict[str, str]:
        body = {"name": "agents", **wanted}
        answer = self.call("POST", "/api/auth/keys", json=body, headers=self.signed_in())
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['secret']}"}

    def agent(self) -> dict[str, str]:
        if "agent" not in self.tokens:
            self.tokens["agent"] = self.key()["Authorization"]
        return {"Authorization": self.tokens["agent"]}

    def post(self, n: int, **changed: Any) -> httpx.Response:
        headers = {**self.agent(), "Content-Encoding": "gzip", "Content-Type": "application/json"}
        return self.call(
            "POST", "/api/ingest", content=gzip.compress(json.dumps(post(n, **changed)).encode()), headers=headers
        )

    def sweep(self) -> httpx.Response:
        return self.call("GET", "/api/cron/sweep", headers={"Authorization": f"Bearer {CRON_SECRET}"})


def post(n: int, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "server": SERVER,
        "host": {"os": "Debian 12", "cores": 8, "tags": {"env": "prod"}, "group": "웹"},
        "post": {"epoch": "e1", "n": n, "floor": 1}, "sent_at": now,
        "samples": [{"at": now - 60 + 10 * step, "cpu": 10.0 + step, "memory": 60.5} for step in range(6)],
        "processes": [{"name": "postgres", "pid": 811, "cpu": 12.0, "memory": 8.1, "ports": [5432]}],
        "errors": [{"id": f"x-{n}", "at": now - 5, "level": "error", "source": "nginx", "message": "상류 시간 초과"}],
        "events": [{"id": f"d-{n}", "at": now - 4, "kind": "deploy", "title": "v2.4.1"}],
        **changed,
    }  # fmt: skip


@pytest.fixture(scope="module")
def deployment(embedded: EmbeddedStores, supabase_database: Pair, built: Output | None) -> Iterator[Deployment]:
    with ExitStack() as stack:
        pair = clone(embedded, "supabase_template", "deployment")
        twin = stack.enter_context(UpstashTwin(f"{embedded.redis_url}?db=252"))
        program = node_tools.postgrest() if built is not None else None
        supabase = stack.enter_context(project(program, pair)) if program else None
        environment = {
            **base_environment(),
            "VERCEL": "1", "VERCEL_ENV": "production", "VERCEL_REGION": "icn1", "VERCEL_PROJECT_PRODUCTION_URL": HOST,
            "KV_REST_API_URL": twin.url, "KV_REST_API_TOKEN": twin.token,
            "CRON_SECRET": CRON_SECRET, "OPENMANAGER_JWT_SECRET": "j" * 20 + "0123456789abcdef0123456789",
            "OPENMANAGER_ADMIN_EMAIL": ADMIN["email"], "OPENMANAGER_ADMIN_PASSWORD": ADMIN["password"],
        }  # fmt: skip
        if supabase is not None:
            environment |= {"SUPABASE_URL": supabase.url, "SUPABASE_SERVICE_ROLE_KEY": supabase.secret_key}
        else:
            environment["DATABASE_URL"] = pair.database_url
        edge = Edge([], ROOT / "public", {})
        url = stack.enter_context(serving(edge))
        # Functions wake each other through the edge; its certificate is not for this machine.
        environment["OPENMANAGER_BASE_URL"] = url
        functions: dict[str, FunctionProcess]
        if built is not None:
            edge._routes, edge._static = built.config["routes"], built.static
            functions = {
                name: from_bundle(bundle.directory, bundle.config, environment)
                for name, bundle in built.bundles.items()
            }
            used = "the real `vercel build` output, each bundle by itself"
        else:
            edge._routes = routes_of_vercel_json(json.loads((ROOT / "vercel.json").read_text()))
            names = (
                "/" + path.relative_to(ROOT).as_posix().removesuffix(".py") for path in (ROOT / "api").rglob("*.py")
            )
            functions = {name: from_tree(ROOT, name, environment) for name in sorted(names)}
            used = "the tree (no Node or no Vercel CLI here)"
        edge.functions = functions
        for function in functions.values():
            stack.callback(function.stop)
        used += f" under vercel-runtime; Redis by REST, Postgres by {'PostgREST' if supabase else 'psycopg'}"
        sys.stderr.write(f"\nartifact: {used}\n")
        client = stack.enter_context(httpx.Client(timeout=30, trust_env=False, follow_redirects=False))
        yield Deployment(used, url, edge, twin, pair, supabase, client)
        report = "\n".join(
            f"  {name:18} {one.started['initDuration']:5} ms to start, {one.started['userInitDuration']} ms of it ours"
            for name, one in functions.items()
            if one.started
        )
        sys.stderr.write(f"\ncold starts under vercel-runtime:\n{report}\n")
        faults = [
            line for one in functions.values() for line in one.logs if "Traceback" in line or line.startswith("fatal")
        ]
        assert faults == []


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    return dict(answer.json())


def test_every_function_starts_and_answers_for_itself(deployment: Deployment) -> None:
    asked = {
        "/api/ingest": "POST", "/api/servers": "GET", "/api/auth": "GET", "/api/health": "POST",
        "/api/alerts": "GET", "/api/rules": "GET", "/api/status": "GET", "/api/mcp": "POST",
        "/api/chat": "POST",
        "/api/cron/sweep": "GET", "/api/cron/rollup": "GET",
    }  # fmt: skip
    assert set(asked) == set(deployment.edge.functions), "a new function needs a line here"
    for path, method in asked.items():
        answer = deployment.call(
            method, path + {"/api/auth": "/me", "/api/rules": "/checks", "/api/status": "/components"}.get(path, "")
        )
        problem(answer, 405 if path == "/api/health" else 401)
        assert deployment.edge.functions[path].started["httpPort"] > 0


def test_a_post_becomes_history_on_the_page(deployment: Deployment) -> None:
    first = int(time.time()) - 60
    answer = deployment.post(1, samples=[{"at": first + 10 * n, "cpu": 10.0 + n, "memory": 60.5} for n in range(6)])
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert body["accepted"] == 6
    assert body["rejected"] == []
    assert body["next"]["post_every"] == 60, "commands are billed on this road"
    _until_swept(deployment, 1)
    headers = deployment.signed_in()
    fleet = deployment.call("GET", "/api/servers", headers=headers)
    [server] = fleet.json()["servers"]
    assert server["id"] == SERVER
    assert server["status"] == "ok"
    assert server["metrics"]["cpu"] == 15.0
    again = deployment.call("GET", "/api/servers", headers={**headers, "If-None-Match": fleet.headers["etag"]})
    assert again.status_code == 304
    # The platform hands the path on as it came, percent-encoded.
    for path in (f"/api/servers/{SERVER}", "/api/servers/web%2D01"):
        query = f"/series?metrics=cpu,memory&points=300&from={first}&to={first + 60}"
        series = deployment.call("GET", path + query, headers=headers).json()
        values = [value for value in series["series"]["cpu"]["avg"] if value is not None]
        assert values == [10.0, 11.0, 12.0, 13.0, 14.0, 15.0]
        assert deployment.call("GET", path, headers=headers).status_code == 200
    for part, expected in (("processes", "postgres"), ("errors", "상류 시간 초과"), ("events", "v2.4.1")):
        answer = deployment.call("GET", f"/api/servers/{SERVER}/{part}", headers=headers)
        assert expected in answer.text, part


def _until_swept(deployment: Deployment, n: int) -> None:
    """Whoever notices that it is due pokes the sweep: the post just sent did, through the edge, after its answer."""
    ends = time.monotonic() + 15
    while time.monotonic() < ends:
        if deployment.pair.rows("select n from omv.post_mark") == [(n,)]:
            return
        time.sleep(0.1)
    raise AssertionError(f"not swept: {deployment.edge.calls[-5:]}")


def test_the_post_itself_woke_the_sweep(deployment: Deployment) -> None:
    test_a_post = [index for index, (name, _) in enumerate(deployment.edge.calls) if name == "/api/ingest"]
    later = [name for name, _ in deployment.edge.calls[test_a_post[-1] :]]
    assert "/api/cron/sweep" in later, "no test of this file had swept yet"


def test_the_answer_to_a_later_post_says_what_is_stored(deployment: Deployment) -> None:
    assert deployment.post(2).status_code == 202
    swept = deployment.sweep()
    assert swept.status_code == 200
    assert swept.json()["busy"] is False
    assert deployment.pair.rows("select n from omv.post_mark") == [(2,)]
    assert deployment.pair.rows("select count(*), count(distinct id) from omv.error_event") == [(2, 2)]
    assert deployment.pair.rows("select count(*) from omv.dead_letter") == [(0,)]


def test_a_warm_post_is_one_request_to_upstash_and_none_to_supabase(deployment: Deployment) -> None:
    deployment.post(3)
    trips, calls = deployment.twin.round_trips, len(deployment.supabase.calls) if deployment.supabase else 0
    edge_calls = len(deployment.edge.calls)
    deployment.post(4)
    time.sleep(0.3)  # a poke would come after the answer
    assert deployment.edge.calls[edge_calls:] == [("/api/ingest", "/api/ingest")], "swept a moment ago: no poke"
    assert deployment.twin.round_trips - trips == 1
    assert deployment.twin.commands[-1] == "XADD"
    if deployment.supabase:
        assert deployment.supabase.calls[calls:] == []


def test_an_answer_does_not_wait_for_the_sweep_it_wakes(deployment: Deployment) -> None:
    """A value at its limit wakes the sweep at once; the instance works on after its answer, as the platform lets it."""
    deployment.post(5)
    deployment.edge.slow["/api/cron/sweep"] = 2.0
    calls = len(deployment.edge.calls)
    try:
        answer = deployment.post(1, server="web-02", samples=[{"at": int(time.time()), "cpu": 99.5}])
        answered = time.monotonic()
        assert answer.status_code == 202
        assert eventually(lambda: ("/api/cron/sweep", "/api/cron/sweep") in deployment.edge.calls[calls:])
    finally:
        deployment.edge.slow.clear()
    assert answered - deployment.edge.called_at["/api/cron/sweep"] < 0.9, "the poke itself gives up after a second"

    def cpu() -> float | None:
        fleet = deployment.call("GET", "/api/servers", headers=deployment.signed_in()).json()["servers"]
        return {one["id"]: one["metrics"].get("cpu") for one in fleet}.get("web-02")

    assert eventually(lambda: cpu() == 99.5), "swept although the poke had given up"


def test_only_the_clock_may_sweep(deployment: Deployment) -> None:
    for path in ("/api/cron/sweep", "/api/cron/rollup"):
        for bearer in ("", "wrong", CRON_SECRET[:-1]):
            answer = deployment.call("GET", path, headers={"Authorization": f"Bearer {bearer}"} if bearer else {})
            problem(answer, 401)
    answer = deployment.call("GET", "/api/cron/rollup", headers={"Authorization": f"Bearer {CRON_SECRET}"})
    assert answer.status_code == 200, answer.text


def test_the_address_is_the_platforms_word_and_not_the_clients(deployment: Deployment) -> None:
    bound = deployment.key(cidrs=["203.0.113.7/32"])
    time.sleep(0.2)
    claims = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
    assert deployment.call("POST", "/api/ingest", json=post(9), headers=bound).status_code == 202
    deployment.edge.client_address = "198.51.100.1"
    try:
        problem(deployment.call("POST", "/api/ingest", json=post(9), headers={**bound, **claims}), 403)
    finally:
        deployment.edge.client_address = "203.0.113.7"


def test_bad_posts_are_told_what_is_wrong(deployment: Deployment) -> None:
    agent = deployment.agent()
    for content, status in (
        (b"", 400), (b"{", 400), (b'{"server":"a","samples":[{"at":NaN}]}', 400), (b"[" * 5000, 400),
        (b"\xff\xfe", 400), (b'{"a":"' + b"x" * 4_100_000 + b'"}', 413),
    ):  # fmt: skip
        told = problem(deployment.call("POST", "/api/ingest", content=content, headers=agent), status)
        assert told["detail"]
    bomb = gzip.compress(b" " * 5_000_000)
    headers = {**agent, "Content-Encoding": "gzip"}
    problem(deployment.call("POST", "/api/ingest", content=bomb, headers=headers), 413)
    problem(deployment.call("POST", "/api/ingest", content=b"no gzip", headers=headers), 400)
    for secret in ("omv_live_" + "0" * 38, "x", "omv_live_" + "a" * 32 + "000000"):
        problem(deployment.call("POST", "/api/ingest", json={}, headers={"Authorization": f"Bearer {secret}"}), 401)
    assert "POST" in deployment.call("GET", "/api/ingest").headers["allow"]


def test_the_edge_serves_files_first_and_answers_unknown_paths_with_404(deployment: Deployment) -> None:
    page = deployment.call("GET", "/")
    assert page.status_code == 200
    assert b"<html" in page.content
    assert deployment.call("GET", "/js/main.js").status_code == 200
    for path in (
        "/api/nothing",
        "/api",
        "/api/ingestion",
        "/nothing",
        "/lib/settings.py",
        "/requirements.txt",
        "/.env",
    ):
        assert deployment.call("GET", path).status_code == 404, path
    vendored = deployment.call("GET", "/vendor/uplot.js")
    assert vendored.headers["cache-control"] == "public, max-age=86400"
    assert deployment.call("GET", "/sw.js").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/api/servers", "/api/health", "/nothing", "/vendor/uplot.js"])
def test_every_answer_carries_the_security_headers(deployment: Deployment, path: str) -> None:
    answer = deployment.call("GET", path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert policy.endswith("trusted-types worker")
    assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]


def test_what_a_function_says_is_never_cached_by_others(deployment: Deployment) -> None:
    for path in ("/api/servers", f"/api/servers/{SERVER}", "/api/auth/me", "/api/health"):
        control = deployment.call("GET", path, headers=deployment.signed_in()).headers["cache-control"]
        assert "no-store" in control or "private" in control, path


def test_a_language_model_may_ask(deployment: Deployment) -> None:
    """After the first post; in both eras, and where it learns what credentials are."""
    assert deployment.post(90, server="asked-01").status_code == 202
    assert deployment.sweep().status_code == 200
    known = "/.well-known/oauth-protected-resource/api/mcp"
    metadata = deployment.call("GET", known)
    assert metadata.json()["resource"].endswith("/api/mcp")
    assert known in deployment.call("POST", "/api/mcp", json={}).headers["www-authenticate"]
    reader = deployment.key(scopes=["read"])
    meta = {"protocolVersion": "2026-07-28", "clientCapabilities": {}}
    params = {"name": "list_servers", "_meta": {f"io.modelcontextprotocol/{key}": one for key, one in meta.items()}}
    modern = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "list_servers"}
    for headers in ({"MCP-Protocol-Version": "2025-11-25"}, modern):
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params if headers is modern else
                {"name": "list_servers"}}  # fmt: skip
        answer = deployment.call("POST", "/api/mcp", json=body, headers={**reader, **headers})
        assert answer.status_code == 200, answer.text
        servers = answer.json()["result"]["structuredContent"]["servers"]
        assert "asked-01" in {one["server"] for one in servers}
    assert deployment.call("GET", "/api/mcp").status_code == 405


def test_health_tells_how_the_stores_are(deployment: Deployment) -> None:
    deployment.sweep()
    answer = deployment.call("GET", "/api/health")
    assert answer.status_code == 200, answer.text
    assert answer.json()["stores"] == {"redis": "ok", "postgres": "ok"}
    assert answer.json()["sweep"]["lag_seconds"] < 60


def test_a_function_writes_nothing_beside_itself(deployment: Deployment, built: Output | None) -> None:
    """Only /tmp can be written to; an instance that tries elsewhere fails on the platform and nowhere else."""
    if built is not None:
        for bundle in built.bundles.values():
            found = {
                path.relative_to(bundle.directory).as_posix() for path in bundle.directory.rglob("*") if path.is_file()
            }
            assert found == set(bundle.files), bundle.name


def test_without_its_settings_a_function_names_all_that_is_missing(
    deployment: Deployment, built: Output | None
) -> None:
    environment = {**base_environment(), "VERCEL": "1"}
    name = "/api/health"
    if built is not None:
        bundle = built.bundles[name]
        function = from_bundle(bundle.directory, bundle.config, environment)
    else:
        function = from_tree(ROOT, name, environment)
    try:
        answer = httpx.get(f"http://127.0.0.1:{function.port}{name}", timeout=10, trust_env=False)
        told = problem(answer, 503)
        for missing in ("UPSTASH_REDIS_REST_URL", "SUPABASE_URL", "CRON_SECRET", "OPENMANAGER_JWT_SECRET"):
            assert missing in told["detail"]
    finally:
        function.stop()
