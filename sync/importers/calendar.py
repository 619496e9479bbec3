"""When which class has which lesson: iCalendar (RFC 5545), weekly rules followed for a school year at most.

Times become those of the school's zone; a time without a zone is taken for one. Of each event:
- class: X-TIREK-CLASS, else CATEGORIES that are classes ("7Б"), else what SUMMARY begins with ("7Б Физика");
- subject: SUMMARY without that class;
- teacher: X-TIREK-TEACHER, else the CN of ORGANIZER; hub: X-TIREK-HUB;
- model: X-TIREK-MODEL, else the first of CATEGORIES that is a word for one, else the usual one;
- topic: X-TIREK-TOPIC; room: LOCATION. DESCRIPTION is not read: it may hold anything about anybody.
Two classes in one event are two lessons. What is cancelled does not take place. An event of whole days, or
one that names no class, is no lesson: it is left out, and the dry run says so.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta, tzinfo

from sync.importers import cells, rules
from sync.importers.columns import MAX_CELL
from sync.importers.complaints import MAX_ROWS, Complaints, Progress, silent, told
from sync.importers.lessons import (
    MAX_LESSONS,
    USUAL,
    Lesson,
    Term,
    Timetable,
    Usual,
    WantedLesson,
    check_length,
    check_together,
)
from sync.importers.rules import Event
from sync.records import MODELS

ZONE = "Asia/Aqtobe"  # where a school is unless somebody says otherwise
LINE = "X-TIREK-LINE"  # ours: where an event began in the file, carried along through its repetitions
# Of two libraries, where things clash.
FAULTS = (ValueError, TypeError, KeyError, AttributeError, OverflowError)


def is_one(content: bytes) -> bool:
    """Whether this begins as an iCalendar does."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].upper() == b"BEGIN:VCALENDAR"


def read(
    name: str, content: bytes, zone: tzinfo, term: Term, usual: Usual = USUAL, progress: Progress = silent
) -> Timetable:
    """Return the lessons in a calendar; raise ImportRefused."""
    complaints = Complaints(name)
    complaints.check_size(content)
    notes: list[str] = []
    events = [event for event in _events(content, complaints) if _is_lesson(event, complaints, notes)]
    wanted: list[WantedLesson] = []
    together = _by_series(events)
    for done, series in enumerate(together, 1):
        for event in _repeated(series, zone, term, complaints):
            wanted += _lessons(event, zone, usual, complaints)
        if len(wanted) > MAX_LESSONS:
            raise complaints.refused(_line(series[0]), f"more than {MAX_LESSONS} lessons")
        told(progress, done, len(together))
    if not events and not len(complaints):
        complaints.add(0, "no lesson in it")
    check_together(wanted, complaints)
    complaints.settle()
    notes += [f"line {_line(event)}: {words}" for event in events if (words := rules.endless(event, term))]
    named = frozenset(class_ for event in events for class_ in _classes(event))
    spoken = {rules.last_day(event, term, zone).isoformat() for event in events}
    return Timetable(tuple(wanted), max(spoken | {one.lesson.day for one in wanted}), named, tuple(notes))


def _events(content: bytes, complaints: Complaints) -> list[Event]:
    from icalendar import Calendar

    at = [
        number
        for number, line in enumerate(content.splitlines(), 1)
        if line.rstrip().upper() == b"BEGIN:VEVENT"
    ]
    if len(at) > MAX_ROWS:
        raise complaints.refused(at[-1], f"more than {MAX_ROWS} events")
    try:
        calendars = Calendar.from_ical(content, multiple=True)
    except FAULTS as exc:
        raise complaints.refused(0, "not a calendar", str(exc)) from exc
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    for event, line in zip(events, at, strict=False):
        event[LINE] = str(line)
    return events


def _is_lesson(event: Event, complaints: Complaints, notes: list[str]) -> bool:
    """Return whether an event is read, and say why if not."""
    line, summary = _line(event), _text(event, "SUMMARY")
    if event.errors:
        complaints.add(line, f"not a {event.errors[0][0]}", event.errors[0][1])
    elif wrong := rules.wrong(event):
        complaints.add(line, wrong)
    elif not isinstance(event["DTSTART"].dt, datetime):
        notes.append(f"line {line}: {summary!r} is of whole days: not a lesson, not read")
    elif not _classes(event):
        notes.append(f"line {line}: {summary!r} names no class: not a lesson, not read")
    else:
        return True
    # What stands for one repetition is kept, or the lesson that it replaces would come back.
    return "RECURRENCE-ID" in event and not len(complaints)


def _by_series(events: Iterable[Event]) -> list[list[Event]]:
    """Return the events with those that stand for one of their repetitions."""
    series: dict[str, list[Event]] = {}
    for event in events:
        series.setdefault(_text(event, "UID") or f"line {_line(event)}", []).append(event)
    return list(series.values())


def _repeated(series: list[Event], zone: tzinfo, term: Term, complaints: Complaints) -> list[Event]:
    """Return an event for each time that it takes place in the term."""
    from icalendar import Calendar
    from recurring_ical_events import of  # type: ignore[import-untyped]  # it ships no types

    calendar = Calendar()
    for event in series:
        rules.include_last_day(event, zone)
        calendar.add_component(event)
    begins = datetime.combine(term.first, time(), zone)
    after = datetime.combine(term.end + timedelta(days=1), time(), zone)
    try:
        found = of(calendar).between(begins, after)
    except FAULTS as exc:
        complaints.add(_line(series[0]), "a repetition that cannot be followed", str(exc))
        return []
    return [event for event in found if _takes_place(event, zone, term)]


def _takes_place(event: Event, zone: tzinfo, term: Term) -> bool:
    """Return whether a repetition is a lesson in the term: it may have been replaced by what is none."""
    lesson = isinstance(event["DTSTART"].dt, datetime) and _text(event, "STATUS").upper() != "CANCELLED"
    return lesson and term.first <= _local(event, "DTSTART", zone).date() <= term.end


def _lessons(event: Event, zone: tzinfo, usual: Usual, complaints: Complaints) -> list[WantedLesson]:
    line, begins = _line(event), _local(event, "DTSTART", zone)
    minutes = round((_local(event, "DTEND", zone) - begins).total_seconds() / 60) if "DTEND" in event else 0
    classes = _classes(event)
    subject = _subject(event, classes)
    model = _model(event, usual)
    starts = f"{begins:%H:%M}"
    check_length(line, minutes or usual.minutes, starts, complaints)
    if not subject:
        complaints.add(line, "no subject", _text(event, "SUMMARY"))
    if model is None:
        complaints.add(line, f"not a model ({', '.join(MODELS)})", _text(event, "X-TIREK-MODEL"))
    rest = (
        *(_teacher(event), _text(event, "X-TIREK-HUB") or usual.hub, model or usual.model),
        *(_text(event, "X-TIREK-TOPIC"), _text(event, "LOCATION")),
    )
    for text in (subject, *rest):
        if len(text) > MAX_CELL:
            complaints.add(line, f"more than {MAX_CELL} letters", text)
    about = (begins.date().isoformat(), starts, subject, minutes or usual.minutes)
    return [WantedLesson(line, Lesson(class_, *about, *rest)) for class_ in classes]


def _classes(event: Event) -> list[str]:
    written = _text(event, "X-TIREK-CLASS")
    if written:
        return [class_ for part in written.split(",") if (class_ := cells.class_name(part))]
    named = [cells.class_name(one) for one in _categories(event) if cells.is_class(one)]
    first, _ = cells.class_and_rest(_text(event, "SUMMARY"))
    return list(dict.fromkeys(named)) or ([first] if first else [])


def _subject(event: Event, classes: Sequence[str]) -> str:
    summary = _text(event, "SUMMARY")
    first, rest = cells.class_and_rest(summary)
    return rest if first in classes else summary


def _model(event: Event, usual: Usual) -> str | None:
    written = _text(event, "X-TIREK-MODEL")
    if written:
        return cells.model(written)
    return next((model for one in _categories(event) if (model := cells.model(one))), usual.model)


def _teacher(event: Event) -> str:
    organizer = _first(event, "ORGANIZER")
    name = organizer.params.get("CN", "") if organizer is not None else ""
    return _text(event, "X-TIREK-TEACHER") or _tidy(str(name))


def _categories(event: Event) -> list[str]:
    written = event.get("CATEGORIES", [])
    several = written if isinstance(written, list) else [written]
    return [_tidy(str(one)) for categories in several for one in categories.cats]


def _first(event: Event, name: str) -> Event:
    found = event.get(name)
    return found[0] if isinstance(found, list) else found


def _text(event: Event, name: str) -> str:
    found = _first(event, name)
    return "" if found is None else _tidy(str(found))


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _line(event: Event) -> int:
    return int(_text(event, LINE) or 0)


def _local(event: Event, name: str, zone: tzinfo) -> datetime:
    return rules.local(event[name].dt, zone)
