"""The daemon's side of the worker: started when it is asked, ended when it is idle, killed when it hangs.

A worker is *absent*, *starting*, or *ready*. A question finds it ready or starts it; only one question is
open at a time. What hangs, ends or talks nonsense is killed and its question fails with WorkerLost; the
next question starts another, after a pause that grows while workers fail one after another.
"""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Literal

from edge.errors import TirekError
from edge.vision.wire import (
    LENGTH,
    Answer,
    BadMessage,
    Found,
    Progress,
    Question,
    Ready,
    answer,
    framed,
    length,
)

START_TIME = 20.0  # seconds for libraries to load: 0.3 s warm, much more from a cold disk beside a lesson
HANG_TIME = 8.0  # seconds without a word while a question is open: decoding a picture takes 0.01 s
IDLE_TIME = 30.0  # seconds without a question after which it is ended: 90 MB for the rest of the school
FIRST_PAUSE = 0.5  # seconds before another is started; doubled with each that failed without an answer
LONGEST_PAUSE = 60.0
TICK = 1.0  # seconds between looks whether it is idle
# Libraries of linear algebra start a thread for each core, for work that nobody has here.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

Rank = Literal["low", "cards", "idle"]

log = logging.getLogger(__name__)


class WorkerLost(TirekError):
    """The worker ended, hung or was not started; the question may be asked again."""


class Worker:
    """One process at most. Run `run` under `keep`: it ends what is idle, and all when cancelled."""

    def __init__(
        self,
        rank: Rank,
        hang_time: float = HANG_TIME,
        idle_time: float = IDLE_TIME,
        tick: float = TICK,
        start_time: float = START_TIME,
    ) -> None:
        self._rank = rank
        self._tick = tick
        self._hang_time, self._idle_time, self._start_time = hang_time, idle_time, start_time
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._used = 0.0
        self._pause = 0.0
        self._not_before = 0.0
        self.lost = 0  # workers that failed

    @property
    def pid(self) -> int | None:
        """The process that answers now, if there is one."""
        return self._process.pid if self._process else None

    async def run(self) -> None:
        """End the process when it was not asked for IDLE_TIME, and when cancelled."""
        try:
            while True:
                await asyncio.sleep(self._tick)
                if self._process and not self._turn.locked() and self._now() - self._used > self._idle_time:
                    async with self._turn:
                        await self._end()
        finally:
            await self.stop()

    async def stop(self) -> None:
        """End the process, if there is one."""
        await self._end()

    async def ask(self, question: Question) -> Answer:
        """Return the one answer to a question; raise WorkerLost."""
        async with aclosing(self.answers(question)) as answers:
            async for each in answers:
                return each
        raise WorkerLost("no answer")

    async def answers(self, question: Question) -> AsyncGenerator[Answer, None]:
        """Yield all answers, the last one too; raise WorkerLost. Leaving early costs the process its life."""
        async with self._turn:
            over = False
            try:
                process = await self._ready()
                await _tell(process, question, self._hang_time)
                while not over:
                    said = await _heard(process, self._hang_time)
                    over = not isinstance(said, Found | Progress)
                    self._used, self._pause = self._now(), 0.0 if over else self._pause
                    yield said  # who has the last answer may leave here
            except (OSError, EOFError, BadMessage) as exc:  # TimeoutError is an OSError
                self._note(exc)
                raise WorkerLost(f"{type(exc).__name__}: {exc}") from exc
            finally:
                if not over:
                    await self._end()

    async def _ready(self) -> Process:
        """Return a process that listens; raise what may happen to one, or WorkerLost."""
        held = self._process
        if held is not None and held.returncode is None and not _is_ending(held):
            return held
        await self._end()
        if self._now() < self._not_before:
            raise WorkerLost("it failed a moment ago")
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "edge.vision", self._rank),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, **ENVIRONMENT},
            start_new_session=True,
        )
        if not isinstance(await _heard(self._process, self._start_time), Ready):
            raise BadMessage("not ready, and something else")
        return self._process

    def _note(self, exc: Exception) -> None:
        self.lost += 1
        self._pause = min(max(FIRST_PAUSE, self._pause * 2), LONGEST_PAUSE)
        self._not_before = self._now() + self._pause
        log.warning("worker lost rank=%s reason=%r pause=%.1fs", self._rank, repr(exc), self._pause)

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()  # it keeps nothing, so nothing is lost
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()  # who is cancelled here still has it, and ends it once more
        if self._process is process:
            self._process = None

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _is_ending(process: Process) -> bool:
    return process.stdin is None or process.stdin.is_closing()


async def _tell(process: Process, question: Question, patience: float) -> None:
    assert process.stdin is not None
    async with asyncio.timeout(patience):
        process.stdin.write(framed(question))
        await process.stdin.drain()


async def _heard(process: Process, patience: float) -> Answer:
    assert process.stdout is not None
    async with asyncio.timeout(patience):
        head = await process.stdout.readexactly(LENGTH)
        return answer(await process.stdout.readexactly(length(head)))
