"""Commands and events of a browser: JSON over one websocket, the same for CDP and WebDriver BiDi."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

ANSWER = 60.0  # seconds a command may take on a busy machine
LARGEST_MESSAGE = 64 * 1024 * 1024  # a screenshot is one message

Json = dict[str, Any]
Event = Callable[[Json], None]


class Broken(Exception):
    """The browser refused a command or threw inside the page."""


class Elsewhere(Broken):
    """The page went to another address while it was asked; whoever waits for something asks again."""


# What Chromium and Firefox say then.
LEFT = ("Inspected target navigated", "Execution context was destroyed", "destroyed before query")


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
            said = f"{message['error']}: {message.get('message', '')}"
            answer.set_exception((Elsewhere if any(one in said for one in LEFT) else Broken)(said))
        else:
            answer.set_result(message["result"])


@contextlib.asynccontextmanager
async def wired(url: str) -> AsyncIterator[Wire]:
    """Connect to a browser's control socket."""
    async with aiohttp.ClientSession() as client:
        wire = Wire(await client.ws_connect(url, max_msg_size=LARGEST_MESSAGE))
        try:
            yield wire
        finally:
            await wire.close()
