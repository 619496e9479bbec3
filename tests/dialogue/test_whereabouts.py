"""In which lesson a class is: what its own node says counts, then what it noted when it began one."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from edge.dialogue.backstage import SAID, Backstage, Devices, Ways
from edge.dialogue.sayings import MAX_AGE
from edge.dialogue.whereabouts import Whereabouts
from edge.media.dtls import Identity
from edge.media.ntp import NtpClock
from edge.media.session import Sessions
from edge.media.studio import Studio
from sync.records import LessonStarted
from tests.dialogue.test_desk import LESSON, Hub, node
from tests.dialogue.test_floors import TRACKS
from tests.flows.crew import until

ME, ROOM, OLD = node(9), node(1), node(2)


class Hall:
    """A hub with a class before it, one below it, and an older one."""

    def __init__(self) -> None:
        self.studio = Studio(8)
        ways = Ways(Sessions(Identity.create(), loopback=True), NtpClock())
        self.backstage = Backstage(ways, 8, lambda watcher: False)
        self.running = ("", "")
        self.places = Whereabouts(self.backstage, self.studio, ME, lambda: self.running)
        self.begun: dict[str, str] = {}
        self.places.begun = self._begun

    async def _begun(self) -> dict[str, str]:
        return self.begun

    def says(self, node: str, devices: Devices, ago: float = 0.0) -> None:
        """A class says how it is."""
        self.backstage.tell({node: devices}, asyncio.get_running_loop().time() - ago)


@pytest_asyncio.fixture
async def hall() -> AsyncIterator[Hall]:
    yield Hall()


async def test_a_class_is_in_the_lesson_that_it_says_it_is_in(hall: Hall) -> None:
    assert hall.places.lesson(ROOM) == ""
    hall.says(ROOM, Devices(lesson="chemistry"))
    assert hall.places.lesson(ROOM) == "chemistry"
    assert hall.places.is_elsewhere(ROOM, "physics")
    assert not hall.places.is_elsewhere(ROOM, "chemistry")
    assert hall.places.away("physics") == {ROOM}
    hall.says(ROOM, Devices(lesson=""))
    assert not hall.places.is_elsewhere(ROOM, "physics")


async def test_a_class_before_this_very_node_is_in_the_lesson_that_runs_here(hall: Hall) -> None:
    hall.running = ("", "chemistry")
    assert hall.places.away("physics") == {ME}
    hall.running = ("", "")
    assert hall.places.away("physics") == set()


async def test_what_a_class_said_long_ago_counts_no_more(hall: Hall) -> None:
    hall.says(ROOM, Devices(lesson="chemistry"), ago=SAID + 1)
    assert hall.places.lesson(ROOM) == ""


async def test_an_older_class_is_in_the_lesson_that_it_began_while_somebody_teaches_it(hall: Hall) -> None:
    hall.says(OLD, Devices(True, True, "good"))
    hall.begun = {OLD: "chemistry"}
    held = hall.studio.begin("chemistry", TRACKS)
    reading = asyncio.create_task(hall.places.run())
    await until(lambda: hall.places.is_elsewhere(OLD, "physics"))
    reading.cancel()
    hall.studio.leave(held, held.publication)
    assert hall.places.lesson(OLD) == ""  # nobody notes the end of a lesson
    hall.studio.begin("chemistry", TRACKS)
    assert hall.places.lesson(OLD) == "chemistry"
    hall.says(OLD, Devices(lesson=""))  # what it says itself goes before that
    assert not hall.places.is_elsewhere(OLD, "physics")


async def test_nobody_is_no_class(hall: Hall) -> None:
    assert not hall.places.is_elsewhere("", "physics")


@pytest.mark.parametrize(("later", "found"), [(0, {node(1): "other"}), (MAX_AGE + 60_000, {})])
async def test_the_journal_says_who_began_which_lesson_today(
    tmp_path: Path, later: int, found: dict[str, str]
) -> None:
    hub = Hub(tmp_path)
    hub.enrols(1)
    hub.hears(1, "log", LessonStarted(LESSON, "lesson"), LessonStarted(LESSON, "other"))
    if later:
        hub.journal.ledger.steer(hub.journal.ledger.now() + later, "wall").result()
    assert await hub.sayings.begun() == found
    hub.journal.close()
