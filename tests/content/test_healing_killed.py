"""A process that heals is killed again and again: the old file plays until the healed one is there."""

import asyncio
import sys
from pathlib import Path
from random import Random

from edge.media.record.store import FOLDER, Store
from tests.content.hubs import Wire, archive_app, serving, until
from tests.content.patients import media_of, written
from tests.media.lessons import captured, lesson

KILLS = 3
DEADLINE = 60.0
FLIGHT = 80_000  # bytes that are on their way when it is killed, with a list and a sheet


async def test_killed_at_any_point_it_heals_in_the_end_and_each_kill_costs_what_was_on_its_way(
    tmp_path: Path,
) -> None:
    (there,) = written(tmp_path / "hub", lesson())
    (before,) = written(tmp_path / "room", lesson(), lambda frame: captured(frame) > 3.9)
    (whole,) = media_of(tmp_path / "hub", [there])
    (old,) = media_of(tmp_path / "room", [before])
    lacking = sum(len(each.data) for each in lesson().frames if captured(each) < 4.0)
    chance, kills = Random(5), 0
    async with serving(archive_app(tmp_path / "hub")) as port, Wire(port).up() as wire:
        words = (str(tmp_path / "room"), f"http://127.0.0.1:{wire.port}")
        for _ in range(KILLS):
            child = await _start(*words)
            most = wire.most = wire.down + chance.randrange(20_000, 70_000)
            await until(lambda: wire.down >= most or child.returncode is not None)  # noqa: B023
            if child.returncode is None:
                child.kill()
                kills += 1
            await child.wait()
            wire.cut()
            (here,) = media_of(tmp_path / "room", Store(tmp_path / "room").list())
            assert here in (old, whole)
        wire.most = None
        async with asyncio.timeout(DEADLINE):
            assert await (await _start(*words)).wait() == 0
    assert media_of(tmp_path / "room", Store(tmp_path / "room").list()) == [whole]
    assert kills >= 2
    assert wire.down < lacking + (kills + 1) * FLIGHT
    assert len(list((tmp_path / "room" / FOLDER).iterdir())) == 3


async def _start(*words: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.content.healing_process", *words)
    return await asyncio.create_subprocess_exec(*command)
