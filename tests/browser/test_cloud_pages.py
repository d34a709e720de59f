"""Clouds in the page: `make dev` reads a fake of Azure, shows its machines, and says what cannot be read."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import ARTIFACTS, SIGN_IN, Site, choose_language, sign_in
from tests.clouds.azure_twin import CLIENT, SECRET, SUBSCRIPTION, TENANT, azure
from tests.clouds.cloud_hub import fives
from tests.local.dev_process import Dev, of_this

pytestmark = pytest.mark.long  # a hub of its own

OTHER = SUBSCRIPTION.replace("1", "9")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    directory = Path(tempfile.mkdtemp(prefix="openmanager-clouds-")).resolve()
    directory.chmod(0o711)
    with azure() as twin:
        twin.start("결제-01", tags={"env": "prod"})
        twin.start("결제-02", power="deallocated")
        at = fives(12)
        twin.measure("결제-01", "Percentage CPU", *((moment, 20.0 + 3 * n) for n, moment in enumerate(at)))
        twin.measure("결제-01", "Available Memory Percentage", *((moment, 40.0) for moment in at))
        account = {
            "provider": "azure", "name": "본사", "tenant": TENANT, "client_id": CLIENT, "client_secret": SECRET,
            "subscriptions": [SUBSCRIPTION, OTHER], "endpoint": twin.rest.url,
        }  # fmt: skip
        dev = Dev(directory / "data", OPENMANAGER_CLOUDS=json.dumps([account]))
        try:
            dev.ready()
            assert dev.process.stdout is not None
            told = SIGN_IN.match(dev.process.stdout.readline())
            assert told is not None
            yield Site(dev, f"http://127.0.0.1:{dev.port}", told[1], told[2], "")
            dev.stop()
        finally:
            dev.close()
            for pid in of_this(directory):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(directory, ignore_errors=True)


def test_machines_of_a_cloud_are_on_the_page_and_who_is_stopped_is_said_to_be(tab: Tab, site: Site) -> None:
    choose_language(tab, "en")
    sign_in(tab, site)
    tab.until("document.querySelectorAll('.card').length === 2", 40)
    cards = tab.until("[...document.querySelectorAll('.card')].map((one) => one.textContent).join('|')")
    assert "결제-01" in cards
    assert "Its cloud says that it is stopped" in cards
    tab.js("location.hash = '#/servers/' + encodeURIComponent('결제-01')")
    tab.until("document.querySelector('.chart canvas')", 20)
    assert "env=prod" in tab.text()
    assert "account=본사" in tab.text()
    tab.screenshot(ARTIFACTS / "cloud-server.png")


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("ko", 390)])
def test_settings_tell_how_reading_each_source_goes(tab: Tab, site: Site, language: str, width: int) -> None:
    tab.size(width, 900)
    tab.prefers("light" if language == "ko" else "dark")
    choose_language(tab, language)
    sign_in(tab, site)
    tab.js("location.hash = '#/settings?part=clouds'")
    rows = tab.until("document.querySelectorAll('.key-table tbody tr').length === 2", 40)
    assert rows
    tab.until("document.querySelector('.key-table .note.bad')", 30)
    text = tab.text()
    words = {"en": f"there is no subscription {OTHER}", "ko": f"이 애플리케이션이 볼 수 있는 {OTHER} 구독이 없습니다"}
    assert words[language] in text
    assert ("Azure" in text, "본사" in text) == (True, True)
    assert not tab.js("document.documentElement.scrollWidth > innerWidth")
    tab.screenshot(ARTIFACTS / f"clouds-{language}.png")
