"""The library's desks: real files, a real journal, a real hub."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from edge.api import Unable
from edge.board import Board
from edge.classroom.stage import UNKNOWN
from edge.classroom.timetable import Timetable
from edge.content.holdings import Wish
from edge.content.library import Library, Shelves
from edge.content.pins import Pins
from edge.content.published import Material
from edge.content.stock import Nothing
from edge.contract import answers, commands, notices
from edge.contract.answers import Chapters, Found, Item
from edge.contract.commands import Delete, Fetch, Pin, ReadChapters, SearchLibrary
from edge.media.record.durable import Disk
from edge.media.record.marks import Gap
from edge.media.record.recording import Recording, save
from sync.records import LessonPlanned, LessonStarted, QuestionAsked
from sync.tables import Entry
from tests.content.hubs import Room, archive_app, long_lesson, recorded, room, serving, until


class Screen(Struct):
    """A room with its library, as a screen sees it."""

    room: Room
    library: Library
    board: Board
    shown: set[str]

    async def ask(self, command: commands.Command) -> answers.Answer:
        """Ask as the screen does."""
        return await self.library.desks()[type(command)](command)

    async def items(self, text: str = "", subject: str = "") -> list[Item]:
        """Search."""
        found = await self.ask(SearchLibrary(text, subject))
        assert isinstance(found, Found)
        return list(found.items)

    async def refused(self, command: commands.Command) -> str:
        """Ask what is refused; return why."""
        with pytest.raises(Unable) as caught:
            await self.ask(command)
        return caught.value.key

    async def told(self) -> notices.Library:
        """Return the newest notice."""
        with self.board.read() as reader:
            (notice,) = [each for each in await reader.take(1.0) if isinstance(each, notices.Library)]
        return notice


@asynccontextmanager
async def screen(made: Room) -> AsyncIterator[Screen]:
    """Run library and fetcher of a room."""
    board, shown = Board(), set[str]()
    timetable = Timetable(made.journal)
    library = Library(made.store, made.journal, timetable, board, made.fetcher, shown.__contains__)
    async with made.fetching(), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(library.run())
        try:
            yield Screen(made, library, board, shown)
        finally:
            running.cancel()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recording]:
    """A hub's folder, and what is in it."""
    state = tmp_path_factory.mktemp("hub")
    return state, asyncio.run(recorded(state, long_lesson(2)))


@pytest.fixture
async def teacher(hub: tuple[Path, Recording], tmp_path: Path) -> AsyncIterator[Screen]:
    """A teacher's screen below the hub."""
    async with (
        serving(archive_app(hub[0])) as port,
        room(tmp_path / "room", f"http://127.0.0.1:{port}") as made,
        screen(made) as opened,
    ):
        await until_items(opened, bool)
        yield opened


def kept(made: Room, ident: str, **changes: object) -> Recording:
    """Put a recording on the disk of a room."""
    recording = Recording(
        id=ident,
        stream=ident[:-17],
        started=f"{ident[-16:-12]}-{ident[-12:-10]}-{ident[-10:-8]}T08:15:00Z",
        media_type="video/mp4",
        state="done",
        seconds=2700.0,
        whole=True,
    )
    recording = replace(recording, **changes)
    made.store.place.prepare()
    recording.path(made.store.place.folder).write_bytes(b"film")
    save(Disk(), made.store.place.folder, recording)
    return recording


async def test_what_is_only_at_the_hub_is_fetched_and_is_here_then(
    hub: tuple[Path, Recording], teacher: Screen
) -> None:
    (item,) = await teacher.items("lesson")
    assert (item.id, item.state, item.title) == (hub[1].id, "hub", "lesson")
    assert teacher.library.is_elsewhere(item.id)
    await teacher.ask(Fetch(item.id))
    await until(lambda: teacher.room.fetcher.arrived)
    await until(lambda: not teacher.library.is_elsewhere(item.id))
    (item,) = await teacher.items()
    assert (item.state, item.whole, item.better) == ("here", True, False)
    assert (await teacher.told()).here == 1
    assert await teacher.refused(Fetch(item.id)) == "is-here"


async def test_during_a_lesson_what_was_asked_for_comes_tonight_and_can_be_left(teacher: Screen) -> None:
    teacher.room.is_busy = True
    (item,) = await teacher.items()
    await teacher.ask(Fetch(item.id))
    await until(lambda: teacher.room.fetcher.waits == "lesson")
    before = await teacher.told()
    assert [each.state for each in await teacher.items()] == ["tonight"]
    await teacher.ask(Fetch(item.id, on=False))
    assert [each.state for each in await teacher.items()] == ["hub"]
    assert (await teacher.told()).version > before.version


async def test_a_recording_with_gaps_is_offered_whole_from_the_hub_and_both_go_together(
    hub: tuple[Path, Recording], teacher: Screen
) -> None:
    own = replace(hub[1], whole=False, gaps=[Gap(3.0, 2.0)])
    teacher.room.store.place.prepare()
    own.path(teacher.room.store.place.folder).write_bytes(b"film")
    save(Disk(), teacher.room.store.place.folder, own)
    await until_items(teacher, lambda items: items and items[0].better)
    (item,) = await teacher.items()
    assert (item.id, item.state, item.whole) == (own.id, "here", False)
    await teacher.ask(Fetch(item.id))
    await until_items(teacher, lambda items: items and items[0].id == f"{own.id}-2")
    assert [(each.whole, each.better) for each in await teacher.items()] == [(True, False)]
    await teacher.ask(Delete(f"{own.id}-2"))
    assert teacher.room.files == {}
    assert [each.state for each in await teacher.items()] == ["hub"]


async def test_a_recording_that_heals_is_shown_coming_and_how_far_it_is(
    hub: tuple[Path, Recording], teacher: Screen
) -> None:
    own = replace(hub[1], whole=False, gaps=[Gap(3.0, 2.0)])
    teacher.room.store.place.prepare()
    own.path(teacher.room.store.place.folder).write_bytes(b"film")
    save(Disk(), teacher.room.store.place.folder, own)
    await until_items(teacher, lambda items: items and items[0].better)
    teacher.library.show_healing(lambda: (hub[1].id, 0.25))
    (item,) = await teacher.items()
    assert (item.id, item.state, item.share) == (own.id, "coming", 0.25)


async def until_items(teacher: Screen, look: Callable[[list[Item]], object]) -> None:
    """Search until what is found is so."""
    async with asyncio.timeout(40):
        for _ in iter(int, 1):
            if look(await teacher.items()):
                return
            await asyncio.sleep(0.02)


async def test_what_is_shown_or_grows_is_not_deleted(teacher: Screen) -> None:
    shown = kept(teacher.room, "algebra-20261125T081500Z")
    growing = kept(teacher.room, "physics-20261125T081500Z", state="recording")
    teacher.shown.add(shown.id)
    await until_items(teacher, lambda items: len(items) == 3)
    assert await teacher.refused(Delete(shown.id)) == "in-use"
    assert await teacher.refused(Delete(growing.id)) == "in-use"
    teacher.shown.clear()
    await teacher.ask(Delete(shown.id))
    assert {item.title for item in await teacher.items()} == {"physics", "lesson"}


async def test_what_nobody_knows_and_what_is_elsewhere_is_refused(
    hub: tuple[Path, Recording], teacher: Screen
) -> None:
    for command in (Delete("../x"), Fetch("nothing"), ReadChapters("nothing")):
        assert await teacher.refused(command) == "not-found"
    assert await teacher.refused(Delete(hub[1].id)) == "not-here"
    shelves = Shelves(teacher.room.store, Timetable(teacher.room.journal), teacher.library.is_elsewhere)
    with pytest.raises(Unable, match="not-here"):
        shelves.find(hub[1].id)
    assert shelves.find("nothing") is None


async def test_a_recording_is_called_by_its_lesson_and_has_its_questions_as_chapters(teacher: Screen) -> None:
    journal = teacher.room.journal
    now = journal.ledger.now()
    stamp = f"{_utc(now - 600_000):%Y%m%dT%H%M%SZ}"
    lesson = f"7Б {_utc(now - 900_000).astimezone():%Y-%m-%d %H:%M}"
    plan = LessonPlanned("7Б", lesson[-5:], (lesson[-16:-6],), "Алгебра", topic="Теңдеулер")
    facts = [
        Entry("timetable", "", plan),
        Entry("log", "", LessonStarted(lesson, "algebra")),
        Entry("log", "", QuestionAsked(lesson, "algebra", "Неге?")),
    ]
    journal.ledger.append(facts).result()
    started = f"{_utc(now - 600_000):%Y-%m-%dT%H:%M:%SZ}"
    kept(teacher.room, f"algebra-{stamp}", started=started, gaps=[Gap(30.0, 2.0)], whole=False)
    await until_items(teacher, lambda items: any(item.subject for item in items))
    (item,) = await teacher.items("тендеу")
    assert (item.title, item.class_, item.whole) == ("Алгебра · Теңдеулер", "7Б", False)
    chapters = await teacher.ask(ReadChapters(item.id))
    assert isinstance(chapters, Chapters)
    assert [(each.kind, each.title) for each in chapters.chapters] == [
        ("start", ""),
        ("gap", ""),
        ("question", "Неге?"),
    ]


def _utc(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


async def test_what_the_hub_has_is_known_without_a_link_after_a_restart(
    hub: tuple[Path, Recording], teacher: Screen
) -> None:
    async with room(teacher.room.state, "http://127.0.0.1:9") as made, screen(made) as again:
        await until_items(again, bool)
        assert [item.state for item in await again.items()] == ["hub"]


class Shelf(Nothing):
    """A stock whose materials, wishes and files are set by the test."""

    def __init__(self, folder: Path, *materials: Material) -> None:
        self.version = 1
        self.folder = folder
        self.given = list(materials)
        self.wished: dict[str, Wish] = {}
        self.orders: list[tuple[str, str, bool]] = []

    def materials(self) -> list[Material]:
        return self.given

    def wishes(self) -> dict[str, Wish]:
        return self.wished

    def path_of(self, ident: str) -> Path | None:
        path = self.folder / f"{ident}.blob"
        return path if path.is_file() else None

    async def want(self, ident: str) -> None:
        self.orders.append(("want", ident, True))

    async def leave(self, ident: str) -> None:
        self.orders.append(("leave", ident, True))

    async def pin(self, ident: str, on: bool) -> None:
        self.orders.append(("pin", ident, on))

    async def remove(self, ident: str) -> None:
        self.orders.append(("remove", ident, True))


PAPER = Material("a" * 64, "a.pdf", "application/pdf", 9, "Есептер", "Физика", "9", published=2, here=True)
FILM = Material("b" * 64, "b.mp4", "video/mp4", 9, "Ньютон заңы", "Физика", published=1)
BOOK = Material("c" * 64, "c.epub", "application/epub+zip", 9, "Абай жолы", published=3, here=True)


async def test_what_was_published_stands_with_the_recordings_and_is_narrowed_by_what_it_is(
    teacher: Screen, tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path, PAPER, FILM, BOOK)
    teacher.library.offer(shelf, Pins(tmp_path))
    await until_items(teacher, lambda items: len(items) == 4)
    found = await teacher.ask(SearchLibrary("ньютон зан"))
    assert isinstance(found, Found)
    assert [(each.title, each.kind, each.state) for each in found.items] == [("Ньютон заңы", "video", "hub")]
    assert found.kinds == ("recording", "video", "document", "book")
    found = await teacher.ask(SearchLibrary(kind="document", grade="9", subject="Физика"))
    assert isinstance(found, Found)
    assert [each.id for each in found.items] == [PAPER.id]
    shelf.wished[FILM.id] = Wish("coming", 0.25)
    await until_items(teacher, lambda items: any(each.share == 0.25 for each in items))
    told = await comes(teacher)
    assert (told.coming, told.share) == (FILM.id, 0.25)


async def comes(teacher: Screen) -> notices.Library:
    """Wait until the screen is told that something comes."""
    async with asyncio.timeout(40):
        with teacher.board.read() as reader:
            while True:
                for notice in await reader.take(1.0):
                    if isinstance(notice, notices.Library) and notice.coming:
                        return notice


async def test_orders_about_a_material_go_to_its_stock_and_pins_of_a_recording_are_kept(
    teacher: Screen, tmp_path: Path
) -> None:
    shelf, pins = Shelf(tmp_path, PAPER, FILM), Pins(tmp_path)
    teacher.library.offer(shelf, pins)
    own = kept(teacher.room, "algebra-20261125T081500Z")
    await until_items(teacher, lambda items: len(items) == 4)
    for order in (Fetch(FILM.id), Fetch(FILM.id, on=False), Pin(PAPER.id), Pin(PAPER.id, on=False)):
        await teacher.ask(order)
    await teacher.ask(Delete(PAPER.id))
    assert [(what, on) for what, _, on in shelf.orders] == [
        ("want", True),
        ("leave", True),
        ("pin", True),
        ("pin", False),
        ("remove", True),
    ]
    assert await teacher.refused(Pin(FILM.id)) == "not-here"
    assert await teacher.refused(Fetch(PAPER.id)) == "is-here"
    await teacher.ask(Pin(own.id))
    assert own.id in pins
    assert [each.id for each in await teacher.items() if each.pinned] == [own.id]
    teacher.shown.add(PAPER.id)
    assert await teacher.refused(Delete(PAPER.id)) == "in-use"


async def test_the_projector_is_given_what_it_can_show_and_how(teacher: Screen, tmp_path: Path) -> None:
    odd = Material("d" * 64, "d.webm", "video/webm", 9, here=True)
    shelf = Shelf(tmp_path, PAPER, FILM, BOOK, odd)
    teacher.library.offer(shelf, Pins(tmp_path))
    await until_items(teacher, lambda items: len(items) == 5)
    pages = b"%PDF-1.4 <</Type /Pages/Kids[]>> <</Type/Page /Parent 2 0 R>> <</Type /Page>>"
    (tmp_path / f"{PAPER.id}.blob").write_bytes(pages)
    (tmp_path / f"{BOOK.id}.blob").write_bytes(b"PK")
    (tmp_path / f"{odd.id}.blob").write_bytes(b"no video at all")
    library = teacher.library
    shelves = Shelves(
        teacher.room.store, Timetable(teacher.room.journal), library.is_elsewhere, library.playable
    )
    paper, film = shelves.find(PAPER.id), shelves.find(odd.id)
    assert paper is not None
    assert (paper.pages, paper.address) == (2, f"/content/{PAPER.id}")
    assert film is not None
    assert film.seconds > 3600
    for item, why in ((FILM.id, "not-here"), (BOOK.id, "not-shown")):
        with pytest.raises(Unable, match=why):
            shelves.find(item)
    (tmp_path / f"{PAPER.id}.blob").write_bytes(b"%PDF-1.7 compressed")
    paper = shelves.find(PAPER.id)
    assert paper is not None
    assert paper.pages == UNKNOWN
