"""A page that is left, or a screen that is closed, at any moment while the page opens."""

import asyncio

import pytest

from tests.tui.fake_daemon import FakeDaemon, a_day
from tests.tui.screens import a_screen, at, sees, shown, until
from tui.app import PLACES, TirekApp

TURNS = 32  # of the event loop: by then every page stands, and what it asked first is answered
FIRST = 4  # turns in which a page gets its widgets


async def open_for(app: TirekApp, place: str, turns: int) -> None:
    """Open a page, and let so many turns of the event loop pass."""
    app.go(place, *([a_day().due] if place == "roll" else []))
    for _ in range(turns):
        await asyncio.sleep(0)


@pytest.mark.parametrize("place", [place for place in PLACES if place not in ("today", "welcome")])
async def test_a_page_may_be_left_at_any_moment(daemon: FakeDaemon, place: str) -> None:
    app = a_screen(daemon.socket)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        for turns in range(TURNS):
            await open_for(app, place, turns)
            app.back()
            await until(pilot, lambda: at(app) == "today")
            await pilot.pause()
        await sees(pilot, "Алгебра")


@pytest.mark.parametrize("turns", range(FIRST))
async def test_a_screen_may_be_closed_while_a_page_opens(daemon: FakeDaemon, turns: int) -> None:
    app = a_screen(daemon.socket, kiosk=False)
    async with shown(app) as pilot:
        await sees(pilot, "Алгебра")
        await open_for(app, "lesson", turns)
        app.action_leave()
    assert app.return_code == 0
