"""How a test looks at the screen: what a person reads, and waiting for it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path

from textual.pilot import Pilot

from tests.tui.fake_daemon import DATE
from tui.app import TirekApp
from tui.skin import Skin

PATIENCE = 30.0  # seconds: a fifth of it is enough on an idle machine
LOOK = 0.01  # seconds between looks


class Reading:
    """The time of somebody who reads: it passes when a test has seen something."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def a_screen(
    socket: Path, language: str | None = None, kiosk: bool = True, skin: Skin | None = None
) -> TirekApp:
    """Return a screen whose clock stands at ten past ten."""
    now = datetime.fromisoformat(f"{DATE}T10:10:00")
    return TirekApp(socket, kiosk, language, skin, lambda: now, Reading())


def shown(app: TirekApp, width: int = 80, height: int = 24) -> AbstractAsyncContextManager[Pilot[int]]:
    """Run the screen in a terminal of this size."""
    return app.run_test(size=(width, height), notifications=True)


def app_of(pilot: Pilot[int]) -> TirekApp:
    """Return the screen that a pilot flies."""
    assert isinstance(pilot.app, TirekApp)
    return pilot.app


def screen_text(app: TirekApp) -> list[str]:
    """Return the lines that a person reads."""
    screen = app.screen
    filters = app.get_line_filters()
    lines = []
    for strip in screen._compositor.render_strips():
        segments = list(strip)
        for each in filters:
            segments = each.apply(segments, screen.background_colors[1])
        lines.append("".join(segment.text for segment in segments).rstrip())
    return lines


def at(app: TirekApp) -> str:
    """Return the name of the page in front."""
    return str(getattr(app.screen, "place", ""))


def colours(app: TirekApp) -> set[tuple[str, str]]:
    """Return the colours, ink and ground, of whatever is written on the screen."""
    pairs = set()
    for strip in app.screen._compositor.render_strips():
        for text, style, _ in strip:
            if text.strip() and style is not None and style.color and style.bgcolor:
                ink, ground = style.color.get_truecolor(), style.bgcolor.get_truecolor()
                pairs.add((ground.hex, ink.hex) if style.reverse else (ink.hex, ground.hex))
    return pairs


def reads(app: TirekApp, *texts: str) -> bool:
    """Tell whether all of these stand on the screen, wrapped or not."""
    seen = " ".join(" ".join(screen_text(app)).split())
    return all(" ".join(text.split()) in seen for text in texts)


async def until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    """Wait until something is true, and fail with the screen when it does not become so."""
    app = app_of(pilot)
    try:
        async with asyncio.timeout(PATIENCE):
            while not true():  # noqa: ASYNC110 - a picture tells nobody that it is there
                await asyncio.sleep(LOOK)
    except TimeoutError:
        raise AssertionError("\n".join(screen_text(app))) from None


async def sees(pilot: Pilot[int], *texts: str) -> None:
    """Wait until all of these are read."""
    app = app_of(pilot)
    await until(pilot, lambda: reads(app, *texts))
    assert isinstance(app.clock, Reading)
    app.clock.now += 1.0
