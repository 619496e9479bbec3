"""Debian's Firefox ESR, headless, by WebDriver BiDi."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.browsers.page import DEAF_NAME, middle_of
from tests.browsers.process import Process, require
from tests.browsers.wire import Broken, Json, Wire, wired

# Updates and telemetry are off, and so is what no test looks at: a process for extensions, looking for those,
# and a process that waits for the next page (1.7 s of CPU for each start).
FIREFOX_PREFERENCES = {
    "app.update.enabled": False,
    "browser.newtab.preload": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.ipc.processPrelaunch.enabled": False,
    "extensions.enabledScopes": 0,
    "extensions.startupScanScopes": 0,
    "extensions.systemAddon.update.enabled": False,
    "extensions.webextensions.remote": False,
    "layout.frame_rate": 20,  # of 60: a third less CPU for a page that is opened or plays
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.localDomains": DEAF_NAME,
    "toolkit.telemetry.enabled": False,
}
FIREFOX_DEVICES = {
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.navigator.video.default_fps": 10,  # of 30: half the drawing and coding
}
FIREFOX_REFUSES = {"permissions.default.camera": 2, "permissions.default.microphone": 2}
FIREFOX_KEYS = {
    "Tab": "\ue004",
    "Enter": "\ue007",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
    "End": "\ue010",
    "Home": "\ue011",
    "F11": "\ue03b",
}
FIREFOX_EVENTS = ["log.entryAdded", "network.beforeRequestSent"]


class Firefox:
    """Drives Firefox by WebDriver BiDi."""

    name = "firefox-esr"

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def open(self, url: str, before: str = "") -> "FirefoxPage":
        user = (await self._wire.ask("browser.createUserContext"))["userContext"]
        tab = await self._wire.ask("browsingContext.create", {"type": "tab", "userContext": user})
        page = FirefoxPage(self._wire, tab["context"], user)
        await page.resize(1280, 720)
        if before:
            await page.run_before(before)
        await page.go(url)
        return page


class FirefoxPage:
    """A tab of Firefox in a user context of its own."""

    def __init__(self, wire: Wire, context: str, user: str) -> None:
        self._wire, self._context, self._user = wire, context, user
        self.console: list[tuple[str, str]] = []
        self.requests: list[str] = []
        wire.listen(context, self._hear)

    async def run_before(self, script: str) -> None:
        wrapped = {"functionDeclaration": f"() => {{ {script} }}", "contexts": [self._context]}
        await self._wire.ask("script.addPreloadScript", wrapped)

    async def go(self, url: str) -> None:
        await self._ask("browsingContext.navigate", {"url": url, "wait": "complete"})

    async def evaluate(self, expression: str) -> Any:
        wrapped = f"(async () => JSON.stringify((await ({expression})) ?? null))()"
        target = {"target": {"context": self._context}}
        params = {"expression": wrapped, "awaitPromise": True} | target
        reply = await self._wire.ask("script.evaluate", params)
        if reply["type"] == "exception":
            raise Broken(reply["exceptionDetails"]["text"])
        return json.loads(reply["result"]["value"])

    async def click(self, selector: str) -> None:
        x, y = await self.evaluate(middle_of(selector))
        steps: list[Json] = [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        await self._act({"type": "pointer", "id": "mouse", "actions": steps})

    async def hover(self, selector: str) -> None:
        x, y = await self.evaluate(middle_of(selector))
        steps: list[Json] = [{"type": "pointerMove", "x": round(x), "y": round(y)}]
        await self._act({"type": "pointer", "id": "mouse", "actions": steps})

    async def press(self, key: str) -> None:
        steps = [{"type": kind, "value": FIREFOX_KEYS[key]} for kind in ("keyDown", "keyUp")]
        await self._act({"type": "key", "id": "keyboard", "actions": steps})

    async def resize(self, width: int, height: int) -> None:
        await self._ask("browsingContext.setViewport", {"viewport": {"width": width, "height": height}})

    async def screenshot(self, path: Path) -> None:
        shot = await self._ask("browsingContext.captureScreenshot")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))

    async def show(self) -> None:
        await self._ask("browsingContext.activate")

    async def close(self) -> None:
        await self._wire.ask("browser.removeUserContext", {"userContext": self._user})

    async def _act(self, source: Json) -> None:
        await self._ask("input.performActions", {"actions": [source]})

    async def _ask(self, method: str, params: Json | None = None) -> Json:
        return await self._wire.ask(method, {"context": self._context} | (params or {}))

    def _hear(self, event: Json) -> None:
        params = event["params"]
        if event["method"] == "network.beforeRequestSent":
            self.requests.append(params["request"]["url"])
        elif event["method"] == "log.entryAdded":
            kind = "exception" if params["type"] == "javascript" else params["level"]
            self.console.append((kind, params["text"]))


@contextlib.asynccontextmanager
async def firefox(
    *, autoplays: bool = True, has_devices: bool = True, allows: bool = True
) -> AsyncIterator[Firefox]:
    """Run Firefox as Debian ships it, but silent about updates, spare with processes, and with a fake camera.

    `allows` is what it answers when a page wants the camera.
    """
    require("firefox-esr")
    preferences = FIREFOX_PREFERENCES | (FIREFOX_DEVICES if has_devices else {})
    if not allows:
        preferences |= FIREFOX_REFUSES | {"media.navigator.permission.disabled": False}
    if autoplays:
        preferences |= {"media.autoplay.default": 0}
    async with Process("firefox-esr") as process:
        lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in preferences.items()]
        (process.profile / "user.js").write_text("\n".join(lines))
        options = ["--headless", "--no-remote", "--profile", str(process.profile)]
        await process.start([*options, "--remote-debugging-port", "0", "about:blank"])
        address = (await process.read("output", r"BiDi listening on (ws://\S+)")).group(1)
        async with wired(f"{address}/session") as wire:
            await wire.ask("session.new", {"capabilities": {}})
            await wire.ask("session.subscribe", {"events": FIREFOX_EVENTS})
            yield Firefox(wire)
