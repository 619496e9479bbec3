"""Which file is what, by what is in it: a name may say anything."""

from datetime import date, tzinfo

from sync.importers import calendar, oneroster, roster, timetable
from sync.importers.complaints import Progress, silent
from sync.importers.lessons import USUAL, Term, Timetable, Usual
from sync.importers.roster import Roster


def read_roster(
    name: str, content: bytes, today: date, school: str = "", progress: Progress = silent
) -> Roster:
    """Return the pupils in an OneRoster ZIP file or a table; raise ImportRefused."""
    if oneroster.is_one(content):
        return oneroster.read(name, content, today, school, progress)
    return roster.read(name, content, progress)


def read_timetable(
    name: str, content: bytes, zone: tzinfo, term: Term, usual: Usual = USUAL, progress: Progress = silent
) -> Timetable:
    """Return the lessons in an iCalendar or a table; raise ImportRefused."""
    if calendar.is_one(content):
        return calendar.read(name, content, zone, term, usual, progress)
    return timetable.read(name, content, term, usual, progress)
