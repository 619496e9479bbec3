"""When which class has which lesson: the template, one line a lesson of the week or of one day.

The column day has a weekday (Monday, понедельник, дс, 1) or a date. A weekday is every week from the later of
`from` and the first day asked for, to `until` or the last day asked for; a file that has neither is refused:
lessons in the holidays would be worse than a question. A time may be "8:30-9:15", which is 45 minutes too.
"""

from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import replace

from sync.importers import cells, sheets
from sync.importers.columns import Column, Entry, pick
from sync.importers.complaints import Complaints, Progress, silent, told
from sync.importers.lessons import (
    MAX_LESSONS,
    MAX_MINUTES,
    SCHOOL_YEAR,
    USUAL,
    WEEKDAYS,
    Lesson,
    Term,
    Timetable,
    Usual,
    WantedLesson,
    check_length,
    check_together,
)
from sync.records import MODELS

COLUMNS = (
    Column(
        "day", ("день", "күн", "weekday", "date", "день недели", "дата", "күні", "апта күні"), required=True
    ),
    Column(
        "start",
        (
            *("время", "уақыты", "starts", "time", "начало", "время начала", "уақыт", "басталуы"),
            *("басталу уақыты", "start time"),
        ),
        required=True,
    ),
    Column("class", ("класс", "сынып", "сыныбы"), required=True),
    Column("subject", ("предмет", "пән", "пәні", "lesson", "урок", "сабақ"), required=True),
    Column("minutes", ("минут", "минуты", "duration", "длительность", "ұзақтығы", "мин")),
    Column("teacher", ("учитель", "мұғалім", "преподаватель", "педагог")),
    Column("hub", ("опорная школа", "тірек мектеп", "hub school", "хаб", "школа учителя")),
    Column("model", ("модель", "үлгі", "үлгісі", "моделі", "формат")),
    Column("topic", ("тема", "тақырып", "тақырыбы", "тема урока")),
    Column("room", ("кабинет", "бөлме", "аудитория", "каб")),
    Column("from", ("с", "бастап", "с даты", "действует с", "начиная с", "басталу күні")),
    Column("until", ("по", "дейін", "to", "до", "по дату", "действует по", "аяқталу күні")),
)


class Line(Struct, frozen=True):
    """A line of the template, read: a lesson without its day, and the days that it is on."""

    lesson: Lesson
    days: tuple[date, ...]
    last: date  # that the line speaks about


def read(
    name: str, content: bytes, term: Term, usual: Usual = USUAL, progress: Progress = silent
) -> Timetable:
    """Return the lessons in a table; raise ImportRefused."""
    sheet = sheets.read(name, content)
    picked = pick(sheet, COLUMNS)
    complaints = Complaints(name)
    notes = [*sheet.notes, *picked.notes]
    wanted: list[WantedLesson] = []
    lasts = [term.first]
    for done, entry in enumerate(picked.entries, 1):
        line = _line(entry, term, usual, complaints)
        if line is not None:
            lasts.append(line.last)
            wanted += [
                WantedLesson(entry.line, replace(line.lesson, day=day.isoformat())) for day in line.days
            ]
            notes += [] if line.days else [f"line {entry.line}: over since {line.last}"]
        if len(wanted) > MAX_LESSONS:
            raise complaints.refused(entry.line, f"more than {MAX_LESSONS} lessons")
        told(progress, done, len(picked.entries))
    if not picked.entries:
        complaints.add(0, "no lesson in it")
    named = frozenset(cells.class_name(entry["class"]) for entry in picked.entries)
    check_together(wanted, complaints)
    complaints.settle()
    return Timetable(tuple(wanted), max(lasts).isoformat(), named, tuple(notes))


def _line(entry: Entry, term: Term, usual: Usual, complaints: Complaints) -> Line | None:
    before = len(complaints)
    lesson = _lesson(entry, usual, complaints)
    days, last = _days(entry, term, complaints)
    return Line(lesson, days, last) if len(complaints) == before else None


def _lesson(entry: Entry, usual: Usual, complaints: Complaints) -> Lesson:
    clock = cells.clock(entry["start"])
    starts, lasts = clock or ("00:00", None)
    minutes = cells.number(entry["minutes"], MAX_MINUTES) if entry["minutes"] else lasts or usual.minutes
    model = cells.model(entry["model"]) if entry["model"] else usual.model
    class_ = cells.class_name(entry["class"])
    if clock is None:
        complaints.add(entry.line, "not a time such as 08:30", entry["start"])
    if not class_:
        complaints.add(entry.line, "not a class", entry["class"])
    if not entry["subject"]:
        complaints.add(entry.line, "no subject")
    if minutes is None:
        complaints.add(entry.line, f"not 1 to {MAX_MINUTES} minutes", entry["minutes"])
    if model is None:
        complaints.add(entry.line, f"not a model ({', '.join(MODELS)})", entry["model"])
    check_length(entry.line, minutes or usual.minutes, starts, complaints)
    return Lesson(
        *(class_, "", starts, entry["subject"], minutes or usual.minutes, entry["teacher"]),
        *(entry["hub"] or usual.hub, model or usual.model, entry["topic"], entry["room"]),
    )


def _days(entry: Entry, term: Term, complaints: Complaints) -> tuple[tuple[date, ...], date]:
    """Return the days of a line, and the last one that it speaks about."""
    day, weekday = cells.day(entry["day"]), cells.weekday(entry["day"])
    if day is not None:
        _check_near(entry.line, day, term, complaints)
        return (day,), day
    if weekday is None:
        complaints.add(entry.line, "neither a weekday nor a date", entry["day"])
    bounds = _bounds(entry, term, complaints)
    if weekday is None or bounds is None:
        return (), term.first
    first, last = bounds
    begins = max(first, term.first)
    begins += timedelta(days=(weekday - begins.isoweekday()) % 7)
    days = tuple(begins + timedelta(days=7 * week) for week in range((last - begins).days // 7 + 1))
    if not days and max(first, term.first) <= last:
        complaints.add(entry.line, f"no {WEEKDAYS[weekday - 1]} from {first} to {last}")
    return days, last


def _bounds(entry: Entry, term: Term, complaints: Complaints) -> tuple[date, date] | None:
    """Return from when to when a weekly lesson is."""
    first = cells.day(entry["from"]) if entry["from"] else term.first
    last = cells.day(entry["until"]) if entry["until"] else term.last
    if first is None:
        complaints.add(entry.line, "from: not a date", entry["from"])
    if last is None and entry["until"]:
        complaints.add(entry.line, "until: not a date", entry["until"])
    elif last is None:
        complaints.add(entry.line, "every week until when? Fill the column until, or say so for all lines")
    if first is None or last is None:
        return None
    if entry["from"] and first > last:
        complaints.add(entry.line, "from is after until", f"{first} {last}")
        return None
    _check_near(entry.line, last, term, complaints)
    return first, min(last, term.bound)


def _check_near(line: int, day: date, term: Term, complaints: Complaints) -> None:
    if abs(day - term.first) > SCHOOL_YEAR:
        complaints.add(line, f"more than {SCHOOL_YEAR.days} days from {term.first}", day.isoformat())
