"""Chunks as spans of numbers, and what two nodes' spans have in common (core)."""

from collections.abc import Iterable, Sequence

MAX_SPANS = 4096  # of one item: a node that fetches in order has one or two, holes come from wrong chunks

Spans = tuple[range, ...]  # each not empty, in order, none touching the next


def believed(pairs: Sequence[tuple[int, int]], count: int) -> Spans:
    """Return spans that somebody claims, first and last number each, as far as an item has so many chunks."""
    return joined(range(max(0, first), min(last + 1, count)) for first, last in pairs[:MAX_SPANS])


def of(numbers: Iterable[int]) -> Spans:
    """Return the spans of single numbers."""
    return joined(range(number, number + 1) for number in numbers)


def joined(spans: Iterable[range]) -> Spans:
    """Return the same numbers in the fewest spans."""
    found: list[range] = []
    for each in sorted((each for each in spans if each), key=lambda each: each.start):
        if found and each.start <= found[-1].stop:
            found[-1] = range(found[-1].start, max(found[-1].stop, each.stop))
        else:
            found.append(each)
    return tuple(found)


def without(whole: range, spans: Spans) -> Spans:
    """Return what is left of a range."""
    found, begin = [], whole.start
    for each in spans:
        found.append(range(begin, min(each.start, whole.stop)))
        begin = max(begin, each.stop)
    return joined([*found, range(begin, whole.stop)])


def size(spans: Iterable[range]) -> int:
    """Return how many numbers there are."""
    return sum(len(each) for each in spans)


def first_common(one: Sequence[range], other: Sequence[range], most: int) -> range | None:
    """Return the first numbers that both have, at most so many that stand together."""
    left, right = iter(one), iter(other)
    mine, theirs = next(left, None), next(right, None)
    while mine is not None and theirs is not None:
        begin, end = max(mine.start, theirs.start), min(mine.stop, theirs.stop)
        if begin < end:
            return range(begin, min(end, begin + most))
        if mine.stop <= theirs.stop:
            mine = next(left, None)
        else:
            theirs = next(right, None)
    return None
