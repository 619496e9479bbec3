"""Exports over HTTP stay within their bounds, whoever hangs up."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from edge.access import Door
from edge.exports import MOST_AT_ONCE, Exports, selection
from edge.gate import make_app
from edge.tokens import fresh
from sync.errors import BadCursor
from sync.export.files import OrderWrong
from sync.export.rows import Selection
from tests.fakes import SlowJournal
from tests.flows.crew import until, until_told

Client = TestClient[web.Request, web.Application]

SECRET, TOKEN = fresh("scripts", ["export"])
PATH = "/export/log?format=jsonl"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SlowJournal]:
    opened = SlowJournal(tmp_path, "akzhar")
    yield opened
    opened.slow.gate.set()
    opened.close()


@pytest_asyncio.fixture
async def door(journal: SlowJournal) -> AsyncIterator[Client]:
    app = make_app(Exports(journal, Door((TOKEN,), room=True, allow_anyone=True)).routes())
    async with TestClient(TestServer(app, handler_cancellation=True), headers=_bearer(SECRET)) as client:
        yield client


async def test_more_exports_than_there_are_cores_to_spare_are_told_to_come_back(
    journal: SlowJournal, door: Client
) -> None:
    asked = [asyncio.ensure_future(_asked(door)) for _ in range(MOST_AT_ONCE)]
    await until(lambda: journal.slow.began == MOST_AT_ONCE)
    async with door.get(PATH) as refused:
        body = await refused.json(content_type=None)
    journal.slow.gate.set()
    done = await asyncio.gather(*asked)

    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert body["title"] == "other exports are being made; try again"
    assert done == [200] * MOST_AT_ONCE
    assert await _asked(door) == 200


async def test_who_hangs_up_gives_no_place_to_the_next_before_the_work_has_ended(
    journal: SlowJournal, door: Client
) -> None:
    asked = [asyncio.ensure_future(_asked(door)) for _ in range(MOST_AT_ONCE)]
    await until(lambda: journal.slow.began == MOST_AT_ONCE)
    for each in asked:
        each.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    meanwhile = await _asked(door)
    journal.slow.gate.set()

    async def welcome() -> bool:
        return await _asked(door) == 200

    assert meanwhile == 503
    assert await until_told(welcome)


async def test_who_is_refused_leaves_nothing_in_the_journals_folder(
    journal: SlowJournal, door: Client
) -> None:
    journal.slow.gate.set()
    before = sorted(path.name for path in journal.folder.iterdir())
    async with door.get("/export/log?after=99") as refused:
        assert refused.status == 400
    async with door.get("/export/log", headers=_bearer("guessed")) as refused:
        assert refused.status == 401
    assert sorted(path.name for path in journal.folder.iterdir()) == before


def test_days_are_compared_in_one_form_however_they_are_written() -> None:
    chosen = selection("7", "akzhar", "20261126", "2026-W48-5", newest=9)
    assert chosen == Selection(7, "akzhar", "2026-11-26", "2026-11-27")
    assert selection("", "", "", "", newest=9) == Selection()


@pytest.mark.parametrize("day", ["2026-02-30", "26.11.2026", "x" * 100])
def test_what_is_no_day_is_refused_with_its_value(day: str) -> None:
    with pytest.raises(OrderWrong, match=f"'{day[:40]}' is no day such as 2026-11-26"):
        selection("", "", "", day, newest=9)


@pytest.mark.parametrize("cursor", ["-1", "1.5", "٣", "9" * 19, " 1"])
def test_what_is_no_cursor_is_refused_with_its_value_and_the_valid_range(cursor: str) -> None:
    with pytest.raises(BadCursor, match=f"no cursor '{cursor}': this journal has 0 to 9"):
        selection(cursor, "", "", "", newest=9)


async def _asked(door: Client) -> int:
    async with door.get(PATH) as response:
        await response.read()
    return response.status


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
