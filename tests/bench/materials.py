"""A large material over a link that dies again and again, and the copies that a school costs its hub."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from time import monotonic

from msgspec import Struct

from sync.catalogue import CHUNK, Item
from tests.bench.table import Table
from tests.content.hubs import Wire, serving
from tests.content.schools import NODES, Classroom, classroom, found, library_app, published, store_in

LIFE = 15_000_000  # bytes: what a link of 2 Mbit/s brings in a minute
ENDLESS = 1 << 50
LARGE, QUICK = 1 << 30, 1 << 26
MB = 1e6
SCHOOL = (200 << 20, 40 << 20, 5 << 20, 300_000)
LOOK = 0.05  # seconds
LONGEST = 1800.0  # seconds of one case


class Ended(Struct, frozen=True):
    """What a case cost."""

    size: int
    down: int  # bytes at the hub's door
    came: int  # bytes that reached the classroom's program
    cuts: int
    seconds: float
    right: bool


class CutWire(Wire):
    """A wire that dies after so many bytes, each time it is mended."""

    def __init__(self, port: int, life: int) -> None:
        super().__init__(port)
        self.cut_after = _Again(life)


class _Again(list[int]):
    def __init__(self, life: int) -> None:
        super().__init__()
        self._life = life
        self.given = 0

    def __bool__(self) -> bool:
        return True

    def pop(self, index: object = 0) -> int:
        """Return the life of the next connection."""
        self.given += 1
        return self._life


def run(quick: bool) -> Table:
    """Measure a large item over a link that dies."""
    size = QUICK if quick else LARGE
    rows: list[tuple[str, ...]] = []
    for life in (LIFE, LIFE // 4, CHUNK + CHUNK // 2):
        with _folder() as folder:
            ended = asyncio.run(_dying(folder, size if life == LIFE else size // 8, life))
        again = ended.came - ended.size
        rows.append(
            (
                f"{ended.size / MB:,.0f} MB, the link dies every {life / MB:.1f} MB",
                f"{ended.cuts}",
                f"{again / max(1, ended.cuts) / CHUNK:.2f}",
                f"{(ended.down - ended.size) / max(1, ended.cuts) / CHUNK:.2f}",
                f"{again / ended.size:.1%}",
                f"{ended.seconds:.0f} s",
                "yes" if ended.right else "NO",
            )
        )
    return Table(
        "materials",
        "A material over a link that dies",
        (
            "case",
            "cuts",
            "chunks again per cut",
            "… at the hub's door",
            "bytes again",
            "took",
            "SHA-256 right",
        ),
        rows,
        (
            f"a chunk is {CHUNK} bytes; the link is not slowed: what comes in a minute comes at once",
            "again: what the classroom received beyond the size of the item",
            "at the hub's door: what was sent beyond it, with what sockets still held when the link died",
        ),
    )


def run_school(quick: bool) -> Table:
    """Measure how many copies three computers of a school cost."""
    sizes = tuple(size // (16 if quick else 1) for size in SCHOOL)
    rows: list[tuple[str, ...]] = []
    cases = (
        ("one asks for all", True, ENDLESS),
        (f"… and the link dies every {LIFE / MB:.1f} MB", True, LIFE),
        ("each for itself", False, ENDLESS),
    )
    for name, share, life in cases:
        with _folder() as folder:
            ended = asyncio.run(_school(folder, sizes, share, life))
        rows.append(
            (
                name,
                f"{ended.size / MB:,.0f} MB",
                f"{ended.down / MB:,.1f} MB",
                f"{ended.down / ended.size:.3f}",
                f"{ended.seconds:.0f} s",
                "yes" if ended.right else "NO",
            )
        )
    return Table(
        "siblings",
        "Three computers of one school",
        ("case", "offered", "at the hub's door", "copies", "took", "all whole"),
        rows,
        ("they find each other by multicast DNS on the loopback interface; HTTP heads are counted",),
    )


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tirek-bench-") as name:
        yield Path(name)


def _items(folder: Path, sizes: tuple[int, ...]) -> list[Item]:
    """Publish files of these sizes."""
    chance, store = Random(1), store_in(folder / "hub")
    return [published(store, _noise(chance, size))[0] for size in sizes]


def _noise(chance: Random, size: int) -> bytes:
    return b"".join(chance.randbytes(min(CHUNK, size - at)) for at in range(0, size, CHUNK))


async def _dying(folder: Path, size: int, life: int) -> Ended:
    items = await asyncio.to_thread(_items, folder, (size,))
    store = store_in(folder / "hub")
    async with (
        serving(library_app(store)) as port,
        CutWire(port, life).up() as wire,
        classroom(folder / "room", f"http://127.0.0.1:{wire.port}", items) as room,
    ):
        began = monotonic()
        async with room.fetching():
            await _until_all([room])
        seconds = monotonic() - began
        right = await asyncio.to_thread(_same, store.path_of(items[0].id), room.store.path_of(items[0].id))
        assert isinstance(wire.cut_after, _Again)
        return Ended(size, wire.down, room.purse.came, wire.cut_after.given - 1, seconds, right)


async def _school(folder: Path, sizes: tuple[int, ...], share: bool, life: int) -> Ended:
    items = await asyncio.to_thread(_items, folder, sizes)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving(library_app(store_in(folder / "hub"))))
        wire = await stack.enter_async_context(CutWire(port, life).up())
        url = f"http://127.0.0.1:{wire.port}"
        rooms = [
            await stack.enter_async_context(classroom(folder / node, url, items, node)) for node in NODES
        ]
        for room in rooms:
            await stack.enter_async_context(room.among_others() if share else room.fetching())
        if share:
            await found(rooms)
        began = monotonic()
        await _until_all(rooms)
        return Ended(sum(sizes), wire.down, 0, 0, monotonic() - began, True)


async def _until_all(rooms: list[Classroom]) -> None:
    async with asyncio.timeout(LONGEST):
        while True:
            if all(_nudged(room) for room in rooms):
                return
            await asyncio.sleep(LOOK)


def _nudged(room: Classroom) -> bool:
    room.materials.look()
    return room.has_all


def _same(one: Path | None, other: Path | None) -> bool:
    return one is not None and other is not None and _digest(one) == _digest(other)


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()
