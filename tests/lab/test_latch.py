"""That everything is stopped is kept, whatever becomes of the daemon; only AllowMotion ends it."""

from pathlib import Path

import pytest

from edge.contract.commands import AllowMotion, RunProgram, StopEverything
from edge.contract.notices import Devices
from edge.lab.latch import FILE, Latch
from tests.lab.room import Room, room

DANCE = RunProgram("simulated-robot", "dance", "tty1")


async def devices(it: Room) -> Devices:
    return await it.told(Devices, lambda each: any(one.state == "ready" for one in each.devices))


async def test_a_stop_of_everything_outlives_the_daemon_with_who_said_it_and_when(tmp_path: Path) -> None:
    async with room(tmp_path, "robot") as it:
        before = it.bench.wall()
        await devices(it)
        await it.ask(StopEverything("tty1 (12)"))
        await it.ask(StopEverything("tty2 (13)"))  # the first one counts
        after = it.bench.wall()
    async with room(tmp_path, "robot") as it:
        told = await devices(it)
        assert (told.stopped, told.stopped_by) == (True, "tty1 (12)")
        assert before <= told.stopped_at <= after
        assert await it.refused(DANCE) == ("stopped", {})
        it.robot.take(b"run line\n", it.bench.clock())  # by a button of its own
        await it.device("robot", lambda each: each.message == "stopped")
        await it.ask(AllowMotion("tty2 (13)"))
    async with room(tmp_path, "robot") as it:
        told = await devices(it)
        assert (told.stopped, told.stopped_by, told.stopped_at) == (False, "", 0)
        await it.ask_once_it_stands(DANCE)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[1]", b'{"at": "yesterday"}'])
def test_a_file_that_cannot_be_read_keeps_everything_stopped(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert Latch(tmp_path).is_closed


async def test_where_nothing_can_be_written_the_stop_stands_while_this_daemon_runs(tmp_path: Path) -> None:
    it = Latch(tmp_path / "lab" / "below")
    (tmp_path / "lab").write_text("no folder")
    it.close("tty1", 5)
    await it.keep()
    assert it.is_closed
    (tmp_path / "lab").unlink()
    await it.keep()
    assert Latch(tmp_path / "lab" / "below").newest == it.newest
