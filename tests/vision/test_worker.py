"""The real worker process: what it answers, and what becomes of it when it fails."""

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio

from edge.cards.decks import marker_of
from edge.media.packet import Codec, Frame
from edge.vision.wire import Answer, Cards, Glimpse, Hear, Level, Look, Nothing, ReadCards, Scan
from edge.vision.worker import Worker, WorkerLost
from tests.cards.scenes import Held, Lens, Scene, still, turn
from tests.flows.crew import until
from tests.media.lessons import pictures, sounds
from tests.vision.slideshow import Plan, make

LONG = 240.0  # seconds for a worker that gets what is left of a busy computer
LOW, CARDS = 10, 5  # niceness
MEMORY = 512 << 20


@cache
def key(codec: Codec) -> Frame:
    return next(frame for frame in pictures(codec, 1.0, 25, 320) if frame.key)


@asynccontextmanager
async def kept(worker: Worker) -> AsyncIterator[Worker]:
    """Run a worker's part of a node."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(worker.run())
        try:
            yield worker
        finally:
            task.cancel()
    assert worker.pid is None


@pytest_asyncio.fixture
async def worker() -> AsyncIterator[Worker]:
    async with kept(Worker("low", LONG, start_time=LONG)) as made:
        yield made


def pid_of(worker: Worker) -> int:
    assert worker.pid is not None
    return worker.pid


async def woken(worker: Worker) -> int:
    """Have a worker start; return its process."""
    await asked_again(worker)
    return pid_of(worker)


def is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_key_frame_becomes_a_glimpse(worker: Worker, codec: Codec) -> None:
    frame = key(codec)
    seen = await worker.ask(Look(codec, frame.data, frame.data))
    assert isinstance(seen, Glimpse)
    assert len(seen.map) == 32 * 18
    assert seen.spread > 20
    assert seen.grain == 0


async def test_a_still_becomes_cards(worker: Worker) -> None:
    held = Held(7, "B", 600, 400, 60, off=10)
    seen = await worker.ask(ReadCards(still(Scene((held,), Lens(), 1))))
    assert isinstance(seen, Cards)
    [card] = seen.markers
    assert (card.id, seen.width, seen.height) == (marker_of("7Б", 7), 1920, 1080)
    assert abs(card.angle - turn(held)) < 2
    assert abs(card.size - 60) < 3
    assert card.sharpness > 0.8
    assert abs(card.x - 600) + abs(card.y - 400) < 3


async def test_sound_has_a_level(worker: Worker) -> None:
    heard = await worker.ask(Hear([frame.data for frame in sounds(1.0)]))
    assert isinstance(heard, Level)
    assert -40 < heard.decibels < 0


@pytest.mark.parametrize(
    "question",
    [
        *(Look("H264", b"\0\0\0\1\x65junk"), Look("VP8", b""), Look("opus", b"x"), Hear([b"", b"\xff"])),
        *(ReadCards(b""), ReadCards(b"GIF89a"), ReadCards(still(Scene(()))[:2000])),
    ],
)
async def test_what_cannot_be_decoded_costs_a_word_and_no_worker(
    worker: Worker, question: Look | Hear | ReadCards
) -> None:
    assert isinstance(await worker.ask(question), Nothing)
    pid = worker.pid
    assert isinstance(await worker.ask(Look("VP8", key("VP8").data)), Glimpse)
    assert worker.pid == pid


async def test_a_file_that_is_none_is_said_to_be_none(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(bytes(5000))
    for name in ("broken.mp4", "missing.mp4"):
        answers = [each async for each in worker.answers(Scan(str(tmp_path / name)))]
        assert [type(each) for each in answers] == [Nothing]


async def test_a_killed_worker_fails_a_question_at_most_and_the_next_gets_another(worker: Worker) -> None:
    pid = await woken(worker)
    os.kill(pid, signal.SIGKILL)
    assert isinstance(await asked_again(worker), Glimpse)
    assert worker.lost <= 1
    assert pid_of(worker) != pid


async def asked_again(worker: Worker) -> Answer:
    """Ask until another worker is there: it is not started at once."""
    async with asyncio.timeout(LONG):
        while True:
            try:
                return await worker.ask(Look("VP8", key("VP8").data))
            except WorkerLost:
                await asyncio.sleep(0.05)


async def test_a_worker_that_hangs_is_killed() -> None:
    async with kept(Worker("low", hang_time=2.0, start_time=LONG)) as worker:
        pid = await woken(worker)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(WorkerLost):
            await worker.ask(Hear([sounds(1.0)[0].data]))
        assert not is_alive(pid)


async def test_a_worker_that_nobody_asks_is_ended() -> None:
    async with kept(Worker("low", LONG, idle_time=0.1, tick=0.02, start_time=LONG)) as worker:
        pid = await woken(worker)
        await until(lambda: not is_alive(pid), LONG)


async def test_an_end_that_was_cut_short_is_taken_up_by_the_next(worker: Worker) -> None:
    pid = await woken(worker)
    async with asyncio.TaskGroup() as tasks:
        cut = tasks.create_task(worker.stop())
        await asyncio.sleep(0)
        cut.cancel()
    assert isinstance(await asked_again(worker), Glimpse)  # by another, at once
    assert (worker.lost, worker.pid == pid) == (0, False)
    await worker.stop()
    assert worker.pid is None
    with pytest.raises(ProcessLookupError):  # not even as one that nobody waited for
        os.kill(pid, 0)


async def test_a_worker_that_was_asked_a_moment_ago_stays() -> None:
    async with kept(Worker("low", LONG, tick=0.01, start_time=LONG)) as worker:
        pid = await woken(worker)
        for _ in range(10):
            await asyncio.sleep(0.02)
        assert (worker.pid, is_alive(pid)) == (pid, True)


async def test_whoever_answers_during_lessons_is_nicer_than_the_daemon(worker: Worker) -> None:
    assert os.getpriority(os.PRIO_PROCESS, await woken(worker)) >= LOW


async def test_a_worker_may_not_take_the_memory_of_the_service(worker: Worker) -> None:
    pid = await woken(worker)
    assert resource.prlimit(pid, resource.RLIMIT_DATA) == (MEMORY, MEMORY)


async def test_whoever_reads_cards_goes_before_who_looks_at_lessons() -> None:
    async with kept(Worker("cards", LONG, start_time=LONG)) as worker:
        ours = os.getpriority(os.PRIO_PROCESS, 0)  # tests may be nice themselves
        assert os.getpriority(os.PRIO_PROCESS, await woken(worker)) == ours + CARDS


async def test_whoever_looks_through_recordings_gets_what_is_left() -> None:
    async with kept(Worker("idle", LONG, start_time=LONG)) as worker:
        assert os.sched_getscheduler(await woken(worker)) == os.SCHED_IDLE


async def test_whoever_stops_listening_to_a_scan_ends_it(worker: Worker, tmp_path: Path) -> None:
    lesson = make(tmp_path, Plan(1, seconds=40.0, size=(160, 90), noise=0))
    answers = worker.answers(Scan(str(lesson.path)))
    await anext(answers)
    pid = pid_of(worker)
    await answers.aclose()
    assert not is_alive(pid)
