"""Which recording here becomes which of the parent's, and what is never given up for it."""

from msgspec.structs import replace

from edge.content.outcome import Made, Settled, healed, settle, spans_of
from edge.media.record.index import Index, IndexEntry
from edge.media.record.marks import Gap
from edge.media.record.recording import Recording
from edge.media.record.sheet import Form, Look, Sheet
from edge.media.repair import Pool, Spot
from tests.media.test_sheet import HEADER, entries

FRAMES = sorted(
    entries(60.0), key=lambda each: (each.timestamp - HEADER.zero[each.kind]) / HEADER.rates[each.kind]
)
SECOND = len(FRAMES) // 60  # frames


def theirs(name: str, begin: int, end: int) -> Made:
    """A file of the parent, from one second to another."""
    form = Form(Index(HEADER, FRAMES[begin * SECOND : end * SECOND]), [], Look(1280, 720))
    return Made(recording(name), Sheet(form, name, 1 << 30, "lavf"))


def recording(name: str) -> Recording:
    """A recording."""
    return Recording(id=name, stream="lesson", started="2026-11-22T04:45:10Z", media_type="video/mp4")


def pool_of(*files: list[IndexEntry]) -> Pool:
    """What is here."""
    pool = Pool()
    for frames in files:
        number = pool.begin()
        for at, each in enumerate(frames):
            pool.add(each.kind, each.length, each.crc32, Spot(number, at))
    return pool


def settled(made: list[Made], *files: tuple[int, int]) -> dict[str, str]:
    """Who takes whose place; "+" stands for a new one, and "-" for what goes."""
    ours = [recording(f"o{number}") for number, _ in enumerate(files)]
    pool = pool_of(*(FRAMES[begin * SECOND : end * SECOND] for begin, end in files))
    found: Settled = settle(made, ours, pool)
    return {name: each.id if each else "+" for name, each in found.places.items()} | dict.fromkeys(
        found.removed, "-"
    )


def test_each_takes_the_place_of_what_it_has_most_in_common_with_and_what_is_in_them_goes() -> None:
    made = [theirs("t1", 0, 30), theirs("t2", 30, 60)]
    assert settled(made, (0, 5), (10, 40), (45, 60)) == {"t1": "o1", "t2": "o2", "o0": "-"}


def test_what_has_nothing_here_comes_beside_it() -> None:
    assert settled([theirs("t1", 0, 20), theirs("t2", 20, 40)], (0, 20)) == {"t1": "o0", "t2": "+"}


def test_of_what_is_only_here_two_seconds_may_go_and_no_more() -> None:
    assert settled([theirs("t", 0, 30)], (10, 32)) == {"t": "o0"}
    assert settled([theirs("t", 0, 30)], (10, 33)) == {}


def test_who_stays_keeps_only_those_away_that_it_has_something_of() -> None:
    made = [theirs("t1", 0, 20), theirs("t2", 30, 50)]
    assert settled(made, (0, 28), (30, 45)) == {"t2": "o1"}


def test_what_was_in_one_that_does_not_come_is_not_lost_by_another() -> None:
    made = [theirs("t1", 0, 20), theirs("t2", 20, 40)]
    assert settled(made, (5, 28), (0, 15), (25, 60)) == {}


def test_another_lesson_beside_it_is_not_touched() -> None:
    assert settled([theirs("t", 0, 20)], (0, 10), (40, 60)) == {"t": "o0"}


def test_a_healed_recording_keeps_its_name_and_the_clock_of_this_node() -> None:
    made = theirs("t", 0, 30)
    made = Made(
        replace(made.theirs, whole=False, gaps=[Gap(3.0, 2.0)], seconds=30.0, unhealed="gone"), made.sheet
    )
    own = FRAMES[10 * SECOND : 30 * SECOND]
    zero = {kind: at + 10 * HEADER.rates[kind] for kind, at in HEADER.zero.items()}
    before = Index(replace(HEADER, zero=zero), own)
    ours = replace(recording("o"), healed=1.0, part=2)
    found = healed(made, ours, before, pool_of(own))
    assert (found.id, found.source, found.part, found.unhealed) == ("o", "t", 2, "")
    assert (found.started, found.moved) == ("2026-11-22T04:45:00Z", 10.0)
    assert (round(found.healed, 1), found.missing) == (11.0, 2.0)


def test_a_recording_without_a_beginning_has_no_place_in_time() -> None:
    assert spans_of([replace(recording("a"), started="yesterday")]) == []
    (span,) = spans_of([replace(recording("b"), seconds=60.0, digest="d")])
    assert (span.ends - span.begins, span.digest) == (60_000, "d")
