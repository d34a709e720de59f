"""Runbooks and help in the assistant's panel: commands as blocks to copy, no sign of Markdown left over."""

from __future__ import annotations

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import ARTIFACTS, Site, choose_language, sign_in
from tests.browser.test_assistant_panel import ask


@pytest.mark.parametrize(("language", "scheme", "width"), [("ko", "light", 1440), ("en", "dark", 390)])
def test_a_runbook_and_a_help_can_be_read(tab: Tab, site: Site, language: str, scheme: str, width: int) -> None:
    tab.size(width, 900)
    tab.prefers(scheme)
    choose_language(tab, language)
    sign_in(tab, site)
    tab.click(".tabs button" if width < 760 else "nav.side button.nav")
    tab.until("document.activeElement?.name === 'question'")
    korean = language == "ko"
    told = ask(tab, "디스크 꽉 찼을 때 해결 방법" if korean else "How do I fix a full disk?")
    assert "df -h /" in told
    blocks = "[...document.querySelectorAll('.turn .told')].at(-1).querySelectorAll('.copyable').length"
    assert tab.js(blocks) >= 6
    tab.wait(0.3)
    tab.screenshot(ARTIFACTS / f"runbook-{language}-{scheme}-{width}.png")
    term = ask(tab, "p95가 뭐야?" if korean else "What is p95?")
    help_ = ask(tab, "알림은 어떻게 받아?" if korean else "How do I get notified?")
    agent = ask(tab, "에이전트 설치 방법 알려줘" if korean else "How do I install the agent?")
    assert "omv_live_" in agent
    for text in (told, term, help_, agent):
        assert "**" not in text
        assert "`" not in text
        assert "\\" not in text.replace("\\n", "")
    assert tab.js("document.documentElement.scrollWidth <= innerWidth")
    tab.wait(0.3)
    tab.screenshot(ARTIFACTS / f"help-{language}-{scheme}-{width}.png")
