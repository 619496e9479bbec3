"""Parts that end are built anew, later and later, and one line of the log tells of each change."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from edge.errors import NetworkAbsent
from edge.supervise import LONGEST_PAUSE, keep, rest
from sync.errors import WriterFailed


class Enough(BaseException):
    """Ends a test: not an Exception, so no supervisor catches it."""


class Script:
    """A part whose runs are written down, how long each lasts and how it ends, and its clock and pauses."""

    def __init__(self, *runs: tuple[float, Exception | None], woken_at: int = -1) -> None:
        self._runs = list(runs)
        self._woken_at = woken_at
        self.now = 0.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.now

    async def part(self) -> None:
        if not self._runs:
            raise Enough
        lasts, ends = self._runs.pop(0)
        self.now += lasts
        if ends is not None:
            raise ends

    async def pause(self, seconds: float, wake: asyncio.Event | None) -> bool:
        self.pauses.append(seconds)
        return len(self.pauses) == self._woken_at

    async def play(self) -> None:
        with pytest.raises(Enough):
            await keep(self.part, "camera", clock=self.clock, pause=self.pause)


def failing(
    times: int, error: Callable[[], Exception] = lambda: ValueError("no")
) -> list[tuple[float, Exception | None]]:
    return [(0.0, error()) for _ in range(times)]


async def test_pauses_double_up_to_a_minute() -> None:
    script = Script(*failing(8))
    await script.play()
    assert script.pauses == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE, LONGEST_PAUSE]


async def test_after_a_good_minute_pauses_are_short_again() -> None:
    script = Script(*failing(3), (61.0, ValueError("no")), *failing(1))
    await script.play()
    assert script.pauses == [1, 2, 4, 1, 2]


async def test_a_part_that_simply_ends_is_built_anew_too() -> None:
    script = Script((0.0, None), (0.0, None))
    await script.play()
    assert script.pauses == [1, 2]


async def test_a_wake_makes_pauses_short_again() -> None:
    script = Script(*failing(5), woken_at=3)
    await script.play()
    assert script.pauses == [1, 2, 4, 1, 2]


async def test_a_wake_cuts_a_pause_short() -> None:
    wake = asyncio.Event()
    wake.set()
    async with asyncio.timeout(40):
        assert await rest(3600, wake)


async def test_a_pause_without_a_wake_ends_by_itself() -> None:
    assert not await rest(0.001, asyncio.Event())
    assert not await rest(0.001, None)


async def test_a_wake_while_the_part_still_tries_counts_for_its_next_pause() -> None:
    wake, tries = asyncio.Event(), 0

    async def part() -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            raise Enough
        wake.set()
        raise NetworkAbsent("cable out")

    with pytest.raises(Enough):
        async with asyncio.timeout(40):
            await keep(part, "link", wake)
    assert tries == 3


async def test_the_same_failure_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    await Script(*failing(5)).play()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_a_different_failure_is_told(caplog: pytest.LogCaptureFixture) -> None:
    await Script(*failing(2), *failing(2, lambda: NetworkAbsent("cable out"))).play()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


async def test_a_journal_that_refuses_is_no_fault_of_a_part(caplog: pytest.LogCaptureFixture) -> None:
    await Script(*failing(1, lambda: WriterFailed("another process holds it"))).play()
    assert [(record.levelname, record.exc_info) for record in caplog.records] == [("WARNING", None)]


async def test_an_expected_failure_is_told_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    await Script(*failing(1, lambda: NetworkAbsent("cable out"))).play()
    assert caplog.records[0].levelno == logging.WARNING
    assert caplog.records[0].exc_info is None


async def test_a_fault_of_ours_is_told_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    await Script(*failing(1)).play()
    assert "Traceback" in caplog.text


async def test_cancelling_ends_it() -> None:
    started = asyncio.Event()

    async def part() -> None:
        started.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(40), asyncio.TaskGroup() as tasks:
        kept = tasks.create_task(keep(part, "forever"))
        await started.wait()
        kept.cancel()
    assert kept.cancelled()
