"""Holds docs/openapi.yaml to the code without running it: routes, guards, error codes, metrics, its own examples."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
import yaml

from lib.domain import errors
from lib.domain.metrics import METRICS
from lib.monitoring.collectors import PROTOCOLS
from lib.monitoring.collectors.error_tracker import LEVELS
from lib.settings import VERSION
from lib.web.problems import STATUS

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = sorted(path.relative_to(ROOT).with_suffix("").as_posix() for path in (ROOT / "api").rglob("*.py"))
METHODS = {"get", "put", "post", "patch", "delete"}


@cache
def paper() -> dict[str, Any]:
    document: dict[str, Any] = yaml.load((ROOT / "docs" / "openapi.yaml").read_bytes(), yaml.CSafeLoader)
    return document


FOREIGN = {path for paths in PROTOCOLS.values() for path in paths}


def test_every_path_of_a_foreign_protocol_stands_in_the_agents_page() -> None:
    page = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
    assert [path for path in FOREIGN if f"`{path.partition(' ')[2]}`" not in page] == []


def routes() -> Iterator[tuple[str, str, Any]]:
    """(path as OpenAPI writes it, method, view) of every route of every function."""
    for function in FUNCTIONS:
        app = importlib.import_module(function.replace("/", ".")).app
        for rule in app.url_map.iter_rules():
            path = re.sub(r"<(?:[a-z]+(?:\([^)]*\))?:)?([a-z_]+)>", r"{\1}", rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                if f"{method} {rule.rule}" in FOREIGN:  # they have papers of their own
                    continue
                yield path, method.lower(), app.view_functions[rule.endpoint]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in paper()["paths"].items():
        for method in METHODS & item.keys():
            yield path, method, item[method]


def nodes(node: Any, place: str = "#") -> Iterator[tuple[str, Any]]:
    yield place, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from nodes(child, f"{place}/{key}")


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = paper()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def test_the_paper_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(paper()).validate()
    assert paper()["openapi"].startswith("3.1")
    assert paper()["info"]["version"] == VERSION


def test_every_reference_leads_somewhere() -> None:
    for _, node in nodes(paper()):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            assert resolved(node) is not None


def test_every_component_is_used() -> None:
    used = {node["$ref"] for _, node in nodes(paper()) if isinstance(node, dict) and isinstance(node.get("$ref"), str)}
    for kind in ("schemas", "responses", "parameters", "headers"):
        names = {f"#/components/{kind}/{name}" for name in paper()["components"][kind]}
        assert sorted(names - used) == []


def test_the_paper_has_every_route_and_no_other() -> None:
    in_the_code = {(path, method) for path, method, _ in routes()}
    on_paper = {(path, method) for path, method, _ in operations()}
    assert in_the_code == on_paper


def test_the_paper_says_who_may_pass() -> None:
    schemes = {"agent": "agentKey", "user": "accessToken", "cron": "cronSecret"}
    guards = {(path, method): view.guard for path, method, view in routes()}
    for path, method, operation in operations():
        named = {name for one in operation["security"] for name in one}
        kind, _, detail = guards[path, method].partition(":")
        if kind == "public":
            assert named <= {"refreshCookie"}, f"{method} {path}"
            continue
        assert schemes[kind] in named, f"{method} {path}"
        assert "401" in operation["responses"]
        if kind == "user" and detail != "viewer":
            assert f"the role {detail}" in operation["description"], f"{method} {path} does not tell the role"


def test_every_error_code_is_on_paper() -> None:
    kinds = set(paper()["components"]["schemas"]["Problem"]["properties"]["type"]["enum"])
    assert kinds == {"about:blank", *(f"urn:openmanager:{code}" for code in STATUS)}
    assert {error.code for error in errors.DomainError.__subclasses__()} == STATUS.keys()


def test_an_error_is_told_as_problem_json_wherever_it_is_told() -> None:
    for path, method, operation in operations():
        for status, given in operation["responses"].items():
            if int(status) >= 400:
                # A report on health, and an error in a foreign protocol's own form.
                own = {"application/json"} if path in {"/api/health", "/api/mcp"} else set()
                own |= {"text/plain"} if path.startswith("/ping/{ping_id}/") else set()
                content = set(resolved(given)["content"]) - own
                assert content == {"application/problem+json"}, f"{method} {path} {status}"
                assert int(status) in STATUS.values()


def test_the_paper_knows_every_metric_and_its_range() -> None:
    properties = paper()["components"]["schemas"]["Sample"]["properties"]
    assert METRICS.keys() == properties.keys() - {"at", "mounts", "metrics"}
    for name, metric in METRICS.items():
        schema = resolved(properties[name])
        assert (schema["minimum"], schema["maximum"]) == (metric.low, metric.high), name


def test_the_paper_knows_every_level_of_an_error() -> None:
    assert paper()["components"]["schemas"]["Level"]["enum"] == list(LEVELS)


def test_the_paper_knows_every_reason_of_a_status() -> None:
    source = (ROOT / "lib" / "monitoring" / "reasons.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'code == "([a-z]+)"', source))
    assert "threshold" in codes
    assert set(paper()["components"]["schemas"]["Reason"]["properties"]["code"]["enum"]) == codes


EXAMPLES = [
    (place, node)
    for place, node in nodes(paper())
    if isinstance(node, dict) and "schema" in node and "examples" in node
]


@pytest.mark.parametrize(("place", "media"), EXAMPLES, ids=[place for place, _ in EXAMPLES])
def test_an_example_is_what_its_schema_says(place: str, media: dict[str, Any]) -> None:
    schema = {**media["schema"], "components": paper()["components"]}
    for example in media["examples"].values():
        jsonschema_rs.Draft202012Validator(schema).validate(example["value"])


def test_the_page_and_the_agent_call_only_what_is_on_paper() -> None:
    sources = [ROOT / "public" / "agent.py", *(ROOT / "public" / "js").rglob("*.js")]
    called = {
        path
        for source in sources
        for path in re.findall(r"[\"'`](/api/[a-z/]*[a-z])", source.read_text(encoding="utf-8"))
    }
    assert {"/api/ingest", "/api/servers", "/api/auth/login"} <= called
    assert sorted(path for path in called if not any(one.startswith(path) for one in paper()["paths"])) == []
