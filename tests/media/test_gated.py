"""What is not admitted goes nowhere; what follows is one stream: no hole, no number twice, no step back."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from edge.media.gated import GatedStream, Valve
from edge.media.packet import Kind, Packet, Track
from tests.media.readers import Reader

TRACKS: dict[Kind, Track] = {"video": Track("video", "VP8", 96, 7), "audio": Track("audio", "opus", 111, 8)}
SOUND: tuple[Kind, ...] = ("audio",)
KEY = b"\x10\x00\x9d\x01\x2a" + b"\x00" * 8  # VP8: start of the first partition, of a key frame
DELTA = b"\x10\x01" + b"\x00" * 8
RATE = 48_000


def _made(*kinds: Kind) -> tuple[GatedStream, Reader]:
    stream, reader = GatedStream("class-0", TRACKS, 0.0), Reader()
    stream.admit(kinds)
    stream.attach(reader)
    return stream, reader


def test_a_kind_that_is_not_admitted_goes_nowhere_and_is_counted() -> None:
    stream, reader = _made("video")
    sound = stream.entry("audio", 1)
    for number in range(5):
        sound.take(number, number * 960, True, b"sound", number / 50)
    assert reader.packets == []
    assert stream.refused == {"video": 0, "audio": 5}
    assert stream.lanes["audio"].ring.newest is None  # not even kept for repeats


def test_pictures_begin_with_a_key_frame_that_the_publisher_is_asked_for() -> None:
    stream, reader = _made("video")
    asked: list[bool] = []
    stream.ask_publisher = lambda: asked.append(True)
    entry = stream.entry("video", 1)
    entry.take(10, 0, True, DELTA, 10.0)
    assert (reader.packets, asked) == ([], [True])
    entry.take(11, 3000, True, KEY, 10.1)
    entry.take(12, 6000, True, DELTA, 10.2)
    assert [packet.payload for packet in reader.packets] == [KEY, DELTA]


def test_a_repeat_of_before_the_gate_opened_is_not_taken() -> None:
    stream, reader = _made("audio")
    entry = stream.entry("audio", 1)
    entry.take(20, 0, True, b"a", 1.0)
    stream.admit(())
    entry.take(21, 960, True, b"secret", 1.02)
    stream.admit(SOUND)
    entry.take(22, 1920, True, b"c", 1.04)
    entry.take(21, 960, True, b"secret", 1.05)
    assert [packet.payload for packet in reader.packets] == [b"a", b"c"]


def test_what_was_forgotten_is_repeated_to_nobody() -> None:
    stream, _ = _made("audio")
    stream.entry("audio", 1).take(20, 0, True, b"a", 1.0)
    newest = stream.lanes["audio"].ring.newest
    assert newest is not None
    stream.forget("audio")
    assert stream.lanes["audio"].ring.find(newest.sequence & 0xFFFF) is None


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 40)), min_size=1, max_size=12),
    st.integers(0, 2**17),
    st.integers(0, 2**33),
)
def test_readers_see_one_space_of_numbers_however_often_a_gate_opens_and_closes(
    spans: list[tuple[bool, int]], first: int, origin: int
) -> None:
    stream, reader = _made()
    entry = stream.entry("audio", 1)
    number = 0
    for on, length in spans:
        stream.admit(SOUND if on else ())
        for _ in range(length):
            entry.take(first + number, origin + number * 960, True, b"%d" % number, number / 50)
            number += 1
    _is_one(reader.packets)
    assert len(reader.packets) == sum(length for on, length in spans if on)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 30)), min_size=1, max_size=12), st.data())
def test_readers_see_one_stream_whichever_classes_follow_each_other_in_it(
    turns: list[tuple[int, int]], data: st.DataObject
) -> None:
    floor, reader = _made("audio")
    classes = [GatedStream(f"class-{each}", TRACKS, 0.0) for each in range(3)]
    entries = [each.entry("audio", 1) for each in classes]
    firsts = [(data.draw(st.integers(0, 2**17)), data.draw(st.integers(0, 2**33))) for _ in classes]
    for each in classes:
        each.admit(SOUND)
    now = 0
    for turn, (holder, length) in enumerate(turns):
        valve = Valve(classes[holder], floor, turn, lambda: 0.0)
        for _ in range(length):
            for entry, (sequence, timestamp) in zip(entries, firsts, strict=True):
                entry.take(sequence + now, timestamp + now * 960, True, b"x", now / 50)
            now += 1
        valve.close()
    _is_one(reader.packets)
    assert len(reader.packets) == sum(length for _, length in turns)


def _is_one(packets: list[Packet]) -> None:
    numbers = [packet.sequence for packet in packets]
    times = [packet.timestamp for packet in packets]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
