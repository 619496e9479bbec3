"""Faults of a real stream are noticed by a real worker within 5 s of its media; what is none, is not."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio

from edge.media.sight import Sight
from edge.vision.peek import Peek
from edge.vision.watchdog import Watched
from edge.vision.wire import Look
from edge.vision.worker import Worker
from tests.media.lessons import pictures
from tests.vision import scenes
from tests.vision.scenes import STEP, Air, Scene, camera, hanging, slide, speech, then

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAULT = 12.3  # seconds: later than a picture needs to be known as alive
SOON = 5.0  # seconds of media
Coded = Literal["H264", "VP8"]
DEADLINE = 120.0  # seconds for a worker to be back
LONG = 240.0  # seconds for a worker that gets what is left of a busy computer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worker() -> AsyncIterator[Worker]:
    made = Worker("low", LONG, start_time=LONG)
    frame = next(each for each in pictures("VP8", 1.0, 25, 320) if each.key)
    await made.ask(Look("VP8", frame.data))  # it is there before a lesson's time begins, which goes on alone
    yield made
    await made.stop()


async def watched(scene: Scene, worker: Worker) -> list[tuple[float, Sight]]:
    """Watch a scene in its own time; return what was said, and since when."""
    air, now = Air(scene), 0.0
    said: list[tuple[float, Sight]] = []
    air.until(now)
    watch = Watched(air.stream, worker, now)
    while now < scene.seconds:
        air.until(now)
        await watch.look(now)
        if not said or said[-1][1] != watch.sight:
            said.append((now, watch.sight))
        now += STEP
    return said


def since(said: list[tuple[float, Sight]], fault: str) -> float:
    """Return when a fault was named first, and check that none was before."""
    faults = [(at, sight.fault) for at, sight in said if sight.fault]
    assert faults, said
    assert faults[0][1] == fault
    return faults[0][0]


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_covered_lens_is_noticed(worker: Worker, codec: Coded) -> None:
    scene = Scene(then(camera(), FAULT, scenes.black), speech, 18.0, codec)
    assert FAULT < since(await watched(scene, worker), "black") <= FAULT + SOON


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_camera_that_hangs_is_noticed(worker: Worker, codec: Coded) -> None:
    scene = Scene(hanging(camera(), FAULT), speech, 18.0, codec)
    assert FAULT < since(await watched(scene, worker), "frozen") <= FAULT + SOON


async def test_key_frames_are_asked_for_where_nobody_sends_them_by_himself(worker: Worker) -> None:
    at = FAULT + 10.0
    air, now, seen = (
        Air(Scene(then(camera(), at, scenes.black), speech, at + 8.0, "VP8", asked=True)),
        0.0,
        0.0,
    )
    air.until(now)
    watch = Watched(air.stream, worker, now)
    while not seen and now < at + 8.0:
        air.until(now)
        await watch.look(now)
        seen = now if watch.sight.picture == "black" else 0.0
        now += STEP
    assert at < seen <= at + SOON
    assert air.stream.key_requests <= 6


async def test_a_microphone_that_is_off_is_noticed(worker: Worker) -> None:
    scene = Scene(slide(), lambda at: speech(at) if at < FAULT else 0.0, 18.0)
    assert FAULT < since(await watched(scene, worker), "silent") <= FAULT + SOON


async def test_a_lesson_without_faults_has_none(worker: Worker) -> None:
    said = await watched(Scene(camera(), speech, 20.0), worker)
    assert [sight for _, sight in said][-1] == Sight("ok", "ok")
    assert not any(sight.fault for _, sight in said)


async def test_a_pen_that_rests_on_a_slide_is_no_fault(worker: Worker) -> None:
    draw = slide()
    said = await watched(Scene(lambda at: draw(min(at, 9.0)), speech, 20.0), worker)
    assert not any(sight.fault for _, sight in said)


async def test_without_its_worker_a_lesson_goes_on_unjudged_and_is_judged_again() -> None:
    worker = Worker("low", LONG, start_time=LONG)
    air = Air(Scene(camera(), speech, 12.0))
    air.until(0.0)
    watch = Watched(air.stream, worker, 0.0)
    for step in range(8):
        air.until(step * STEP)
        await watch.look(step * STEP)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    now = 4.0
    async with asyncio.timeout(DEADLINE):
        while True:
            air.until(now)
            await watch.look(now)
            now += STEP
            if now > 9.0 and watch.sight == Sight("ok", "ok"):
                break
            await asyncio.sleep(0.05)
    assert not air.stream.ended
    await worker.stop()


async def test_what_comes_too_fast_is_left_out_and_counted() -> None:
    air = Air(Scene(camera(), speech, 11.0))
    air.until(0.0)
    peek = Peek(air.stream)
    peek.look(0.0)
    air.until(10.9)
    peeked = peek.look(10.9)
    assert peek.left_out > 0
    assert len(peeked.sounds) == 256
    assert peeked.key is not None
    assert peek.look(11.0).key is None
