"""What opens while somebody looks at something else: told once, with a way to it, and again when it is over."""

from __future__ import annotations

import json

from tests.browser.chromium import Tab
from tests.browser.conftest import ARTIFACTS, Site
from tests.browser.test_access_pages import api
from tests.browser.test_alert_pages import report

NAME = "toasted-1"


def test_what_opens_meanwhile_is_told_counted_and_told_again_when_it_is_over(inside: Tab, site: Site) -> None:
    key = api(site, "POST", "/api/auth/keys", {"name": "toasts"}, site.token())
    shown = f"document.querySelector('.toasts')?.textContent.includes({json.dumps(NAME)})"
    try:
        # The page has asked once: what was open before is no news.
        inside.until(
            "performance.getEntriesByType('resource').some((one) => one.name.includes('/api/alerts?state=open'))", 20
        )
        inside.wait(1)
        report(site, key["secret"], NAME, 97.0)
        inside.until(shown)
        assert "Disk / at 97% (level 95%)" in str(inside.js("document.querySelector('.toasts').textContent"))
        pill = "document.querySelector(\"nav.side a[href='#/alerts'] .pill\")?.textContent"
        assert int(str(inside.js(pill))) >= 1
        assert str(inside.js("document.title")).startswith("Critical")
        inside.wait(0.4)
        inside.screenshot(ARTIFACTS / "toast-en-dark-1440.png")
        inside.click(".toast a", NAME)
        inside.until("location.hash.startsWith('#/alerts/') && !document.querySelector('.toast')")
        found = api(site, "GET", f"/api/alerts?state=open&server={NAME}")["alerts"]
        for one in found:
            api(site, "POST", f"/api/alerts/{one['id']}/resolve", {"note": ""}, site.token())
        inside.until(f"document.querySelector('.toast b')?.textContent.startsWith('Over') && {shown}")
    finally:
        api(site, "DELETE", f"/api/servers/{NAME}", token=site.token())
        api(site, "DELETE", f"/api/auth/keys/{key['key']['id']}", token=site.token())
