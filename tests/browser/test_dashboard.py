"""The page as a person uses it, in a real browser on the real hub of `make dev` with this machine reporting."""

from __future__ import annotations

import re
import socket

from tests.browser.chromium import Tab
from tests.browser.conftest import Site, choose_language, sign_in

HOST = socket.gethostname()
METERS = "[...document.querySelectorAll('.card .meters b')].map((one) => one.textContent).join()"
CARDS = "[...document.querySelectorAll('.card b.cut')].map((one) => one.textContent)"
INK = """[...document.querySelectorAll('.chart canvas')].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let inked = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) inked += 1;
    return inked;
})"""


def test_a_wrong_password_is_told_in_words_and_the_right_one_shows_this_machine_live(tab: Tab, site: Site) -> None:
    choose_language(tab, "en")
    tab.fill("input[name=email]", site.email)
    tab.fill("input[name=password]", "not the password")
    tab.click("form button.main")
    assert tab.until("document.querySelector('[role=alert]')?.textContent") == "E-mail or password is not right."
    sign_in(tab, site)
    # Servers of other tests go with the next snapshot.
    tab.until(
        f"[...document.querySelectorAll('.card')].map((one) => one.querySelector('b').textContent).join() === '{HOST}'",
        30,
    )
    assert tab.js("document.querySelector('.live').textContent").startswith("Live")
    before = tab.until(METERS)
    assert re.fullmatch(r"[\d.]+%,[\d.]+%,[\d.]+%", before)
    tab.until(f"{METERS} !== '{before}'")
    assert "1 / 1 healthy" in " ".join(tab.text().split())


def test_a_server_opens_with_charts_that_are_drawn_can_be_read_by_keys_and_zoomed(inside: Tab) -> None:
    inside.click(".card", HOST)
    inside.until("document.querySelectorAll('.chart canvas').length >= 4")
    inside.until(f"{INK}.every((inked) => inked > 300)")
    assert HOST in inside.js("document.querySelector('h1').textContent")
    offered = "[...document.querySelectorAll('.range .segmented button')].map((one) => !one.disabled)"
    assert inside.js(offered) == [True, False, False, False, False], "a range without data is not offered"
    inside.js("document.querySelector('.plot').focus()")
    inside.key("ArrowLeft")
    assert re.search(r"\d\d:\d\d", inside.until("document.querySelector('.chart .when')?.textContent"))
    x, y, width, height = inside.js("""(() => {
        const box = document.querySelector('.chart .u-over').getBoundingClientRect();
        return [box.x, box.y, box.width, box.height];
    })()""")
    inside.drag([x + width * 0.6, y + height / 2], [x + width * 0.95, y + height / 2])
    inside.until("/[?&]from=\\d+&to=\\d+/.test(location.hash)")
    inside.click(".range .btn", "Live again")
    inside.until("!location.hash.includes('from=')")
    inside.key("Escape")
    inside.until("location.hash === '#/'")


def test_language_and_theme_are_switched_remembered_and_the_session_outlives_a_reload(inside: Tab) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = inside.js(ground)
    choose_language(inside, "ko")
    assert inside.js("document.querySelector('.hero h2').textContent") == "서버 상태"
    inside.click(".nav[href='#/settings']")
    inside.click(".pair .segmented button", "밝게")
    inside.until(f"{ground} !== '{dark}'")
    light = inside.js(ground)
    inside.reload()
    inside.until("document.querySelector('.settings')")
    assert inside.js("document.documentElement.lang") == "ko"
    assert inside.js(ground) == light
    inside.js("document.activeElement.blur()")
    inside.key("l")
    inside.until("document.documentElement.lang === 'en'")


def test_a_key_is_revoked_and_stays_in_the_list_of_those_that_are_over(inside: Tab, site: Site) -> None:
    status, _ = site.dev.ask("POST", "/api/auth/keys", {"name": "browser test"}, Authorization=site.token())
    assert status == 201
    inside.click(".nav[href='#/settings']")
    inside.click("button[aria-label='Revoke browser test']")
    inside.click("dialog .btn.danger")
    inside.until("![...document.querySelectorAll('tr')].some((row) => row.textContent.includes('browser test'))")
    inside.click(".setting > .btn.small")
    inside.until("[...document.querySelectorAll('tr.ended')].some((row) => row.textContent.includes('browser test'))")


def test_signing_out_ends_the_session_here_and_at_the_hub(inside: Tab) -> None:
    inside.click(".person .btn")
    inside.until("document.querySelector('form input[name=password]')")
    again = "{ method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } }"
    assert inside.js(f"fetch('/api/auth/refresh', {again}).then((answer) => answer.status)") == 401
    inside.reload()
    inside.until("document.querySelector('form input[name=password]')")


def test_a_lost_link_is_said_keeps_the_last_view_and_heals(inside: Tab) -> None:
    before = inside.js(CARDS)
    inside.goes_offline(True)
    inside.until("document.querySelector('.live.is-lost')")
    assert inside.js("document.querySelector('.live').textContent").startswith("Connection lost")
    assert "Values from" in inside.until("document.querySelector('.note.wary')?.textContent")
    assert inside.js(CARDS) == before
    inside.goes_offline(False)
    inside.until("document.querySelector('.live.is-live')")
    inside.until("!document.querySelector('.note.wary')")
    inside.problems[:] = [one for one in inside.problems if "ERR_INTERNET_DISCONNECTED" not in one]
