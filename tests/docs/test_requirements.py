"""Holds requirements*.txt to requirements*.in, and each exception from a check to its reason. Asks no network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LISTS = ("requirements", "requirements-local", "requirements-dev")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
PINNED = re.compile(r"([a-z0-9._-]+)(?:\[[a-z,]+\])?==([A-Za-z0-9.!+_]+)( ; [^#\\]+)?")


@dataclass(frozen=True)
class Pin:
    version: str
    hashes: int


def locked(text: str) -> dict[str, Pin]:
    """Raises AssertionError for a line that is anything else than a version with the hashes of its files."""
    pins: dict[str, Pin] = {}
    for entry in re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines():
        requirement, *hashes = re.split(r"\s+(?=--)", entry.strip())
        found = PINNED.fullmatch(requirement)
        assert found, f"no pinned version: {requirement}"
        assert hashes, f"no hash: {requirement}"
        assert all(HASH.fullmatch(one) for one in hashes), f"no hash: {requirement}"
        assert found[1] not in pins, f"named twice: {found[1]}"
        pins[found[1]] = Pin(found[2], len(set(hashes)))
    return pins


def lock_of(name: str) -> dict[str, Pin]:
    return locked((ROOT / f"{name}.txt").read_text(encoding="utf-8"))


def wanted(name: str) -> dict[str, str]:
    """Every direct requirement with its version, those of the lists it includes too."""
    found: dict[str, str] = {}
    for line in (ROOT / f"{name}.in").read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found |= wanted(line.removeprefix("-r ").removesuffix(".in"))
        elif line and not line.startswith("#"):
            pinned = PINNED.fullmatch(line)
            assert pinned, f"{name}.in: {line}"
            found[pinned[1]] = pinned[2]
    return found


@pytest.mark.parametrize("name", LISTS)
def test_what_is_wanted_is_what_is_installed(name: str) -> None:
    pins = lock_of(name)
    assert wanted(name)
    assert {one: pins[one].version for one in wanted(name) if one in pins} == wanted(name)


@pytest.mark.parametrize("name", LISTS)
def test_a_lock_names_no_place_of_the_machine_that_made_it(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text(encoding="utf-8")
    assert text.splitlines()[1].strip() == "#    make lock"
    assert re.findall(r"://|--index|--extra-index|--find-links|--trusted|file:|@ |(?<![\w.])/\w+/", text) == []


def test_the_same_package_is_the_same_everywhere() -> None:
    runtime, local, dev = map(lock_of, LISTS)
    assert {name: dev[name] for name in local} == local
    assert {name: local[name] for name in runtime} == runtime


def test_a_function_is_given_nothing_that_is_for_localhost_or_for_tests() -> None:
    only_elsewhere = (set(wanted("requirements-dev")) - set(wanted("requirements"))) & set(lock_of("requirements"))
    assert only_elsewhere == set()


@pytest.mark.parametrize(
    "line",
    [
        "flask==3.1.3",
        "flask>=3 --hash=sha256:" + "0" * 64,
        "flask==3.1.3 --hash=md5:00",
        "flask @ https://example.org/f",
    ],
)
def test_the_reader_of_locks_bites(line: str) -> None:
    with pytest.raises(AssertionError):
        locked(line + "\n")


# An exception is written as noqa, its codes, a dash and the reason; bandit's mark, where it asks too, comes first.
MARK = re.compile(r"#\s*(noqa|nosec)\b")
EXCEPTION = re.compile(r"(# nosec B\d{3} )?# noqa: [A-Z]+\d+(, [A-Z]+\d+)* - \S.*|# nosec B\d{3} # (?!noqa)\S.*")


def exceptions(text: str) -> list[str]:
    """Each line's words from its first mark on."""
    return [line[found.start() :] for line in text.splitlines() if (found := MARK.search(line))]


def test_every_exception_from_a_check_says_why() -> None:
    files = [
        ROOT / "dev.py",
        *(path for room in ("lib", "api", "public", "tests") for path in (ROOT / room).rglob("*.py")),
    ]
    bare = [
        f"{path.relative_to(ROOT)}: {words}"
        for path in files
        if path != Path(__file__).resolve()
        for words in exceptions(path.read_text(encoding="utf-8"))
        if not EXCEPTION.fullmatch(words)
    ]
    assert bare == []


@pytest.mark.parametrize(
    "words", ["# noqa", "# noqa: S603", "# noqa: S603 -", "# nosec", "# nosec B603", "#nosec B603 - why"]
)
def test_an_exception_without_a_reason_is_found(words: str) -> None:
    assert [one for one in exceptions(f"x = 1  {words}\n") if not EXCEPTION.fullmatch(one)]


def test_ruff_and_bandit_look_at_the_product_for_what_is_unsafe() -> None:
    ruff = (ROOT / "ruff.toml").read_text(encoding="utf-8")
    assert re.search(r'^select = \[.*"S"', ruff, re.MULTILINE)
    ignored = re.findall(r'^"([^"]+)" = \[(.*)\]', ruff, re.MULTILINE)
    assert [files for files, codes in ignored if re.search(r'"S\d*"', codes) and files != "tests/**"] == []
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^PRODUCT := lib api dev.py public/agent.py$", make, re.MULTILINE)
    assert re.search(r"^\t\$\(BIN\)/bandit .*\$\(PRODUCT\)$", make, re.MULTILINE)
