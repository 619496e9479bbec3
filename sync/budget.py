"""Who may use the link to the parent, and how much of it (core).

A lesson goes first, then registers and what steers the tree, then its log; these are never held back here.
Repair of recordings and content are bulk: they wait while somebody pays for each byte, when the day's bytes
are used, in quiet hours, and beside a lesson unless its receiver finds room for them.
"""

from typing import Literal

from msgspec import Struct

Class = Literal["media", "register", "log", "repair", "content"]
Why = Literal["", "lesson", "metered", "quiet", "daily"]

BULK: tuple[Class, Class] = ("repair", "content")
UNBOUND = 1 << 30  # bytes a second: faster than any link here; the rate of what is never held back
BEHIND = 4  # content has this part of the rate while a recording is being repaired
FOR_REPAIR = 0.2  # of a day's bytes that content leaves to repair: a lesson with holes comes first
DAY = 24 * 60  # minutes
MIDNIGHT = "00:00"
JUMP = 3600.0  # seconds a clock may differ from the time that has passed: it is set by minutes, not by hours
HALF_DAY = 43_200.0  # seconds between two new days while a clock jumps: no more than one in a school day


class Policy(Struct, frozen=True):
    """What the school decided."""

    metered: bool = False
    quiet: tuple[str, str] | None = None  # from, until: HH:MM of the local day
    daily_bytes: int = 0  # 0: no bound
    rate: int = UNBOUND  # bytes a second for all bulk together


class Now(Struct, frozen=True):
    """What is known at this moment."""

    wall: int = 0  # minutes of the local day
    lesson: bool = False
    lesson_until: str = ""  # HH:MM; "" where the timetable does not say
    beside: int = 0  # bytes a second that the lesson's own receiver finds room for
    spent_today: int = 0
    repairing: bool = False


class Allowance(Struct, frozen=True):
    """What one class may take; a rate of 0 says why, and until when if that is known."""

    rate: int
    why: Why = ""
    until: str = ""  # HH:MM


def allow(class_: Class, now: Now, policy: Policy) -> Allowance:
    """Return what a class may take of the link now."""
    if class_ not in BULK:
        return Allowance(UNBOUND)
    if policy.metered:
        return Allowance(0, "metered")
    if policy.daily_bytes and now.spent_today >= _share(class_, policy.daily_bytes):
        return Allowance(0, "daily", MIDNIGHT)
    if policy.quiet is not None and is_quiet(now.wall, policy.quiet):
        return Allowance(0, "quiet", policy.quiet[1])
    rate = min(policy.rate, now.beside) if now.lesson else policy.rate
    if rate <= 0:
        return Allowance(0, "lesson", now.lesson_until)
    return Allowance(max(1, rate // BEHIND) if now.repairing and class_ == "content" else rate)


def is_quiet(wall: int, hours: tuple[str, str]) -> bool:
    """Tell whether a minute of the day lies in quiet hours, which may go past midnight."""
    begins, ends = (minute_of(each) for each in hours)
    return (wall - begins) % DAY < (ends - begins) % DAY


def minute_of(text: str) -> int:
    """Return the minute of the day of HH:MM; ValueError for anything else."""
    hours, colon, minutes = text.partition(":")
    if not (len(text) == 5 and colon and hours.isdecimal() and minutes.isdecimal() and text.isascii()):
        raise ValueError(f'"{text}" is not HH:MM such as 07:30')
    if int(hours) > 23 or int(minutes) > 59:
        raise ValueError(f'"{text}" is no time of a day')
    return int(hours) * 60 + int(minutes)


def _share(class_: Class, daily: int) -> float:
    return daily * (1 - FOR_REPAIR) if class_ == "content" else daily


class Spent(Struct, frozen=True):
    """What is kept over a restart."""

    day: str = ""  # ISO 8601, local
    octets: int = 0


class Account:
    """Bytes of a local day, whatever the clock does.

    A later day begins at nothing. A clock that goes back begins no new day, and neither does one that jumps
    forward once something was spent in this run; what was spent then counts on the day it shows from now on.
    So a jump never gives a day's bytes twice, and the next midnight begins anew in any case.
    """

    def __init__(self, kept: Spent) -> None:
        self._day, self._octets = kept.day, kept.octets
        self._anchor: float | None = None  # the wall clock less the time that passes
        self._begun = float("-inf")  # when the last new day began, by the time that passes
        self._is_odd = False  # the clock jumped, or went back, since then
        self._used = False  # something was spent since the start

    @property
    def kept(self) -> Spent:
        """Return what is to be kept."""
        return Spent(self._day, self._octets)

    def look(self, day: str, wall: float, now: float) -> int:
        """Return the bytes of today; `wall` is seconds of the clock, `now` of the time that passes."""
        jumped = self._anchor is not None and abs(wall - now - self._anchor) > JUMP
        if self._anchor is None or jumped:
            self._anchor = wall - now
        self._is_odd = self._is_odd or jumped or day < self._day
        if day > self._day and self._is_new(jumped, now):
            self._octets, self._begun, self._is_odd = 0, now, jumped
        self._day = day
        return self._octets

    def spend(self, octets: int) -> None:
        """Take note of bytes that came."""
        self._octets += octets
        self._used = True

    def _is_new(self, jumped: bool, now: float) -> bool:
        if jumped:  # nothing was fetched before the parent was heard, and it set the clock
            return not self._used
        return not self._is_odd or now - self._begun >= HALF_DAY
