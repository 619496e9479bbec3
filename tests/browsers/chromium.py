"""Debian's Chromium, headless, by the Chrome DevTools Protocol."""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.browsers.page import DEAF_NAME, middle_of, until
from tests.browsers.process import Process, require
from tests.browsers.wire import Broken, Json, Wire, wired

# What no test looks at, and each page would pay for with two processes more (1.1 s of CPU instead of 0.5):
# suggestions below the address bar are pages of their own, and an empty process waits for the next page.
UNSEEN = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "SpareRendererForSitePerProcess",
)
CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--mute-audio",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-component-extensions-with-background-pages",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    f"--disable-features={','.join(UNSEEN)}",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--window-size=1280,720",
    f"--host-resolver-rules=MAP {DEAF_NAME} 127.0.0.1",
]
CHROMIUM_DEVICES = [
    "--use-fake-device-for-media-stream=fps=10",  # of 20: half the drawing and coding
    "--use-fake-ui-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
]
# In a mount namespace of its own: other browsers of this computer keep their policies.
GOVERNED = 'mount --bind "$0" /etc/chromium && exec chromium "$@"'
CHROMIUM_KEYS = {"Tab": 9, "Enter": 13, "End": 35, "Home": 36, "ArrowRight": 39, "ArrowDown": 40, "F11": 122}


class Chromium:
    """Drives Chromium by the Chrome DevTools Protocol."""

    name = "chromium"

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def open(self, url: str, before: str = "") -> "ChromiumPage":
        context = (await self._wire.ask("Target.createBrowserContext"))["browserContextId"]
        target = {"url": "about:blank", "browserContextId": context}
        target_id = (await self._wire.ask("Target.createTarget", target))["targetId"]
        attached = await self._wire.ask("Target.attachToTarget", {"targetId": target_id, "flatten": True})
        page = ChromiumPage(self._wire, attached["sessionId"], context)
        await page.prepare(before)
        await page.go(url)
        return page


class ChromiumPage:
    """A tab of Chromium in a browser context of its own."""

    def __init__(self, wire: Wire, session: str, context: str) -> None:
        self._wire, self._session, self._context = wire, session, context
        self.console: list[tuple[str, str]] = []
        self.requests: list[str] = []
        wire.listen(session, self._hear)

    async def prepare(self, before: str) -> None:
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self._ask(f"{domain}.enable")
        if before:
            await self._ask("Page.addScriptToEvaluateOnNewDocument", {"source": before})
        await self._ask("Page.setLifecycleEventsEnabled", {"enabled": True})

    async def go(self, url: str) -> None:
        await self._ask("Page.navigate", {"url": url})
        await until(
            self, f"document.readyState === 'complete' && location.href !== {json.dumps('about:blank')}"
        )

    async def evaluate(self, expression: str) -> Any:
        params = {
            "expression": f"(async () => ({expression}))()",
            "awaitPromise": True,
            "returnByValue": True,
        }
        reply = await self._ask("Runtime.evaluate", params)
        if "exceptionDetails" in reply:
            raise Broken(str(reply["exceptionDetails"].get("exception", {}).get("description")))
        return reply["result"].get("value")

    async def click(self, selector: str) -> None:
        x, y = await self.evaluate(middle_of(selector))
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = "none" if kind == "mouseMoved" else "left"
            await self._ask(
                "Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, "button": button, "clickCount": 1}
            )

    async def hover(self, selector: str) -> None:
        x, y = await self.evaluate(middle_of(selector))
        await self._ask("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x, "y": y, "button": "none"})

    async def press(self, key: str) -> None:
        text = {"text": "\r"} if key == "Enter" else {}
        common = {"key": key, "code": key, "windowsVirtualKeyCode": CHROMIUM_KEYS[key]}
        await self._ask("Input.dispatchKeyEvent", {"type": "keyDown"} | common | text)
        await self._ask("Input.dispatchKeyEvent", {"type": "keyUp"} | common)

    async def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self._ask("Emulation.setDeviceMetricsOverride", size)

    async def screenshot(self, path: Path) -> None:
        shot = await self._ask("Page.captureScreenshot")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))

    async def show(self) -> None:
        await self._ask("Page.bringToFront")

    async def close(self) -> None:
        await self._wire.ask("Target.disposeBrowserContext", {"browserContextId": self._context})

    async def _ask(self, method: str, params: Json | None = None) -> Json:
        return await self._wire.ask(method, params, self._session)

    def _hear(self, event: Json) -> None:
        params = event["params"]
        match event["method"]:
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Runtime.consoleAPICalled":
                text = " ".join(str(one.get("value", one.get("description"))) for one in params["args"])
                self.console.append((params["type"], text))
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                self.console.append(
                    ("exception", str(details.get("exception", details).get("description", details)))
                )
            case "Log.entryAdded":
                entry = params["entry"]
                self.console.append((f"{entry['source']} {entry['level']}", entry["text"]))


@contextlib.asynccontextmanager
async def chromium(
    *more: str,
    autoplays: bool = True,
    has_devices: bool = True,
    allows: bool = True,
    camera: Path | None = None,
    loopback: bool = False,
    policies: Path | None = None,
) -> AsyncIterator[Chromium]:
    """Run Chromium; it may play sound without a click and has a fake camera unless told otherwise.

    `more` are flags of its own. `allows` is what it answers when a page wants the camera, `camera` a film for
    that (Y4M). `loopback` lets it talk to this computer when no network is there, as on a kiosk.
    `policies` is a folder that it has for /etc/chromium: then nothing but that answers for the camera.
    """
    require("chromium")
    flags = [*CHROMIUM_FLAGS, *more, *(CHROMIUM_DEVICES if has_devices else [])]
    if camera is not None:
        flags.append(f"--use-file-for-fake-video-capture={camera}")
    if not allows:
        flags.append("--deny-permission-prompts")
    if not allows or policies is not None:
        flags.remove("--use-fake-ui-for-media-stream")
    if autoplays:
        flags.append("--autoplay-policy=no-user-gesture-required")
    if loopback:
        flags.append("--allow-loopback-in-peer-connection")
    governed = [] if policies is None else ["-m", "sh", "-c", GOVERNED, str(policies)]
    async with Process("unshare" if governed else "chromium") as process:
        await process.start([*governed, *flags, f"--user-data-dir={process.profile}", "about:blank"])
        port, path = (await process.read("profile/DevToolsActivePort", r"(\d+)\n(\S+)")).groups()
        async with wired(f"ws://127.0.0.1:{port}{path}") as wire:
            yield Chromium(wire)
