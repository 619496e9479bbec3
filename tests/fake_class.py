"""The class's side of a fake node: takes its picture, sound and stills, and gives it who has the floor."""

import asyncio
import math
from fractions import Fraction
from typing import Any

import av
from aiohttp import web
from aiortc import MediaStreamTrack, RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError

from tests.fake_node import FakeNode, Json, Picture, Refusal

RATE = 48000
PIECE = 960  # samples: 20 ms
OPEN = {
    "camera": True,
    "microphone": True,
    "picture": True,
    "height": 90,
    "fps": 5,
    "bits": 100_000,
    "stills": 0,
}


class Tone(AudioStreamTrack):
    """A tone that may be turned off."""

    def __init__(self, hertz: float) -> None:
        super().__init__()
        self.hertz = hertz
        self.sounds = asyncio.Event()
        self.sounds.set()

    async def recv(self) -> av.AudioFrame:
        await self.sounds.wait()
        paced = await super().recv()
        at = paced.pts or 0
        wave = [
            round(12000 * math.sin(2 * math.pi * self.hertz * (at + each) / RATE)) for each in range(PIECE)
        ]
        frame = av.AudioFrame("s16", "mono", PIECE)
        frame.planes[0].update(b"".join(each.to_bytes(2, "little", signed=True) for each in wave))
        frame.pts, frame.sample_rate, frame.time_base = at, RATE, Fraction(1, RATE)
        return frame


class FakeClass:
    """Joined to a node before that is entered."""

    def __init__(self, node: FakeNode) -> None:
        self.node = node
        self.sizes: list[tuple[int, int]] = []  # of the pictures that came
        self.sounds = 0  # pieces of sound that came
        self.stills: list[bytes] = []
        self.at_once = 0  # stills on the way at the same time, at most
        self.floors: dict[str, bool] = {}  # streams that can be had, and whether there is a picture in them
        self.tones: list[Tone] = []
        self.pictures: list[Picture] = []
        self.waiting = 0  # stills that are not answered yet
        self._may_answer = asyncio.Event()
        self._may_answer.set()
        self._takers: set[asyncio.Task[None]] = set()
        node.more += [
            web.post("/class/whip", self._whip),
            web.post("/class/still", self._still),
            web.post("/floor/whep/{stream}", self._floor),
        ]

    async def shows(self, **more: Any) -> None:
        """Have the pages do something of the class's side; the rest of what is shown stays as it was."""
        assert self.node.shown is not None
        await self.node.show(**self.node.shown | more)

    async def opens(self, **more: Any) -> None:
        """Have the page of this computer open what it has."""
        await self.shows(capture=OPEN | more)

    def said(self, **expected: str) -> bool:
        """Tell whether the page said so last."""
        return bool(self.node.said) and self.node.said[-1].items() >= expected.items()

    async def _whip(self, request: web.Request) -> web.Response:
        async def prepare(session: RTCPeerConnection, _: str) -> None:
            session.on("track", self._take)

        return await self.node.answer(request, prepare)

    def _take(self, track: MediaStreamTrack) -> None:
        taker = asyncio.ensure_future(self._drain(track))
        self._takers.add(taker)
        taker.add_done_callback(self._takers.discard)

    async def _drain(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, av.VideoFrame):
                self.sizes.append((frame.width, frame.height))
            else:
                self.sounds += 1

    def refuses_to_answer(self) -> None:
        """Let no still be answered until told otherwise."""
        self._may_answer.clear()

    def answers(self) -> None:
        """Answer stills again, and those that wait."""
        self._may_answer.set()

    async def _still(self, request: web.Request) -> web.Response:
        self.waiting += 1
        self.at_once = max(self.at_once, self.waiting)
        try:
            assert request.content_type == "image/jpeg"
            self.stills.append(await request.read())
            await self._may_answer.wait()
        finally:
            self.waiting -= 1
        return web.Response(status=204)

    async def _floor(self, request: web.Request) -> web.Response:
        stream = request.match_info["stream"]
        if stream not in self.floors:
            self.node.posts.append((request.path, dict(request.headers), await request.text()))
            return Refusal(409, "no-publisher", 1).answer()

        async def prepare(session: RTCPeerConnection, _: str) -> None:
            self.send(session, stream)

        return await self.node.answer(request, prepare)

    def send(self, session: RTCPeerConnection, stream: str) -> None:
        """Give a page the floor's picture and sound."""
        self.tones.append(Tone(1000))
        self.pictures.append(Picture())
        if not self.floors[stream]:
            self.pictures[-1].moves.clear()
        session.addTrack(self.pictures[-1])
        session.addTrack(self.tones[-1])


def a_check(stage: str = "asked", **more: Any) -> Json:
    """Return a quick check as the page gets it."""
    letters = zip("ABCD", ("2", "4", "6", "8"), strict=True)
    choices = [{"letter": letter, "text": text, "markup": ""} for letter, text in letters]
    check: Json = {
        "id": "00112233445566aa",
        "stage": stage,
        "text": "2 + 2 · 3 = ?",
        "markup": "",
        "picture": "",
    }
    return check | {"choices": choices, "read": [], "missing": [], "counts": None, "right": ""} | more
