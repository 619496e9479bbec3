"""Which lessons this school missed, and when the hub's recordings of them are fetched (core).

What was missed today or in the last week, and what is not whole here, is wanted without anybody asking, so
that it is on the disk in the morning. It comes when school is out: beside whatever else the link is for.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from edge.classroom.ties import Tied
from edge.content.holdings import Entry
from edge.contract.answers import Item

DAYS = 7  # that a lesson is worth fetching by itself: what is older was taught again, or is asked for
MOST = 12  # recordings that are wanted so at once: two days of lessons, a night at 500 kbit/s
DAWN = 6  # o'clock: until then it is night, whatever is taught that day
REPAIRED = timedelta(days=1)  # in which what is here, but not whole, is left to be repaired: that costs less


def wanted(entries: Iterable[Entry], now: datetime, declined: Collection[str]) -> list[str]:
    """Return the recordings of the hub that are to be fetched by themselves, newest first.

    `declined` are lessons that a person left at the hub, or deleted here, as `lesson` names them.
    """
    found = (each for each in entries if _is_missed(each, now))
    return [each.source for each in found if lesson(each.item) not in declined][:MOST]


def lesson(item: Item) -> str:
    """Return what names a lesson whose recordings come and go: a class has one of a kind a day, mostly."""
    return f"{item.class_} {item.day} {item.title}"


def is_out(lessons: Iterable[Tied], now: datetime) -> bool:
    """Tell whether school is out: it is night, or no lesson of this day is still to come."""
    moment = round(now.timestamp() * 1000)
    today = now.date().isoformat()
    return now.hour < DAWN or not any(
        each.day == today and each.ends > moment and not each.cancelled for each in lessons
    )


def _is_missed(entry: Entry, now: datetime) -> bool:
    item = entry.item
    if not entry.source or not item.class_ or item.kind != "recording":  # no class: no lesson of ours
        return False
    day = _day(item.day)
    if day is None or not now.date() - timedelta(DAYS) <= day <= now.date():
        return False
    return item.state == "hub" or (item.better and now.date() - day >= REPAIRED)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
