"""The computers of one school cost the hub one copy: real ones, found on the loopback interface."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from edge.content.siblings import Choice
from sync.catalogue import CHUNK, Item
from tests.content.hubs import Wire, serving, until
from tests.content.schools import (
    NODES,
    Classroom,
    classroom,
    found,
    library_app,
    noise,
    published,
    store_in,
)

SIZES = (6 * CHUNK + 5, 2 * CHUNK, 40_000)
MOST_COPIES = 1.05


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[tuple[Wire, list[Item]]]:
    store = store_in(tmp_path / "hub")
    items = published(store, *(noise(size, size) for size in SIZES))
    async with serving(library_app(store)) as port, Wire(port).up() as wire:
        yield wire, items


@pytest.fixture
async def school(tmp_path: Path, hub: tuple[Wire, list[Item]]) -> AsyncIterator[list[Classroom]]:
    """Three computers of one school."""
    wire, items = hub
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                classroom(tmp_path / node, f"http://127.0.0.1:{wire.port}", items, node)
            )
            for node in NODES
        ]


async def test_three_computers_of_a_school_cost_the_hub_one_copy(
    hub: tuple[Wire, list[Item]], school: list[Classroom]
) -> None:
    wire, _ = hub
    async with AsyncExitStack() as stack:
        for each in school:
            await stack.enter_async_context(each.among_others())
        await found(school)
        await until(lambda: all(each.has_all for each in school))
    assert wire.down <= MOST_COPIES * sum(SIZES)
    assert [each.purse.came > 0 for each in school] == [True, False, False]


async def test_when_the_one_that_asks_is_switched_off_the_next_one_goes_on_where_it_was(
    hub: tuple[Wire, list[Item]], school: list[Classroom]
) -> None:
    wire, _ = hub
    first, second, third = school
    wire.most = 5 * CHUNK
    async with AsyncExitStack() as stack:
        for each in (second, third):
            await stack.enter_async_context(each.among_others())
        async with first.among_others():
            await found(school)
            await until(lambda: 4 <= _chunks(first) == _chunks(second) == _chunks(third))
        wire.most = None
        await until(lambda: second.has_all and third.has_all)
    assert second.purse.came > 0
    assert third.purse.came == 0
    assert wire.down <= sum(SIZES) * MOST_COPIES + 2 * CHUNK, "one chunk and what was on its way"


def _chunks(room: Classroom) -> int:
    room.materials.woken.set()
    return sum(len(room.store.have(each.id)) for each in room.items)


async def test_one_that_gets_nothing_from_the_hub_is_not_waited_for(
    hub: tuple[Wire, list[Item]], school: list[Classroom], tmp_path: Path
) -> None:
    first, second, _ = school
    first.rules = type(first.rules)(quota=1)  # it takes nothing, and says that it could
    second.neighbours.choice = Choice(second.node, stuck=0.5)
    async with first.among_others(), second.among_others():
        await found([first, second])
        await until(lambda: second.has_all)
    assert first.purse.came == 0


async def test_while_one_has_a_lesson_the_others_take_nothing_and_go_on_after_it(
    school: list[Classroom], hub: tuple[Wire, list[Item]], tmp_path: Path
) -> None:
    wire, items = hub
    first, second, _ = school
    first.items = second.items = items[2:]
    _copied(tmp_path, second, items[2])
    wire.closed = second.is_busy = True
    async with first.among_others(), second.among_others():
        await found([first, second])
        await until(lambda: first.neighbours.have_lesson())
        assert not first.has_all
        second.is_busy = False
        await until(lambda: first.has_all)
    assert (first.purse.came, wire.down) == (0, 0)


def _copied(folder: Path, room: Classroom, item: Item) -> None:
    """Put an item into a classroom's store as if it had come."""
    hub = store_in(folder / "hub")
    path, sums = hub.path_of(item.id), hub.sums(item.id)
    assert path is not None
    assert sums is not None
    draft = room.store.begin(item, sums)
    draft.put(0, path.read_bytes())
    draft.finish(1)
