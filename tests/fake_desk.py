"""A fake node with a lesson as the hub teacher's page sees it: schools, floor, questions, checks, curves."""

import asyncio
import contextlib
import math
import struct
import time
from pathlib import Path
from typing import Any

import av
from aiohttp import web
from aiortc import RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack

from tests.fake_node import LONG_POLL, FakeNode, Json, Picture

MORNING = 1_795_662_720_000  # milliseconds since 1970
TONE = 440.0  # Hz
LETTERS = "ABCD"


class Tone(AudioStreamTrack):
    """A tone that goes on and on."""

    async def recv(self) -> av.AudioFrame:
        frame = await super().recv()
        assert isinstance(frame, av.AudioFrame)
        first, rate = frame.pts or 0, frame.sample_rate
        wave = (math.sin(2 * math.pi * TONE * (first + each) / rate) for each in range(frame.samples))
        samples = [round(9000 * value) for value in wave]
        frame.planes[0].update(struct.pack(f"<{frame.samples}h", *samples))
        return frame


def school(name: str, node: str = "", **more: Any) -> Json:
    """Return a row of a school that fares well."""
    row: Json = {"node": node or name.encode().hex()[:16].ljust(16, "0"), "name": name, "school": name}
    row |= {"class": "", "link": "good", "state": "ok", "sees": True, "hears": True, "frozen": False}
    row |= {"picture": "moving", "sound": "speech", "camera": True, "microphone": True, "register": "none"}
    return row | {"hand": 0, "muted": False, "asked": 0, "questions": [], "minutes": 0.0} | more


def question(text: str, number: int = 0, answer: str = "") -> Json:
    """Return a question that a class asked."""
    return {"id": f"q{number}", "at": MORNING + number * 1000, "text": text, "answer": answer}


def check(text: str, *choices: str, right: str = "", **more: Any) -> Json:
    """Return a quick check as the node tells it."""
    lettered = [
        {"letter": letter, "text": each, "markup": ""} for letter, each in zip(LETTERS, choices, strict=False)
    ]
    told: Json = {"id": "c1", "text": text, "markup": "", "picture": "", "choices": lettered, "right": right}
    told |= {"item": "", "number": 0, "asked_at": MORNING, "ended": False, "classes": [], "totals": {}}
    told["elsewhere"] = 0
    return told | more


class FakeDesk(FakeNode):
    """A node whose lesson is set by the test; orders change it as a real one's do."""

    def __init__(self, files: Path) -> None:
        super().__init__(files)
        self.classes: list[Json] = []
        self.floor: Json = {"holder": "", "since": 0, "muted": False, "mutes": []}
        self.orders: list[tuple[str, Json]] = []
        self.asked: list[str] = []  # what was asked for, by its last word
        self.running: Json | None = None
        self.past: list[Json] = []
        self.sets: list[Json] = []
        self.curves: list[Json] = []
        self.most_open = 0  # small pictures at once
        self.looked_for: list[str] = []  # the lessons that small pictures were asked for in
        self._small: dict[str, str] = {}  # node by the session that shows it
        lesson = "/api/streams/{stream}"
        self.more += [
            web.get(f"{lesson}/classes", self._classes),
            web.post(f"{lesson}/floor", self._give),
            web.post(f"{lesson}/mute", self._mute),
            web.post(f"{lesson}/answers", self._answers),
            web.get(f"{lesson}/curves", self._curves),
            web.get(f"{lesson}/checks", self._checks),
            web.post(f"{lesson}/checks", self._ask),
            web.post(f"{lesson}/checks/{{check}}/end", self._end),
            web.post("/class/whep/{node}", self._whep),
            web.post("/floor/whep/{lesson}", self._whep),
        ]

    async def teach(self, *classes: Json) -> None:
        """Put a lesson on the air with these schools."""
        self.classes = list(classes)
        await self.put("lesson")

    async def restart(self) -> None:
        """Be gone, as a node that is started anew; `is_down = False` brings it back."""
        self.is_down = True
        self._version = 0
        await self.hang_up()
        await self.cut()

    @property
    def pictured(self) -> list[str]:
        """The nodes whose small pictures are open, each as often as it is."""
        return [node for number, node in self._small.items() if number in self._sessions]

    async def given_back(self, nodes: set[str]) -> None:
        """Wait until no small picture of these nodes is open."""
        async with asyncio.timeout(LONG_POLL):
            while nodes & set(self.pictured):
                self.dismissed.clear()
                await self.dismissed.wait()

    async def _news(self, request: web.Request) -> None:
        """Hold an answer back until there is news, as long as the page wants it to be."""
        self.asked.append(request.path.rpartition("/")[2])
        patience = min(LONG_POLL, float(request.query.get("wait", LONG_POLL)))
        async with self._changed:
            if request.query.get("after") == str(self._version) and patience:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), patience)

    async def _classes(self, request: web.Request) -> web.Response:
        await self._news(request)
        told = {"version": self._version, "now": round(time.time() * 1000), "floor": self.floor}
        return web.json_response(told | {"classes": self.classes})

    async def _order(self, request: web.Request) -> Json:
        body: Json = await request.json() if request.can_read_body else {}
        self.orders.append((request.path.rpartition("/lesson/")[2], body))
        return body

    async def _give(self, request: web.Request) -> web.Response:
        node = (await self._order(request))["node"]
        since = round(time.time() * 1000) if node else 0
        mutes = [each for each in self.floor["mutes"] if each not in (node, "*")]
        self.floor = {"holder": node, "since": since, "muted": False, "mutes": mutes}
        await self.announce()
        return web.Response(status=204)

    async def _mute(self, request: web.Request) -> web.Response:
        body = await self._order(request)
        others = [each for each in self.floor["mutes"] if each != body["node"]]
        mutes = [*others, body["node"]] if body["on"] else others
        holder = self.floor["holder"]
        self.floor = self.floor | {"mutes": mutes, "muted": holder in mutes or "*" in mutes}
        for one in self.classes:
            one["muted"] = one["node"] in mutes or "*" in mutes
        await self.announce()
        return web.Response(status=204)

    async def _answers(self, request: web.Request) -> web.Response:
        body = await self._order(request)
        for one in (each for row in self.classes for each in row["questions"]):
            if one["id"] == body["question"]:
                one["answer"] = body["text"]
        await self.announce()
        return web.Response(status=204)

    async def _curves(self, request: web.Request) -> web.Response:
        await self._news(request)
        return web.json_response({"version": self._version, "curves": self.curves})

    async def _checks(self, request: web.Request) -> web.Response:
        await self._news(request)
        told = {"version": self._version, "running": self.running, "past": self.past}
        is_new = "after" not in request.query
        return web.json_response(told | ({"sets": self.sets} if is_new else {}))

    async def _ask(self, request: web.Request) -> web.Response:
        body = await self._order(request)
        if self.running:
            self.past = [self.running, *self.past]
        number = f"c{len(self.past) + 1}"
        classes = [_waiting(row) for row in self.classes if row["node"]]
        if "item" in body:
            found = next(each for each in self.sets if each["item"] == body["item"])
            one = next(each for each in found["questions"] if each["number"] == body["number"])
            self.running = check(one["text"], id=number, classes=classes, item=body["item"]) | one
        else:
            more = {"right": body["right"], "id": number, "classes": classes}
            self.running = check(body["text"], *body["choices"], **more)
        await self.announce()
        return web.json_response({"id": number}, status=201)

    async def _end(self, request: web.Request) -> web.Response:
        await self._order(request)
        assert self.running is not None
        self.running["ended"] = True
        await self.announce()
        return web.Response(status=204)

    async def _whep(self, request: web.Request) -> web.Response:
        node = request.match_info.get("node", "")
        if node:
            self.looked_for.append(request.query.get("stream", ""))

        async def send(session: RTCPeerConnection, number: str) -> None:
            self.pictures.append(Picture())
            session.addTrack(self.pictures[-1])
            if node:
                self._small[number] = node
                self.most_open = max(self.most_open, len(self.pictured))
            else:
                session.addTrack(Tone())

        return await self.answer(request, send)


def _waiting(row: Json) -> Json:
    return {"node": row["node"], "name": row["name"], "stage": "asked", "read": 0, "of": 0, "counts": {}}
