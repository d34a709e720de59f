"""What is public, chosen in the page: made, ordered, shown to strangers, taken away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import Site
from tests.browser.test_access_pages import api, settings

COMPONENTS = "/api/status/components"
NAMES = "[...document.querySelectorAll('.key-table tbody th bdi:first-child')].map((one) => one.textContent).join()"


@pytest.fixture(autouse=True)
def none_left(site: Site) -> Iterator[None]:
    _none_left(site)
    yield
    _none_left(site)


def _none_left(site: Site) -> None:
    for one in api(site, "GET", COMPONENTS)["components"]:
        api(site, "DELETE", f"{COMPONENTS}/{one['id']}")


def test_what_is_public_is_chosen_ordered_shown_and_taken_away(inside: Tab, site: Site) -> None:
    settings(inside, "public")
    inside.until("document.body.textContent.includes('Nothing is public.')")
    for name in ("Shop", "Desk"):
        inside.click(".panel-head button.btn", "Add to it")
        inside.until("document.querySelector('dialog[open] select[name=target] option')")
        inside.fill("dialog[open] input[name=name]", name)
        inside.click("dialog button.main")
        inside.until(f"!document.querySelector('dialog') && {NAMES}.endsWith('{name}')")
    assert inside.js(NAMES) == "Shop,Desk"
    inside.click("button[aria-label='Up Desk']")
    inside.until(f"{NAMES} === 'Desk,Shop'")
    assert [one["name"] for one in api(site, "GET", COMPONENTS)["components"]] == ["Desk", "Shop"]
    inside.until("document.querySelector('img[src*=badge]')?.naturalWidth > 0")
    assert "[![status](http" in inside.text()

    inside.click("button[aria-label='Change Shop']")
    inside.fill("dialog[open] input[name=name]", "쇼핑몰")
    inside.click("dialog button.main")
    inside.until(f"{NAMES} === 'Desk,쇼핑몰'")
    shown = site.dev.ask("GET", "/api/status")[1]
    assert [one["name"] for one in shown["components"]] == ["Desk", "쇼핑몰"]
    assert inside.js("document.querySelector('a[target=_blank]').pathname") == "/status.html"
    inside.click("button[aria-label='Remove Desk']")
    inside.click("dialog[open] .btn.danger")
    inside.until(f"{NAMES} === '쇼핑몰'")
