"""A browser's process and its throw-away folder."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Self

import pytest

from tests.browsers.page import STEP

START = 90.0  # seconds: a cold browser on a busy machine
STOP = 40.0


def require(package: str) -> None:
    """Skip the test, naming the Debian package, where the browser is missing."""
    if shutil.which(package) is None:
        pytest.skip(f"needs the Debian package {package}: apt-get install {package}")


class Process:
    """A browser with a throw-away folder, in a process group of its own that is empty when we leave."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._child: asyncio.subprocess.Process | None = None
        self._room = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        self.profile = Path(self._room.name) / "profile"
        self.profile.mkdir()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._child is not None:
            async with asyncio.timeout(STOP):
                await self._bury(self._child)
        self._room.cleanup()

    async def start(self, arguments: list[str]) -> None:
        environment = os.environ | {"HOME": self._room.name}
        with (Path(self._room.name) / "output").open("wb") as output:
            self._child = await asyncio.create_subprocess_exec(
                self._program,
                *arguments,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=environment,
            )

    async def read(self, name: str, pattern: str) -> re.Match[str]:
        """Wait until a file of the browser's folder holds a pattern."""
        path = Path(self._room.name) / name
        async with asyncio.timeout(START):
            while True:
                text = path.read_text(errors="replace") if path.exists() else ""
                if found := re.search(pattern, text):
                    return found
                await asyncio.sleep(STEP)

    async def _bury(self, child: asyncio.subprocess.Process) -> None:
        """Kill at once: a polite Firefox takes four seconds to leave, and its folder is thrown away."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
        while True:
            if not _lives(child.pid):
                return
            await asyncio.sleep(STEP)


def _lives(group: int) -> bool:
    """Say whether a process group has a member that is more than a zombie."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended while we looked
            state, _, of_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(of_group) == group and state != "Z":
                return True
    return False
