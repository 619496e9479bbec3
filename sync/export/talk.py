"""What classes said in their lessons, a row a lesson: hands, questions, how long they spoke to all."""

from collections.abc import Iterator
from datetime import date, datetime

from msgspec import Struct

from sync.clock import ms_of, utc
from sync.export import minutes
from sync.export.minutes import Turn
from sync.export.source import Fact, Source
from sync.records import (
    FloorGiven,
    HandRaised,
    LessonHeld,
    LessonStarted,
    QuestionAnswered,
    QuestionAsked,
    lesson_parts,
)

MAX_AGE = 3 * 3_600_000  # milliseconds: who spoke later than that after a lesson began spoke in another one

Key = tuple[str, str, str]  # lesson, stream, day: a stream that no lesson was named for is told day by day
Began = tuple[str, int, LessonStarted]  # the node, and when that was, in truth
Given = tuple[Fact, int, FloorGiven]  # with when that was, in truth


class Talked(Struct):
    """What one school said in one lesson."""

    lesson: str
    stream: str
    day: str  # ISO 8601
    hands: int = 0
    questions: int = 0
    answered: int = 0
    spoken: int = 0  # milliseconds
    at: int = 0  # arrival of the newest fact that says so


class Talk:
    """All that was said in the lessons of a journal."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._answered: dict[str, int] = {}  # arrival by question
        self._turns: dict[str, list[tuple[Turn, str, int]]] = {}  # by school: with stream and arrival
        given: dict[tuple[str, str], list[Given]] = {}
        for fact, record in source.taught():
            if isinstance(record, QuestionAnswered):
                self._answered[record.question] = fact.at
            elif isinstance(record, FloorGiven):
                given.setdefault((fact.node, record.stream), []).append((fact, self._moment(fact), record))
        self._spread(given)

    def of(self, school: str) -> Iterator[Talked]:
        """Yield the lessons of a school in which anything was said, by name."""
        found: dict[Key, Talked] = {}
        for fact, record in self._source.said(school):
            talked = _of_lesson(found, record.lesson, record.stream, self._moment(fact))
            talked.at = max(talked.at, fact.at)
            if isinstance(record, HandRaised):
                talked.hands += record.up
            elif isinstance(record, QuestionAsked):
                talked.questions += 1
                talked.answered += fact.id in self._answered
                talked.at = max(talked.at, self._answered.get(fact.id, 0))
        began = [(fact.node, self._moment(fact), started) for fact, started in self._source.started(school)]
        for turn, stream, at in self._turns.get(school, ()):
            talked = _of_lesson(found, _lesson_of(turn, stream, began), stream, turn.began)
            talked.spoken += turn.ended - turn.began
            talked.at = max(talked.at, at)
        yield from (found[key] for key in sorted(found))

    def _spread(self, given: dict[tuple[str, str], list[Given]]) -> None:
        """Give each school the turns of its classes."""
        homes = self._source.homes()
        ends = _ends(self._source) if given else {}
        for (hub, stream), facts in given.items():
            newest = max(fact.at for fact, _, _ in facts)
            last = facts[-1][1] + minutes.LONGEST
            for turn in minutes.turns([(moment, record) for _, moment, record in facts], last):
                end = min(
                    (end for began, end in ends.get((hub, stream), ()) if began <= turn.began < end),
                    default=turn.ended,
                )
                cut = Turn(turn.node, turn.school, turn.began, min(turn.ended, end))
                school = homes.get(turn.node, turn.school)
                self._turns.setdefault(school, []).append((cut, stream, newest))

    def _moment(self, fact: Fact) -> int:
        instant = self._source.clocks.at(fact.node, fact.hlc)
        return instant.ms if instant else ms_of(fact.hlc)


def week_of(day: str) -> str:
    """Return the ISO week of a day, such as 2026-W48; "" for what is no day."""
    try:
        year, week, _ = date.fromisoformat(day).isocalendar()
    except ValueError:
        return ""
    return f"{year}-W{week:02}"


def _lesson_of(turn: Turn, stream: str, began: list[Began]) -> str:
    """Return the lesson that a class was in when it spoke; "" if it began none at its screen."""
    lessons = [
        started.lesson
        for node, moment, started in began
        if (node, started.stream) == (turn.node, stream) and 0 <= turn.began - moment <= MAX_AGE
    ]
    return lessons[-1] if lessons else ""


def _of_lesson(found: dict[Key, Talked], lesson: str, stream: str, moment: int) -> Talked:
    day = lesson_parts(lesson)[1] or utc(moment)[:10]
    return found.setdefault((lesson, stream, day), Talked(lesson, stream, day))


def _ends(source: Source) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Return when streams were live, by node and name: nobody speaks in a lesson that is over."""
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for school in source.schools():
        for fact, held in source.held(school):
            span = _span(held)
            if span is not None:
                found.setdefault((fact.node, held.stream), []).append(span)
    return found


def _span(held: LessonHeld) -> tuple[int, int] | None:
    try:
        began = round(datetime.fromisoformat(held.began).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return began, began + round(held.seconds * 1000)
