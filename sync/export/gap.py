"""Hub schools beside small schools, week by week: who answered how many questions right (core).

Compared are only questions that both kinds of schools answered in a week: others would compare questions, not
schools. A question of a prepared set is the same question whoever asks it. How sure a share is, is told by
Wilson's interval for 95 %, and the difference by Newcombe's, which is made of two of these. Pupils of one
class are no independent draws: the truth is less sure than both say, and the report says so.
"""

from collections.abc import Container, Iterable
from math import sqrt

from msgspec import Struct

SURE = 1.96  # standard deviations on each side of 95 %
FEW = 30  # answers on one side below which nothing is said of a difference: two small classes

Interval = tuple[float, float]


class Counted(Struct, frozen=True):
    """What one class answered to one question that has a right answer."""

    school: str
    week: str  # ISO 8601: 2026-W48
    question: tuple[str, int]  # the prepared set and the place in it, or the check's name and 0
    answered: int
    rights: int


class Side(Struct):
    """The answers of one kind of schools."""

    schools: set[str]
    answered: int = 0
    rights: int = 0

    @property
    def share(self) -> float | None:
        """Return the share of right answers, from 0 to 1."""
        return self.rights / self.answered if self.answered else None

    @property
    def interval(self) -> Interval:
        """Return between what it is with 95 %."""
        return wilson(self.rights, self.answered)

    def add(self, counted: Counted) -> None:
        """Count the answers of one class."""
        self.schools.add(counted.school)
        self.answered += counted.answered
        self.rights += counted.rights


class Week(Struct):
    """One week, or all of them together (`week` is "")."""

    week: str
    hubs: Side
    small: Side
    questions: int = 0  # that both answered
    left_out: int = 0  # that only one of both answered

    @property
    def gap(self) -> float | None:
        """Return by how much hub schools are ahead, in shares of 1."""
        hubs, small = self.hubs.share, self.small.share
        return None if hubs is None or small is None else hubs - small

    @property
    def interval(self) -> Interval:
        """Return between what the difference is with 95 %."""
        return newcombe(self.hubs, self.small)

    @property
    def verdict(self) -> str:
        """Return what can be said: too-few, unclear, hubs-ahead, small-ahead."""
        if min(self.hubs.answered, self.small.answered) < FEW:
            return "too-few"
        low, high = self.interval
        return "hubs-ahead" if low > 0 else "small-ahead" if high < 0 else "unclear"


def compared(rows: Iterable[Counted], hubs: Container[str]) -> list[Week]:
    """Return the weeks in order and, last, all together; `hubs` are the hub schools."""
    weeks: dict[str, dict[tuple[str, int], list[Counted]]] = {}
    for each in rows:
        if each.answered:
            weeks.setdefault(each.week, {}).setdefault(each.question, []).append(each)
    told = [_week(week, weeks[week], hubs) for week in sorted(weeks)]
    return [*told, _together(told)]


def wilson(rights: int, answered: int) -> Interval:
    """Return Wilson's interval of a share; everything where nobody answered."""
    if not answered:
        return 0.0, 1.0
    share, squared = rights / answered, SURE * SURE
    middle = share + squared / (2 * answered)
    spread = SURE * sqrt(share * (1 - share) / answered + squared / (4 * answered * answered))
    scale = 1 + squared / answered
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def newcombe(one: Side, other: Side) -> Interval:
    """Return Newcombe's interval of a difference of shares (his method 10)."""
    if one.share is None or other.share is None:
        return -1.0, 1.0
    difference = one.share - other.share
    (low, high), (other_low, other_high) = one.interval, other.interval
    below = sqrt((one.share - low) ** 2 + (other_high - other.share) ** 2)
    above = sqrt((high - one.share) ** 2 + (other.share - other_low) ** 2)
    return max(-1.0, difference - below), min(1.0, difference + above)


def _week(name: str, asked: dict[tuple[str, int], list[Counted]], hubs: Container[str]) -> Week:
    week = Week(name, Side(set()), Side(set()))
    for answers in asked.values():
        if len({each.school in hubs for each in answers}) < 2:
            week.left_out += 1
            continue
        week.questions += 1
        for each in answers:
            (week.hubs if each.school in hubs else week.small).add(each)
    return week


def _together(weeks: Iterable[Week]) -> Week:
    total = Week("", Side(set()), Side(set()))
    for each in weeks:
        total.questions += each.questions
        total.left_out += each.left_out
        for side, more in ((total.hubs, each.hubs), (total.small, each.small)):
            side.schools |= more.schools
            side.answered += more.answered
            side.rights += more.rights
    return total
