"""Headless Chromium over its DevTools protocol: the little of a driver that these tests need, without another tool."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import websocket

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
    "--hide-scrollbars", "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip
DOMAINS = ("Page", "Runtime", "Log", "Network", "Audits")
# How long something that is to come may take on a busy machine. Nobody waits longer than it takes.
START_SECONDS = 60
ANSWER_SECONDS = 60
COME_SECONDS = 60
NOISE = ("Failed to load resource",)  # the browser's own note on a refused request; the page's own words count


class ChromiumMissing(Exception):
    """No browser to drive."""


class PageError(Exception):
    """What was evaluated in the page threw, or never became true."""


def find_chromium() -> str:
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    raise ChromiumMissing(
        "these tests drive a real browser: install Chromium (Debian: apt install chromium fonts-noto-cjk). "
        f"Looked for in the PATH: {', '.join(PROGRAMS)}"
    )


@contextlib.contextmanager
def chromium() -> Iterator[Tab]:
    """One browser with a fresh profile and one tab; nothing of it is left afterwards."""
    program = find_chromium()
    profile = Path(tempfile.mkdtemp(prefix="openmanager-chromium-"))
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [program, *FLAGS, *sandbox, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        tab = Tab(_tab_address(profile, process))
        try:
            yield tab
        finally:
            tab.close()
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(profile, ignore_errors=True)


def _tab_address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise PageError(f"Chromium ended with {process.returncode} instead of starting")
        try:
            port = int((profile / "DevToolsActivePort").read_text().split()[0])
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=2) as answer:
                pages = [one for one in json.load(answer) if one["type"] == "page"]
            return str(pages[0]["webSocketDebuggerUrl"])
        except (OSError, IndexError, ValueError):
            time.sleep(0.05)
    raise PageError(f"Chromium did not open its DevTools port within {START_SECONDS} s")


class Tab:
    """A tab. `problems` gathers what a console would show in red or yellow: errors, warnings, policy violations."""

    def __init__(self, address: str, domains: tuple[str, ...] = DOMAINS) -> None:
        self._address = address
        self._socket = websocket.create_connection(address, timeout=ANSWER_SECONDS)
        self._last_id = 0
        self._answers: dict[str, Callable[[], object]] = {}
        self.answered = 0
        self.problems: list[str] = []
        self._registrations: dict[str, str] = {}
        for domain in domains:
            self.call(f"{domain}.enable")

    def close(self) -> None:
        self._socket.close()

    def call(self, method: str, **parameters: Any) -> Any:
        self._last_id += 1
        own = self._last_id
        self._socket.send(json.dumps({"id": own, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == own:
                if "error" in message:
                    raise PageError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        about = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                details = about["exceptionDetails"]
                self.problems.append(details.get("exception", {}).get("description") or details["text"])
            case "Runtime.consoleAPICalled" if about["type"] in ("error", "warning", "assert"):
                self.problems.append(" ".join(str(one.get("value", one.get("description"))) for one in about["args"]))
            case "Log.entryAdded" if about["entry"]["level"] in ("error", "warning"):
                entry = about["entry"]
                if not entry["text"].startswith(NOISE):
                    self.problems.append(f"{entry['text']} {entry.get('url', '')}")
            case "Fetch.requestPaused":
                self._fulfil(about["requestId"], about["request"]["url"])
            case "ServiceWorker.workerRegistrationUpdated":
                for one in about["registrations"]:
                    if not one["isDeleted"]:
                        self._registrations[one["scopeURL"]] = one["registrationId"]
            case "Audits.issueAdded":
                issue = about["issue"]
                if issue["code"] == "ContentSecurityPolicyIssue":
                    self.problems.append(f"policy: {json.dumps(issue['details'])}")

    def js(self, expression: str) -> Any:
        """The value of an expression in the page; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if details := answer.get("exceptionDetails"):
            raise PageError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def until(self, expression: str, seconds: float = COME_SECONDS) -> Any:
        """The first true value of an expression."""
        ends = time.monotonic() + seconds
        while True:
            with contextlib.suppress(PageError):  # the page is being replaced
                found = self.js(expression)
                if found not in (None, False, 0, ""):  # an element comes as {}
                    return found
            if time.monotonic() > ends:
                raise PageError(f"not within {seconds} s: {expression}\nthe page says: {self.text()[:1500]}")
            time.sleep(0.05)

    def answer(self, path: str, make: Callable[[], object]) -> None:
        """From now on the page's questions to `path` get this JSON instead of the hub's."""
        self._answers[path] = make
        self.call("Fetch.enable", patterns=[{"urlPattern": f"*{one}"} for one in self._answers])

    def answer_no_more(self) -> None:
        self._answers.clear()
        self.call("Fetch.disable")

    def _fulfil(self, request: str, address: str) -> None:
        make = next(make for path, make in self._answers.items() if address.endswith(path))
        self.answered += 1
        self._last_id += 1
        headers = {"Content-Type": "application/json", "Date": formatdate(usegmt=True)}
        parameters = {
            "requestId": request,
            "responseCode": 200,
            "responseHeaders": [{"name": name, "value": value} for name, value in headers.items()],
            "body": base64.b64encode(json.dumps(make()).encode()).decode(),
        }
        # Not waited for: this comes in the middle of another call.
        self._socket.send(json.dumps({"id": self._last_id, "method": "Fetch.fulfillRequest", "params": parameters}))

    def text(self) -> str:
        return str(self.js("globalThis.document?.body.innerText ?? ''"))  # a worker has none

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)

    def reload(self) -> None:
        """Returns in the new page, not in the one that is being left."""
        self.js("window.isOld = true")
        self.call("Page.reload")
        self.until("!window.isOld && document.readyState === 'complete'")

    def click(self, selector: str, text: str = "") -> None:
        """Presses the middle of the first visible match (with `text` in it), as a pointer would."""
        place = self.until(f"""(async () => {{
            const shown = [...document.querySelectorAll({json.dumps(selector)})].find((one) =>
                one.checkVisibility() && !one.disabled && one.textContent.includes({json.dumps(text)}));
            if (!shown) return null;
            shown.scrollIntoView({{ block: 'center', behavior: 'instant' }});
            // What is pressed must stand still.
            const middle = () => {{
                const {{ x, y, width, height }} = shown.getBoundingClientRect();
                return [x + width / 2, y + height / 2];
            }};
            const before = middle();
            await new Promise((resolve) => setTimeout(resolve, 80));
            return String(before) === String(middle()) && shown.isConnected ? before : null;
        }})()""")
        self.drag(place, place)

    def drag(self, start: list[float], end: list[float]) -> None:
        mouse = {"button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=start[0], y=start[1])
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=start[0], y=start[1], **mouse)
        if start != end:
            self.call("Input.dispatchMouseEvent", type="mouseMoved", x=end[0], y=end[1], button="left")
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], **mouse)

    def fill(self, selector: str, text: str) -> None:
        self.until(f"document.querySelector({json.dumps(selector)})?.checkVisibility()")
        self.js(f"document.querySelector({json.dumps(selector)}).select()")
        self.call("Input.insertText", text=text)

    def choose(self, selector: str, value: str) -> None:
        """Sets a control at once and tells of it, as a choice does: between two steps a render may put it back."""
        self.until(f"""(() => {{
            const one = document.querySelector({json.dumps(selector)});
            const value = {json.dumps(value)};
            if (!one || one.options && ![...one.options].some((option) => option.value === value)) return false;
            one.value = value;
            one.dispatchEvent(new Event('input', {{ bubbles: true }}));
            one.dispatchEvent(new Event('change', {{ bubbles: true }}));
            return true;
        }})()""")

    def key(self, key: str) -> None:
        code = {"Escape": 27, "Enter": 13, "Tab": 9, "ArrowLeft": 37, "ArrowRight": 39}.get(key, 0)
        text = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def size(self, width: int, height: int, scale: float = 1) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=scale, mobile=width < 500,
        )  # fmt: skip

    def forget(self, origin: str) -> None:
        """As a browser that was never here."""
        self.call("Storage.clearDataForOrigin", origin=origin, storageTypes="all")
        self.call("Network.clearBrowserCookies")

    def push(self, origin: str, data: str) -> None:
        """Gives the service worker of `origin` what a push service would have brought."""
        registration = self._registrations[f"{origin}/"]
        self.call("ServiceWorker.deliverPushMessage", origin=origin, registrationId=registration, data=data)

    @contextlib.contextmanager
    def inside_worker(self, origin: str) -> Iterator[Tab]:
        """The service worker itself, to evaluate in."""
        host = urlsplit(self._address).netloc
        with urllib.request.urlopen(f"http://{host}/json", timeout=5) as answer:
            found = json.load(answer)
        [one] = [one for one in found if one["type"] == "service_worker" and one["url"].startswith(f"{origin}/")]
        worker = Tab(one["webSocketDebuggerUrl"], ("Runtime",))
        try:
            yield worker
        finally:
            worker.close()

    def wait(self, seconds: float) -> None:
        """Hears and answers what happens meanwhile, without stirring the page."""
        ends = time.monotonic() + seconds
        try:
            while (left := ends - time.monotonic()) > 0:
                self._socket.settimeout(left)
                self._note(json.loads(self._socket.recv()))
        except websocket.WebSocketTimeoutException:
            pass
        finally:
            self._socket.settimeout(ANSWER_SECONDS)

    def prefers(self, scheme: str) -> None:
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.call("Emulation.setEmulatedMedia", features=features)

    def goes_offline(self, is_offline: bool) -> None:
        self.call(
            "Network.emulateNetworkConditions",
            offline=is_offline, latency=0, downloadThroughput=-1, uploadThroughput=-1,
        )  # fmt: skip

    def screenshot(self, file: Path, whole: bool = False) -> None:
        area = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
            area = {"captureBeyondViewport": True, "clip": clip}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png", **area)["data"]))
