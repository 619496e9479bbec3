"""A hub that lies, or whose disk is damaged: nothing wrong gets in, and what is here stays as it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from edge.access import Door
from edge.archive import Archive
from edge.gate import make_app
from edge.media.record.pieces import decode
from edge.media.record.recording import Recording
from edge.media.record.store import FOLDER, Store
from tests.content.hubs import room, serving, until
from tests.content.patients import Ward, nudged, written
from tests.media.lessons import captured, lesson

ENDLESS = 1 << 24  # bytes


class Liar:
    """Serves a hub's recordings, but for what a test has it say."""

    def __init__(self, state: Path) -> None:
        self.archive = Archive(Store(state), Door((), room=True, allow_anyone=False))
        self.sheet = b""
        self.frames = ""
        self.asked = 0

    def app(self) -> web.Application:
        """Return what is served."""
        own = [each for each in self.archive.routes() if not each.path.endswith("/frames")]
        more = [
            web.get("/recordings/{id}/frames", self._sheet),
            web.post("/recordings/{id}/frames", self._frames),
        ]
        return make_app([*own, *more])

    async def _sheet(self, request: web.Request) -> web.StreamResponse:
        frames = [each for each in self.archive.routes() if each.path.endswith("/frames")]
        honest = next(each for each in frames if each.method == "GET")
        return web.Response(body=self.sheet) if self.sheet else await honest.handler(request)

    async def _frames(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        size = sum(each.size for each in decode(await request.read()))
        if self.frames == "wrong":
            return web.Response(body=b"\1" * size)
        if self.frames == "short":
            return web.Response(body=b"\1" * (size - 1))
        if self.frames == "elsewhere":
            raise web.HTTPFound("/recordings")
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(ENDLESS // 65_536):
            await response.write(b"\1" * 65_536)
        return response


@asynccontextmanager
async def patient(tmp_path: Path) -> AsyncIterator[tuple[Ward, Liar, Recording]]:
    """A classroom below a hub that lies."""
    written(tmp_path / "hub", lesson())
    (before,) = written(tmp_path / "room", lesson(), lambda frame: not 1.0 < captured(frame) < 3.0)
    liar = Liar(tmp_path / "hub")
    async with (
        serving(liar.app()) as port,
        room(tmp_path / "room", f"http://127.0.0.1:{port}") as made,
    ):
        yield Ward(made), liar, before


@pytest.mark.parametrize(
    ("frames", "why"), [("wrong", "damaged"), ("short", "refused"), ("endless", "refused")]
)
async def test_frames_that_are_not_those_that_were_asked_for_are_refused_and_after_three_tries_it_says_so(
    tmp_path: Path, frames: str, why: str
) -> None:
    async with patient(tmp_path) as (sick, liar, before):
        old = sick.media(before)
        liar.frames = frames
        async with sick.open() as healing:
            await until(nudged(healing, lambda: sick.recordings[0].unhealed))
            await until(nudged(healing, lambda: not sick.drafts))
        assert (sick.recordings[0].unhealed, liar.asked) == (why, 3)
        assert (sick.media(before), healing.healed) == (old, 0)


async def test_nobody_is_followed_elsewhere(tmp_path: Path) -> None:
    async with patient(tmp_path) as (sick, liar, before):
        liar.frames = "elsewhere"
        async with sick.open() as healing:
            await until(nudged(healing, lambda: liar.asked > 3))
        assert (sick.recordings, healing.fetched) == ([before], 0)


@pytest.mark.parametrize("sheet", [b"no sheet\n", b"{}\n", b"\0" * 1000, b"x" * (1 << 20)])
async def test_a_sheet_that_is_none_is_refused(tmp_path: Path, sheet: bytes) -> None:
    async with patient(tmp_path) as (sick, liar, before):
        old = sick.media(before)
        liar.sheet = sheet
        async with sick.open() as healing:
            await until(nudged(healing, lambda: sick.recordings[0].unhealed == "refused"))
        assert (sick.media(before), liar.asked) == (old, 0)


async def test_a_hub_whose_disk_is_damaged_heals_nobody_and_when_it_is_mended_it_does(tmp_path: Path) -> None:
    written(tmp_path / "hub", lesson())
    (there,) = Store(tmp_path / "hub").list()
    written(tmp_path / "room", lesson(), lambda frame: not 1.0 < captured(frame) < 3.0)
    path = there.path(tmp_path / "hub" / FOLDER)
    good = path.read_bytes()
    path.write_bytes(good[:100_000] + bytes(100_000) + good[200_000:])
    liar = Liar(tmp_path / "hub")
    async with (
        serving(make_app(liar.archive.routes())) as port,
        room(tmp_path / "room", f"http://127.0.0.1:{port}") as made,
    ):
        sick = Ward(made)
        async with sick.open() as healing:
            await until(nudged(healing, lambda: '"tries":1' in _cases(sick)))
            path.write_bytes(good)
            await until(nudged(healing, lambda: healing.healed))
        assert sick.media(sick.recordings[0]) == good


def _cases(sick: Ward) -> str:
    path = sick.room.state / "library" / "healing.json"
    return path.read_text() if path.exists() else ""
