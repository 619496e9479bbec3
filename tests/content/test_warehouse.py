"""The library's screens see what is published, what is here, and what becomes of the rest."""

from pathlib import Path

import pytest

from edge.content.asked import MAX_ASKED, Asked
from edge.content.holdings import Wish
from edge.content.pins import Pins
from edge.content.uses import Uses
from edge.content.wanted import TooMany
from edge.content.warehouse import Warehouse
from sync.catalogue import Shelf
from tests.content.schools import Classroom, noise, published, shelf_of, store_in

NOW = 1_795_000_000_000


class Stocked:
    """A classroom with a warehouse: one thing is here, one at the hub."""

    def __init__(self, folder: Path) -> None:
        hub = store_in(folder / "hub")
        self.here, self.there = published(hub, noise(1000), noise(2000, 2), subject="Физика")
        self.room = Classroom(folder / "room", "http://127.0.0.1:9", [self.here, self.there])
        draft = self.room.store.begin(self.here, hub.sums(self.here.id) or b"")
        draft.put(0, noise(1000))
        draft.finish(NOW)
        self.shelf = shelf_of(self.room.items)
        self.pins, self.uses = Pins(folder / "room"), Uses(folder / "room", lambda: NOW)
        self.warehouse = Warehouse(
            self.room.store,
            lambda: self.shelf,
            self.room.asked,
            self.room.materials,
            self.pins,
            self.uses,
        )


@pytest.fixture
def stocked(tmp_path: Path) -> Stocked:
    made = Stocked(tmp_path)
    made.room.journal.close()
    return made


def test_what_is_here_can_be_opened_and_is_in_use_then(stocked: Stocked) -> None:
    path = stocked.warehouse.path_of(stocked.here.id)
    assert path is not None
    assert path.read_bytes() == noise(1000)
    assert stocked.uses.is_used(stocked.here.id)
    assert stocked.warehouse.path_of(stocked.there.id) is None


def test_everything_that_is_published_is_listed_with_whether_it_is_here(stocked: Stocked) -> None:
    listed = {each.id: (each.here, each.subject) for each in stocked.warehouse.materials()}
    assert listed == {stocked.here.id: (True, "Физика"), stocked.there.id: (False, "Физика")}


def test_what_is_published_no_more_is_listed_as_long_as_it_is_here(stocked: Stocked) -> None:
    stocked.shelf = Shelf()
    assert [each.id for each in stocked.warehouse.materials()] == [stocked.here.id]


async def test_what_is_planned_or_asked_for_comes_tonight_and_what_comes_says_how_far(
    stocked: Stocked,
) -> None:
    materials = stocked.room.materials
    await stocked.warehouse.want(stocked.there.id)
    assert stocked.warehouse.wishes() == {stocked.there.id: Wish("tonight")}
    materials.planned, materials.current, materials.share = [stocked.there], stocked.there.id, 0.25
    assert stocked.warehouse.wishes() == {stocked.there.id: Wish("coming", 0.25)}
    await stocked.warehouse.leave(stocked.there.id)
    assert (materials.planned, stocked.room.plan()) == ([], [])


async def test_what_is_deleted_does_not_come_again_until_somebody_asks(stocked: Stocked) -> None:
    stocked.room.items = [stocked.here]
    before = stocked.warehouse.version
    await stocked.warehouse.remove(stocked.here.id)
    assert stocked.room.plan() == []
    assert stocked.warehouse.version != before
    await stocked.warehouse.want(stocked.here.id)
    assert stocked.room.plan() == [stocked.here]


async def test_a_pin_is_seen(stocked: Stocked) -> None:
    before = stocked.warehouse.version
    await stocked.warehouse.pin(stocked.here.id, True)
    assert [each.pinned for each in stocked.warehouse.materials()] == [True, False]
    assert stocked.warehouse.version != before


def test_what_people_said_is_known_after_a_restart_and_has_a_bound(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    for number in range(MAX_ASKED):
        asked.want(f"{number}")
    with pytest.raises(TooMany):
        asked.want("one more")
    asked.leave("7")
    asked.came("8")
    again = Asked(tmp_path)
    again.load()
    assert (again.first[:8], again.left) == ([f"{n}" for n in (0, 1, 2, 3, 4, 5, 6, 9)], frozenset({"7"}))
    (tmp_path / "library" / "asked.json").write_bytes(b"\xff")
    Asked(tmp_path).load()
