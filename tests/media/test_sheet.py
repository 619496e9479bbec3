"""What a recording is made of, as nodes tell each other."""

import zlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from edge.media.packet import Kind
from edge.media.record.index import Index, IndexEntry, IndexHeader
from edge.media.record.marks import Shift
from edge.media.record.sheet import BadSheet, Form, Look, Sheet, decode, encode
from edge.media.record.times import ordered, shown

HEADER = IndexHeader(
    id="lesson-20261122T044500Z",
    stream="lesson",
    started="2026-11-22T04:45:00Z",
    codecs={"video": "H264", "audio": "opus"},
    ssrc={"video": 1, "audio": 2},
    rates={"video": 90_000, "audio": 48_000},
    zero={"video": (1 << 32) + 7, "audio": 900},
    aligned="sender-reports",
)
LESSON = 45 * 60  # seconds


def entries(seconds: float, seed: int = 1) -> list[IndexEntry]:
    """Frames as a camera and a microphone make them: 25 pictures a second of 1.5 Mbit/s, 50 sounds."""
    chance = Random(seed)

    def entry(kind: Kind, number: int, step: int, length: int, key: bool) -> IndexEntry:
        at = HEADER.zero[kind] + number * step
        return IndexEntry(kind, at, length, chance.getrandbits(32), key)

    pictures = [
        entry(
            "video", n, 3600, max(200, round(chance.gauss(7000, 2500))) * (1 + 4 * (n % 50 == 0)), n % 50 == 0
        )
        for n in range(round(seconds * 25))
    ]
    sounds = [
        entry("audio", n, 960, max(3, round(chance.gauss(120, 15))), True) for n in range(round(seconds * 50))
    ]
    return pictures + sounds


def sheet(seconds: float = 10.0) -> Sheet:
    """The sheet of a lesson."""
    found = entries(seconds)
    size = sum(each.length for each in found) + 20_000
    form = Form(Index(HEADER, found), [Shift(0.0, 0.0125)], Look(1280, 720, "0142c01f"))
    return Sheet(form, "a" * 64, size, "lavf1.2.3")


def wire_of(made: Sheet, **changes: object) -> bytes:
    """A sheet whose first line was changed."""
    line, _, columns = encode(made).partition(b"\n")
    return json.encode(json.decode(line) | changes) + b"\n" + columns


def test_a_sheet_arrives_as_it_was_with_its_frames_in_the_files_order() -> None:
    made = sheet()
    came = decode(encode(made))
    assert came.form.index.entries == ordered(made.form.index, made.form.shifts)
    assert (came.form.index.header, came.form.shifts, came.form.picture) == (
        HEADER,
        made.form.shifts,
        made.form.picture,
    )
    assert (came.digest, came.size, came.muxer) == (made.digest, made.size, made.muxer)


def test_the_sheet_of_a_lesson_takes_less_than_half_a_percent_of_it() -> None:
    made = sheet(300.0)
    assert len(encode(made)) < 0.004 * made.size


def test_frames_are_in_the_order_of_their_times_wherever_they_stood() -> None:
    made = sheet().form
    mixed = list(made.index.entries)
    Random(2).shuffle(mixed)
    again = Form(Index(HEADER, sorted(mixed, key=lambda each: each.timestamp)), made.shifts, made.picture)
    bases: dict[Kind, int] = {"video": 90_000, "audio": 48_000}
    assert shown(again.index, again.shifts, bases) == shown(made.index, made.shifts, bases)


def test_two_frames_of_one_millisecond_get_one_each_and_none_lasts_for_ever() -> None:
    close = [IndexEntry("audio", 900 + at, 5, at, True) for at in (0, 10, 20, 48_000 * 60)]
    header = replace(HEADER, codecs={"audio": "opus"}, zero={"audio": 900}, rates={"audio": 48_000})
    found = shown(Index(header, close), [], {"audio": 1000})
    assert [each.at for each in found] == [0, 1, 2, 60_000]
    assert [each.lasts for each in found] == [1, 1, 120, 20]


@given(st.binary(max_size=300))
def test_anything_at_all_is_refused_in_words(wire: bytes) -> None:
    with pytest.raises(BadSheet):
        decode(wire)


@given(st.integers(0, 5000), st.integers(1, 255))
def test_a_byte_that_was_changed_on_the_way_is_refused_or_changes_nothing_that_is_dangerous(
    at: int, by: int
) -> None:
    wire = bytearray(encode(sheet(1.0)))
    wire[at % len(wire)] ^= by
    try:
        came = decode(bytes(wire))
    except BadSheet:
        return
    assert all(0 < each.length <= 4 << 20 for each in came.form.index.entries)
    assert sum(each.length for each in came.form.index.entries) < came.size


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 0},
        {"count": 3_000_000_000},
        {"count": 5},
        {"size": 100},
        {"size": -1},
        {"digest": "short"},
        {"picture": None},
        {"picture": {"width": 0, "height": 720, "config": ""}},
        {"picture": {"width": 100_000, "height": 720, "config": ""}},
        {"picture": {"width": 1280, "height": 720, "config": "xyz"}},
        {"header": json.decode(json.encode(replace(HEADER, rates={"video": 90_000, "audio": 0})))},
        {"header": json.decode(json.encode(replace(HEADER, codecs={"video": "opus", "audio": "opus"})))},
        {"header": json.decode(json.encode(replace(HEADER, zero={"video": 0})))},
    ],
)
def test_a_sheet_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadSheet):
        decode(wire_of(sheet(1.0), **changes))


def test_columns_that_grow_without_end_are_not_unpacked() -> None:
    line, _, _ = encode(sheet(1.0)).partition(b"\n")
    with pytest.raises(BadSheet):
        decode(line + b"\n" + zlib.compress(bytes(1 << 26)))
