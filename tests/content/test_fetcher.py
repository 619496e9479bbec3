"""Recordings come from the hub to the last byte, through cuts, and never beside a lesson."""

import asyncio
from collections.abc import AsyncIterator
from os import utime
from pathlib import Path
from shutil import copytree
from time import monotonic

import pytest
from msgspec.structs import replace

from edge.content.draft import BLOCK
from edge.content.fetcher import Fetcher
from edge.held import HeldLessons
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from edge.media.record.recording import Recording, save
from edge.media.record.verify import verify
from tests.content.hubs import (
    Room,
    Wire,
    archive_app,
    enrolled,
    long_lesson,
    recorded,
    room,
    serving,
    until,
)

HEADS = 20_000  # bytes of HTTP and of lists


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recording]:
    """A hub's folder, and what is in it."""
    state = tmp_path_factory.mktemp("hub")
    return state, asyncio.run(recorded(state, long_lesson()))


@pytest.fixture
async def wire(hub: tuple[Path, Recording]) -> AsyncIterator[Wire]:
    async with serving(archive_app(hub[0])) as port, Wire(port).up() as made:
        yield made


@pytest.fixture
async def class_(tmp_path: Path, wire: Wire) -> AsyncIterator[Room]:
    async with room(tmp_path / "room", f"http://127.0.0.1:{wire.port}") as made:
        yield made


def media_of(state: Path, recording: Recording) -> bytes:
    """Return a recording's bytes."""
    return recording.path(state / "recordings").read_bytes()


async def test_a_recording_comes_whole_with_its_index_and_says_whose_copy_it_is(
    hub: tuple[Path, Recording], class_: Room
) -> None:
    state, wanted = hub
    async with class_.fetching(wanted.id) as fetcher:
        await until(lambda: fetcher.arrived)
    (here,) = class_.store.list()
    assert (here.id, here.copy_of, here.whole) == (wanted.id, wanted.id, True)
    assert media_of(class_.state, here) == media_of(state, wanted)
    assert verify(here.path(class_.state / "recordings"), decode=False).whole
    assert (class_.drafts, fetcher.wanted.all(), fetcher.waits) == ([], [], "")


async def test_through_cuts_of_the_link_no_byte_comes_twice(
    hub: tuple[Path, Recording], class_: Room, wire: Wire
) -> None:
    _, wanted = hub
    wire.cut_after = [300_000, BLOCK + 7, 100, 1_500_000]
    async with class_.fetching(wanted.id) as fetcher:
        await until(lambda: urged(fetcher))
    index = (class_.state / "recordings" / f"{wanted.id}.idx").stat().st_size
    lost = wire.down - wanted.bytes - index - HEADS
    assert lost < 4 * BLOCK // 2, "only what was on its way when the link was cut"
    assert media_of(class_.state, class_.store.list()[0]) == media_of(hub[0], wanted)


async def test_it_stops_for_a_lesson_at_once_and_goes_on_by_itself(
    hub: tuple[Path, Recording], class_: Room, wire: Wire
) -> None:
    _, wanted = hub
    wire.most = 500_000
    async with class_.fetching(wanted.id) as fetcher:
        await until(lambda: fetcher.share > 0.1)
        class_.is_busy = True
        await until(lambda: fetcher.waits == "lesson")
        down = wire.down
        assert (fetcher.current, class_.store.list()) == ("", [])
        class_.is_busy, wire.most = False, None
        await until(lambda: urged(fetcher))
    assert down < BLOCK
    assert wire.down < wanted.bytes + BLOCK


async def test_it_comes_no_faster_than_it_may(
    hub: tuple[Path, Recording], tmp_path: Path, wire: Wire
) -> None:
    url = f"http://127.0.0.1:{wire.port}"
    began = monotonic()  # before it begins: it may make up for a pause of its machine
    async with room(tmp_path / "slow", url, 400_000) as slow, slow.fetching(hub[1].id) as fetcher:
        await until(lambda: fetcher.share > 0.12)
        took = monotonic() - began
    assert took > 0.12 * hub[1].bytes / 400_000 - 0.5, "a burst apart"


async def test_during_a_lesson_the_hub_is_not_even_asked_for_its_list(class_: Room, wire: Wire) -> None:
    class_.is_busy = True
    async with class_.fetching("lesson-20261126T081500Z") as fetcher:
        await until(lambda: fetcher.waits == "lesson")
        fetcher.look(0.0)
    assert wire.down == 0


async def test_it_comes_over_the_door_of_nodes_with_its_certificate_and_nobody_else_gets_it(
    hub: tuple[Path, Recording], tmp_path: Path
) -> None:
    state, wanted = hub
    async with enrolled(state, tmp_path) as (class_, stranger):
        async with class_.fetching(wanted.id) as fetcher:
            await until(lambda: fetcher.arrived)
        async with stranger.fetching(wanted.id) as other:
            await until(lambda: other.waits == "link")
    assert media_of(class_.state, class_.store.list()[0]) == media_of(state, wanted)
    assert stranger.store.list() == []


async def test_what_is_left_at_the_hub_after_all_leaves_nothing_here(
    hub: tuple[Path, Recording], class_: Room, wire: Wire
) -> None:
    _, wanted = hub
    wire.most = 2_000_000
    async with class_.fetching(wanted.id) as fetcher:
        await until(lambda: fetcher.share > 0.3)
        await fetcher.leave(wanted.id)
        await until(lambda: fetcher.current == "" and not class_.drafts)
    assert class_.files == {}


async def test_a_disk_that_is_nearly_full_is_left_alone(
    hub: tuple[Path, Recording], class_: Room, wire: Wire
) -> None:
    _, wanted = hub
    class_.store.place = Place(class_.store.place.folder, Disk(), reserve=1 << 60)
    async with class_.fetching(wanted.id) as fetcher:
        await until(lambda: fetcher.waits == "disk")
    assert wire.down < HEADS


async def test_a_recording_with_a_name_that_is_taken_here_gets_a_name_of_its_own(
    hub: tuple[Path, Recording], class_: Room
) -> None:
    _, wanted = hub
    own = replace(wanted, copy_of="", whole=False, seconds=3.0)
    class_.store.place.prepare()
    save(Disk(), class_.store.place.folder, own)
    own.path(class_.store.place.folder).write_bytes(b"three seconds")
    async with class_.fetching(wanted.id) as fetcher:
        await until(lambda: fetcher.arrived)
    found = {each.id: each.copy_of for each in class_.store.list()}
    assert found == {wanted.id: "", f"{wanted.id}-2": wanted.id}
    assert own.path(class_.store.place.folder).read_bytes() == b"three seconds"
    assert verify(class_.store.place.folder / f"{wanted.id}-2.mp4", decode=False).whole


async def test_what_was_wanted_is_wanted_after_a_restart_and_what_is_here_is_not_fetched_again(
    hub: tuple[Path, Recording], class_: Room, wire: Wire
) -> None:
    _, wanted = hub
    class_.is_busy = True
    async with class_.fetching(wanted.id) as fetcher:
        await until(lambda: fetcher.waits == "lesson")
    async with room(class_.state, f"http://127.0.0.1:{wire.port}") as again:
        async with again.fetching() as fetcher:
            await until(lambda: fetcher.arrived)
        down = wire.down
        async with again.fetching(wanted.id) as fetcher:
            await until(lambda: fetcher.arrived == 2)
    assert wire.down - down < HEADS
    assert len(again.store.list()) == 1


def urged(fetcher: Fetcher) -> int:
    """Let the fetcher try again without a pause; tell how many recordings came."""
    fetcher.woken.set()
    return fetcher.arrived


async def test_a_file_that_became_another_at_the_hub_is_begun_anew(
    hub: tuple[Path, Recording], tmp_path: Path
) -> None:
    state, wanted = tmp_path / "hub", hub[1]
    copytree(hub[0], state)
    async with (
        serving(archive_app(state)) as port,
        Wire(port).up() as wire,
        room(tmp_path / "room", f"http://127.0.0.1:{wire.port}") as made,
    ):
        wire.most = BLOCK + 300_000
        async with made.fetching(wanted.id) as fetcher:
            await until(lambda: fetcher.share > 0.2)
            utime(wanted.path(state / "recordings"), (1, 1))
            wire.most = None
            wire.cut()
            await until(lambda: urged(fetcher))
    assert wire.down > wanted.bytes + BLOCK, "what came before is of no use"
    assert verify(made.store.list()[0].path(made.store.place.folder), decode=False).whole


async def test_a_lesson_that_was_only_fetched_is_not_noted_as_held_here(
    hub: tuple[Path, Recording], class_: Room
) -> None:
    async with class_.fetching(hub[1].id) as fetcher:
        await until(lambda: fetcher.arrived)
    own = replace(hub[1], id="own-20261126T081500Z", stream="own")
    save(Disk(), class_.store.place.folder, own)
    async with asyncio.TaskGroup() as tasks:
        noting = tasks.create_task(HeldLessons(class_.store, class_.journal).run())
        await until(lambda: held(class_))
        noting.cancel()
    (fact,) = held(class_)
    assert own.id in fact


def held(class_: Room) -> list[str]:
    """Return the lessons that a room noted as held there."""
    query = "SELECT body FROM event WHERE kind = 'lesson-held'"
    return [body for (body,) in class_.journal.ledger.read(lambda db: db.execute(query).fetchall())]


async def test_where_bytes_are_paid_for_the_list_comes_and_nothing_else(
    hub: tuple[Path, Recording], class_: Room
) -> None:
    class_.is_busy, class_.purse.why = True, "metered"
    async with class_.fetching(hub[1].id) as fetcher:
        await until(lambda: fetcher.waits == "metered" and fetcher.catalogue.get(hub[1].id))
    assert fetcher.arrived == 0
