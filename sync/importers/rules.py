"""Repetition in iCalendar: what is followed, and how far. Anything that repeats weekly or daily, and no more.

Other rules are refused rather than tried: one by the second, of INTERVAL=0, or on every 30th of February
keeps a library busy for hours, and none of them is a timetable.
"""

from datetime import date, datetime, time, tzinfo
from typing import Any

from sync.importers.lessons import Term

Event = Any  # icalendar.Event: the library takes 60 ms to import, and the command line is to start fast

FREQUENCIES = ("DAILY", "WEEKLY")
PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"}
WEEKDAYS = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
OLDEST = 2000  # a rule of the last century is a slip, and is followed day by day from there


def wrong(event: Event) -> str:
    """Return what is wrong with the time of an event, "" if nothing is."""
    start = event.get("DTSTART")
    if start is None or isinstance(start, list):
        return "an event with no start, or with two"
    if isinstance(event.get("DTEND"), list):
        return "an event with two ends"
    if start.dt.year < OLDEST:
        return f"begins before the year {OLDEST}"
    if "TZID" in start.params and getattr(start.dt, "tzinfo", None) is None:
        return f"an unknown time zone: {start.params['TZID']!r}"
    if "EXRULE" in event or isinstance(event.get("RRULE"), list):
        return "more than one rule of repetition"
    return _wrong_rule(event["RRULE"]) if "RRULE" in event else ""


def _wrong_rule(rule: Event) -> str:
    text = rule.to_ical().decode("utf-8", "replace")
    frequencies = [str(one).upper() for one in rule.get("FREQ", [])]
    if len(frequencies) != 1 or frequencies[0] not in FREQUENCIES or {key.upper() for key in rule} - PARTS:
        return f"repeats neither weekly nor daily: {text!r}"
    numbers = [*rule.get("INTERVAL", []), *rule.get("COUNT", [])]
    if any(not isinstance(number, int) or number < 1 for number in numbers):
        return f"repeats not once: {text!r}"
    if {str(one).upper() for one in rule.get("BYDAY", [])} - WEEKDAYS:
        return f"not days of the week: {text!r}"
    return ""


def endless(event: Event, term: Term) -> str:
    """Return a word on a rule that ends only because we stop following it."""
    rule = event.get("RRULE")
    if rule is None or "COUNT" in rule or "UNTIL" in rule:
        return ""
    return f"repeats without end: followed to {term.end}"


def last_day(event: Event, term: Term, zone: tzinfo) -> date:
    """Return to which day an event speaks by its words, within the term; its repetitions may be later."""
    rule = event.get("RRULE")
    if rule is None or "COUNT" in rule:
        return min(local(event["DTSTART"].dt, zone).date(), term.end)
    if "UNTIL" in rule:
        until = rule["UNTIL"][0]
        return min(local(until, zone).date() if isinstance(until, datetime) else until, term.end)
    return term.end


def include_last_day(event: Event, zone: tzinfo) -> None:
    """Let a rule that ends on a day end with it: RFC 5545 wants a time there, many write days."""
    rule = event.get("RRULE")
    until = rule["UNTIL"][0] if rule is not None and "UNTIL" in rule else None
    if until is not None and not isinstance(until, datetime):
        rule["UNTIL"] = [datetime.combine(until, time.max, zone)]


def local(when: date, zone: tzinfo) -> datetime:
    """Return a time in the school's zone; one without a zone is one already."""
    if not isinstance(when, datetime):
        return datetime(when.year, when.month, when.day, tzinfo=zone)
    return when.replace(tzinfo=zone) if when.tzinfo is None else when.astimezone(zone)
