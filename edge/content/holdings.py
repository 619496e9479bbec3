"""What there is in the library: recordings of this node and of its hub as one list, each lesson once (core).

A lesson is recorded here and at the hub, each by its own clock. Two recordings of one stream are of the same
lesson if they have half of the shorter one in common; where the clocks differ, if the timetable says so. One
that is whole here hides the hub's; where something is missing here and not there, the hub's can be fetched,
and what was here is behind it then and goes with it.
"""

import re
import unicodedata
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from edge.classroom.ties import Tied
from edge.contract.answers import Found, Item, Kind

EDGE = 20.0  # seconds a copy may lack at its ends: a class that connects when the lesson has begun
BUCKET = 3_600_000  # milliseconds: recordings are looked for by the hours they are in
MAX_BUCKETS = 200  # hours of one recording that are looked at: a week's
MAX_FOUND = 200  # items of one answer: more than a person looks through
MAX_SUBJECTS = 40  # a school has about 25
MAX_CHOICES = 20  # languages, or grades: more than a school has of either
MAX_TYPED = 12  # words of a search: who types more has pasted a page
MAX_LETTERS = 400  # … and the letters that are looked at
MAX_DIGITS = 5  # of a grade that is sorted as a number
NEARLY = 0.9999  # … of a recording that lacks a frame: 99.99 %
HIGH = 10**MAX_DIGITS  # what is no number stands behind all that are
WORD = re.compile(r"[^\W_]+")
# Who has no Kazakh letters on her keyboard writes the nearest ones.
NEAREST = str.maketrans("әғқңөұүһіёй", "агкноуухиеи")


class Copy(Struct, frozen=True):
    """One recording, here or at the hub."""

    id: str
    stream: str
    begins: int  # milliseconds since 1970
    seconds: float
    day: str = ""  # local, ISO 8601
    bytes: int = 0
    whole: bool = False
    growing: bool = False
    copy_of: str = ""  # the hub's recording that it was fetched from
    tied: Tied | None = None
    healed: float = 0.0  # seconds that came from the hub afterwards
    missing: float = 0.0  # … that stay missing
    unhealed: str = ""  # why it cannot be healed

    @property
    def ends(self) -> int:
        """When it ended."""
        return self.begins + round(self.seconds * 1000)


class Wish(Struct, frozen=True):
    """What is to become of a recording of the hub."""

    state: Literal["coming", "tonight", "failed"]
    share: float = 0.0
    reason: str = ""


class Question(Struct, frozen=True):
    """What somebody looks for; an empty text stands for whatever there is."""

    text: str = ""
    subject: str = ""
    kind: str = ""
    lang: str = ""
    grade: str = ""


class Entry(Struct, frozen=True):
    """One lesson, or one thing that was published, without what is wished."""

    item: Item
    words: str  # that it is found by, each after a blank
    begins: int
    source: str = ""  # the hub's recording that is worth fetching
    copies: tuple[str, ...] = ()  # recordings here that are of it


def arranged(here: Iterable[Copy], hub: Iterable[Copy]) -> list[Entry]:
    """Return every lesson once, newest first."""
    here, hub = list(here), list(hub)
    shown, behind = _fronts(here)
    sources, hidden = _sources(shown, hub)
    entries = [_entry_here(each, sources.get(each.id), behind.get(each.id, ())) for each in shown]
    entries += [_entry_there(each) for each in hub if each.id not in hidden]
    return ordered(entries)


def ordered(entries: Iterable[Entry]) -> list[Entry]:
    """Return the newest first."""
    return sorted(entries, key=lambda entry: (-entry.begins, entry.item.id))


def search(
    entries: Sequence[Entry],
    question: Question,
    wishes: Mapping[str, Wish],
    pinned: Container[str] = frozenset(),
) -> Found:
    """Return what has words that begin with all that were typed, at most MAX_FOUND."""
    typed = [f" {word}" for word in WORD.findall(plain(question.text[:MAX_LETTERS]))[:MAX_TYPED]]
    found = [
        entry
        for entry in entries
        if _is_of(entry.item, question) and all(word in entry.words for word in typed)
    ]
    items = [entry.item for entry in entries]
    return Found(
        tuple(_kept(wished(entry, wishes), pinned) for entry in found[:MAX_FOUND]),
        _choices((item.subject for item in items), MAX_SUBJECTS),
        len(found),
        tuple(kind for kind in get_args(Kind) if kind in {item.kind for item in items}),
        _choices((item.lang for item in items), MAX_CHOICES),
        _choices((item.grade for item in items), MAX_CHOICES),
    )


def _is_of(item: Item, question: Question) -> bool:
    asked = question
    return (
        asked.subject in ("", item.subject)
        and asked.kind in ("", item.kind)
        and asked.lang in ("", item.lang)
        and asked.grade in ("", item.grade)
    )


def _choices(texts: Iterable[str], most: int) -> tuple[str, ...]:
    """Return each text once, as people sort them: numbers by their size."""
    return tuple(sorted(set(texts) - {""}, key=_place)[:most])


def _place(text: str) -> tuple[int, str]:
    return (int(text) if text.isdecimal() and len(text) < MAX_DIGITS else HIGH, plain(text))


def wished(entry: Entry, wishes: Mapping[str, Wish]) -> Item:
    """Return an entry's item with what is wished of it."""
    wish = wishes.get(entry.source)
    if wish is None or entry.source == "":
        return entry.item
    return replace(entry.item, state=wish.state, share=round(wish.share, 3), reason=wish.reason)


def _kept(item: Item, pinned: Container[str]) -> Item:
    return replace(item, pinned=True) if item.id in pinned else item


def plain(text: str) -> str:
    """Return a text as it is compared: small letters in one spelling, none that a Russian keyboard lacks."""
    return unicodedata.normalize("NFKC", text).casefold().translate(NEAREST)


def words_of(*texts: str) -> str:
    """Return what something is found by, each word after a blank."""
    return " " + " ".join(WORD.findall(plain(" ".join(texts))))


class _Near:
    """Finds recordings of the same stream and time."""

    def __init__(self, copies: Iterable[Copy]) -> None:
        self._by_hour: dict[tuple[str, int], list[Copy]] = {}
        for copy in copies:
            for hour in _hours(copy):
                self._by_hour.setdefault((copy.stream, hour), []).append(copy)

    def of(self, copy: Copy) -> list[Copy]:
        """Return the recordings of the same lesson, those with most in common first."""
        near = {each.id: each for hour in _hours(copy) for each in self._by_hour.get((copy.stream, hour), ())}
        same = [each for each in near.values() if _is_same(copy, each)]
        return sorted(same, key=lambda each: (-_common(copy, each), each.id))


def _fronts(here: list[Copy]) -> tuple[list[Copy], dict[str, tuple[str, ...]]]:
    """Return the recordings to be shown, and for those that were fetched what lies behind them."""
    fetched = _Near(each for each in here if each.copy_of)
    shown, behind = [], dict[str, tuple[str, ...]]()
    for copy in here:
        fronts = (each for each in fetched.of(copy) if _covers(each, copy) or _is_better(each, copy))
        front = next(fronts, None)
        if copy.copy_of or front is None or copy.growing:
            shown.append(copy)
        else:
            behind[front.id] = (*behind.get(front.id, ()), copy.id)
    return shown, behind


def _sources(shown: list[Copy], hub: list[Copy]) -> tuple[dict[str, Copy], set[str]]:
    """Return what of the hub is better than what is here, by what is here, and what of the hub is hidden."""
    there, ours = _Near(hub), _Near(shown)
    fetched = {each.copy_of for each in shown}
    sources, merged = dict[str, Copy](), set[str]()
    hidden = {each.id for each in hub if each.id in fetched}
    hidden |= {each.id for each in hub if any(_covers(copy, each) for copy in ours.of(each))}
    for copy, twin in [*_by_time(shown, there), *_by_lesson(shown, hub, there, ours)]:
        if copy.growing:
            continue
        if twin.id not in hidden and _is_better(twin, copy):
            sources[copy.id] = twin
        merged.add(twin.id)
    return sources, hidden | merged


def _by_time(shown: list[Copy], there: _Near) -> list[tuple[Copy, Copy]]:
    return [(copy, near[0]) for copy in shown if not copy.copy_of and (near := there.of(copy))]


def _by_lesson(shown: list[Copy], hub: list[Copy], there: _Near, ours: _Near) -> list[tuple[Copy, Copy]]:
    """Return pairs of recordings that no time brings together: one lesson has one of each."""
    left: dict[tuple[str, str], list[Copy]] = {}
    right: dict[tuple[str, str], list[Copy]] = {}
    for copies, found, other in ((shown, left, there), (hub, right, ours)):
        for copy in copies:
            if copy.tied is not None and not copy.copy_of and not other.of(copy):
                found.setdefault((copy.stream, copy.tied.lesson), []).append(copy)
    keys = [key for key in left if len(left[key]) == 1 == len(right.get(key, ()))]
    return [(left[key][0], right[key][0]) for key in keys]


def _hours(copy: Copy) -> range:
    first, last = copy.begins // BUCKET, copy.ends // BUCKET
    return range(first, min(last, first + MAX_BUCKETS) + 1)


def _common(one: Copy, other: Copy) -> float:
    return max(0.0, (min(one.ends, other.ends) - max(one.begins, other.begins)) / 1000)


def _is_same(one: Copy, other: Copy) -> bool:
    shorter = min(one.seconds, other.seconds)
    return one.id == other.id or (shorter > 0 and _common(one, other) * 2 >= shorter)


def _covers(one: Copy, other: Copy) -> bool:
    """Tell whether nothing is lost if only this one is kept."""
    return one.whole and not one.growing and _common(one, other) >= other.seconds - EDGE


def _is_better(theirs: Copy, ours: Copy) -> bool:
    longer = theirs.seconds > ours.seconds + EDGE
    return longer or (theirs.whole and not ours.whole)


def _entry_here(copy: Copy, source: Copy | None, behind: tuple[str, ...]) -> Entry:
    item = replace(
        _item(copy),
        state="growing" if copy.growing else "here",
        whole=copy.growing or (copy.whole and source is None),
        better=source is not None,
        healed=copy.healed,
        missing=copy.missing,
        complete=_complete(copy),
        unhealed="" if copy.whole else copy.unhealed,
    )
    return Entry(item, _words(copy), copy.begins, source.id if source else "", (copy.id, *behind))


def _complete(copy: Copy) -> float:
    """Return the share that is here: 1 only if all is."""
    share = 1 - copy.missing / copy.seconds if copy.seconds else 1.0
    return 1.0 if copy.whole else max(0.0, min(share, NEARLY))


def _entry_there(copy: Copy) -> Entry:
    return Entry(replace(_item(copy), state="hub", whole=copy.whole), _words(copy), copy.begins, copy.id)


def _item(copy: Copy) -> Item:
    tied = copy.tied
    return Item(
        copy.id,
        " · ".join(filter(None, (tied.subject, tied.topic))) if tied else copy.stream,
        tied.subject if tied else "",
        tied.topic if tied else "",
        tied.class_ if tied else "",
        tied.day if tied else copy.day,
        round(copy.seconds / 60),
        copy.bytes,
    )


def _words(copy: Copy) -> str:
    item, tied = _item(copy), copy.tied
    return words_of(item.title, item.class_, item.day, copy.stream, tied.teacher if tied else "")
