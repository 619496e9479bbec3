"""Which check a class is to answer, and how far it is with it (core).

A class takes a check only in the lesson that runs: one of a hub teacher if its stream is the lesson's, one
of its own teacher if it was asked in this lesson. A check on any other stream is *refused*: whoever asked it
does not teach this class. A check is *asked* until the class's teacher reads cards (*reading*) or counts
hands (*counting*), then *sent* once a fact is on the disk, and *ended* when whoever asked it says so; then it
is shown for a while. One that nobody ends is let go after the longest lesson.
"""

from collections.abc import Collection, Iterable

from msgspec import Struct

from sync.checks import Answer, Check
from sync.clock import ms_of

LONGEST = 90 * 60_000  # milliseconds that a check may wait for its end: a double lesson
SHOWN = 60_000  # milliseconds that the result of a hub's check stays: the lesson goes on
SHOWN_HERE = 10 * 60_000  # … of one of the class's own teacher, who puts it away herself
EARLY = 60_000  # milliseconds by which the clocks of two nodes may differ


class Place(Struct, frozen=True):
    """Where this class is: its node, the lesson that runs and its stream; "" for what there is not."""

    node: str
    lesson: str = ""
    stream: str = ""

    @property
    def runs(self) -> bool:
        """Tell whether a lesson runs."""
        return bool(self.lesson or self.stream)


def current(checks: Iterable[Check], place: Place, now: int, away: Collection[str] = ()) -> Check | None:
    """Return the check that is this class's now; `away` are those that its teacher has put away."""
    if not place.runs:
        return None
    mine = [each for each in checks if is_taken(each, place) and each.id not in away and _is_on(each, now)]
    return max(mine, key=_rank, default=None)


def refused(checks: Iterable[Check], place: Place, now: int) -> list[Check]:
    """Return the checks of hub teachers that are of another lesson than the one that runs here."""
    if not place.stream:
        return []
    return [
        each
        for each in checks
        if each.by_hub and not each.ended and each.asked.stream != place.stream and _is_on(each, now)
    ]


def behind(checks: Iterable[Check], place: Place, now: int, front: Check | None) -> list[Check]:
    """Return the checks of hub teachers that wait until the class's own teacher has ended hers."""
    if front is None or front.by_hub:
        return []
    return [
        each
        for each in checks
        if each.by_hub and not each.ended and is_taken(each, place) and _is_on(each, now)
    ]


def is_taken(check: Check, place: Place) -> bool:
    """Tell whether a check is put to this class in the lesson that runs."""
    if check.by_hub:
        return bool(place.stream) and check.asked.stream == place.stream
    return check.node == place.node and check.asked.lesson == place.lesson


def answer_of(check: Check, place: Place) -> Answer | None:
    """Return what this class has answered."""
    return check.of_node(place.node, place.lesson)


def _is_on(check: Check, now: int) -> bool:
    asked = ms_of(check.hlc)
    if not check.ended:
        return -EARLY <= now - asked <= LONGEST
    shown = SHOWN if check.by_hub else SHOWN_HERE
    return now - ms_of(check.ended) <= shown and now - asked <= LONGEST + shown


def _rank(check: Check) -> tuple[bool, bool, int, str]:
    """What runs goes before what has ended, then what the class's own teacher asks, then the newest."""
    return (not check.ended, not check.by_hub, check.hlc, check.id)
