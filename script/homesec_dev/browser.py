"""A real browser for tests and screenshots: headless Chromium, driven over DevTools.

    with Browser() as browser:
        browser.log_in(ha.url, ha.client.token)
        browser.open("/media-browser/browser")
        browser.click("My media")
        browser.screenshot(Path("media.png"))
    assert not browser.errors

As a command, `python -m homesec_dev.browser URL OUT.png`, it takes a picture of any page.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
from tempfile import TemporaryDirectory
import time
from typing import TYPE_CHECKING, Any, Self

from .blocking_http import Http
from .bootstrap.console import SetupError, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from .blocking_http import Parsed

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--mute-audio",
    "--force-prefers-reduced-motion",
    "--autoplay-policy=no-user-gesture-required",
    # No requests to Google's servers, which may be out of reach.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--remote-debugging-port=0",
)
# Home Assistant's brand images come from the internet, which may be out of reach.
NO_ERROR = re.compile(r"/api/brands/integration/(?!homesec/)")
POLL_S = 0.1
COMMAND_S = 60
# What keyboards call them, for those that pages listen to.
KEYS = {
    "Enter": 13,
    "Escape": 27,
    " ": 32,
    "End": 35,
    "Home": 36,
    "Delete": 46,
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
}
DEEP_DOM = Path(__file__).with_name("deep_dom.js")


class PageError(Exception):
    """The page or the browser failed to do what was asked."""


class Browser:
    """One page of a Chromium with its own profile."""

    def __init__(self, *, size: tuple[int, int] = (1280, 800), mobile: bool = False) -> None:
        """Start it with a viewport of `size`."""
        self.errors: list[str] = []
        """What pages reported: uncaught exceptions, console errors, failed requests."""
        self._base = ""
        self._number = 0
        self._http = Http()
        # Chromium may still write into its profile after it has ended.
        self._profile = TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        self._process = self._launch()
        try:
            self._page = self._http.websocket(self._page_address())
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.command(f"{domain}.enable")
            self.resize(size, mobile=mobile)
            self.at_every_page(DEEP_DOM.read_text())
        except BaseException:
            self.close()
            raise

    # Pages

    def log_in(self, url: str, token: str) -> None:
        """Log pages of the Home Assistant at `url` in as this user."""
        self._base = url
        tokens = {
            "hassUrl": url,
            "clientId": f"{url}/",
            "access_token": token,
            "token_type": "Bearer",
            "refresh_token": "",
            "expires_in": 10**9,
            "expires": int(time.time() + 10**9) * 1000,
        }
        stored = {"hassTokens": json.dumps(tokens), "selectedLanguage": json.dumps("en")}
        self.at_every_page(
            f"if (location.origin === {json.dumps(url)})"
            f" Object.assign(localStorage, {json.dumps(stored)});"
        )

    def open(self, address: str) -> None:
        """Open a page by its full address, or by a path of Home Assistant."""
        url = address if "://" in address else self._base + address
        if failure := self.command("Page.navigate", url=url).get("errorText"):
            raise PageError(f"{url}: {failure}")
        self.wait_for("document.readyState === 'complete' && !!window.deepDom")

    def show(self, path: str) -> None:
        """Go to a path of Home Assistant as its links do; loads the page only if none is open.

        Loading takes a second of CPU time. Returns once the page has drawn what follows.
        """
        opened = self.evaluate("location.origin")
        if opened != self._base:
            self.open(path)
            return
        self.evaluate(
            f"history.pushState(null, '', {json.dumps(path)}),"
            "dispatchEvent(new CustomEvent('location-changed', {detail: {}})),"
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
        )

    def at_every_page(self, script: str) -> None:
        """Run a script in each later page before the page's own scripts."""
        self.command("Page.addScriptToEvaluateOnNewDocument", source=script)

    def resize(self, size: tuple[int, int], *, mobile: bool = False) -> None:
        """Resize the viewport."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=size[0],
            height=size[1],
            deviceScaleFactor=1,
            mobile=mobile,
        )

    def screenshot(self, path: Path, *, settle_s: float = 1.0) -> None:
        """Save a PNG of the viewport after waiting for animations."""
        self.evaluate("document.fonts.ready.then(() => true)")
        time.sleep(settle_s)
        picture = self.command("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(picture))

    # Looking

    def evaluate(self, expression: str) -> Parsed:
        """Return the value of a JavaScript expression, awaited if it is a promise."""
        answer = self.command(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if problem := answer.get("exceptionDetails"):
            raise PageError(_described(problem))
        return answer["result"].get("value")

    def text(self) -> str:
        """Return all visible text of the page, shadow roots included."""
        return str(self.evaluate("deepDom.text()"))

    def wait_for(self, expression: str, *, timeout_s: float = 30) -> Parsed:
        """Wait until a JavaScript expression is truthy; return its value."""

        def check() -> Parsed:
            try:
                return self.evaluate(expression)
            except PageError:  # the page is being replaced by the next
                return None

        return self._until(check, timeout_s, f"{expression} did not become true")

    def wait_for_text(self, pattern: str, *, timeout_s: float = 30) -> re.Match[str]:
        """Wait until the page's text matches a regular expression."""
        complaint = f"no text matches {pattern!r}"
        return self._until(lambda: re.search(pattern, self.text()), timeout_s, complaint)

    # Acting

    def click(self, text: str, *, timeout_s: float = 30) -> None:
        """Click the element labeled with this text."""
        self._click(f"deepDom.withText({json.dumps(text)})", timeout_s)

    def click_on(self, selector: str, *, timeout_s: float = 30) -> None:
        """Click the first visible element that matches a CSS selector, in any shadow root."""
        self._click(f"deepDom.matching({json.dumps(selector)})", timeout_s)

    def click_at(self, x: float, y: float) -> None:
        """Click a point of the viewport."""
        # Sent as an input event, so it hits the topmost element as a person's click does.
        self.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased"):
            self.command(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    def hold(self, selector: str, *, for_s: float) -> None:
        """Long-press the first visible element that matches."""
        x, y = self._clickable_point(f"deepDom.matching({json.dumps(selector)})")
        self.command("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        time.sleep(for_s)
        self.command("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def drag(self, selector: str, *, by: tuple[float, float]) -> None:
        """Drag the first visible element that matches by so many pixels."""
        x, y = self._clickable_point(f"deepDom.matching({json.dumps(selector)})")
        for kind, way in (("touchStart", 0.0), ("touchMove", 0.5), ("touchMove", 1.0)):
            point = {"x": x + by[0] * way, "y": y + by[1] * way}
            self.command("Input.dispatchTouchEvent", type=kind, touchPoints=[point])
        self.command("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def press(self, key: str) -> None:
        """Press a key by its name: Enter, ArrowLeft, Escape, ..."""
        code = KEYS.get(key, 0)
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.command(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **(text if kind == "keyDown" else {}),
            )

    def type_text(self, text: str) -> None:
        """Type into the focused element."""
        self.command("Input.insertText", text=text)

    def show_entity(self, entity_id: str) -> None:
        """Open an entity's dialog."""
        detail = json.dumps({"detail": {"entityId": entity_id}})
        self.evaluate(
            "document.querySelector('home-assistant')"
            f".dispatchEvent(new CustomEvent('hass-more-info', {detail})) && null"
        )

    # Chromium

    def command(self, method: str, **params: object) -> dict[str, Any]:
        """Send a DevTools command and return its result."""
        self._number += 1
        self._page.send({"id": self._number, "method": method, "params": params})
        while True:
            message = self._page.receive(timeout_s=COMMAND_S)
            if message.get("id") == self._number:
                break
            self._record_error(message)
        if "error" in message:
            raise PageError(f"{method}: {message['error']['message']}")
        result: dict[str, Any] = message["result"]
        return result

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._http.close()
        self._profile.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _launch(self) -> subprocess.Popen[bytes]:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None:
            raise SetupError("There is no Chromium.", advice="Run script/setup --test.")
        # As root, Chromium refuses to run in its sandbox.
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        return subprocess.Popen(
            [program, *FLAGS, *root, f"--user-data-dir={self._profile.name}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=environment(),
        )

    def _page_address(self) -> str:
        """Return the DevTools address of the page that Chromium opened."""
        port_file = Path(self._profile.name, "DevToolsActivePort")

        def port() -> str | None:
            if self._process.poll() is not None:
                raise PageError(f"Chromium ended at once, exit code {self._process.returncode}")
            lines = port_file.read_text().splitlines() if port_file.exists() else []
            return lines[0] if len(lines) == 2 else None

        where = _wait(port, COMMAND_S, "Chromium does not start")
        targets = self._http.request("GET", f"http://127.0.0.1:{where}/json/list").json()
        return next(
            str(target["webSocketDebuggerUrl"]) for target in targets if target["type"] == "page"
        )

    def _click(self, element: str, timeout_s: float) -> None:
        """Click an element, again if the page moved it away from under the mouse."""

        def click() -> bool:
            self.click_at(*self._clickable_point(element, timeout_s, ready="aim"))
            try:
                return not self.evaluate("deepDom.hasMissed()")
            except PageError:  # the click led to another page
                return True

        self._until(click, timeout_s, f"{element} moves away from each click")

    def _clickable_point(
        self, element: str, timeout_s: float = 30, *, ready: str = "target"
    ) -> tuple[float, float]:
        """Return the point at which an element can be clicked, once it is there."""
        target = f"(element => element && deepDom.{ready}(element))({element})"
        x, y = self.wait_for(target, timeout_s=timeout_s)
        return x, y

    def _until[T](self, check: Callable[[], T | None], timeout_s: float, complaint: str) -> T:
        """Wait until a check of the page succeeds; say what the page shows if it never does."""
        try:
            return _wait(check, timeout_s, complaint)
        except TimeoutError as error:
            shown = f"{self.evaluate('location.href')}\n{self.text()}"
            raise TimeoutError(f"{error}; the page shows {shown}") from None

    def _record_error(self, message: dict[str, Any]) -> None:
        """Record an error that a page reports."""
        params = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.errors.append(_described(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if params["type"] == "error":
                words = (arg.get("value", arg.get("description")) for arg in params["args"])
                self.errors.append(" ".join(map(str, words)))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                entry = params["entry"]
                said = f"{entry['text']} {entry.get('url', '')}".rstrip()
                if not NO_ERROR.search(said):
                    self.errors.append(said)


def _wait[T](check: Callable[[], T | None], timeout_s: float, complaint: str) -> T:
    """Return what a check finds once it finds something; raise TimeoutError if it never does."""
    deadline = time.monotonic() + timeout_s
    while not (found := check()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{complaint} in {timeout_s} s")
        time.sleep(POLL_S)
    return found


def _described(problem: dict[str, Any]) -> str:
    return str(problem.get("exception", {}).get("description") or problem["text"])


def main() -> None:
    """Save a screenshot of a page."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("url")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--wait-for", metavar="REGEX", help="text to wait for")
    options = parser.parse_args()
    with Browser() as browser:
        browser.open(options.url)
        if options.wait_for:
            browser.wait_for_text(options.wait_for)
        browser.screenshot(options.picture)


if __name__ == "__main__":
    main()
