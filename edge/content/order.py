"""Which material comes first: what the next lessons need, then small before large, newest first (core)."""

from collections.abc import Iterable

from msgspec import Struct

from edge.classroom.ties import Tied
from edge.content.holdings import plain
from sync.catalogue import Item, Offer

MAX_AHEAD = 14 * 86_400_000  # milliseconds: further ahead no lesson is looked for; the holidays are longer


class Need(Struct, frozen=True):
    """A subject that is taught to a grade."""

    subject: str  # in plain letters
    grade: str


def needs(lessons: Iterable[Tied], now: int) -> frozenset[Need]:
    """Return what the next day with lessons teaches; `now` in milliseconds since 1970."""
    ahead = [each for each in lessons if not each.cancelled and now < each.begins <= now + MAX_AHEAD]
    day = min((each.day for each in ahead), default="")
    return frozenset(Need(plain(each.subject), grade_of(each.class_)) for each in ahead if each.day == day)


def in_order(offers: Iterable[Offer], needed: frozenset[Need]) -> list[Offer]:
    """Return what is to come first."""
    return sorted(offers, key=lambda each: _rank(each, needed))


def is_needed(item: Item, needed: frozenset[Need]) -> bool:
    """Tell whether one of the next lessons is about it; what is of no grade is for all."""
    subject, grade = plain(item.subject), grade_of(item.grade)
    return bool(subject) and any(subject == need.subject and grade in ("", need.grade) for need in needed)


def _rank(offer: Offer, needed: frozenset[Need]) -> tuple[bool, int, int, str]:
    return not is_needed(offer.item, needed), offer.item.size, -offer.version, offer.item.id


def grade_of(class_: str) -> str:
    """Return the number that a class begins with: "7" of "7 Ә"."""
    text = class_.strip()
    end = next((at for at, letter in enumerate(text) if not letter.isdecimal()), len(text))
    return text[:end] or text
