"""The hub learns what each school has: at once when it is whole or gone, else now and then."""

import asyncio
from pathlib import Path

from edge.content.offers import Offers
from edge.content.telling import MOST, SLOWLY, Telling, news
from edge.journal import Journal
from sync.joining.identity import Parent, save_parent
from sync.records import ContentHeld
from tests.content.hubs import until
from tests.content.schools import noise, published, store_in


def held(item: str, have: int, of: int = 9, waits: str = "") -> ContentHeld:
    return ContentHeld(item, have, of, waits)


def test_what_is_new_is_told_at_once() -> None:
    assert news({}, [held("a", 1)], 0) == [held("a", 1)]


def test_what_grows_is_told_now_and_then() -> None:
    told = {"a": (1000, held("a", 1))}
    assert news(told, [held("a", 5)], 1000 + SLOWLY - 1) == []
    assert news(told, [held("a", 5)], 1000 + SLOWLY) == [held("a", 5)]


def test_what_is_the_same_is_told_once() -> None:
    assert news({"a": (0, held("a", 9))}, [held("a", 9)], 10 * SLOWLY) == []


def test_what_became_whole_or_went_is_told_at_once_and_once() -> None:
    told = {
        "a": (1000, held("a", 8)),
        "b": (1000, held("b", 9)),
        "c": (1000, ContentHeld("c", 0, 9, gone=True)),
    }
    assert news(told, [held("a", 9)], 1001) == [held("a", 9), ContentHeld("b", 0, 9, gone=True)]


def test_what_came_back_is_told_at_once() -> None:
    told = {"a": (1000, ContentHeld("a", 0, 9, gone=True))}
    assert news(told, [held("a", 2)], 1001) == [held("a", 2)]


def test_a_clock_that_went_back_stops_nothing() -> None:
    assert news({"a": (10 * SLOWLY, held("a", 1))}, [held("a", 2)], 0) == [held("a", 2)]


def test_a_school_that_has_much_to_tell_tells_it_bit_by_bit() -> None:
    assert len(news({}, [held(f"{n}", 1) for n in range(3 * MOST)], 0)) == MOST


def told(journal: Journal) -> list[ContentHeld]:
    """Return the newest word about each item."""
    return [each.fact for each in Offers(journal).holdings()]


def facts(journal: Journal) -> int:
    """Return how many facts there are about items."""
    query = "SELECT count(*) FROM event WHERE kind = 'content-held'"
    return int(journal.ledger.read(lambda db: db.execute(query).fetchone()[0]))


async def _while_telling(journal: Journal, folder: Path, wanted: list[ContentHeld]) -> None:
    telling = Telling(journal, Offers(journal), store_in(folder), lambda: "", look=0.01)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(telling.run())
        await until(lambda: told(journal) == wanted)
        running.cancel()


async def test_a_school_notes_what_it_has_once_also_over_a_restart(tmp_path: Path) -> None:
    (item,) = published(store_in(tmp_path), noise(2000))
    journal = Journal(tmp_path)
    mine = journal.identity
    save_parent(journal.folder, Parent("10.0.0.2:8443", mine.certificate, mine.node, "aul"))
    try:
        await _while_telling(journal, tmp_path, [ContentHeld(item.id, 1, 1)])
        await _while_telling(journal, tmp_path, [ContentHeld(item.id, 1, 1)])
        assert facts(journal) == 1
        store_in(tmp_path).remove(item.id)
        await _while_telling(journal, tmp_path, [ContentHeld(item.id, 0, 1, gone=True)])
    finally:
        journal.close()
