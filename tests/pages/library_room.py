"""A node as the library page sees it: real pages, doors and stores; what is listed is set by the test."""

import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from msgspec.structs import replace

from edge.access import Door
from edge.archive import Archive
from edge.config import Config
from edge.content.chunks import ChunkStore
from edge.content.doors import ContentDoor
from edge.content.holdings import Copy, Entry, Question, Wish, arranged, ordered, search
from edge.content.kolibris import Place as Beside
from edge.content.published import Material, entry_of
from edge.content.reading_room import ReadingRoom
from edge.contract.answers import Found, Item
from edge.gate import make_app
from edge.media.dtls import Identity
from edge.media.ntp import NtpClock
from edge.media.record import slides
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from edge.media.record.recording import Recording, save
from edge.media.record.slides import Slide, Slides
from edge.media.record.store import Store
from edge.media.relay import Relay
from edge.media.session import Sessions
from edge.media.studio import Studio
from edge.media.whep import Whep
from edge.tokens import Token
from edge.views import Views
from sync import catalogue
from tests.fake_node import sample_recording

DAY = 1_795_662_000_000
GRAY = b"\xff\xd8\xff\xd9"  # a picture that no browser can draw, and none needs to


class LibraryRoom:
    """Knobs: `is_open` to strangers, `room` for who may watch, what is wished, waited for and beside us."""

    def __init__(self, state: Path, room: bool = True, tokens: tuple[Token, ...] = ()) -> None:
        self.state = state
        self.tokens = tokens
        self.room = room
        self.is_open = True
        self.wishes: dict[str, Wish] = {}
        self.waiting = ("", "")
        self.beside: list[Beside] = []
        self.recordings = Store(state, reserve=0)
        self.content = ChunkStore(Place(state / "content", Disk(), 0))
        self._entries: list[Entry] = []
        self.url = ""
        self.port = 0

    def publish(self, name: str, content: bytes, media_type: str, **words: str) -> str:
        """Put a material on the disk, and tell of it."""
        item = catalogue.Item("", 0, name, media_type)
        held = self.content.add(io.BytesIO(content), item, DAY)
        told = Material(held.item.id, name, media_type, len(content), published=DAY, here=True)
        self.tell(replace(told, **words))
        return held.item.id

    def tell(self, *materials: Material) -> None:
        """Tell of materials, here or not."""
        self._entries = ordered([*self._entries, *map(entry_of, materials)])

    def record(self, ident: str, seconds: int, *at: float) -> None:
        """Put a recording on the disk, with slides at these seconds, and tell of it."""
        self.recordings.place.prepare()
        recording = Recording(
            id=ident,
            stream="lesson",
            started="2026-11-26T08:15:00Z",
            media_type="video/webm",
            state="done",
            seconds=float(seconds),
            whole=True,
        )
        sample_recording(recording.path(self.recordings.place.folder), seconds)
        save(Disk(), self.recordings.place.folder, recording)
        begins = tuple(Slide(each, 1.0) for each in at)
        found = Slides(*slides.state_of(self.recordings.place, recording), begins)
        slides.save(self.recordings.place, ident, found, [GRAY] * len(at))
        copy = Copy(ident, "lesson", DAY, float(seconds), "2026-11-26", 1_000_000, True)
        self._entries = ordered([*self._entries, *arranged([copy], [])])

    async def find(self, question: Question, with_recordings: bool = True) -> Found:
        """Answer as the library does."""
        entries = [each for each in self._entries if with_recordings or each.item.kind != "recording"]
        return search(entries, question, self.wishes)

    def published(self, item: str) -> Item | None:
        """Return a material."""
        return next((each.item for each in self._entries if each.item.id == item), None)

    def waits(self) -> tuple[str, str]:
        """Return what the knob says."""
        return self.waiting

    @asynccontextmanager
    async def served(self) -> AsyncIterator["LibraryRoom"]:
        """Open the door."""
        runner = web.AppRunner(make_app(self._routes()), shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"
        try:
            yield self
        finally:
            await runner.cleanup()

    def _routes(self) -> list[web.AbstractRouteDef]:
        door = Door(self.tokens, room=self.room, allow_anyone=False)
        studio = Studio(8)
        whep = Whep(studio, Sessions(Identity.create(), loopback=True), Relay(), NtpClock(), 8)
        config = Config("Құмсай", str(self.state))
        views = Views(config, door, studio, whep, lambda stream: {"state": "off"})
        reading = ReadingRoom(
            door, lambda asker: self.is_open, self, self.content.path_of, lambda: self.beside
        )
        files = ContentDoor(self.content, lambda request: None)
        archive = Archive(self.recordings, door)
        return [route for part in (views, reading, files, archive) for route in part.routes()]


def package(**members: str) -> bytes:
    """Return a ZIP file; `index_html` becomes index.html."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return made.getvalue()
