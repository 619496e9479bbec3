"""What becomes of our recordings of one lesson when the parent's are here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from edge.media import repair
from edge.media.record.index import Index
from edge.media.record.recording import Recording, stamp
from edge.media.record.sheet import Form, Sheet
from edge.media.repair import OWN, Pool, Span


class Made(Struct, frozen=True):
    """A recording of the parent that is a draft here, and what it is made of."""

    theirs: Recording
    sheet: Sheet

    @property
    def form(self) -> Form:
        """All that decides its file besides the frames."""
        return self.sheet.form


class Settled(Struct, frozen=True):
    """What each becomes: in the place of one of ours, or beside them; and which of ours go."""

    places: dict[str, Recording | None]  # by the parent's name; what is not among them is of no use
    removed: list[str]


def settle(made: Sequence[Made], ours: Sequence[Recording], pool: Pool) -> Settled:
    """Return who takes whose place, those with most in common first; nothing of ours may be lost by it."""
    shared = {
        (each.theirs.id, number): count
        for each in made
        for number in range(len(ours))
        if (count := pool.common(number, each.form.index))
    }
    used = {each.theirs.id: each.form.index for each in made}
    while True:
        numbers = {number for ident, number in shared if ident in used}
        stay = {number for number in numbers if pool.only_here(number, used.values()) > OWN}
        left = {ident: index for ident, index in used.items() if not any((ident, n) in shared for n in stay)}
        if len(left) == len(used):
            break
        used = left
    places = _places(list(used), shared)
    taken = {number for number in places.values() if number is not None}
    return Settled(
        {ident: None if number is None else ours[number] for ident, number in places.items()},
        [ours[number].id for number in sorted(numbers - taken)],
    )


def _places(used: Sequence[str], shared: Mapping[tuple[str, int], int]) -> dict[str, int | None]:
    places: dict[str, int | None] = dict.fromkeys(used)
    for (ident, number), _ in sorted(shared.items(), key=lambda each: (-each[1], each[0])):
        if ident in places and places[ident] is None and number not in places.values():
            places[ident] = number
    return places


def healed(made: Made, ours: Recording, before: Index | None, pool: Pool) -> Recording:
    """Return our recording as it is when its file is the parent's."""
    theirs, form = made.theirs, made.form
    later = repair.moved(before, ours.shifts, form.index, form.shifts) if before and before.entries else 0.0
    started = theirs.started if ours.copy_of else _earlier(ours.started, later)
    return replace(
        theirs,
        id=ours.id,
        started=started,
        part=ours.part,
        copy_of=ours.copy_of,
        source=theirs.id,
        healed=round(ours.healed + _lacked(form, pool), 3),
        missing=_missing(theirs),
        moved=round(ours.moved + later, 3),
        unhealed="",
    )


def brought(made: Made, ident: str, part: int, pool: Pool) -> Recording:
    """Return a recording of which there was no file here."""
    theirs = made.theirs
    return replace(
        theirs,
        id=ident,
        part=part,
        copy_of=theirs.id,
        source=theirs.id,
        healed=round(_lacked(made.form, pool), 3),
        missing=_missing(theirs),
        moved=0.0,
        unhealed="",
    )


def spans_of(recordings: Iterable[Recording]) -> list[Span]:
    """Return recordings in time; those without a sound beginning are passed over."""
    found = []
    for each in recordings:
        try:
            begins = datetime.fromisoformat(each.started).timestamp()
        except ValueError:
            continue
        ends = begins + each.seconds
        found.append(Span(each.id, each.stream, round(begins * 1000), round(ends * 1000), each.digest))
    return found


def _lacked(form: Form, pool: Pool) -> float:
    index = form.index
    return repair.seconds_of(index, [each for each in index.entries if pool.find(each) is None])


def _missing(theirs: Recording) -> float:
    return round(repair.still_missing(theirs.gaps, theirs.lost, theirs.dropped, theirs.seconds), 3)


def _earlier(started: str, seconds: float) -> str:
    try:
        return stamp(datetime.fromisoformat(started) - timedelta(seconds=seconds))
    except (ValueError, OverflowError):
        return started
