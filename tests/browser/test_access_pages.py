"""Access, as people use it in the page: accounts, roles, keys, addresses, the audit log."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import Site, choose_language, sign_in

HOSTILE = "<img src=x onerror=alert(1)> \u202eevil 한글 " + "x" * 60


def ask(site: Site, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
    return site.dev.ask(method, path, body, Authorization=token or site.token())


def api(site: Site, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
    status, answer = ask(site, method, path, body, token)
    assert status < 300, answer
    return answer


def settings(tab: Tab, part: str = "") -> None:
    tab.js(f"location.hash = '#/settings{f'?part={part}' if part else ''}'")


def secret_shown(tab: Tab) -> str:
    return str(tab.until("document.querySelector('dialog[open] .copyable code')?.textContent"))


def row(name: str) -> str:
    rows = "[...document.querySelectorAll('.key-table tbody tr')]"
    return f"{rows}.find((one) => one.textContent.includes({json.dumps(name)}))"


def leave(tab: Tab) -> None:
    tab.key("Escape")
    tab.until("!document.querySelector('dialog')")


def change(tab: Tab, name: str) -> None:
    """Opens the dialog of this row, once the one before is gone."""
    tab.until(f"!document.querySelector('dialog') && {row(name)}")
    tab.js(f"{row(name)}.querySelector('button').click()")
    tab.until("document.querySelector('dialog[open] select')")


@pytest.fixture
def newcomer(site: Site) -> dict[str, str]:
    """Somebody who looks, with their password."""
    email = f"kim-{secrets.token_hex(3)}@example.org"
    made = api(site, "POST", "/api/auth/users", {"email": email, "role": "viewer", "name": "김하늘"})
    return {"email": email, "password": made["password"], "id": made["user"]["id"]}


def sign_in_as(tab: Tab, person: dict[str, str]) -> None:
    tab.until("document.querySelector('form input[name=password]')")
    tab.fill("input[name=email]", person["email"])
    tab.fill("input[name=password]", person["password"])
    tab.click("form button.main")
    tab.until("document.querySelector('nav.side')")


def test_a_key_is_made_bound_rotated_changed_and_revoked(inside: Tab, site: Site) -> None:
    name = f"backup {secrets.token_hex(3)}"
    settings(inside)
    inside.click("section .panel-head .btn", "New key")
    inside.fill("dialog input[name=name]", name)
    inside.click("dialog summary")
    inside.fill("dialog input[name=cidrs]", "10.0.0.0/8, 192.0.2.0/24")
    inside.fill("dialog input[name=tags]", "team:payment")
    inside.click("dialog button.main")
    first = secret_shown(inside)
    assert first.startswith("omv_live_")
    leave(inside)
    inside.until(f"{row(name)}?.textContent.includes('10.0.0.0/8')")
    assert first not in inside.js("document.documentElement.outerHTML"), "it is shown once"

    inside.click(f"button[aria-label='Rotate {name}']")
    inside.click("dialog button.main")
    second = secret_shown(inside)
    assert second.startswith("omv_live_")
    assert second != first
    leave(inside)
    inside.until(f"{row(name)}?.textContent.includes('old secret good for another')")

    inside.click(f"button[aria-label='Change {name}']")
    inside.fill("dialog input[name=name]", f"{name} renamed")
    inside.fill("dialog input[name=cidrs]", " ")
    inside.click("dialog button.main")
    inside.until(f"{row(f'{name} renamed')} && !document.querySelector('dialog')")
    [key] = [one for one in api(site, "GET", "/api/auth/keys")["keys"] if one["name"] == f"{name} renamed"]
    assert (key["cidrs"], key["tags"]) == ([], ["team:payment"])

    inside.click(f"button[aria-label='Revoke {name} renamed']")
    inside.click("dialog button.danger")
    inside.until(f"!{row(name)}")
    inside.click(".setting > .btn.small", "over")
    inside.until(f"{row(name)}?.textContent.includes('Revoked')")


def test_what_the_hub_refuses_is_said_where_it_was_asked(inside: Tab) -> None:
    settings(inside)
    inside.click("section .panel-head .btn", "New key")
    inside.fill("dialog input[name=name]", "k")
    inside.click("dialog summary")
    inside.fill("dialog input[name=cidrs]", "10.0.0.0/99")
    inside.click("dialog button.main")
    assert "no network" in str(inside.until("document.querySelector('dialog [role=alert]')?.textContent"))
    inside.problems.clear()  # the browser notes each refused request in the console
    leave(inside)


def test_what_was_typed_stays_when_the_hub_refuses_it(inside: Tab, site: Site) -> None:
    made = api(site, "POST", "/api/auth/keys", {"name": f"kept-{secrets.token_hex(3)}"}, site.token())
    settings(inside)
    inside.click(f"button[aria-label='Change {made['key']['name']}']")
    inside.fill("dialog input[name=name]", "another name")
    inside.js("document.querySelector('dialog details')?.setAttribute('open', '')")
    inside.fill("dialog input[name=cidrs]", "10.0.0.0/99")
    inside.click("dialog button.main")
    inside.until("document.querySelector('dialog [role=alert]')")
    kept = inside.js("['name', 'cidrs'].map((name) => document.querySelector(`dialog input[name=${name}]`).value)")
    assert kept == ["another name", "10.0.0.0/99"]
    inside.problems.clear()
    leave(inside)
    api(site, "DELETE", f"/api/auth/keys/{made['key']['id']}", token=site.token())


def test_a_user_is_added_changed_and_removed(inside: Tab, site: Site) -> None:
    email = f"lee-{secrets.token_hex(3)}@example.org"
    settings(inside, "users")
    inside.click("section .panel-head .btn", "New user")
    inside.fill("dialog input[name=email]", email)
    inside.fill("dialog input[name=name]", HOSTILE.replace("\u202e", ""))
    inside.fill("dialog input[name=tags]", "team:payment")
    inside.click("dialog button.main")
    password = secret_shown(inside)
    leave(inside)
    inside.until(f"{row(email)}?.textContent.includes('team:payment')")
    assert inside.js("document.querySelector('.key-table img')") is None, "a name is text"
    token = site.dev.sign_in(email, password)
    assert api(site, "GET", "/api/auth/me", token=token)["user"]["role"] == "viewer"

    change(inside, email)
    inside.choose("dialog select", "operator")
    inside.click("dialog button.main")
    inside.until(f"{row(email)}?.textContent.includes('Operator')")

    change(inside, email)
    inside.click("dialog .pair .btn", "New password")
    inside.click("dialog button.danger")
    assert secret_shown(inside) != password
    leave(inside)

    change(inside, email)
    inside.click("dialog .pair .btn.danger")
    inside.click("dialog footer .btn.danger")
    inside.until(f"!{row(email)} && !document.querySelector('dialog')")


def test_the_only_administrator_stays_one(inside: Tab, site: Site) -> None:
    settings(inside, "users")
    inside.until(f"{row(site.email)}")
    change(inside, site.email)
    assert inside.js("document.querySelector('dialog .btn.danger')") is None, "nobody removes themselves"
    inside.choose("dialog select", "viewer")
    inside.click("dialog button.main")
    told = inside.until("document.querySelector('dialog [role=alert]')?.textContent")
    assert told == "This is the last administrator: make somebody else one first."
    inside.problems.clear()
    leave(inside)
    assert api(site, "GET", "/api/auth/me")["user"]["role"] == "admin"


def test_a_viewer_sees_their_account_and_nothing_of_others(tab: Tab, site: Site, newcomer: dict[str, str]) -> None:
    choose_language(tab, "en")
    sign_in_as(tab, newcomer)
    settings(tab, "users")
    tab.until("document.querySelector('#person')")
    text = tab.text()
    assert "김하늘" in text
    assert "This part is for administrators." in text
    assert tab.js("document.querySelector('.key-table')") is None
    assert tab.js("[...document.querySelectorAll('.parts a')].map((one) => one.textContent)") == [
        "Keys and page", "Rules", "Silences", "Notifications", "Jobs",
    ]  # fmt: skip
    assert site.email not in text


def test_a_role_that_changes_meanwhile_is_noticed(tab: Tab, site: Site, newcomer: dict[str, str]) -> None:
    choose_language(tab, "en")
    sign_in_as(tab, newcomer)
    settings(tab)
    tab.until("document.querySelector('#person')")
    api(site, "PATCH", f"/api/auth/users/{newcomer['id']}", {"role": "admin"})
    tab.js("dispatchEvent(new Event('online'))")
    tab.until("document.querySelectorAll('nav.parts a').length > 2")
    api(site, "DELETE", f"/api/auth/users/{newcomer['id']}")
    tab.problems.clear()


def test_my_password_and_every_session(tab: Tab, site: Site, newcomer: dict[str, str]) -> None:
    choose_language(tab, "en")
    sign_in_as(tab, newcomer)
    elsewhere = site.dev.sign_in(newcomer["email"], newcomer["password"])
    settings(tab)
    tab.click("#person ~ .pair .btn", "Change password")
    chosen = secrets.token_urlsafe(12)
    for name, text in (("current", "not-this-one"), ("password", chosen), ("again", chosen)):
        tab.fill(f"dialog input[name={name}]", text)
    tab.click("dialog button.main")
    assert "wrong" in str(tab.until("document.querySelector('dialog [role=alert]')?.textContent"))
    tab.fill("dialog input[name=current]", newcomer["password"])
    tab.click("dialog button.main")
    tab.until("!document.querySelector('dialog') && document.body.textContent.includes('Your password is changed')")
    tab.problems.clear()
    assert ask(site, "GET", "/api/auth/me", token=elsewhere)[0] == 401

    third = site.dev.sign_in(newcomer["email"], chosen)
    tab.click("#person ~ .pair .btn", "Sign out everywhere")
    tab.click("dialog button.danger")
    tab.until("document.querySelector('form input[name=password]')")
    assert ask(site, "GET", "/api/auth/me", token=third)[0] == 401
    assert tab.js("Object.values(localStorage).some((one) => one.length > 100)") is False
    tab.problems.clear()


def test_addresses_are_shown_with_mine(inside: Tab) -> None:
    settings(inside, "addresses")
    inside.until("document.querySelector('.lists')")
    text = inside.text()
    assert "127.0.0.1" in text
    assert "OPENMANAGER_DENY" in text
    assert "everywhere" in text


def test_the_audit_log_tells_pages_and_filters(inside: Tab, site: Site) -> None:
    token = site.token()
    made = [api(site, "POST", "/api/auth/keys", {"name": f"감사 {n}"}, token)["key"]["id"] for n in range(55)]
    settings(inside, "audit")
    inside.until("document.querySelectorAll('.log li').length === 50")
    assert "Key made" in inside.text()
    assert "감사 54" in inside.text()
    assert "nothing was changed" in inside.text()
    inside.click(".pair .btn", "Older")
    inside.until("document.querySelectorAll('.log li').length > 50")
    inside.choose("select.input", "key_revoked")
    api(site, "DELETE", f"/api/auth/keys/{made[0]}", token=token)
    inside.fill("input[type=search].input", site.email)
    kinds = "[...new Set([...document.querySelectorAll('.log b')].map((one) => one.textContent))].join()"
    inside.until(f"{kinds} === 'Key revoked'")
    for key in made[1:]:
        api(site, "DELETE", f"/api/auth/keys/{key}", token=token)


def test_in_korean_on_a_phone(tab: Tab, site: Site) -> None:
    tab.size(390, 844)
    choose_language(tab, "ko")
    sign_in(tab, site)
    for part, words in (("", "새 키"), ("users", "새 사용자"), ("addresses", "현재 접속 주소"), ("audit", "로그인")):
        settings(tab, part)
        tab.until(f"document.querySelector('main').textContent.includes({json.dumps(words)})")
        assert not tab.js("document.documentElement.scrollWidth > innerWidth"), part
