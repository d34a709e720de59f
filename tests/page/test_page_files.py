"""What the page is made of: small, complete, pinned, and nothing from anywhere else."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

from lib.domain.audit import ACTIONS

PUBLIC = Path(__file__).resolve().parents[2] / "public"
VENDOR = PUBLIC / "vendor"
INDEX = (PUBLIC / "index.html").read_text(encoding="utf-8")

FLEET_PAGE_BYTES = 45_000  # script and style of the first view, each file compressed as it is sent, without fonts
IMPORT = re.compile(
    r"""(?:^import\s[^;]*?from\s|^export\s[^;]*?from\s|^import\s|\bimport\()\s*['"]([^'"]+)['"]""", re.MULTILINE
)


def imports(script: Path, with_later: bool = False) -> set[Path]:
    text = script.read_text(encoding="utf-8")
    named = [match for match in IMPORT.finditer(text) if with_later or "import(" not in match[0]]
    return {(script.parent / match[1]).resolve() for match in named if match[1].startswith(".")}


def reachable(start: Path, with_later: bool = False) -> set[Path]:
    found: set[Path] = set()
    waiting = [start.resolve()]
    while waiting:
        script = waiting.pop()
        if script not in found:
            found.add(script)
            if VENDOR not in script.parents:
                waiting += imports(script, with_later)
    return found


def linked(pattern: str) -> list[str]:
    return re.findall(pattern, INDEX)


def test_the_fleet_page_stays_within_its_budget() -> None:
    scripts = reachable(PUBLIC / "js" / "main.js") | {PUBLIC / "js" / "theme.js"}
    words = max(("en", "ko"), key=lambda name: size(PUBLIC / "js" / "messages" / f"{name}.js"))
    scripts.add(PUBLIC / "js" / "messages" / f"{words}.js")
    styles = {PUBLIC / href for href in linked(r'rel="stylesheet" href="(css/[^"]+)"')}
    assert len(scripts) > 20
    assert len(styles) >= 4
    total = sum(size(file) for file in scripts | styles)
    assert total <= FLEET_PAGE_BYTES, f"{total} bytes"


def size(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), 9, mtime=0))


def test_all_that_the_first_view_imports_is_announced_and_nothing_else() -> None:
    announced = {(PUBLIC / href).resolve() for href in linked(r'rel="modulepreload" href="([^"]+)"')}
    assert announced == reachable(PUBLIC / "js" / "main.js") - {(PUBLIC / "js" / "main.js").resolve()}


def test_every_file_of_the_page_exists_and_every_script_is_used() -> None:
    for href in linked(r'(?:href|src)="([^"]+)"'):
        assert (PUBLIC / href).is_file(), href
    used = reachable(PUBLIC / "js" / "main.js", with_later=True) | {(PUBLIC / "js" / "theme.js").resolve()}
    used |= reachable(PUBLIC / "js" / "public-status.js")  # the page for strangers
    used |= reachable(PUBLIC / "js" / "act.js")  # what a link in a message leads to
    messages = set((PUBLIC / "js" / "messages").glob("*.js"))
    assert {file for file in used if not file.is_file()} == set()
    assert {file.resolve() for file in (PUBLIC / "js").rglob("*.js")} - used - messages == set()


def test_nothing_comes_from_elsewhere_and_nothing_is_written_into_the_page() -> None:
    own = [file for kind in ("*.js", "*.css") for file in PUBLIC.rglob(kind) if VENDOR not in file.parents]
    for file in [*own, PUBLIC / "index.html", *VENDOR.rglob("*.css")]:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        text = text.replace("https://HUB", "")  # what recipes.js has others paste; the page puts its own origin there
        assert not re.search(r"""(?:from|import|src|href|url)\s*[=(]?\s*['"(]?\s*(?:https?:)?//""", text), file
    for page in PUBLIC.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<style" not in text
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert not re.search(r"\son\w+=|\sstyle=", text)
        for href in re.findall(r'(?:href|src)="([^"]+)"', text):
            assert (PUBLIC / href).is_file(), f"{page.name}: {href}"


def test_what_is_vendored_is_what_was_pinned() -> None:
    pins = json.loads((VENDOR / "VENDOR.json").read_text(encoding="utf-8"))
    files = pins["files"]
    present = {str(file.relative_to(VENDOR)) for file in VENDOR.rglob("*") if file.is_file()} - {"VENDOR.json"}
    notices = {package["notice"] for package in pins["packages"].values()}
    assert present == set(files) | notices
    for name, pin in files.items():
        content = (VENDOR / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == pin["sha256"], name
        if appended := pin.get("appended"):
            source = content.removesuffix(appended.encode())
            assert hashlib.sha256(source).hexdigest() == pin["source_sha256"], name
        assert pin["package"] in pins["packages"]
    for package in pins["packages"].values():
        assert package["licence"]
        assert package["version"]


def test_every_entry_of_the_audit_log_has_words_and_can_be_asked_for() -> None:
    view = (PUBLIC / "js" / "views" / "audit.js").read_text(encoding="utf-8")
    offered = set(re.findall(r"'([a-z_]+)'", view.partition("const ACTIONS = [")[2].partition("]")[0]))
    assert offered == set(ACTIONS)
    for language in ("en", "ko"):
        words = (PUBLIC / "js" / "messages" / f"{language}-more.js").read_text(encoding="utf-8")
        assert set(re.findall(r"'auditdid\.([a-z_]+)'", words)) == set(ACTIONS), language
