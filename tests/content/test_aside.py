"""Long work in a thread, that stops when it may not go on."""

import asyncio
import threading

import pytest

from edge.content.aside import Aside, GoOn, Stopped
from tests.content.hubs import until


class Work:
    """Something that takes for ever."""

    def __init__(self) -> None:
        self.began = self.ended = False

    def __call__(self, go_on: GoOn) -> None:
        """Go on until told otherwise."""
        self.began = True
        try:
            while True:
                go_on()
        finally:
            self.ended = True


async def test_what_is_worked_out_in_the_thread_comes_back() -> None:
    assert await Aside(lambda: True).do(lambda go_on: threading.current_thread().name) != "MainThread"


async def test_it_stops_when_it_may_not_go_on() -> None:
    work = Work()
    with pytest.raises(Stopped):
        await Aside(lambda: not work.began).do(work)
    assert work.ended


async def test_who_waits_no_more_leaves_no_work_behind() -> None:
    work = Work()
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(Aside(lambda: True).do(work))
        await until(lambda: work.began)
        waiting.cancel()
    await until(lambda: work.ended)


async def test_a_fault_of_the_work_is_the_fault_of_who_waits() -> None:
    def broken(go_on: GoOn) -> None:
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        await Aside(lambda: True).do(broken)
