"""Slides are found in lessons as people record them: a camera in a corner, a pen, noise, every codec."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from edge.vision.wire import Done, Found, Scan
from edge.vision.worker import Worker
from tests.vision.slideshow import Plan, make
from tests.vision.tally import Tally, tally

SMALL = Plan(0, seconds=50.0, size=(480, 270), rate=4, dwell=(7.0, 14.0))
JPEG = b"\xff\xd8\xff"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worker() -> AsyncIterator[Worker]:
    made = Worker("low")
    yield made
    await made.stop()


async def scanned(worker: Worker, path: Path) -> list[Found]:
    answers = [each async for each in worker.answers(Scan(str(path)))]
    assert isinstance(answers[-1], Done)
    return [each for each in answers if isinstance(each, Found)]


@pytest.mark.asyncio(loop_scope="module")
async def test_slides_are_found_in_every_kind_of_lesson(worker: Worker, tmp_path: Path) -> None:
    total = Tally()
    for plan in (
        replace(SMALL, seed=501),
        replace(SMALL, seed=502, codec="libvpx"),
        replace(SMALL, seed=503, inset=False, noise=8.0),
    ):
        lesson = make(tmp_path, plan)
        total += tally(lesson.changes, [each.at for each in await scanned(worker, lesson.path)][1:])
    assert total.f1 >= 0.9, total


@pytest.mark.asyncio(loop_scope="module")
async def test_key_frames_far_apart_change_nothing(worker: Worker, tmp_path: Path) -> None:
    lesson = make(tmp_path, replace(SMALL, seed=505, gop=60.0))
    found = [each.at for each in await scanned(worker, lesson.path)]
    assert tally(lesson.changes, found[1:]).f1 >= 0.9


@pytest.mark.asyncio(loop_scope="module")
async def test_a_lesson_without_slides_has_its_beginning_and_a_picture(
    worker: Worker, tmp_path: Path
) -> None:
    lesson = make(tmp_path, replace(SMALL, seed=506, seconds=30.0, dwell=(60.0, 61.0)))
    found = await scanned(worker, lesson.path)
    assert [each.at for each in found] == [0.0]
    assert found[0].picture.startswith(JPEG)
    assert len(found[0].picture) < 40_000
