"""On a server's page: who feeds it, whose clock is off, what was left out, and that two machines share its name."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import ARTIFACTS, Site, choose_language, sign_in
from tests.browser.test_access_pages import api
from tests.browser.test_views import _examine
from tests.twins import node_tools

NAME = "fed-by-many"


@pytest.fixture(scope="module")
def fed(site: Site) -> Iterator[str]:
    """A server that Telegraf reports, a cloned one under its name too, and Glances with a clock that is ahead."""
    key = api(site, "POST", "/api/auth/keys", {"name": "웹 서버 Telegraf"}, site.token())
    now = int(time.time())
    boots = (now - 90_000, now - 4_000)
    for n in range(4):
        at = now - 60 + 10 * n
        lines = [f"system,host={NAME} load1=1,uptime={at - boots[n % 2]}i", f"mem,host={NAME} used_percent={40 + n}"]
        lines += [f"app,host={NAME},queue=q{m} depth={m}" for m in range(104)]
        lines += [f"weird,host={NAME} %=1", f"net,interface=all,host={NAME} bytes_recv=1i"]
        assert _write(site, key["secret"], [f"{line} {at}000000000" for line in lines]) == 204
        _wait(site, lambda server, n=n: server["latest"].get("memory") == 40 + n)  # type: ignore[misc] # each sees its n
    assert _write(site, key["secret"], [f"mem,host={NAME} used_percent=44 {now + 3_600}000000000"]) == 400
    _wait(site, lambda server: server["twins"] and server["sources"][0]["refused"])
    yield NAME
    api(site, "DELETE", f"/api/servers/{NAME}", token=site.token())
    api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=site.token())


def _write(site: Site, secret: str, lines: list[str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", site.dev.port, timeout=20)
    try:
        connection.request("POST", "/api/v2/write", "\n".join(lines).encode(), {"Authorization": f"Token {secret}"})
        return connection.getresponse().status
    finally:
        connection.close()


def _wait(site: Site, is_so: Any) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if is_so(api(site, "GET", f"/api/servers/{NAME}")):
                return
        except AssertionError:
            pass  # not there yet
        time.sleep(0.5)
    raise AssertionError(f"the sweep has not found it: {api(site, 'GET', f'/api/servers/{NAME}')}")


SAID = {
    "en": [
        "Reported by", "InfluxDB line protocol", "key 웹 서버 Telegraf", "ahead", "1 value refused",
        "1 name is no metric here", "4 series of its own over the limit", "100 of them custom",
        f"Several machines report as {NAME}", "booted at different times",
    ],
    "ko": [
        "보고 출처", "InfluxDB 라인 프로토콜", "키 웹 서버 Telegraf", "빠름", "거절된 값 1개",
        "지표가 아닌 이름 1개", "한도를 넘은 사용자 지표 4개", "사용자 지표 100개",
        f"여러 컴퓨터가 {NAME} 이름으로", "부팅 시각이 다른",
    ],
}  # fmt: skip
SHAPES = [("ko", "dark", 390), ("ko", "light", 1440), ("en", "light", 390), ("en", "dark", 1440)]


@pytest.mark.parametrize(("language", "scheme", "width"), SHAPES)
def test_a_servers_page_says_who_feeds_it_and_what_was_left_out(
    tab: Tab, site: Site, fed: str, language: str, scheme: str, width: int
) -> None:
    tab.size(width, 900)
    tab.prefers(scheme)
    choose_language(tab, language)
    sign_in(tab, site)
    tab.js(f"location.hash = '#/servers/{fed}'")
    tab.until("document.querySelector('.sources .feeds li')", 30)
    said = tab.text()
    for words in SAID[language]:
        assert words in said, words
    tab.js("document.querySelectorAll('.sources details').forEach((one) => { one.open = true; })")
    assert "app.depth:q103" in tab.text()
    assert tab.js("document.documentElement.scrollWidth <= innerWidth")
    tab.wait(0.5)
    tab.js("document.querySelector('.sources').scrollIntoView({ block: 'center' })")
    tab.wait(0.3)
    tab.screenshot(ARTIFACTS / f"sources-{language}-{scheme}-{width}.png")
    tab.js("scrollTo(0, 0)")
    found = node_tools.axe()
    axe = found.read_text(encoding="utf-8") if found else None
    assert _examine(tab, f"sources-top-{language}-{scheme}-{width}", axe) == []
