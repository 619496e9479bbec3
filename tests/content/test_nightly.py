"""What a school missed is wanted by itself, and comes when school is out, after what somebody asked for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.content.fetcher import Fetcher
from edge.content.hub import HubDoor
from edge.content.nightly import Nightly
from edge.content.turn import Turn
from edge.content.wanted import MAX_WANTED, Want, Wanted
from edge.hubs import Hubs
from edge.media.record.recording import Recording
from tests.content.hubs import FAST, Room, Steady, Wire, archive_app, long_lesson, recorded, serving, until
from tests.content.test_missed import EVENING, entry, tied

MORNING = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def test_what_somebody_asked_for_comes_before_what_was_missed(tmp_path: Path) -> None:
    wanted = Wanted(tmp_path)
    wanted.add_missed(["missed", "asked too"])
    wanted.add("asked")
    assert wanted.next() == Want("asked")
    wanted.remove("asked")
    wanted.add("asked too")
    assert wanted.next(is_out=False) == Want("asked too")
    wanted.remove("asked too")
    assert wanted.next(is_out=False) is None
    assert wanted.next() == Want("missed", auto=True)


def test_what_was_missed_leaves_room_for_what_somebody_asks_for_and_is_not_begun_anew(tmp_path: Path) -> None:
    wanted = Wanted(tmp_path)
    wanted.add_missed(["damaged"])
    wanted.failed("damaged", "damaged")
    wanted.add_missed(["damaged", *(f"h{n}" for n in range(MAX_WANTED + 5))])
    assert len(wanted.all()) == MAX_WANTED
    assert wanted.all()[0] == Want("damaged", failed="damaged", auto=True)


class Night:
    """A classroom that fetches what it missed; the clock is a test's."""

    def __init__(self, room: Room, url: str) -> None:
        self.now = MORNING
        self.entries = [entry("h")]
        room_door = HubDoor(room.config, room.journal, Hubs("room", lambda: None))
        turn = Turn(lambda: self.nightly.is_out)
        self.fetcher = Fetcher(room.store, room_door, room.state, Steady(FAST, lambda: False), turn)
        self.nightly = Nightly(
            self.fetcher, lambda: self.entries, lambda: [tied(MORNING)], lambda: self.now, room.state
        )


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recording]:
    state = tmp_path_factory.mktemp("hub")
    return state, asyncio.run(recorded(state, long_lesson(1)))


@pytest.fixture
async def night(tmp_path: Path, hub: tuple[Path, Recording]) -> AsyncIterator[Night]:
    async with serving(archive_app(hub[0])) as port, Wire(port).up() as wire:
        url = f"http://127.0.0.1:{wire.port}"
        room = Room(tmp_path / "room", url)
        yield Night(room, url)
        room.journal.close()


async def test_a_missed_lesson_waits_until_school_is_out_and_then_comes(
    night: Night, hub: tuple[Path, Recording]
) -> None:
    night.entries = [entry(hub[1].id)]
    async with asyncio.TaskGroup() as tasks:
        parts = [tasks.create_task(night.fetcher.run()), tasks.create_task(night.nightly.run(look=0.01))]
        await until(lambda: night.fetcher.wanted.all() == [Want(hub[1].id, auto=True)])
        await until(lambda: night.fetcher.catalogue.recordings)
        assert (night.fetcher.arrived, night.nightly.is_out) == (0, False)
        night.now = EVENING
        await until(lambda: night.nightly.is_out)
        night.fetcher.woken.set()
        await until(lambda: night.fetcher.arrived)
        for part in parts:
            part.cancel()


async def test_what_somebody_declined_is_not_wanted_after_a_restart_either(
    night: Night, tmp_path: Path
) -> None:
    await night.nightly.decline(night.entries[0].item)
    again = Nightly(night.fetcher, lambda: night.entries, list, lambda: night.now, tmp_path / "room")
    async with asyncio.TaskGroup() as tasks:
        parts = [tasks.create_task(night.fetcher.run()), tasks.create_task(again.run(look=0.01))]
        await until(lambda: again.is_out)
        night.entries = [entry("h"), entry("other", 1)]
        await until(lambda: night.fetcher.wanted.all())
        for part in parts:
            part.cancel()
    assert [each.id for each in night.fetcher.wanted.all()] == ["other"]
