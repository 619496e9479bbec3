"""Which recordings are of one lesson, and what one lacks of the other."""

from zlib import crc32

import pytest
from msgspec.structs import replace

from edge.media.packet import Kind
from edge.media.record.index import Index, IndexEntry
from edge.media.record.marks import Gap, Shift
from edge.media.repair import (
    BATCH,
    Pool,
    Span,
    Spot,
    batches,
    groups,
    is_within,
    moved,
    pieces_of,
    seconds_of,
    still_missing,
)
from tests.media.test_sheet import HEADER, entries

MINUTE = 60_000


def span(name: str, begins: float, ends: float, stream: str = "lesson") -> Span:
    """A recording from one minute to another."""
    return Span(name, stream, round(begins * MINUTE), round(ends * MINUTE), name)


def pool_of(found: list[IndexEntry]) -> Pool:
    """What is here, in one file."""
    pool = Pool()
    number = pool.begin()
    for at, each in enumerate(found):
        pool.add(each.kind, each.length, each.crc32, Spot(number, at))
    return pool


def test_recordings_of_one_stream_and_time_belong_together_and_the_newest_lesson_comes_first() -> None:
    theirs = [span("t1", 0, 45), span("t2", 60, 70), span("t3", 70.2, 105), span("t4", 0, 45, "other")]
    ours = [span("o1", 1, 44), span("o2", 61, 104), span("o3", 200, 245)]
    found = groups(theirs, ours)
    assert [[each.id for each in group.theirs] for group in found] == [["t2", "t3"], ["t1"]]
    assert [[each.id for each in group.ours] for group in found] == [["o2"], ["o1"]]


def test_clocks_may_differ_by_two_minutes() -> None:
    assert len(groups([span("t", 0, 10)], [span("o", 11.9, 20)])) == 1
    assert groups([span("t", 0, 10)], [span("o", 12.1, 20)]) == []


def test_only_what_has_no_equal_here_is_lacking() -> None:
    equal = Span("mine", "lesson", 0, MINUTE, "t1")
    (group,) = groups([span("t1", 0, 1), span("t2", 1, 2)], [equal])
    assert [each.id for each in group.lacking] == ["t2"]


@pytest.mark.parametrize(
    ("begins", "ends", "within"), [(10, 20, True), (0, 19, False), (0, 21, True), (-9, 9, False)]
)
def test_a_part_is_within_a_lesson_if_half_of_it_is(begins: float, ends: float, within: bool) -> None:
    assert is_within(span("t", begins, ends), [span("a", 10, 12), span("b", 30, 40)]) is within


def test_a_frame_is_found_whatever_clock_counted_it() -> None:
    theirs = entries(2.0)
    pool = pool_of(theirs[10:])
    later = [IndexEntry(e.kind, e.timestamp + 12_345_678, e.length, e.crc32, e.key) for e in theirs]
    assert [each for each in later if pool.find(each) is None] == later[:10]
    assert pool.common(0, Index(HEADER, later)) == len(theirs) - 10


def test_what_only_this_node_has_is_counted_in_seconds() -> None:
    theirs = entries(4.0)
    kept = [each for each in theirs if each.kind == "audio" or each.timestamp % 5]
    assert pool_of(theirs).only_here(0, [Index(HEADER, theirs)]) == 0.0
    assert pool_of(theirs).only_here(0, []) == pytest.approx(4.0)
    missing = len(theirs) - len(kept)
    assert pool_of(theirs).only_here(0, [Index(HEADER, kept)]) == pytest.approx(missing * 0.04)


def test_what_was_missing_is_told_in_seconds_of_the_track_that_lacked_more() -> None:
    found = sorted(entries(4.0), key=lambda each: each.timestamp - HEADER.zero[each.kind])
    sounds = [each for each in found if each.kind == "audio"][:50]
    pictures = [each for each in found if each.kind == "video"][:50]
    assert seconds_of(Index(HEADER, found), sounds) == pytest.approx(1.0)
    assert seconds_of(Index(HEADER, found), sounds + pictures) == pytest.approx(2.0)
    assert seconds_of(Index(HEADER, found), []) == 0.0


def test_what_stays_missing_is_gaps_and_lost_frames_and_never_more_than_there_is() -> None:
    assert still_missing([], {}, 0, 60.0) == 0.0
    assert still_missing([Gap(1.0, 2.5)], {"video": 25, "audio": 10}, 0, 60.0) == pytest.approx(3.5)
    assert still_missing([Gap(1.0, 100.0)], {}, 5, 60.0) == 60.0


def test_how_far_two_time_lines_are_apart_is_told_by_frames_that_are_unlike_all_others() -> None:
    theirs = entries(4.0)
    silence = [IndexEntry("audio", 900 + 48_000 * 4 + n * 960, 3, crc32(b"..."), True) for n in range(100)]
    ours = Index(HEADER, [*theirs[30:100], *silence])
    assert moved(ours, [], Index(HEADER, [*theirs, *silence]), []) == pytest.approx(0.0)
    zero: dict[Kind, int] = {kind: at + HEADER.rates[kind] for kind, at in HEADER.zero.items()}
    late = Index(replace(HEADER, zero=zero), theirs[30:100])
    assert moved(late, [], Index(HEADER, theirs), [Shift(0.0, 0.0)]) == pytest.approx(1.0)


def test_requests_are_of_a_bounded_size_and_in_the_files_order() -> None:
    missing = [(at * 10_000, each) for at, each in enumerate(entries(60.0))][::-1]
    found = list(batches(missing))
    assert [each for lot in found for each in lot] == sorted(missing, key=lambda each: each[0])
    assert all(sum(each.size for each in pieces_of(lot)) <= BATCH for lot in found)
