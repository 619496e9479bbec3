"""Real browsers for tests: Debian's Chromium over CDP and Firefox over WebDriver BiDi, headless.

Both speak JSON over one websocket: {id, method, params} and answers by id, everything else is an event.
"""

import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol, Self

import aiohttp
import pytest

START = 30.0  # seconds: a cold browser on a busy machine
ANSWER = 20.0
STOP = 5.0
LARGEST_MESSAGE = 64 * 1024 * 1024  # a screenshot is one message
STEP = 0.05
DEAF_NAME = (
    "tirek.local"  # a name both browsers resolve to this computer: not a secure context, like a class room's
)

Json = dict[str, Any]
Event = Callable[[Json], None]


class Broken(Exception):
    """The browser refused a command or threw inside the page."""


class Page(Protocol):
    """One tab with its own storage. `console` holds (level, text), `requests` every address asked for."""

    console: list[tuple[str, str]]
    requests: list[str]

    async def evaluate(self, expression: str) -> Any: ...
    async def click(self, selector: str) -> None: ...
    async def press(self, key: str) -> None: ...
    async def resize(self, width: int, height: int) -> None: ...
    async def screenshot(self, path: Path) -> None: ...
    async def go(self, url: str) -> None: ...
    async def close(self) -> None: ...


class Browser(Protocol):
    """A running browser; every page it opens has its own storage."""

    name: str

    async def open(self, url: str) -> Page: ...


async def until(page: Page, expression: str, seconds: float = 15.0) -> Any:
    """Wait until an expression is true in the page and return its value."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                if value := await page.evaluate(expression):
                    return value
                await asyncio.sleep(STEP)
    except TimeoutError:
        body = await page.evaluate("document.body.dataset.state + ' | ' + document.body.innerText")
        raise AssertionError(f"never true: {expression}; page: {body}; console: {page.console}") from None


class Wire:
    """Commands and events over one websocket; owns the task that reads it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._listeners: dict[str, Event] = {}
        self._reader = asyncio.ensure_future(self._read())

    def listen(self, place: str, heard: Event) -> None:
        """Call `heard` for every event of one CDP session or BiDi browsing context."""
        self._listeners[place] = heard

    async def ask(self, method: str, params: Json | None = None, session: str = "") -> Json:
        """Give a command and return its result."""
        number = len(self._waiting) + 1
        answer: asyncio.Future[Json]
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params or {}}
        await self._socket.send_json(message | ({"sessionId": session} if session else {}))
        async with asyncio.timeout(ANSWER):
            return await answer

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._socket.close()

    async def _read(self) -> None:
        async for message in self._socket:
            self._take(json.loads(message.data))
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Broken("the browser is gone"))
                answer.exception()

    def _take(self, message: Json) -> None:
        if (number := message.get("id")) is None:
            params = message.get("params", {})
            context = params.get("context") or params.get("source", {}).get("context", "")
            place = message.get("sessionId") or context
            if place in self._listeners:
                self._listeners[place](message)
        elif not self._waiting[number].done():
            self._answer(self._waiting[number], message)

    def _answer(self, answer: asyncio.Future[Json], message: Json) -> None:
        if "error" in message:
            answer.set_exception(Broken(f"{message['error']}: {message.get('message', '')}"))
        else:
            answer.set_result(message["result"])


# Chromium ---------------------------------------------------------------------------------------------------

CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--mute-audio",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--window-size=1280,720",
    f"--host-resolver-rules=MAP {DEAF_NAME} 127.0.0.1",
]
CHROMIUM_DEVICES = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
]
CHROMIUM_KEYS = {"Tab": 9, "Enter": 13, "ArrowRight": 39, "F11": 122}


class Chromium:
    """Drives Chromium by the Chrome DevTools Protocol."""

    name = "chromium"

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def open(self, url: str) -> "ChromiumPage":
        context = (await self._wire.ask("Target.createBrowserContext"))["browserContextId"]
        target = {"url": "about:blank", "browserContextId": context}
        target_id = (await self._wire.ask("Target.createTarget", target))["targetId"]
        attached = await self._wire.ask("Target.attachToTarget", {"targetId": target_id, "flatten": True})
        page = ChromiumPage(self._wire, attached["sessionId"], context)
        await page.prepare()
        await page.go(url)
        return page


class ChromiumPage:
    """A tab of Chromium in a browser context of its own."""

    def __init__(self, wire: Wire, session: str, context: str) -> None:
        self._wire, self._session, self._context = wire, session, context
        self.console: list[tuple[str, str]] = []
        self.requests: list[str] = []
        wire.listen(session, self._hear)

    async def prepare(self) -> None:
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self._ask(f"{domain}.enable")
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
        x, y = await self.evaluate(_middle_of(selector))
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = "none" if kind == "mouseMoved" else "left"
            await self._ask(
                "Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, "button": button, "clickCount": 1}
            )

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


# Firefox ----------------------------------------------------------------------------------------------------

FIREFOX_PREFERENCES = {
    "app.update.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.localDomains": DEAF_NAME,
    "toolkit.telemetry.enabled": False,
}
FIREFOX_DEVICES = {"media.navigator.permission.disabled": True, "media.navigator.streams.fake": True}
FIREFOX_KEYS = {"Tab": "\ue004", "Enter": "\ue007", "ArrowRight": "\ue014", "F11": "\ue03b"}
FIREFOX_EVENTS = ["log.entryAdded", "network.beforeRequestSent"]


class Firefox:
    """Drives Firefox by WebDriver BiDi."""

    name = "firefox-esr"

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def open(self, url: str) -> "FirefoxPage":
        user = (await self._wire.ask("browser.createUserContext"))["userContext"]
        tab = await self._wire.ask("browsingContext.create", {"type": "tab", "userContext": user})
        page = FirefoxPage(self._wire, tab["context"], user)
        await page.resize(1280, 720)
        await page.go(url)
        return page


class FirefoxPage:
    """A tab of Firefox in a user context of its own."""

    def __init__(self, wire: Wire, context: str, user: str) -> None:
        self._wire, self._context, self._user = wire, context, user
        self.console: list[tuple[str, str]] = []
        self.requests: list[str] = []
        wire.listen(context, self._hear)

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
        x, y = await self.evaluate(_middle_of(selector))
        steps: list[Json] = [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        await self._act({"type": "pointer", "id": "mouse", "actions": steps})

    async def press(self, key: str) -> None:
        steps = [{"type": kind, "value": FIREFOX_KEYS[key]} for kind in ("keyDown", "keyUp")]
        await self._act({"type": "key", "id": "keyboard", "actions": steps})

    async def resize(self, width: int, height: int) -> None:
        await self._ask("browsingContext.setViewport", {"viewport": {"width": width, "height": height}})

    async def screenshot(self, path: Path) -> None:
        shot = await self._ask("browsingContext.captureScreenshot")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))

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


# Starting and ending ----------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def chromium(*, autoplays: bool = True, has_devices: bool = True) -> AsyncIterator[Chromium]:
    """Run Chromium; it may play sound without a click and has a fake camera unless told otherwise."""
    require("chromium")
    flags = [*CHROMIUM_FLAGS, *(CHROMIUM_DEVICES if has_devices else [])]
    if autoplays:
        flags.append("--autoplay-policy=no-user-gesture-required")
    async with Process("chromium") as process:
        await process.start([*flags, f"--user-data-dir={process.profile}", "about:blank"])
        port, path = (await process.read("profile/DevToolsActivePort", r"(\d+)\n(\S+)")).groups()
        async with wired(f"ws://127.0.0.1:{port}{path}") as wire:
            yield Chromium(wire)


@contextlib.asynccontextmanager
async def firefox(*, autoplays: bool = True, has_devices: bool = True) -> AsyncIterator[Firefox]:
    """Run Firefox as Debian ships it, apart from silence about updates and a fake camera."""
    require("firefox-esr")
    preferences = FIREFOX_PREFERENCES | (FIREFOX_DEVICES if has_devices else {})
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


STARTERS: dict[str, Callable[..., contextlib.AbstractAsyncContextManager[Browser]]] = {
    "chromium": chromium,
    "firefox": firefox,
}


def require(package: str) -> None:
    """Skip the test, naming the Debian package, where the browser is missing."""
    if shutil.which(package) is None:
        pytest.skip(f"needs the Debian package {package}: apt-get install {package}")


@contextlib.asynccontextmanager
async def wired(url: str) -> AsyncIterator[Wire]:
    """Connect to a browser's control socket."""
    async with aiohttp.ClientSession() as client:
        wire = Wire(await client.ws_connect(url, max_msg_size=LARGEST_MESSAGE))
        try:
            yield wire
        finally:
            await wire.close()


class Process:
    """A browser with a throw-away folder, in a process group of its own that is empty when we leave."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._child: asyncio.subprocess.Process | None = None
        self._room = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        self.profile = Path(self._room.name) / "profile"
        self.profile.mkdir()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._child is not None:
            async with asyncio.timeout(STOP):
                await self._bury(self._child)
        self._room.cleanup()

    async def start(self, arguments: list[str]) -> None:
        environment = os.environ | {"HOME": self._room.name}
        with (Path(self._room.name) / "output").open("wb") as output:
            self._child = await asyncio.create_subprocess_exec(
                self._program,
                *arguments,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=environment,
            )

    async def read(self, name: str, pattern: str) -> re.Match[str]:
        """Wait until a file of the browser's folder holds a pattern."""
        path = Path(self._room.name) / name
        async with asyncio.timeout(START):
            while True:
                text = path.read_text(errors="replace") if path.exists() else ""
                if found := re.search(pattern, text):
                    return found
                await asyncio.sleep(STEP)

    async def _bury(self, child: asyncio.subprocess.Process) -> None:
        """Kill at once: a polite Firefox takes four seconds to leave, and its folder is thrown away."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
        while True:
            if not _lives(child.pid):
                return
            await asyncio.sleep(STEP)


def _lives(group: int) -> bool:
    """Say whether a process group has a member that is more than a zombie."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended while we looked
            state, _, of_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(of_group) == group and state != "Z":
                return True
    return False


def _middle_of(selector: str) -> str:
    return f"""(() => {{
        const one = document.querySelector({json.dumps(selector)});
        one.scrollIntoView({{ block: 'center', inline: 'center', behavior: 'instant' }});
        const box = one.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2];
    }})()"""
