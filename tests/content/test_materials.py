"""Materials come from the hub chunk by chunk, and a cut costs no more than the chunk that was on its way."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.content.keeping import Rules
from sync.catalogue import CHUNK, Item
from tests.content.hubs import Wire, serving, until
from tests.content.schools import Classroom, Said, classroom, library_app, noise, published, store_in

HEADS = 20_000  # bytes of HTTP and of sums


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[tuple[Wire, list[Item]]]:
    """A hub with a large and a small thing, behind a wire."""
    store = store_in(tmp_path / "hub")
    items = published(store, noise(6 * CHUNK + 70_000), noise(40_000, 2))
    async with serving(library_app(store)) as port, Wire(port).up() as wire:
        yield wire, items


@pytest.fixture
async def class_(tmp_path: Path, hub: tuple[Wire, list[Item]]) -> AsyncIterator[Classroom]:
    wire, items = hub
    async with classroom(tmp_path / "room", f"http://127.0.0.1:{wire.port}", items) as made:
        yield made


async def test_what_is_offered_comes_by_itself_small_before_large(
    hub: tuple[Wire, list[Item]], class_: Classroom
) -> None:
    wire, items = hub
    wire.most = CHUNK
    async with class_.fetching():
        await until(lambda: class_.store.is_whole(items[1].id))
        assert not class_.store.is_whole(items[0].id)
        wire.most = None
        await until(lambda: class_.has_all)
    for item, content in zip(items, (noise(6 * CHUNK + 70_000), noise(40_000, 2)), strict=True):
        path = class_.store.path_of(item.id)
        assert path is not None
        assert path.read_bytes() == content
    assert wire.down < sum(each.size for each in items) + HEADS


async def test_a_cut_costs_no_more_than_the_chunk_that_was_on_its_way(
    hub: tuple[Wire, list[Item]], class_: Classroom
) -> None:
    wire, items = hub
    wire.cut_after = [CHUNK + 300_000, 900_000, 2 * CHUNK + 50, 100]
    async with class_.fetching() as materials:
        await until(lambda: _urged(class_) and materials.arrived == 2)
    assert class_.purse.came < sum(each.size for each in items) + 4 * CHUNK


def _urged(class_: Classroom) -> bool:
    class_.materials.look()
    return class_.has_all


async def test_it_waits_when_the_budget_says_so_and_goes_on_where_it_was(
    hub: tuple[Wire, list[Item]], class_: Classroom
) -> None:
    wire, items = hub
    wire.most = 3 * CHUNK
    async with class_.fetching() as materials:
        await until(lambda: materials.share > 0.2)
        class_.purse.said = Said(0, "metered")
        await until(lambda: materials.waits == "metered")
        assert not class_.store.is_whole(items[0].id)
        class_.purse.said, wire.most = Said(), None
        await until(lambda: class_.has_all)
    assert class_.purse.came < sum(each.size for each in items) + CHUNK


async def test_what_a_power_cut_left_whole_but_for_its_note_is_finished(
    hub: tuple[Wire, list[Item]], class_: Classroom, tmp_path: Path
) -> None:
    wire, items = hub
    draft = class_.store.begin(items[1], store_in(tmp_path / "hub").sums(items[1].id) or b"")
    draft.put(0, noise(40_000, 2))
    draft.close()
    class_.items = items[1:]
    async with class_.fetching() as materials:
        await until(lambda: class_.has_all)
    assert (materials.arrived, wire.down) == (1, 0)


async def test_what_is_deleted_while_it_comes_is_begun_anew_or_left_as_a_person_says(
    hub: tuple[Wire, list[Item]], class_: Classroom
) -> None:
    wire, items = hub
    wire.most = 3 * CHUNK
    async with class_.fetching() as materials:
        await until(lambda: materials.share > 0.2)
        class_.store.remove(items[0].id)
        wire.most = None
        await until(lambda: class_.has_all)
        class_.asked.leave(items[0].id)
        class_.store.remove(items[0].id)
        await until(lambda: not _planned(class_))
    assert class_.store.held(items[0].id) is None


def _planned(class_: Classroom) -> list[Item]:
    class_.materials.woken.set()
    return class_.materials.planned


async def test_whoever_else_uses_the_link_in_bulk_is_not_disturbed(
    hub: tuple[Wire, list[Item]], class_: Classroom
) -> None:
    await class_.turn.acquire()
    async with class_.fetching() as materials:
        await until(lambda: materials.asks)
        assert class_.purse.came == 0
        class_.turn.release()
        await until(lambda: class_.has_all)


async def test_what_has_no_room_is_not_begun_and_says_so(
    hub: tuple[Wire, list[Item]], class_: Classroom
) -> None:
    class_.rules = Rules(quota=100_000, headroom=0)
    async with class_.fetching() as materials:
        await until(lambda: class_.store.is_whole(hub[1][1].id))
        await until(lambda: not _planned(class_) and materials.waits == "disk")
    assert class_.store.held(hub[1][0].id) is None
