"""A fleet of a thousand: only what is on the screen is in the document, and an update costs less than a frame."""

from __future__ import annotations

import copy
import random
import statistics
import time
from typing import Any

import pytest

from tests.browser.chromium import Tab
from tests.browser.conftest import ARTIFACTS, Site
from tests.browser.test_views import ASK_NOW, fleet_of

SERVERS = 1_000
UPDATES = 8
FRAME_MS = 16.0
NO_SCRIPT = {"(root)", "(idle)", "(program)"}
VALUES = "[...document.querySelectorAll('.meter b, .cell-meter')].map((one) => one.innerText).join()"


class Fleet:
    """The one real server of `make dev`, a thousand times, with other values at each look."""

    def __init__(self, site: Site) -> None:
        (pattern,) = [
            one
            for one in site.dev.ask("GET", "/api/servers", Authorization=site.token())[1]["servers"]
            if one["metrics"].get("cpu") is not None
        ][:1]
        self.pattern = pattern | {"spark": {"step": 300, "cpu": [round(random.uniform(5, 60), 1) for _ in range(35)]}}

    def answer(self) -> dict[str, Any]:
        return fleet_of([self.server(number) for number in range(SERVERS)])

    def server(self, number: int) -> dict[str, Any]:
        server = copy.deepcopy(self.pattern)
        value = random.Random(number).uniform(2, 70)
        server["id"] = f"node-{number:04}"
        server["group"] = f"rack-{number % 40}"
        server["last_seen_epoch"] = time.time() - number % 10
        server["status"] = "warning" if number % 97 == 5 else "ok"
        server["metrics"] |= {"cpu": round(value + random.uniform(0, 9), 1), "memory": round(value + 20, 1)}
        server["spark"] = {"step": 300, "cpu": [*server["spark"]["cpu"], round(value + random.uniform(0, 9), 1)]}
        return server


@pytest.mark.parametrize("view", ["cards", "table"])
def test_an_update_of_a_thousand_servers_fits_into_a_frame(inside: Tab, site: Site, view: str) -> None:
    fleet = Fleet(site)
    inside.js(f"location.hash = '#/servers?view={view}'")
    inside.answer("/api/servers", fleet.answer)
    inside.js(ASK_NOW)
    inside.until(f"document.querySelector('.tools h2').textContent.endsWith('{SERVERS}')")
    inside.screenshot(ARTIFACTS / f"thousand-{view}.png")
    assert 10 < inside.js("document.querySelectorAll('[data-row]').length") < 120
    assert inside.js("document.documentElement.scrollHeight") > SERVERS / 5 * 48

    inside.call("Performance.enable")
    inside.call("Profiler.enable")
    inside.call("Profiler.setSamplingInterval", interval=1000)
    costs: list[float] = []
    while len(costs) < 4 * UPDATES and min(costs, default=FRAME_MS) >= FRAME_MS:
        costs += [cost_of_an_update(inside) for _ in range(UPDATES)]
    best, typical = min(costs), statistics.median(costs)
    print(f"{view}: {best:.1f} ms of script an update of {SERVERS} servers, {typical:.1f} with what is beside it")
    # Beside it: the tick of every age, collecting garbage, the profiler itself. Where other tests share the processor
    # the same work is up to half dearer.
    assert best < 1.5 * FRAME_MS, costs


def cost_of_an_update(tab: Tab) -> float:
    """Milliseconds of script from the question to the end of what its answer sets off."""
    answered, shown = tab.answered, tab.js(VALUES)
    before = thread_seconds(tab)
    tab.call("Profiler.start")
    tab.js(ASK_NOW)
    while tab.answered == answered:
        tab.wait(0.05)
    tab.wait(0.25)
    profile = tab.call("Profiler.stop")["profile"]
    used = thread_seconds(tab) - before
    assert tab.js(VALUES) != shown, "the update is on the screen"
    names = {node["id"]: node["callFrame"]["functionName"] for node in profile["nodes"]}
    spent = [(names[node], delta) for node, delta in zip(profile["samples"], profile["timeDeltas"], strict=True)]
    busy = sum(delta for name, delta in spent if name != "(idle)")
    script = sum(delta for name, delta in spent if name not in NO_SCRIPT)
    # The profiler counts by the wall clock, also while another program has the core: the thread's own time does not.
    return used * 1000 * min(1.0, script / busy)


def thread_seconds(tab: Tab) -> float:
    """Processor time of the page's main thread."""
    metrics = {one["name"]: one["value"] for one in tab.call("Performance.getMetrics")["metrics"]}
    return float(metrics["ThreadTime"])
