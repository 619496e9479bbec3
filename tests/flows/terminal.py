"""A real terminal of 80 × 24 with a program in it: tmux, keys typed, the screen read."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.flows.crew import ROOT, until_told

PATIENCE = 40.0  # seconds for something to appear; a cold start reads Textual from the disk
REACTION = 15.0  # seconds until it is sure that a key was ignored: one that was only late would be two
needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Terminal:
    """One tmux server with one window."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._door = folder / "tmux"

    async def start(self, *command: str, columns: int = 80, rows: int = 24, lang: str = "C.UTF-8") -> None:
        """Run a program in it."""
        environment = {"LANG": lang, "LC_ALL": lang, "PYTHONPATH": str(ROOT)}
        size = ("-x", str(columns), "-y", str(rows))
        settings = [word for key, value in environment.items() for word in ("-e", f"{key}={value}")]
        await self._tmux("-f", "/dev/null", "new-session", "-d", *size, *settings, *command)
        await self._tmux("set-option", "-g", "remain-on-exit", "on")

    async def screen(self) -> str:
        """Return what a person reads."""
        return await self._tmux("capture-pane", "-p")

    async def keys(self, *names: str) -> None:
        """Press keys, by tmux's names: Enter, Space, Down, F2, PageUp, …"""
        await self._tmux("send-keys", *names)

    async def types(self, text: str) -> None:
        """Type a text, as a keyboard of any layout does."""
        await self._tmux("send-keys", "-l", text)

    async def click(self, column: int, row: int) -> None:
        """Press and let go the left button, as a terminal tells it (SGR, columns and rows from 0)."""
        for end in "Mm":
            await self.types(f"\x1b[<0;{column + 1};{row + 1}{end}")

    async def shows(self, *texts: str, seconds: float = PATIENCE) -> str:
        """Wait until all these texts are on the screen, and return it."""
        seen = [""]

        async def look() -> bool:
            seen[0] = await self.screen()
            return all(text in seen[0] for text in texts)

        try:
            await until_told(look, seconds)
        except AssertionError:
            raise AssertionError(f"not {texts} on the screen after {seconds} s:\n{seen[0]}") from None
        return seen[0]

    async def press_until(self, key: str, gone: str) -> str:
        """Press a key, and again if nothing has come of it: the screen ignores one that bounces."""
        await self.keys(key)
        try:
            return await self.loses(gone, REACTION)
        except AssertionError:
            await self.keys(key)
            return await self.loses(gone)

    async def loses(self, text: str, seconds: float = PATIENCE) -> str:
        """Wait until a text is gone from the screen, and return it."""

        async def look() -> str:
            seen = await self.screen()
            return "" if text in seen else seen

        return await until_told(look, seconds, f"{text!r} is still on the screen")

    async def resize(self, columns: int, rows: int) -> None:
        """Make the window smaller or larger."""
        await self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    async def ended(self) -> bool:
        """Tell whether the program is gone."""
        return (await self._tmux("display-message", "-p", "#{pane_dead}")).strip() == "1"

    async def close(self) -> None:
        """End the program and its terminal."""
        await self._tmux("kill-server", must=False)

    async def _tmux(self, *words: str, must: bool = True) -> str:
        child = await asyncio.create_subprocess_exec(
            *("tmux", "-S", str(self._door), "-u", *words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"},
        )
        out, err = await child.communicate()
        assert child.returncode == 0 or not must, err.decode()
        return out.decode()


@asynccontextmanager
async def screen_of(
    socket: Path, folder: Path, *flags: str, lang: str = "C.UTF-8"
) -> AsyncIterator[Terminal]:
    """A teacher's screen in a terminal."""
    terminal = Terminal(folder)
    command = (sys.executable, "-m", "edge", "tui", "--socket", str(socket), *flags)
    await terminal.start(*command, lang=lang)
    try:
        yield terminal
    finally:
        await terminal.close()
