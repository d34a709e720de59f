"""Holds the papers to the code: what they name exists, and what exists is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lib.domain.limits import ACCOUNT, ADDRESS, EVERYBODY, POLICIES, SHARED
from lib.monitoring.health import judged
from lib.settings import Settings, SettingsError

ROOT = Path(__file__).resolve().parents[2]
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
# The platform sets these by itself: nobody is asked to write them into a file.
PLATFORM = ("VERCEL",)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def all_papers() -> str:
    return "\n".join(text_of(path) for path in PAPERS)


class Asked(dict[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override] # only this form is used
        self.names.add(name)
        return default


def settings_names() -> set[str]:
    environment = Asked()
    with pytest.raises(SettingsError):
        Settings.from_environment(environment)
    return environment.names


def local_names() -> set[str]:
    """What the local server and the tools beside the product read."""
    sources = [ROOT / "dev.py", *(ROOT / "lib" / "local").glob("*.py"), *(ROOT / "lib" / "storage").rglob("*.py")]
    found = {name for path in sources for name in re.findall(r"[\"'](OPENMANAGER_[A-Z_]*[A-Z])[\"']", text_of(path))}
    return found


def words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z0-9_]+", text))


def test_the_settings_are_found_by_asking_for_them() -> None:
    names = settings_names()
    assert {"KV_REST_API_URL", "SUPABASE_SECRET_KEY", "POSTGRES_URL", "OPENMANAGER_RETENTION_RAW_DAYS"} <= names


def test_every_setting_is_in_the_example_file() -> None:
    example = words(text_of(ROOT / ".env.example"))
    missing = {name for name in settings_names() | local_names() if not name.startswith(PLATFORM)} - example
    assert sorted(missing) == []


def test_every_setting_is_explained() -> None:
    assert sorted(settings_names() - words(text_of(ROOT / "docs" / "deploy.md"))) == []
    assert sorted(local_names() - words(all_papers())) == []


def test_the_table_of_settings_tells_how_long_things_are_kept() -> None:
    rows = dict(
        re.findall(
            r"^\| `OPENMANAGER_RETENTION_([A-Z_]+)` \| `(\d+)`", text_of(ROOT / "docs" / "deploy.md"), re.MULTILINE
        )
    )
    assert {name.lower(): int(days) for name, days in rows.items()} == dict(Settings().retention)


def test_no_paper_names_a_setting_that_nothing_reads() -> None:
    sources = [*(ROOT / "lib").rglob("*.py"), ROOT / "dev.py", ROOT / "Makefile", *(ROOT / "public").glob("*.*")]
    read = settings_names() | {
        name for path in sources for name in re.findall(r"OPENMANAGER_[A-Z_]*[A-Z]", path.read_text("utf-8", "replace"))
    }
    named = set(re.findall(r"OPENMANAGER_[A-Z_]*[A-Z]", all_papers() + text_of(ROOT / ".env.example")))
    assert sorted(named - read) == []


def reasons_of_bad_health() -> set[str]:
    """Every reason that `/api/health` can give, by making it bad in each way."""
    well = {"servers": 3, "swept_at": 1000.0, "now": 1000.0, "tries": 0, "bytes": 0}
    ways: list[dict[str, object]] = [
        {"postgres": "gone", "facts": None},
        {"redis": "gone"},
        {"facts": {**well, "swept_at": None}},
        {"facts": {**well, "now": 1150.0}},
        {"facts": {**well, "tries": 9}},
        {"facts": {**well, "bytes": 90}},
        {"facts": {**well, "clouds": {"sources": 2, "failing": 1}}},
    ]
    usual: dict[str, object] = {"redis": "ok", "postgres": "ok", "facts": well, "redis_commands": 0}
    return {reason for way in ways for reason in judged({**usual, **way}, 1000.0, "0", 100).body["reasons"]}


def test_every_alarm_of_the_health_check_is_explained() -> None:
    source = text_of(ROOT / "lib" / "monitoring" / "health.py")
    reasons = reasons_of_bad_health()
    assert len(reasons) == len(re.findall(r"\b(?:down|degraded)\.append\(", source)), "a reason this test cannot cause"
    explained = re.findall(r"^\| `([^`]+)`", text_of(ROOT / "docs" / "operations.md"), re.MULTILINE)
    assert sorted(reasons - set(explained)) == []


def links() -> Iterator[tuple[Path, str]]:
    for path in PAPERS:
        for target in LINK.findall(FENCE.sub("", text_of(path))):
            if not re.match(r"[a-z]+:", target):
                yield path, target


def anchors_of(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_relative_link_leads_somewhere() -> None:
    broken = []
    for path, target in links():
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        if not found.exists():
            broken.append(f"{name_of(path)} -> {target}")
        elif anchor and anchor not in anchors_of(found):
            broken.append(f"{name_of(path)} -> {target}: no such heading")
    assert broken == []


def test_every_make_command_in_the_papers_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*)\s*:(?!=)", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert {"dev", "test"} <= targets
    for path in PAPERS:
        # In a line of a fenced block or between backticks; "make it so" in a sentence is no command.
        code = "\n".join(FENCE.findall(text_of(path)) + re.findall(r"`[^`\n]+`", text_of(path)))
        named = set(re.findall(r"(?:^|`)\s*make ([a-z-]+)", code, re.MULTILINE))
        assert named <= targets, name_of(path)


def test_the_readme_shows_the_two_commands() -> None:
    text = text_of(ROOT / "README.md")
    assert re.search(r"^make dev\b", text, re.MULTILINE)
    assert re.search(r"^make test\b", text, re.MULTILINE)


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")], ids=name_of
)
def test_every_file_that_a_paper_names_exists(path: Path) -> None:
    prose = FENCE.sub("", text_of(path))
    named = re.findall(r"`((?:api|lib|public|supabase|tests|docs)/[A-Za-z0-9_./-]*)`", prose)
    unknown = [one for one in named if not (ROOT / one).exists() and not (ROOT / f"{one}.py").exists()]
    assert [one for one in unknown if one != "api/x.py"] == []


def test_every_room_is_in_the_architecture() -> None:
    text = text_of(ROOT / "ARCHITECTURE.md")
    rooms = [path for path in (ROOT / "lib").iterdir() if path.is_dir() and any(path.glob("*.py"))]
    assert [path.name for path in rooms if f"`lib/{path.name}/`" not in text] == []


def test_the_changelog_keeps_its_form() -> None:
    lines = text_of(ROOT / "CHANGELOG.md").splitlines()
    assert lines[0] == "# Changelog"
    versions = [line for line in lines if line.startswith("## ")]
    assert versions[0] == "## [Unreleased]"
    dated = re.compile(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}")
    assert [line for line in versions[1:] if not dated.fullmatch(line)] == []
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert [line for line in lines if line.startswith("### ") and line[4:] not in kinds] == []
    body = lines[lines.index(versions[0]) + 1 :]
    assert [line for line in body if line and not line.startswith(("## ", "### ", "- ", "  ", "["))] == []


DECISIONS = sorted(path for path in (ROOT / "docs" / "decisions").glob("*.md") if path.name != "README.md")


@pytest.mark.parametrize("path", DECISIONS, ids=name_of)
def test_a_decision_says_why_what_and_at_what_price(path: Path) -> None:
    titles = re.findall(r"^## (.+)$", text_of(path), re.MULTILINE)
    assert titles == ["Context", "Choice", "Consequences"]
    assert f"]({path.name})" in text_of(path.parent / "README.md"), "the list of decisions does not know it"


def test_every_dependency_of_a_function_has_its_reason() -> None:
    text = text_of(ROOT / "docs" / "decisions" / "dependencies.md").lower()
    packages = re.findall(r"^([a-z0-9-]+)", text_of(ROOT / "requirements.in"), re.MULTILINE)
    assert packages
    assert [name for name in packages if not re.search(rf"\*\*{name}\.\*\*|\| {name}\b|\({name}\)", text)] == []


def test_the_table_of_limits_tells_what_is_counted() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \|[^|]+\|[^|]+\| ([\d ]+) \| (\d+) \| (Redis|each)",
        text_of(ROOT / "docs" / "operations.md"),
        re.MULTILINE,
    )
    told = {name: (int(quota.replace(" ", "")), int(window), where == "Redis") for name, quota, window, where in rows}
    counted = {policy.name: (policy.quota, policy.window, True) for policy in (ACCOUNT, ADDRESS, EVERYBODY)}
    counted |= {name: (policy.quota, policy.window, name in SHARED) for name, policy in POLICIES.items()}
    assert told == counted
    assert Settings().posts_per_minute == POLICIES["agent"].quota
