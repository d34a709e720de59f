"""Adding a server in the page: the key stands in every client's configuration, what arrives is seen live, and what goes
wrong is said. One hub, one page, one key."""

from __future__ import annotations

import http.client
import json
import re
import secrets
import subprocess
import time
from collections.abc import Iterator

import pytest

from lib.auth import agent_keys
from tests.browser.chromium import Tab
from tests.browser.conftest import Site, choose_language, sign_in
from tests.browser.test_access_pages import api
from tests.browser.test_views import _examine, axe_script
from tests.protocols.prompb import one as write_request

__all__ = ["axe_script"]

NAMES = "[...document.querySelectorAll('[role=tab]')].map(({ id }) => id.slice(4))"
CODES = "[...document.querySelectorAll('.paste code')].map((one) => one.textContent)"
COME = "[...document.querySelectorAll('.arrival.has-come')].map((one) => one.innerText).join('\\n')"
REFUSED = "[...document.querySelectorAll('.refusals li')].map((one) => one.innerText).join('\\n')"


@pytest.fixture
def adding(tab: Tab, site: Site) -> Iterator[tuple[Tab, str]]:
    """The page with a key made in it, and the key's secret. Its servers and it go afterwards."""
    choose_language(tab, "en")
    sign_in(tab, site)
    name = f"add-{secrets.token_hex(3)}"
    tab.click(".btn.add")
    tab.fill(".adding input[name=name]", name)
    tab.click(".adding form button.main")
    secret = tab.until("document.querySelector('.adding .copyable code')?.textContent.match(/^omv_live_\\w{38}$/)?.[0]")
    yield tab, str(secret)
    for one in api(site, "GET", "/api/auth/keys")["keys"]:
        if one["name"] == name:
            api(site, "DELETE", f"/api/auth/keys/{one['id']}")
    for server in api(site, "GET", "/api/servers")["servers"]:
        if server["id"] in ("late", "x") or server["id"].startswith(("tele-", "otel-", "prom-", "web-01", "db-01")):
            api(site, "DELETE", f"/api/servers/{server['id']}")


def post(site: Site, path: str, secret: str, body: bytes | str, client: str, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", site.dev.port, timeout=10)
    try:
        sent = {"Authorization": f"Bearer {secret}", "User-Agent": client, **headers}
        connection.request("POST", path, body.encode() if isinstance(body, str) else body, sent)
        return connection.getresponse().status
    finally:
        connection.close()


def influx(host: str, at: float) -> str:
    stamp = f"{int(at)}000000000"
    return f"cpu,cpu=cpu-total,host={host} usage_idle=90 {stamp}\nmem,host={host} used_percent=40 {stamp}"


def otlp(host: str, at: float) -> str:
    point = {"timeUnixNano": f"{int(at)}000000000", "asDouble": 5.0}
    resource = {"attributes": [{"key": "host.name", "value": {"stringValue": host}}]}
    metric = {"name": "app.queue", "gauge": {"dataPoints": [point]}}
    return json.dumps({"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]})


def test_the_key_stands_in_every_configuration_and_is_seen_nowhere_later(adding: tuple[Tab, str], site: Site) -> None:
    tab, secret = adding
    names = tab.js(NAMES)
    assert len(names) >= 13
    tab.js("document.querySelector('[role=tab][aria-selected=true]').focus()")
    for name in names:
        tab.until(f"document.querySelector('#tab-{name}[aria-selected=true]') && {CODES}.length")
        codes = tab.js(CODES)
        assert all(secret in code and "HUB" not in code and "omv_live_..." not in code for code in codes), name
        assert all(
            site.origin in code or f"127.0.0.1:{site.dev.port}" in code or "port" in code.lower() for code in codes
        )
        tab.key("ArrowRight")
    tab.until("document.querySelector('#tab-agent[aria-selected=true]')")
    line = f"curl -fsSL {site.origin}/install.sh | sudo sh -s -- --hub {site.origin} --key {secret}"
    assert tab.js(f"{CODES}[0]") == line
    tab.click(".nav[href='#/']")
    tab.until("document.querySelector('.card')")
    everything = "document.documentElement.outerHTML + location.href + JSON.stringify(localStorage)"
    assert secret not in tab.js(everything)
    tab.js("location.hash = '#/add?client=telegraf'")
    tab.until(f"{CODES}[0]?.includes('omv_live_...')")


def test_what_telegraf_otlp_and_prometheus_send_is_seen_as_it_comes(
    adding: tuple[Tab, str], site: Site, axe_script: str | None
) -> None:
    tab, secret = adding
    assert "Waiting for the first sample" in tab.until("document.querySelector('.live-panel .arrival')?.innerText")
    now = time.time()
    assert post(site, "/api/v2/write", secret, influx("tele-1", now), "Telegraf/1.30.0 Go/1.22") == 204
    body = otlp("otel-1", now + 90)
    assert post(site, "/v1/metrics", secret, body, "OTel-OTLP/1.27", **{"Content-Type": "application/json"}) == 200
    series = [({"__name__": "node_load1", "instance": "prom-1:9100"}, [(0.5, int(now * 1000))])]
    prometheus = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
    assert post(site, "/api/v1/write", secret, write_request(series), "Prometheus/2.53.0", **prometheus) == 204
    assert post(site, "/ping/" + secret + "/nightly?create=1", "", b"", "curl/8.5") == 201
    alert = json.dumps({"title": "Nothing but a trial", "severity": "info", "key": secret[-8:], "timeout": "1m"})
    assert post(site, "/api/v1/webhooks/alert?source=trial", secret, alert, "curl/8.5") == 202
    tab.until(f"['tele-1', 'otel-1', 'prom-1'].every((one) => {COME}.includes(one))", 20)
    told = tab.js(COME)
    assert "tele-1 has reported" in told
    assert "Telegraf/1.30.0 Go/1.22 · InfluxDB line protocol" in told
    assert "2 metrics: cpu, memory" in told
    assert "Prometheus/2.53.0 · Prometheus remote_write" in told
    assert re.search(r"Its clock is (1 min|\d+ s)( \d+ s)? ahead", told)
    assert "nightly" not in told
    tab.click("[role=tab]", "Alertmanager")
    tab.until(f"{COME}.includes('Alert “Nothing but a trial” of trial fires')", 20)
    tab.click("[role=tab]", "pings")
    tab.until(f"{COME}.includes('The job “nightly” has pinged')", 20)
    over = alert.replace('"severity"', '"status": "resolved", "severity"')
    assert post(site, "/api/v1/webhooks/alert?source=trial", secret, over, "curl/8.5") == 202
    wrong = []
    for language, theme, width in (("en", "light", 1440), ("ko", "dark", 390)):
        choose_language(tab, language)
        tab.prefers(theme)
        tab.size(width, 1000)
        wrong += _examine(tab, f"arrived-{language}-{theme}-{width}", axe_script)
    assert not wrong, "\n".join(wrong)
    for check in api(site, "GET", "/api/rules/checks")["checks"]:
        if check["name"] == "nightly":
            api(site, "DELETE", f"/api/rules/checks/{check['id']}")


def test_why_nothing_comes_is_told(adding: tuple[Tab, str], site: Site, axe_script: str | None) -> None:
    tab, secret = adding
    strange = agent_keys.mint().secret
    telegraf = "Telegraf/1.30.0"
    assert post(site, "/api/v2/write", strange, "x", telegraf) == 401
    assert post(site, "/api/v2/write", secret, influx("late", time.time() + 7_200), telegraf) == 400
    assert post(site, "/api/v1/import/prometheus?instance=x", secret, "go_threads 1\n", "curl/8.5") == 204
    tab.until(f"{REFUSED}.includes('go_threads') && {REFUSED}.includes('{strange[:13]}')", 20)
    told = tab.js(REFUSED)
    assert "With a key that is not known here" in told
    assert f"The key began with {strange[:13]}, so it is another one" in told
    assert re.search(r"Samples [12] h( \d+ min)? in the future are not taken", told)
    assert "nothing of what it sends is a metric here" in told
    assert strange[13:] not in tab.js("document.documentElement.outerHTML")
    choose_language(tab, "ko")
    tab.until(f"{REFUSED}.includes('여기서는 모르는 키입니다')")
    tab.size(390, 844)
    wrong = _examine(tab, "refused-ko", axe_script)
    assert not wrong, "\n".join(wrong)


def test_the_lines_for_a_shell_do_what_they_say(adding: tuple[Tab, str], site: Site) -> None:
    tab, _ = adding
    for client in ("influx", "curl"):
        tab.js(f"location.hash = '#/add?client={client}'")
        tab.until(f"document.querySelector('#tab-{client}[aria-selected=true]')")
        for code in tab.js(CODES):
            lines = code.replace("\\\n", "").split("\n")
            for line in (
                one.removeprefix("* * * * * ") for one in lines if "curl" in one and "localhost:9100" not in one
            ):
                done = subprocess.run(
                    ["sh", "-c", line.replace("curl ", "curl -fsS ")], capture_output=True, timeout=20, check=False
                )
                assert done.returncode == 0, (line, done.stderr)
    tab.until(f"['web-01', 'db-01'].every((one) => {COME}.includes(one))", 20)


def test_of_a_key_that_there_is_the_page_says_where_its_secret_goes(tab: Tab, site: Site) -> None:
    made = api(site, "POST", "/api/auth/keys", {"name": "already there"})
    try:
        choose_language(tab, "en")
        sign_in(tab, site)
        tab.js("location.hash = '#/add?client=netdata'")
        tab.click(".adding .segmented button", "Existing key")
        tab.choose(".adding select", made["key"]["id"])
        tab.until(f"{CODES}[0]?.includes('{made['secret'][:13]}...')")
        assert "does not know the secret" in tab.text()
        assert made["secret"] not in tab.js("document.documentElement.outerHTML")
    finally:
        api(site, "DELETE", f"/api/auth/keys/{made['key']['id']}")
