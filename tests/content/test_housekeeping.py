"""A full disk makes room by itself: materials first, and nothing that somebody uses."""

import asyncio
from pathlib import Path

import pytest

from edge.content.housekeeping import Housekeeping, Stores
from edge.content.keeping import DAY, Rules
from edge.content.pins import MAX_PINS, Pins, TooManyPins
from edge.content.uses import Uses
from edge.media.record.durable import Disk
from edge.media.record.recording import Recording, save
from edge.media.record.store import Store
from sync.catalogue import CHUNK, Item, Shelf
from tests.content.hubs import until
from tests.content.schools import noise, published, store_in

NOW = 1_795_000_000_000  # in November 2026
SIZE = 100_000
RULES = Rules(keep_days=30, low=SIZE, enough=2 * SIZE)


class Filled(Disk):
    """A disk of so many bytes."""

    def __init__(self, size: int) -> None:
        self.size = size

    def room(self, folder: Path) -> int:
        """Return what is left of it."""
        files = (path for path in folder.parent.rglob("*") if path.suffix in (".blob", ".mp4"))
        return self.size - sum(path.stat().st_size for path in files)


class House:
    """A node's folders, and what keeps order in them."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.disk = Filled(1 << 30)
        self.materials = store_in(state)
        self.recordings = Store(state, self.disk, reserve=0)
        self.shelf = Shelf()
        self.pins = Pins(state)
        self.uses = Uses(state, lambda: NOW)
        self.shown: set[str] = set()
        self.rules = RULES
        self.recordings.place.prepare()

    def book(self, seed: int, fetched: int) -> Item:
        """Put a material that came at that time."""
        content = noise(SIZE, seed)
        hub = store_in(self.state / "hub")
        (item,) = published(hub, content)
        draft = self.materials.begin(item, hub.sums(item.id) or b"")
        draft.put(0, content)
        draft.finish(fetched)
        hub.remove(item.id)
        return item

    def lesson(self, day: str) -> str:
        """Put a recording of that day."""
        ident = f"lesson-{day}T081500Z"
        recording = Recording(
            id=ident,
            stream="lesson",
            started=f"{day[:4]}-{day[4:6]}-{day[6:]}T08:15:00Z",
            media_type="video/mp4",
            state="done",
            seconds=60.0,
            bytes=SIZE,
        )
        save(self.disk, self.recordings.place.folder, recording)
        recording.path(self.recordings.place.folder).write_bytes(bytes(SIZE))
        return ident

    @property
    def left(self) -> set[str]:
        """Return what is still there."""
        return {each.item.id for each in self.materials.items()} | {
            each.id for each in self.recordings.list()
        }

    async def kept(self, most: int) -> Housekeeping:
        """Keep house until no more than so many things are left."""
        keeping = Housekeeping(
            Stores(self.materials, self.recordings),
            lambda: self.shelf,
            self.rules,
            self.pins,
            self.uses,
            self.shown.__contains__,
        )
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(keeping.run(look=0.01))
            await until(lambda: len(self.left) <= most and keeping.looks >= 2)
            running.cancel()
        return keeping


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_on_a_full_disk_materials_go_then_recordings_that_are_old_enough(house: House) -> None:
    house.book(1, NOW - DAY)
    old, new = house.lesson("20260801"), house.lesson("20261115")
    house.disk.size = 3 * SIZE + 10
    keeping = await house.kept(1)
    assert house.left == {new}
    assert old not in house.left
    assert (keeping.dropped["disk"], keeping.freed) == (2, 2 * SIZE)


async def test_what_is_shown_served_or_pinned_stays_on_the_fullest_disk(house: House) -> None:
    served, pinned = house.book(1, 1), house.book(2, 2)
    shown = house.lesson("20260801")
    house.shown.add(shown)
    house.uses.used(served.id)
    house.pins.set(pinned.id, True)
    house.disk.size = 3 * SIZE
    keeping = await house.kept(3)
    assert house.left == {served.id, pinned.id, shown}
    assert keeping.dropped.total() == 0


async def test_what_was_used_longest_ago_goes_beyond_the_quota_and_uses_are_known_after_a_restart(
    house: House,
) -> None:
    read, unread = house.book(1, 1), house.book(2, 2)
    house.uses.used(read.id)
    house.uses.save([read.id])
    house.uses = Uses(house.state, lambda: NOW)
    house.rules = Rules(quota=SIZE)
    await house.kept(1)
    assert house.left == {read.id}
    assert unread.id not in house.left


async def test_what_is_on_its_way_does_not_go_before_what_nobody_has_used_for_long(house: House) -> None:
    old = house.book(1, 1)
    (coming,) = published(store_in(house.state / "hub"), noise(SIZE + CHUNK, 2))
    draft = house.materials.begin(coming, store_in(house.state / "hub").sums(coming.id) or b"")
    draft.put(0, noise(SIZE + CHUNK, 2)[:CHUNK])
    draft.close()
    house.rules = Rules(quota=CHUNK + SIZE // 2)
    await house.kept(1)
    assert house.left == {coming.id}
    assert old.id not in house.left


async def test_what_was_withdrawn_goes(house: House) -> None:
    item = house.book(1, NOW)
    house.shelf = Shelf(withdrawn=frozenset({item.id}))
    keeping = await house.kept(0)
    assert keeping.dropped == {"withdrawn": 1}


async def test_what_this_very_node_published_never_goes(house: House) -> None:
    (own,) = published(house.materials, noise(SIZE))
    house.rules, house.disk.size = Rules(quota=1, low=SIZE), SIZE
    await house.kept(1)
    assert house.left == {own.id}


def test_a_pin_of_another_process_counts_and_pins_have_a_bound(tmp_path: Path) -> None:
    daemon, command = Pins(tmp_path), Pins(tmp_path)
    assert daemon.all() == frozenset()
    command.set("a", True)
    assert "a" in daemon
    command.set("a", False)
    assert daemon.all() == frozenset()
    (tmp_path / "library" / "pins.json").write_bytes(
        str([f"{n}" for n in range(MAX_PINS)]).replace("'", '"').encode()
    )
    with pytest.raises(TooManyPins):
        command.set("one more", True)
    command.set("5", True)


def test_a_damaged_file_of_pins_or_uses_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    for name in ("pins.json", "uses.json"):
        (tmp_path / "library" / name).write_bytes(b"\xff{")
    uses = Uses(tmp_path, lambda: NOW)
    uses.load()
    assert Pins(tmp_path).all() == frozenset()
    assert uses.last("x", 5) == 5
