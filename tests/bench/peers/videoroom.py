"""A client of Janus's videoroom over its HTTP interface; address: janus:http://HOST:PORT/janus#ROOM."""

import asyncio
import time
import uuid
from typing import Any, Self

from aiohttp import ClientConnectionError, ClientSession, ClientTimeout

PREFIX = "janus:"
PATIENCE = 20.0  # seconds for Janus to start, and for each answer
FEED = 1  # the publisher's number in the room
Message = dict[str, Any]


class VideoroomError(ConnectionError):
    """Janus refused or kept silent."""


class Videoroom:
    """One handle in one room."""

    def __init__(self, address: str) -> None:
        self._root, _, room = address.removeprefix(PREFIX).partition("#")
        self._room = int(room)
        self._http = ClientSession(timeout=ClientTimeout(total=PATIENCE))
        self._session = self._handle = ""

    async def __aenter__(self) -> Self:
        self._session = f"{self._root}/{(await self._open({'janus': 'create'}))['id']}"
        attached = await self._post(self._session, {"janus": "attach", "plugin": "janus.plugin.videoroom"})
        self._handle = f"{self._session}/{attached['data']['id']}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def publish(self, offer: str) -> str:
        """Make the room, publish into it, return the answer."""
        make = {"request": "create", "room": self._room, "publishers": 1, "bitrate": 0}
        await self._ask({**make, "videocodec": "h264", "audiocodec": "opus", "notify_joining": False})
        join = {"request": "joinandconfigure", "ptype": "publisher", "room": self._room, "id": FEED}
        return await self._negotiate({**join, "audio": True, "video": True}, offer, "offer")

    async def subscribe(self) -> str:
        """Return the room's offer."""
        join = {"request": "join", "ptype": "subscriber", "room": self._room, "streams": [{"feed": FEED}]}
        return await self._negotiate(join)

    async def start(self, answer: str) -> None:
        """Answer the room's offer."""
        await self._ask({"request": "start"}, {"type": "answer", "sdp": answer})
        await self._event()

    async def _negotiate(self, body: Message, sdp: str = "", kind: str = "") -> str:
        await self._ask(body, {"type": kind, "sdp": sdp} if sdp else None)
        event = await self._event()
        if "jsep" not in event:
            raise VideoroomError(f"no description from the room: {event}")
        description: str = event["jsep"]["sdp"]
        return description

    async def _open(self, message: Message) -> Message:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                opened: Message = (await self._post(self._root, message))["data"]
            except ClientConnectionError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.1)
            else:
                return opened

    async def _ask(self, body: Message, jsep: Message | None = None) -> None:
        message: Message = {"janus": "message", "body": body}
        await self._post(self._handle, {**message, "jsep": jsep} if jsep else message)

    async def _post(self, url: str, message: Message) -> Message:
        async with self._http.post(url, json={**message, "transaction": uuid.uuid4().hex}) as reply:
            answer: Message = await reply.json()
        if answer["janus"] == "error":
            raise VideoroomError(f"{url}: {answer}")
        return answer

    async def _event(self) -> Message:
        """Return the next event of the plugin; news about the connection itself are passed over."""
        while True:
            async with self._http.get(self._session, params={"maxev": "1"}) as reply:
                event: Message = await reply.json()
            if event["janus"] == "event":
                return event
