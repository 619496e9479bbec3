"""A process that fetches a material is killed again and again, and the disk fills: nothing wrong counts."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest

from edge.content.chunks import WrongHash
from edge.content.hub import WINDOW
from edge.content.keeping import Rules
from sync.catalogue import CHUNK, Item, chunk_size
from tests.content.hubs import Wire, serving, until
from tests.content.schools import Classroom, classroom, library_app, noise, published, store_in
from tests.disks import mounted

KILLS = 3
FLIGHT = 4 * WINDOW  # bytes that were on their way: what sockets hold on both sides
SIZE = 9 * CHUNK + 17
DEADLINE = 60.0
SMALL = 6 << 20


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[tuple[Wire, Item]]:
    store = store_in(tmp_path / "hub")
    (item,) = published(store, noise(SIZE))
    async with serving(library_app(store)) as port, Wire(port).up() as wire:
        yield wire, item


async def _killed(words: tuple[str, ...], wire: Wire, after: int) -> bool:
    """Start a process and kill it when so many more bytes came down; false if it was faster."""
    after = wire.most = wire.down + after
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.content.material_process", *words
    )
    await until(lambda: wire.down >= after or child.returncode is not None)
    if child.returncode is not None:
        return False
    child.kill()
    await child.wait()
    wire.cut()
    return True


async def test_killed_at_any_point_it_comes_whole_and_each_kill_costs_a_chunk(
    tmp_path: Path, hub: tuple[Wire, Item]
) -> None:
    wire, item = hub
    chance, kills = Random(7), 0
    words = (
        str(tmp_path / "room"),
        f"http://127.0.0.1:{wire.port}",
        msgspec.json.encode([item]).decode(),
    )
    for _ in range(KILLS):
        kills += await _killed(words, wire, chance.randrange(100_000, 3 * CHUNK))
    wire.most = None
    last = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.content.material_process", *words
    )
    async with asyncio.timeout(DEADLINE):
        assert await last.wait() == 0
    path = store_in(tmp_path / "room").path_of(item.id)
    assert path is not None
    assert path.read_bytes() == noise(SIZE)
    assert kills >= 2
    assert wire.down < SIZE + (kills + 1) * (CHUNK + FLIGHT)


def test_a_chunk_that_the_disk_lost_is_fetched_again(tmp_path: Path) -> None:
    content = noise(3 * CHUNK)
    (item,) = published(store_in(tmp_path / "hub"), content)
    sums = store_in(tmp_path / "hub").sums(item.id) or b""
    store = store_in(tmp_path / "room")
    draft = store.begin(item, sums)
    for number in range(3):
        begin = number * CHUNK
        draft.put(number, content[begin : begin + chunk_size(item.size, number)])
    draft.close()
    path = store.path_of(item.id)
    assert path is not None
    with path.open("r+b") as file:
        file.seek(CHUNK)
        file.write(b"lost")
    again = store_in(tmp_path / "room").begin(item, sums)
    assert again.missing() == [range(1, 2)]
    with pytest.raises(WrongHash):
        again.put(1, bytes(CHUNK))
    again.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of a few megabytes."""
    with mounted(tmp_path / "disk", SMALL) as folder:
        yield folder


@pytest.fixture
async def cramped(tmp_path: Path, small_disk: Path, hub: tuple[Wire, Item]) -> AsyncIterator[Classroom]:
    """A classroom whose store is on a small disk."""
    wire, item = hub
    async with classroom(tmp_path / "room", f"http://127.0.0.1:{wire.port}", [item]) as made:
        made.store.place = type(made.store.place)(small_disk / "content", made.store.place.disk, 0)
        made.rules = Rules(low=-SIZE, headroom=-SIZE)  # it begins: something else takes the room meanwhile
        yield made


def _enlarge(disk: Path) -> None:
    subprocess.run(("mount", "-o", "remount,size=20m", str(disk)), check=True)


async def test_a_disk_that_fills_up_holds_what_came_and_room_lets_it_go_on(
    cramped: Classroom, small_disk: Path, hub: tuple[Wire, Item]
) -> None:
    _, item = hub
    async with cramped.fetching() as materials:
        await until(lambda: materials.waits == "disk")
        kept = len(cramped.store.have(item.id))
        _enlarge(small_disk)
        await until(lambda: cramped.has_all)
    assert 3 <= kept < 9
    assert cramped.purse.came < SIZE + 3 * CHUNK
