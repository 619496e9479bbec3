"""The board: of each thing the newest is known, and a slow reader costs nobody anything."""

import pytest

from edge.board import MAX_KEYS, MAX_PASSING, MAX_READERS, Board, TooManyReaders
from edge.contract.notices import Beat, Link, Reading, Said

NOW = 0.0


async def test_who_attaches_is_told_all_that_is_true() -> None:
    board = Board()
    board.tell(Link("good"))
    board.tell(Reading("meter", "t", 1, 20.0))
    with board.read() as reader:
        assert await reader.take(NOW) == [Link("good"), Reading("meter", "t", 1, 20.0)]


async def test_a_slow_reader_gets_the_newest_of_each_key_once() -> None:
    board = Board()
    with board.read() as reader:
        await reader.take(NOW)
        for at in range(100):
            board.tell(Reading("meter", "t", at, float(at)))
            board.tell(Reading("meter", "p", at, float(at)))
        assert await reader.take(NOW) == [Reading("meter", "t", 99, 99.0), Reading("meter", "p", 99, 99.0)]


async def test_what_is_known_already_is_not_told_again() -> None:
    board = Board()
    board.tell(Link("good", 5))
    with board.read() as reader:
        await reader.take(NOW)
        board.tell(Link("good", 5))
        assert await reader.take(NOW) == []


async def test_what_only_passes_reaches_those_who_are_there_and_is_bounded() -> None:
    board = Board()
    with board.read() as reader:
        await reader.take(NOW)
        for number in range(MAX_PASSING + 5):
            board.tell(Said("saved", {"n": number}))
        told = await reader.take(NOW)
    assert [each.blanks["n"] for each in told if isinstance(each, Said)] == list(range(5, MAX_PASSING + 5))
    with board.read() as late:
        assert await late.take(NOW) == []


async def test_nothing_new_ends_the_wait_with_nothing() -> None:
    with Board().read() as reader:
        assert await reader.take(NOW) == []
        assert await reader.take(NOW) == []


async def test_screens_are_bounded_and_one_that_leaves_makes_room() -> None:
    board = Board()
    with pytest.raises(TooManyReaders):
        _attach(board, MAX_READERS + 1)
    _attach(board, MAX_READERS)


def _attach(board: Board, screens: int) -> None:
    """Attach one screen inside the other, so that all are there at once."""
    if screens:
        with board.read():
            _attach(board, screens - 1)


async def test_keys_are_bounded_and_the_one_told_longest_ago_goes_first() -> None:
    board = Board()
    for number in range(MAX_KEYS + 1):
        board.tell(Reading(str(number), "t", 0))
    with board.read() as reader:
        kept = await reader.take(NOW)
    assert len(kept) == MAX_KEYS
    assert Reading("0", "t", 0) not in kept


async def test_a_device_that_is_gone_is_forgotten() -> None:
    board = Board()
    board.tell(Reading("meter", "t", 1))
    board.forget(Reading("meter", "t", 1).key)
    board.tell(Beat())
    with board.read() as reader:
        assert await reader.take(NOW) == []
