"""Quick checks, a row a class: who was asked what, and what they answered; one school is held at a time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from msgspec import Struct

from sync.checks import LETTERS, Answer, Check, Said, one
from sync.clock import utc
from sync.export.sheets import Cell
from sync.export.source import Fact, Planned, Source
from sync.export.talk import week_of
from sync.records import CheckAnswered, CheckAsked, CheckEnded, lesson_parts

EARLY = 3 * 3_600_000  # milliseconds: who began a lesson longer ago than that is in another one by now
LATE = 10 * 60_000  # … and who began it so soon after a question was asked in it was asked that too


class Quizzed(Struct, frozen=True):
    """One check put to one class."""

    check: Check
    lesson: str
    day: str  # ISO 8601
    answer: Answer | None  # None: it has not answered
    at: int  # arrival of the newest fact that says so


class Quizzes:
    """All checks of a journal."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hubs: dict[str, list[Said]] = {}  # what hubs asked and ended, by check
        for fact, record in source.asked_by_hubs():
            self._hubs.setdefault(record.check, []).append(self._said(fact, record))
        asked = [check for said in self._hubs.values() if (check := one(said)) is not None]
        self._by_stream: dict[str, list[tuple[int, Check]]] = {}
        for check in asked:
            moment = source.moment(check.node, check.hlc)
            self._by_stream.setdefault(check.asked.stream, []).append((moment, check))
        for each in self._by_stream.values():
            each.sort(key=_moment)

    def of(self, school: str) -> Iterator[Quizzed]:
        """Yield the checks of the classes of a school, oldest first."""
        found: dict[str, list[Said]] = {}
        for fact, record in self._source.checked(school):
            found.setdefault(record.check, []).append(self._said(fact, record))
        rows = [row for name, said in found.items() for row in self._answered(name, said)]
        told = {(row.check.id, row.lesson) for row in rows}
        silent = {(row.check.id, row.lesson): row for row in self._silent(school)}
        rows += [row for place, row in silent.items() if place not in told]
        yield from sorted(rows, key=lambda row: (row.check.hlc, row.check.id, row.lesson))

    def _answered(self, name: str, said: list[Said]) -> Iterator[Quizzed]:
        check = one([*self._hubs.get(name, ()), *said])
        if check is None:
            return
        for answer in check.classes:
            yield self._row(check, answer.lesson, answer)
        if not check.by_hub and not check.answers:
            yield self._row(check, check.asked.lesson, None)

    def _silent(self, school: str) -> Iterator[Quizzed]:
        """Yield the checks that classes did not answer although they were in the lesson."""
        until: dict[str, int] = {}
        for fact, started in reversed(self._source.started(school)):
            moment = self._source.moment(fact.node, fact.hlc)
            end = min(until.get(fact.node, moment + EARLY), moment + EARLY)
            until[fact.node] = moment
            asked = self._by_stream.get(started.stream, [])
            first = bisect_left(asked, moment - LATE, key=_moment)
            last = bisect_right(asked, end, key=_moment)
            for _, check in asked[first:last]:
                if self._source.is_below(fact.node, check.node):
                    yield self._row(check, started.lesson, None)

    def _said(self, fact: Fact, record: CheckAsked | CheckEnded | CheckAnswered) -> Said:
        instant = self._source.clocks.at(fact.node, fact.hlc)
        moment = instant.ms if instant is not None and instant.sure else 0
        by_hub = fact.class_ == "teaching"
        return Said(fact.id, fact.hlc, fact.node, by_hub, record, fact.school, fact.at, moment)

    def _row(self, check: Check, lesson: str, answer: Answer | None) -> Quizzed:
        day = lesson_parts(lesson)[1] or utc(self._source.moment(check.node, check.hlc))[:10]
        at = max(check.at, answer.at) if answer else check.at
        return Quizzed(check, lesson, day, answer, at)


def check_columns(school: str, quizzed: Quizzed, planned: Planned | None) -> dict[str, Cell]:
    """Return the row of one class, but for the time."""
    check, answer, plan = quizzed.check, quizzed.answer, planned.plan if planned else None
    class_, _, starts = lesson_parts(quizzed.lesson)
    counts = answer.counts if answer else {}
    answered = answer.answered if answer else 0
    rights = counts.get(check.asked.right, 0) if check.asked.right else None
    return {
        "school": school,
        "class": class_,
        "date": quizzed.day,
        "week": week_of(quizzed.day),
        "starts": starts,
        **({key: getattr(plan, key) for key in ("subject", "teacher", "hub", "model")} if plan else {}),
        "check": check.id,
        "question": plain(check.asked.text),
        "item": check.asked.item,
        "place": check.asked.number or None,
        "local": not check.by_hub,
        "right": check.asked.right,
        "of": (answer.of or None) if answer else None,
        "answered": answered,
        "rights": rights,
        "share": None if rights is None or not answered else round(100 * rights / answered),
        **{letter: counts.get(letter, 0) if letter in check.letters else None for letter in LETTERS},
        "pupils": " ".join(f"{number}={letter}" for number, letter in answer.choices.items())
        if answer
        else "",
        "at": quizzed.at,
    }


def plain(text: str) -> str:
    """Return a question on one line, without letters that nobody can see."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _moment(each: tuple[int, Check]) -> int:
    return each[0]
