"""A process that fetches is killed again and again: nothing is lost, and little comes twice."""

import asyncio
import sys
from pathlib import Path
from random import Random

from edge.content.draft import BLOCK
from edge.media.record.store import Store
from edge.media.record.verify import verify
from tests.content.hubs import Wire, archive_app, long_lesson, recorded, serving, until

KILLS = 12
START = 65_536  # bytes that come before a process has written anything
DEADLINE = 60.0


async def _start(*words: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.content.fetching_process", *words)
    return await asyncio.create_subprocess_exec(*command)


async def _killed(child: asyncio.subprocess.Process, wire: Wire, after: int) -> bool:
    """Kill it when so many more bytes came down; false if it was faster."""
    after = wire.most = wire.down + after
    await until(lambda: wire.down >= after or child.returncode is not None)
    if child.returncode is not None:
        return False
    child.kill()
    await child.wait()
    wire.cut()
    return True


async def test_killed_at_any_point_it_comes_whole_and_each_kill_costs_a_block(tmp_path: Path) -> None:
    wanted = await recorded(tmp_path / "hub", long_lesson())
    chance, kills = Random(7), 0
    async with serving(archive_app(tmp_path / "hub")) as port, Wire(port).up() as wire:
        words = (str(tmp_path / "room"), f"http://127.0.0.1:{wire.port}", wanted.id)
        for _ in range(KILLS):
            kills += await _killed(await _start(*words), wire, chance.randrange(START, 2 * BLOCK))
        wire.most = None
        last = await _start(*words)
        async with asyncio.timeout(DEADLINE):
            assert await last.wait() == 0
    store = Store(tmp_path / "room")
    (here,) = store.list()
    assert here.copy_of == wanted.id
    assert verify(here.path(store.place.folder), decode=False).whole
    assert kills >= 2
    assert wire.down < wanted.bytes + (kills + 1) * (BLOCK + 4 * START)
    assert list((tmp_path / "room" / "library" / "coming").iterdir()) == []
