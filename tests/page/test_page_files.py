"""Holds what the page promises about its own files: small, whole, ours, and within its content security policy."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = ROOT / "public"
VENDOR = PUBLIC / "vendor"
INDEX = (PUBLIC / "index.html").read_text()
BUDGET_BYTES = 45_000  # script and style of the whole fleet page, compressed, without fonts

_IMPORT = re.compile(r"^import\s[^;]*?from '(\.[^']+)';$", re.MULTILINE | re.DOTALL)
_LATER = re.compile(r"import\('(\.[^']+)'\)|style\('([^']+)'\)")


def scripts() -> list[Path]:
    return sorted((PUBLIC / "js").rglob("*.js"))


def sheets() -> list[Path]:
    return sorted((PUBLIC / "css").glob("*.css"))


def first_view() -> set[Path]:
    """main.js and every module it needs before anything is shown."""
    found: set[Path] = set()
    waiting = [PUBLIC / "js/main.js"]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [(path.parent / target).resolve() for target in _IMPORT.findall(path.read_text())]
    return found


def linked(relation: str) -> list[Path]:
    tags = re.findall(r"<link [^>]*>", INDEX)
    return [PUBLIC / re.search(r'href="([^"]+)"', tag)[1] for tag in tags if f'rel="{relation}"' in tag]  # type: ignore[index]


def test_the_whole_fleet_page_stays_within_its_budget() -> None:
    languages = [PUBLIC / f"js/messages/{language}.js" for language in ("ko", "en")]
    styles = [path for path in linked("stylesheet") if "pretendard" not in path.parts]
    parts = [*first_view(), *styles, PUBLIC / "js/theme.js"]
    sizes = {path.relative_to(PUBLIC).as_posix(): len(gzip.compress(path.read_bytes(), 6)) for path in parts}
    total = sum(sizes.values()) + max(len(gzip.compress(path.read_bytes(), 6)) for path in languages)
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:8]
    assert total <= BUDGET_BYTES, f"{total} bytes; the largest are {largest}"


def test_the_first_view_is_fetched_at_once_and_nothing_else_is() -> None:
    assert set(linked("modulepreload")) == first_view() - {PUBLIC / "js/main.js"}


def referred() -> Iterator[tuple[str, Path]]:
    """(who refers, what to) for every file that the page names."""
    for target in re.findall(r'(?:href|src)="([^"#]+)"', INDEX):
        yield "index.html", PUBLIC / target
    for path in scripts():
        text = path.read_text()
        for target in _IMPORT.findall(text):
            yield path.name, (path.parent / target).resolve()
        for module, style in _LATER.findall(text):
            yield path.name, (path.parent / module).resolve() if module else PUBLIC / style
    for path in [*sheets(), *VENDOR.rglob("*.css")]:
        for target in re.findall(r"url\(([^)]+)\)", path.read_text()):
            yield path.name, (path.parent / target.strip("'\"")).resolve()
    for icon in json.loads((PUBLIC / "manifest.webmanifest").read_text())["icons"]:
        yield "manifest.webmanifest", PUBLIC / icon["src"]


def test_every_file_the_page_names_is_there() -> None:
    assert [(who, target) for who, target in referred() if not target.is_file()] == []


def test_no_style_is_left_that_no_view_loads() -> None:
    named = {target for _, target in referred()}
    assert [path.name for path in sheets() if path not in named] == []


def test_vendored_files_are_those_that_were_published() -> None:
    listed = json.loads((VENDOR / "VENDOR.json").read_text())
    for name, entry in listed["files"].items():
        body = (VENDOR / name).read_bytes()
        assert hashlib.sha256(body).hexdigest() == entry["sha256"], name
        if "appended" in entry:
            source = body.removesuffix(entry["appended"].encode())
            assert hashlib.sha256(source).hexdigest() == entry["source_sha256"], name
    here = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    notices = {package["notice"] for package in listed["packages"].values()}
    assert here == {"VENDOR.json"} | set(listed["files"]) | notices


def hangul_of(sheet: Path) -> set[int]:
    covered: set[int] = set()
    for ranges in re.findall(r"unicode-range:([^;]+);", sheet.read_text()):
        for part in ranges.replace("U+", "").split(","):
            first, _, last = part.strip().partition("-")
            covered.update(range(int(first, 16), int(last or first, 16) + 1))
    return {code for code in covered if 0xAC00 <= code <= 0xD7A3}


def test_korean_is_set_in_our_font() -> None:
    family = VENDOR / "pretendard"
    common = hangul_of(family / "pretendardvariable-dynamic-subset.css")
    rare = hangul_of(family / "pretendardvariable-dynamic-subset-rare.css")
    assert len(common | rare) == 11_172
    said = set(map(ord, (PUBLIC / "js/messages/ko.js").read_text()))
    assert {chr(code) for code in said if 0xAC00 <= code <= 0xD7A3 and code not in common} == set()


# What `script-src 'self'; style-src 'self'; require-trusted-types-for 'script'` refuses, found before a browser does.
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|document\.write|\beval\(|new Function\(|"
    r"setAttribute\('style|style=\"|style='"
)


@pytest.mark.parametrize("path", [PUBLIC / "index.html", *scripts()], ids=lambda path: path.name)
def test_nothing_is_written_that_the_security_policy_refuses(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text()) == []


def test_the_document_has_no_script_or_style_of_its_own() -> None:
    assert re.findall(r"<style|<script(?![^>]*\bsrc=)|\son\w+=", INDEX) == []


@pytest.mark.parametrize("path", scripts(), ids=lambda path: path.relative_to(PUBLIC).as_posix())
def test_a_script_says_why_it_exists_and_only_one_fetches(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(("/** ", "/* "))
    assert text.count("\n") <= 400
    assert ("await fetch(" in text) == (path.name == "api.js")


def test_style_sheets_name_colours_by_meaning() -> None:
    """Only tokens.css knows values; a shadow's black is no colour of ours."""
    for path in sheets():
        if path.name != "tokens.css":
            assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text())) <= {"#0003", "#0008"}, path.name


def test_the_scripts_own_tests_pass() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed: the page's modules are tested where it is")
    tests = sorted(str(path) for path in (ROOT / "tests/js").glob("*.test.js"))
    done = subprocess.run([node, "--test", *tests], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-6_000:]
