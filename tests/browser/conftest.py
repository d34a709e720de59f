"""One `make dev` and one Chromium for the whole folder. Each test begins as a browser that was never here."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.chromium import ChromiumMissing, Tab, chromium, find_chromium
from tests.local.dev_process import Dev, of_this

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts" / "browser"
SIGN_IN = re.compile(r"sign in as (\S+) with the password (\S+) ")


@dataclass(frozen=True)
class Site:
    """What `make dev` printed."""

    dev: Dev
    origin: str
    email: str
    password: str
    secret: str  # what its tokens are signed with

    def token(self) -> str:
        return self.dev.sign_in(self.email, self.password)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    directory = Path(tempfile.mkdtemp(prefix="openmanager-page-")).resolve()
    directory.chmod(0o711)  # the stores run as another user where root starts them
    secret = secrets.token_hex(32)
    given = {"OPENMANAGER_JWT_SECRET": secret, "OPENMANAGER_OUTBOUND_ALLOW": "127.0.0.1/32"}
    dev = Dev(directory / "data", OPENMANAGER_AGENT="1", **given)
    try:
        dev.ready()
        assert dev.process.stdout is not None
        printed = dev.process.stdout.readline()
        told = SIGN_IN.match(printed)
        assert told is not None, f"no password was printed: {printed}"
        yield Site(dev, f"http://127.0.0.1:{dev.port}", told[1], told[2], secret)
        dev.stop()
    finally:
        dev.close()
        for pid in of_this(directory):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Tab]:
    try:
        find_chromium()
    except ChromiumMissing as missing:
        pytest.fail(str(missing), pytrace=False)
    with chromium() as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab, site: Site, request: pytest.FixtureRequest) -> Iterator[Tab]:
    """At the sign-in of the page. What a console would show in red fails the test, whatever else it looked at."""
    if (code := site.dev.process.poll()) is not None:
        said = site.dev.process.stdout.read() if site.dev.process.stdout else ""
        pytest.fail(f"`make dev` has ended with {code}: {said}", pytrace=False)
    browser.open("about:blank")
    browser.forget(site.origin)
    browser.size(1440, 900)
    browser.prefers("dark")
    browser.problems.clear()
    browser.open(site.origin)
    browser.until("document.querySelector('form input[name=password]')")
    try:
        yield browser
        assert browser.problems == []
    finally:
        browser.answer_no_more()
        browser.goes_offline(False)
        name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
        browser.screenshot(ARTIFACTS / f"{name}.png")


@pytest.fixture
def inside(tab: Tab, site: Site) -> Tab:
    """Signed in, in English, with this machine on the page."""
    choose_language(tab, "en")
    sign_in(tab, site)
    tab.until("document.querySelector('.card .meters b')")
    return tab


def choose_language(tab: Tab, language: str) -> None:
    tab.click(f".segmented button:has([lang={language}])")
    tab.until(f"document.documentElement.lang === '{language}'")


def sign_in(tab: Tab, site: Site) -> None:
    tab.fill("input[name=email]", site.email)
    tab.fill("input[name=password]", site.password)
    tab.click("form button.main")
    tab.until("document.querySelector('nav.side')")
