"""Camera and microphone, checked: what the page of this computer finds is what the screen is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from edge.api import Unable
from edge.board import Board
from edge.classroom.check import MAX_REPORT, Check
from edge.classroom.checkup import LONGEST, STALE, Checkup, Found
from edge.contract.commands import CheckMedia
from edge.contract.notices import MediaCheck
from edge.gate import make_app
from tests.flows.crew import until, until_told

GOOD = Found("good", "good", 0.5, 1280, 720)


# The core.


def test_what_the_page_finds_is_what_the_screen_shows() -> None:
    checkup = Checkup()
    checkup.begin(0)
    checkup.report(GOOD, 1)
    assert checkup.standing(1) == MediaCheck(True, "good", 0.5, "good", "1280×720")


def test_a_teacher_who_stops_talking_has_a_good_microphone_still() -> None:
    checkup = Checkup()
    checkup.begin(0)
    checkup.report(Found("silent", "good"), 0)
    before = checkup.standing(0).microphone
    for microphone in ("good", "silent", "silent"):
        checkup.report(Found(microphone, "good"), 1)
    assert (before, checkup.standing(1).microphone) == ("silent", "good")


def test_a_microphone_that_is_pulled_out_is_missing_at_once() -> None:
    checkup = Checkup()
    checkup.begin(0)
    checkup.report(GOOD, 0)
    checkup.report(Found("missing", "good"), 1)
    assert checkup.standing(1).microphone == "missing"


def test_a_page_that_reports_no_more_is_gone() -> None:
    checkup = Checkup()
    checkup.begin(0)
    checkup.report(GOOD, 0)
    assert [checkup.standing(STALE + later).page for later in (0, 0.1)] == [True, False]


def test_a_check_that_begins_anew_knows_nothing_of_the_one_before() -> None:
    checkup = Checkup()
    checkup.begin(0)
    checkup.report(GOOD, 0)
    checkup.begin(1)
    assert checkup.standing(1) == MediaCheck()


# The shell, with the page's requests.


class Room:
    """A classroom's computer: a board, what the projector was told, and a clock that the test turns."""

    def __init__(self) -> None:
        self.board, self.modes = Board(), list[bool]()
        self.now = 1000.0
        self.check = Check(self.board, self.modes.append, lambda: (True, True), lambda: self.now)

    async def orders(self, on: bool) -> None:
        """Press the button of the check."""
        await self.check.desks()[CheckMedia](CheckMedia(on))

    async def told(self) -> MediaCheck:
        """Return what a screen that attaches now is told."""
        with self.board.read() as reader:
            notice = (await reader.take(0.1))[0]
        assert isinstance(notice, MediaCheck)
        return notice

    async def is_page_gone(self) -> bool:
        """Tell whether the screen knows of no page."""
        return not (await self.told()).page

    @asynccontextmanager
    async def served(self) -> AsyncIterator[ClientSession]:
        """Open the door and keep the check running."""
        async with (
            TestServer(make_app(self.check.routes())) as server,
            ClientSession(str(server.make_url("/"))) as http,
            asyncio.TaskGroup() as tasks,
        ):
            running = tasks.create_task(self.check.run())
            yield http
            running.cancel()


async def reported(http: ClientSession, body: str, **headers: str) -> tuple[int, object]:
    async with http.post("/api/check", data=body, headers=headers) as response:
        answer = await response.json()
        return response.status, answer.get("on", answer.get("key"))


async def test_the_projector_is_sent_to_the_check_and_back() -> None:
    room = Room()
    async with room.served() as http:
        await room.orders(True)
        assert await reported(http, '{"microphone": "good", "camera": "denied", "level": 0.52}') == (
            200,
            True,
        )
        assert await room.told() == MediaCheck(True, "good", 0.5, "denied")
        await room.orders(False)
        assert await reported(http, "{}") == (200, False)
    assert room.modes == [True, False]
    assert await room.told() == MediaCheck()


async def test_a_forgotten_check_ends_by_itself() -> None:
    room = Room()
    async with room.served():
        await room.orders(True)
        room.now += LONGEST
        await until(lambda: room.modes == [True, False])
        await room.orders(True)
        assert room.modes == [True, False, True]
    assert room.modes == [True, False, True, False]  # the part was stopped: the projector has its page


async def test_a_page_that_is_closed_in_a_check_is_noticed() -> None:
    room = Room()
    async with room.served() as http:
        await room.orders(True)
        await reported(http, '{"microphone": "good"}')
        room.now += STALE + 1
        await until_told(room.is_page_gone)
    assert room.modes == [True, False]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("[]", 400),
        ('{"microphone": "loud"}', 400),
        ('{"level": 7}', 400),
        ('{"level": NaN}', 400),
        ('{"width": -1}', 400),
        ('{"who": "me"}', 400),
        ("[" * 500, 400),
        (" " * (MAX_REPORT + 1), 413),
    ],
)
async def test_what_is_no_report_is_refused_and_changes_nothing(body: str, status: int) -> None:
    room = Room()
    async with room.served() as http:
        await room.orders(True)
        assert (await reported(http, body))[0] == status
        assert await room.told() == MediaCheck()


@pytest.mark.parametrize(
    "headers",
    [{"Host": "tirek.local"}, {"Origin": "http://elsewhere.example"}, {"X-Forwarded-For": "192.0.2.1"}],
)
async def test_only_a_page_of_this_computer_is_believed(headers: dict[str, str]) -> None:
    room = Room()
    async with room.served() as http:
        await room.orders(True)
        assert await reported(http, '{"microphone": "good"}', **headers) == (401, "token-missing")
        assert await room.told() == MediaCheck()


async def test_a_projector_that_cannot_be_had_leaves_no_check_behind() -> None:
    def refuse(on: bool) -> None:
        raise Unable("lesson-runs")

    board = Board()
    check = Check(board, refuse, lambda: (True, True))
    with pytest.raises(Unable, match="lesson-runs"):
        await check.desks()[CheckMedia](CheckMedia(True))
    with board.read() as reader:
        assert await reader.take(0.01) == []


async def test_the_page_is_told_what_is_switched_off_and_no_page_elsewhere_is() -> None:
    check = Check(Board(), lambda on: None, lambda: (False, True))
    assert check.part(here=True) == {"switches": {"camera": False, "microphone": True}}
    assert check.part(here=False) == {"switches": None}


async def test_what_is_switched_off_is_said_on_the_screen() -> None:
    room = Room()
    async with room.served() as http:
        await room.orders(True)
        assert await reported(http, '{"microphone": "good", "camera": "off"}') == (200, True)
        found = await room.told()
    assert (found.microphone, found.camera) == ("good", "off")
