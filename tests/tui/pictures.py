"""`python -m tests.tui.pictures`: the pictures of docs/screen.md, taken at the demo's real classroom."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import ClientSession
from textual.pilot import Pilot

from tests.flows.crew import ROOT, until
from tests.tui.class_daemon import CHOICES, TEXT
from tests.tui.screens import reads
from tui.app import TirekApp

PICTURES = ROOT / "docs" / "pictures"
READY = 40.0  # seconds for two nodes, a lesson and a joined school
MEASURED = 45.0  # seconds of a cooling curve
FONT = "DejaVu Sans Mono"
OUTSIDE = re.compile(r"@font-face \{.*?\}", re.DOTALL)  # a picture loads nothing from elsewhere
WIDTH, HEIGHT = 996, 664


@asynccontextmanager
async def _demo(folder: Path) -> AsyncIterator[Path]:
    """Run the demo; yield the socket of its classroom."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "edge", "demo", "--state", str(folder)), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        socket = folder / "classroom" / "tirek.sock"
        await until(socket.is_socket, READY)
        yield socket
    finally:
        child.terminate()
        await child.wait()


async def _reads(pilot: Pilot[int], *texts: str) -> None:
    """Wait, longer than tests do, until these are on the screen."""
    app = pilot.app
    assert isinstance(app, TirekApp)
    deadline = asyncio.get_running_loop().time() + READY
    while not reads(app, *texts):
        assert asyncio.get_running_loop().time() < deadline, texts
        await pilot.pause(0.1)


def _take(app: TirekApp, name: str) -> None:
    """Write what the screen shows as a PNG."""
    svg = OUTSIDE.sub("", app.export_screenshot()).replace("Fira Code", FONT)
    with TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(f"<style>body{{margin:0}}svg{{width:{WIDTH}px;height:{HEIGHT}px}}</style>{svg}")
        subprocess.run(
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *(f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={PICTURES / name}", page.as_uri()),
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )


async def main() -> None:
    """Go through the pages."""
    with TemporaryDirectory() as folder:
        async with _demo(Path(folder)) as socket:
            app = TirekApp(socket, False, "kk")
            async with app.run_test(size=(80, 24), notifications=True) as pilot:
                await _walk(pilot, app)
                await _check(pilot, app, Path(folder))
                await _rest(pilot, app)


async def _walk(pilot: Pilot[int], app: TirekApp) -> None:
    await _reads(pilot, "Қазақша")
    for key in ("enter", "enter", "f5"):
        await pilot.press(key)
        await pilot.pause(1.0)
    await _reads(pilot, "Геометрия", "эфирде")
    _take(app, "screen-today.png")
    await pilot.press("f2")
    await _reads(pilot, "Тимур Ким")
    await pilot.press("down", "down", "space", "down", "space", "space", "enter")
    await _reads(pilot, "Сақталды")
    _take(app, "screen-roll.png")
    await pilot.press("escape")
    await pilot.press("enter")
    await _reads(pilot, "Тікелей эфир", "Жазылып")
    await pilot.press("f6")
    await pilot.pause(12.0)
    _take(app, "screen-lesson.png")


async def _check(pilot: Pilot[int], app: TirekApp, folder: Path) -> None:
    """Let the hub's teacher ask something, and count hands."""
    found = re.search(r'event="listening" address=\S+:(\d+)', (folder / "hub" / "log").read_text())
    assert found
    url = f"http://localhost:{found[1]}/api/streams/lesson/checks"
    async with ClientSession() as http, http.post(url, json={"text": TEXT, "choices": CHOICES}) as response:
        assert response.status == 201, await response.text()
    await _reads(pilot, TEXT)
    for key, times in (("right", 7), ("down", 1), ("right", 3), ("down", 2), ("right", 1), ("up", 1)):
        await pilot.press(*[key] * times)
    await _reads(pilot, "11")
    await pilot.pause(7.0)  # until what passed by itself has passed
    _take(app, "screen-check.png")
    await pilot.press("enter")
    await pilot.pause(1.0)


async def _rest(pilot: Pilot[int], app: TirekApp) -> None:
    app.go("library")
    await _reads(pilot, "Кітапхана", "жазылып")
    _take(app, "screen-library.png")
    app.go("health")
    await _reads(pilot, "Соңғы байланыс")
    _take(app, "screen-health.png")
    app.go("lab")
    await _reads(pilot, "°C")
    await pilot.press("enter")
    await pilot.pause(1.0)
    await pilot.press("enter")
    await pilot.pause(MEASURED)
    _take(app, "screen-lab.png")


if __name__ == "__main__":
    asyncio.run(main())
