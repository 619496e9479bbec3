"""What it costs that a classroom's recording becomes the hub's: bytes of the link, and CPU on both sides."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic
from zlib import crc32

from msgspec import Struct

from edge.media.codec import h264
from edge.media.packet import Codec, Frame, Kind
from edge.media.record.durable import Disk, DiskFile
from edge.media.record.offering import Offering
from edge.media.record.recording import Recording, read_index
from edge.media.record.store import FOLDER, Store
from tests.bench import lesson as bench
from tests.bench.table import Table
from tests.bench.usage import TICK
from tests.content.hubs import Wire
from tests.content.patients import Keep, written
from tests.media.lessons import SOUND, VIDEO, ZERO, Lesson, captured, pictures

MINUTES, QUICK_MINUTES = 15, 2
PATIENCE = 600.0  # seconds of one case
MARK = 4  # bytes at a frame's end that make it another frame in every minute
COLUMNS = (
    "lesson, and what the classroom lacks",
    "missing MB",
    "of the media",
    "fetched ÷ missing",
    "index of media",
    "class CPU s/s",
    "hub CPU s/s",
    "class MB",
    "digest equal",
    "seconds",
)
NOTES = (
    "720p25 1.5 Mbit/s + Opus 48 kbit/s; hub, classroom and the wire between are processes of one machine.",
    "Fetched: every byte of TCP from the hub but those of the index: frames, HTTP, the list. Index: the"
    " compressed sheet, with all that decides the file besides its frames.",
    "CPU: seconds of the process per second of media, its start (0.5 s) included; the classroom's reads what"
    " is there, builds, fetches, compares and swaps. To reach: ≤ 1.05, ≤ 0.5 %, ≤ 0.02.",
)


class Case(Struct, frozen=True):
    """A lesson, and what of it arrives."""

    name: str
    codec: Codec
    keep: Keep


class Cost(Struct, frozen=True):
    """What a process used."""

    cpu: float
    memory: float  # MB


class Hasty(Disk):
    """A disk that is not waited for: the lessons are made before anything is measured."""

    def create(self, path: Path) -> DiskFile:
        """Create a file."""
        return HastyFile(path)

    def sync_folder(self, folder: Path) -> None:
        """Go on."""


class HastyFile(DiskFile):
    """One of its files."""

    def sync(self) -> None:
        """Go on."""


def run(quick: bool) -> Table:
    """Heal every case."""
    minutes = QUICK_MINUTES if quick else MINUTES
    rows = []
    with TemporaryDirectory() as folder:
        for number, case in enumerate(_cases(minutes * 60)):
            rows.append(asyncio.run(_measured(case, minutes, Path(folder), str(number))))
    return Table("repair", f"Repair of a lesson of {minutes} minutes", COLUMNS, rows, NOTES)


def _cases(seconds: int) -> Iterator[Case]:
    for codec in ("H264", "VP8"):
        yield Case(f"{codec}: 5 % of all frames, one by one", codec, _single(0.05))
        yield Case(f"{codec}: bursts, 2 % of the time", codec, _bursts(0.02, seconds))
    yield Case("H264: joined when a third was over", "H264", lambda each: captured(each) >= seconds / 3)
    yield Case("H264: the sound of the second half", "H264", lambda each: _half(each, seconds))
    yield Case(
        "H264: was there for the last half minute", "H264", lambda each: captured(each) >= seconds - 30
    )


def _single(share: float) -> Keep:
    chance = Random(1)
    lost = [chance.random() < share for _ in range(1 << 16)]
    return lambda each: captured(each) < 1.0 or not lost[crc32(each.data) & 0xFFFF]


def _bursts(share: float, seconds: int) -> Keep:
    chance = Random(2)
    begins = sorted(chance.uniform(1.0, seconds) for _ in range(max(1, round(seconds * share / 1.5))))
    return lambda each: not any(begin <= captured(each) < begin + 1.5 for begin in begins)


def _half(each: Frame, seconds: int) -> bool:
    return each.kind == "video" or captured(each) < seconds / 2


async def _measured(case: Case, minutes: int, folder: Path, name: str) -> tuple[str, ...]:
    given = _lesson(case.codec, minutes)
    above, below = folder / case.codec, folder / name
    if not above.exists():
        written(above, given, disk=Hasty())
    (theirs,) = Store(above).list()
    ours = written(below, given, case.keep, later=17, disk=Hasty())
    missing = _missing((above, below), theirs, ours)
    hub, port = await _hub(above)
    async with Wire(port).up() as wire:
        began = monotonic()
        words = ("-m", "tests.content.healing_process", str(below), f"http://127.0.0.1:{wire.port}")
        room = await _finished(await asyncio.create_subprocess_exec(sys.executable, *words))
        took = monotonic() - began
    hub.terminate()
    served = await _finished(hub)
    store = Store(below)
    equal = [each.path(store.place.folder).read_bytes() for each in store.list()] == [
        theirs.path(above / FOLDER).read_bytes()
    ]
    sheet = len(Offering(Store(above)).sheet(theirs) or b"")
    return _row(case, theirs, (missing, wire.down, sheet), (room, served), (equal, took))


def _row(
    case: Case,
    theirs: Recording,
    down: tuple[int, int, int],
    costs: tuple[Cost, Cost],
    end: tuple[bool, float],
) -> tuple[str, ...]:
    (missing, came, sheet), (room, hub), (equal, took) = down, costs, end
    return (
        case.name,
        f"{missing / 1e6:.2f}",
        f"{100 * missing / theirs.bytes:.1f} %",
        f"{(came - sheet) / missing:.3f}",
        f"{100 * sheet / theirs.bytes:.2f} %",
        f"{room.cpu / theirs.seconds:.4f}",
        f"{hub.cpu / theirs.seconds:.4f}",
        f"{room.memory:.0f}",
        "yes" if equal else "NO",
        f"{took:.1f}",
    )


def _missing(states: tuple[Path, Path], theirs: Recording, ours: Sequence[Recording]) -> int:
    """Return how many bytes of frames are not in any file of the classroom."""
    above, below = states
    here = set()
    for each in ours:
        index = read_index(below / FOLDER, each.id)
        here |= {(e.kind, e.length, e.crc32) for e in index.entries} if index else set()
    there = read_index(above / FOLDER, theirs.id)
    assert there is not None
    return sum(e.length for e in there.entries if (e.kind, e.length, e.crc32) not in here)


async def _hub(state: Path) -> tuple[asyncio.subprocess.Process, int]:
    command = (sys.executable, "-m", "tests.bench.repair_hub", str(state))
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    return child, int(await child.stdout.readline())


async def _finished(child: asyncio.subprocess.Process) -> Cost:
    """Wait for a process, and return what it used."""
    cost = Cost(0.0, 0.0)
    async with asyncio.timeout(PATIENCE):
        while child.returncode is None:
            cost = _used(child.pid) or cost
            await asyncio.sleep(0.02)
    return cost


def _used(pid: int) -> Cost | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "")
    return Cost((int(fields[11]) + int(fields[12])) / TICK, int(peak) / 1024) if peak else None


def _lesson(codec: Codec, minutes: int) -> Lesson:
    """Return the lesson that every measurement sends, again and again, each frame unlike all others."""
    source = bench.Lesson(bench.make())
    small = pictures("VP8", 6.0, 50, 320) if codec == "VP8" else []
    frames: list[Frame] = []
    for minute in range(minutes):
        for number, unit in enumerate(source.video):
            data = b"".join(h264.START + nal for nal in h264.nals(unit.data))
            key = source.is_key(number)
            if small:  # as large, with a beginning that is a VP8 frame's
                like = small[number % len(small)]
                data, key = like.data + data[len(like.data) :], like.key
            frames.append(_frame("video", minute * len(source.video) + number, (3600, key), data))
        for number, unit in enumerate(source.audio):
            frames.append(_frame("audio", minute * len(source.audio) + number, (960, True), unit.data))
    return Lesson([VIDEO[codec], SOUND], sorted(frames, key=captured))


def _frame(kind: Kind, number: int, step: tuple[int, bool], data: bytes) -> Frame:
    mark = (number + 0x01010101).to_bytes(MARK)
    return Frame(kind, ZERO[kind] + number * step[0], data[:-MARK] + mark, step[1], 0.0)
