"""One publication after another in one space of numbers: readers see time go on."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from edge.media.splice import TIMESTAMP_WRAP, Splice

RATE = 90_000
STEP = 3600  # 25 pictures a second


class Publication(Struct, frozen=True):
    """Where one publication's numbers begin, how many packets it has, and the pause before it."""

    source: int
    sequence: int
    timestamp: int
    packets: int
    pause: float


PUBLICATIONS = st.builds(
    Publication,
    st.integers(1, 2**32 - 1),
    st.integers(0, 2**17),
    st.integers(0, 2**33),
    st.integers(1, 20),
    st.floats(0.0, 40.0),
)
MANY = st.lists(PUBLICATIONS, min_size=1, max_size=6, unique_by=lambda each: each.source)


def _play(splice: Splice, one: Publication, begin: float) -> tuple[list[tuple[int, int]], float]:
    """Send a publication, a packet a picture; return its numbers in the stream and when it ended."""
    splice.begin(one.source, one.sequence, one.timestamp, begin)
    sent = [
        splice.map(one.sequence + n, one.timestamp + n * STEP, begin + n * STEP / RATE)
        for n in range(one.packets)
    ]
    return sent, begin + (one.packets - 1) * STEP / RATE


@given(MANY)
def test_numbers_only_grow_whoever_publishes(publications: list[Publication]) -> None:
    splice, now, sent = Splice(RATE), 0.0, []
    for publication in publications:
        mapped, now = _play(splice, publication, now + publication.pause)
        sent += mapped
    assert all(after[0] > before[0] and after[1] > before[1] for before, after in pairwise(sent))
    assert splice.splices == len(publications) - 1


@given(MANY)
def test_a_splice_leaves_no_hole_and_is_as_long_as_the_pause(publications: list[Publication]) -> None:
    splice, now = Splice(RATE), 0.0
    last: tuple[int, int] | None = None
    for publication in publications:
        mapped, now = _play(splice, publication, now + publication.pause)
        if last is not None:
            assert mapped[0][0] - last[0] == 1
            assert abs((mapped[0][1] - last[1]) / RATE - publication.pause) < 0.001
        last = mapped[-1]


@given(PUBLICATIONS)
def test_the_first_publication_keeps_its_numbers(publication: Publication) -> None:
    mapped, _ = _play(Splice(RATE), publication, 0.0)
    assert mapped[0] == (publication.sequence, publication.timestamp)


@given(PUBLICATIONS, st.floats(0.0, 30.0), st.integers(-1, 1))
def test_the_same_clock_goes_on_whatever_a_new_session_knows_of_its_wraps(
    first: Publication, pause: float, wraps: int
) -> None:
    splice = Splice(RATE)
    mapped, end = _play(splice, first, 0.0)
    later = first.timestamp + (first.packets - 1) * STEP + round(pause * RATE)
    splice.begin(first.source, 70_000, later + wraps * TIMESTAMP_WRAP, end + pause)
    again = splice.map(70_000, later + wraps * TIMESTAMP_WRAP, end + pause)
    assert again == (mapped[-1][0] + 1, later)


def test_a_packet_that_comes_late_is_mapped_like_its_neighbours() -> None:
    splice = Splice(RATE)
    splice.begin(1, 100, 5000, 0.0)
    assert splice.map(102, 5000 + 2 * STEP, 0.08) == (102, 5000 + 2 * STEP)
    assert splice.map(101, 5000 + STEP, 0.09) == (101, 5000 + STEP)
    assert splice.timestamp(5000) == 5000
