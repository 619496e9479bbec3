"""Slides found in drawn lessons, what looking costs, and how soon a fault of a lesson is noticed."""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Literal

from edge.media.sight import Sight
from edge.vision.watchdog import Watched
from edge.vision.wire import Done, Found, Hear, Look, Scan
from edge.vision.worker import Worker
from tests.bench.table import Table
from tests.bench.usage import TICK
from tests.vision import scenes
from tests.vision.scenes import STEP, Air, Draw, Scene, camera, hanging, slide, speech, then
from tests.vision.slideshow import Plan, make
from tests.vision.tally import Tally, tally

SEEDS, QUICK_SEEDS = range(1000, 1024), range(1000, 1004)
SECONDS, QUICK_SECONDS = 180.0, 90.0
NOISES = (2.0, 4.0, 8.0)
BEGIN = 16.0  # seconds of a lesson before its fault: a picture must be known as alive
LATE_BEGIN = 62.0  # … where pictures are seldom looked at
PHASES, QUICK_PHASES = 8, 2  # places of the fault between two key frames
WATCHED, QUICK_WATCHED = 120.0, 30.0
COLUMNS = ("what", "measured", "to reach")
NOTES = (
    "Lessons are drawn by seed (`tests/vision/slideshow.py`): slides of five kinds, some on a template, a"
    " third of them fading in, three of four with a moving camera in a corner, pen strokes, a blinking"
    " cursor, noise of 2 to 8 of 255; 1280×720 and 640×360, H.264 and VP8, a key frame every 2 s. The"
    " thresholds were chosen on other seeds.",
    "A slide counts as found within 4.2 s of its change.",
    "CPU is that of the worker; what the daemon spends on watching is a line of its own.",
    "Faults: H.264 and VP8 at 0.4 and 1.2 Mbit/s, a key frame every 2 s, at places spread between two of"
    " them. Time is the media's: from the first faulty picture or sound to the look that names it.",
)

Row = tuple[str, ...]
Coded = Literal["H264", "VP8"]
CODECS: tuple[Coded, ...] = ("H264", "VP8")


def run(quick: bool) -> Table:
    """Measure all."""
    with TemporaryDirectory() as folder:
        rows = asyncio.run(_measured(Path(folder), quick))
    return Table("vision", "Slides and the watchdog", COLUMNS, rows, NOTES)


async def _measured(folder: Path, quick: bool) -> list[Row]:
    worker = Worker("low")
    try:
        return [
            *await _slides(worker, folder, quick),
            *await _watching(worker, quick),
            *await _faults(worker, quick, asked=False),
            *await _faults(worker, quick, asked=True),
        ]
    finally:
        await worker.stop()


async def _slides(worker: Worker, folder: Path, quick: bool) -> list[Row]:
    total, spent, seconds = Tally(), 0.0, 0.0
    for seed in QUICK_SEEDS if quick else SEEDS:
        plan = _plan(seed, QUICK_SECONDS if quick else SECONDS)
        lesson = make(folder, plan)
        await worker.ask(Scan("/dev/null"))  # it is there, and has done nothing yet
        before = _spent(worker)
        answers = [each async for each in worker.answers(Scan(str(lesson.path)))]
        assert isinstance(answers[-1], Done), answers[-1]
        spent, seconds = spent + _spent(worker) - before, seconds + plan.seconds
        total += tally(lesson.changes, [each.at for each in answers if isinstance(each, Found)][1:])
        lesson.path.unlink()
    changes = total.hits + total.misses
    return [
        (f"slides: F1 of {changes} changes in {seconds / 60:.0f} minutes", f"{total.f1:.3f}", "≥ 0.9"),
        ("precision", f"{total.precision:.3f}", "–"),
        ("recall", f"{total.recall:.3f}", "–"),
        ("CPU per minute of recording, s", f"{spent / seconds * 60:.2f}", "–"),
    ]


def _plan(seed: int, seconds: float) -> Plan:
    return Plan(
        seed,
        seconds=seconds,
        size=(1280, 720) if seed % 4 == 0 else (640, 360),
        codec="libvpx" if seed % 3 == 2 else "libx264",
        inset=seed % 4 != 3,
        noise=NOISES[seed % len(NOISES)],
    )


async def _watching(worker: Worker, quick: bool) -> list[Row]:
    """Look at a picture of 720p and hear 50 packets each second of media."""
    seconds = QUICK_WATCHED if quick else WATCHED
    scene = Scene(camera(), speech, 30.0, "H264", 1_500_000, size=(1280, 720), rate=25)
    sent = list(scenes.frames(scene, scenes.encoder(scene)))
    keys = [frame.data for frame in sent if frame.kind == "video" and frame.key]
    sounds = [frame.data for frame in sent if frame.kind == "audio"]
    before = _spent(worker)
    for second in range(round(seconds)):
        await worker.ask(Look("H264", keys[second % len(keys)], keys[second % len(keys) - 1]))
        for half in (0, 25):
            first = 50 * (second % 29) + half
            await worker.ask(Hear(sounds[first : first + 25]))
    theirs = _spent(worker) - before
    ours = await _daemon_spends(worker, scene)
    return [
        ("watching 720p at 1 fps and its sound: CPU, of a core", f"{100 * theirs / seconds:.2f} %", "< 2 %"),
        ("the daemon's side of it", f"{100 * ours / scene.seconds:.2f} %", "–"),
        ("memory of the worker, MB", f"{_memory(worker):.0f}", "–"),
    ]


async def _daemon_spends(worker: Worker, scene: Scene) -> float:
    air, now, spent = Air(scene), 0.0, 0.0
    air.until(now)
    watch = Watched(air.stream, worker, now)
    while now < scene.seconds:
        air.until(now)
        begun = process_time()
        await watch.look(now)
        spent += process_time() - begun
        now += STEP
    return spent


async def _faults(worker: Worker, quick: bool, asked: bool) -> list[Row]:
    phases = QUICK_PHASES if quick else PHASES // 2 if asked else PHASES
    delays: dict[str, list[float]] = {"black": [], "frozen": [], "silent": []}
    for codec, bitrate, phase in product(CODECS, (400_000, 1_200_000), range(phases)):
        at = (LATE_BEGIN if asked else BEGIN) + 0.05 + phase * 2.0 / phases
        kind = partial(Scene, seconds=at + 20.0, codec=codec, bitrate=bitrate, asked=asked)
        for fault, scene in (
            ("black", kind(then(camera(), at, scenes.black), speech)),
            ("frozen", kind(hanging(camera(), at), speech)),
            ("silent", kind(camera(), _muted(at))),
        ):
            said = await _said(worker, scene)
            delays[fault].append(next((now - at for now, each in said if each == fault), float("inf")))
    how = "key frames only when asked for: " if asked else ""
    rows = []
    for fault, found in delays.items():
        what = f"{how}{fault} noticed after, s, median and most of {len(found)}"
        rows.append((what, f"{median(found):.1f}, {max(found):.1f}", "–" if asked else "≤ 5"))
    return [*rows, await _false_alarms(worker, quick, asked)]


def _muted(since: float) -> Callable[[float], float]:
    return lambda at: speech(at) if at < since else 0.0


async def _false_alarms(worker: Worker, quick: bool, asked: bool) -> Row:
    seconds, alarms, total = QUICK_WATCHED if quick else WATCHED, 0, 0.0
    draws: tuple[Draw, ...] = (camera(), camera(6.0, 2), slide(), then(camera(), 20.0, slide()))
    for codec, draw in product(CODECS, draws):
        alarms += len(await _said(worker, Scene(draw, speech, seconds, codec, asked=asked)))
        total += seconds
    return f"false alarms in {total / 60:.0f} minutes without a fault", str(alarms), "0"


async def _said(worker: Worker, scene: Scene) -> list[tuple[float, str]]:
    """Watch a scene; return each fault that was named, and when."""
    air, now, before, said = Air(scene), 0.0, Sight(), []
    air.until(now)
    watch = Watched(air.stream, worker, now)
    while now < scene.seconds:
        air.until(now)
        await watch.look(now)
        if watch.sight.fault and watch.sight.fault != before.fault:
            said.append((now, watch.sight.fault))
        before, now = watch.sight, now + STEP
    return said


def _spent(worker: Worker) -> float:
    fields = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _memory(worker: Worker) -> float:
    pages = int(Path(f"/proc/{worker.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
