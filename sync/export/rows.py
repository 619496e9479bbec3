"""The rows of each export, as `sheets.COLUMNS` names them; one school is held at a time."""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from sync.clock import ms_of, utc
from sync.export.checked import Quizzes, check_columns
from sync.export.review import Conflict, review, unread
from sync.export.sheets import Row
from sync.export.source import Planned, Register, Source
from sync.export.talk import Talk, Talked, week_of
from sync.fold import Standing, fold
from sync.records import lesson_parts

Progress = Callable[[int, int], None]
Named = Mapping[tuple[str, str, int], str]  # by school, class and number


class Selection(Struct, frozen=True):
    """What is asked for: what came after a cursor, of one school, of lessons on these days."""

    after: int = 0
    school: str = ""
    first_day: str = ""  # ISO 8601
    last_day: str = ""

    def takes(self, day: str) -> bool:
        """Tell whether a lesson of this day is asked for."""
        return (not self.first_day or day >= self.first_day) and (not self.last_day or day <= self.last_day)


class Rows:
    """The exports of one journal."""

    def __init__(self, source: Source, selection: Selection, progress: Progress, named: Named) -> None:
        source.check(selection.after)
        self._source, self._selection = source, selection
        self._progress, self._named = progress, named
        self._talk: Talk | None = None  # of all schools: read when it is first asked for
        self._quizzes: Quizzes | None = None  # likewise

    def of(self, what: str) -> Iterator[Row]:
        """Yield the rows of "attendance", "lessons", "log", "conflicts", "talk" or "checks"."""
        if what == "log":
            yield from self._log()
            return
        of_school = {
            "attendance": self._attendance,
            "lessons": self._lessons,
            "conflicts": self._conflicts,
            "talk": self._talked,
            "checks": self._quizzed,
        }
        schools = [self._selection.school] if self._selection.school else self._source.schools()
        for done, school in enumerate(schools):
            self._progress(done, len(schools))
            yield from of_school[what](school)
        self._progress(len(schools), len(schools))

    def _attendance(self, school: str) -> Iterator[Row]:
        timetable = self._source.timetable(school)
        for register in self._source.registers(school, self._selection.after):
            standing = fold(register.taken)
            if standing is not None and self._selection.takes(lesson_parts(register.lesson)[1]):
                common = self._register_columns(school, register, standing, timetable.get(register.lesson))
                for number, code in sorted(standing.marks.items()):
                    name = self._named.get((school, str(common["class"]), number))
                    yield {**common, "number": number, "code": code, "name": name}

    def _register_columns(
        self, school: str, register: Register, standing: Standing, planned: Planned | None
    ) -> Row:
        class_, day, starts = lesson_parts(register.lesson)
        taken = standing.winner
        plan = planned.plan if planned else None
        return {
            "school": school,
            "class": class_,
            "date": day,
            "starts": starts,
            "subject": plan.subject if plan else None,
            "teacher": plan.teacher if plan else None,
            "hub": plan.hub if plan else None,
            "model": plan.model if plan else None,
            "signed": standing.signed,
            "by": taken.register.by,
            "reason": taken.register.reason,
            **self._when(taken.node, taken.hlc, "taken_at"),
            "conflict": standing.conflict,
            "register": taken.id,
            "at": register.at,
        }

    def _when(self, node: str, hlc: int, column: str) -> Row:
        instant = self._source.clocks.at(node, hlc)
        if instant is None:
            return {column: utc(ms_of(hlc)), "clock": "unsure"}
        return {column: utc(instant.ms), "clock": "sure" if instant.sure else "unsure"}

    def _lessons(self, school: str) -> Iterator[Row]:
        registers = {register.lesson: register for register in self._source.registers(school)}
        timetable = self._source.timetable(school)
        for lesson in sorted(timetable.keys() | registers.keys()):
            planned, register = timetable.get(lesson), registers.get(lesson)
            at = max(planned.at if planned else 0, register.at if register else 0)
            if at > self._selection.after and self._selection.takes(lesson_parts(lesson)[1]):
                yield {**_lesson_columns(school, lesson, planned, register), "at": at}
        yield from self._held(school)

    def _held(self, school: str) -> Iterator[Row]:
        """Streams that no lesson of the timetable was named for: when they were live is what is known."""
        for fact, held in self._source.held(school):
            if held.lesson:
                continue
            day, _, starts = held.began.partition("T")
            if fact.at > self._selection.after and self._selection.takes(day):
                yield {
                    "school": school,
                    "class": "",
                    "date": day,
                    "starts": f"{starts[:5]}Z",
                    "minutes": round(held.seconds / 60),
                    "topic": held.stream,
                    "state": "held",
                    "register": "none",
                    "at": fact.at,
                }

    def _log(self) -> Iterator[Row]:
        last = self._source.newest
        for done, fact in enumerate(self._source.log(self._selection.after, self._selection.school)):
            if done % 1000 == 0:
                self._progress(fact.at, last)
            when = self._when(fact.node, fact.hlc, "time")
            if self._selection.takes(str(when["time"])[:10]):
                yield {
                    "at": fact.at,
                    "node": fact.node,
                    "school": fact.school,
                    "kind": fact.kind,
                    **when,
                    "body": fact.body,
                }
        self._progress(last, last)

    def _talked(self, school: str) -> Iterator[Row]:
        if self._talk is None:
            self._talk = Talk(self._source)
        timetable = self._source.timetable(school)
        for talked in self._talk.of(school):
            if talked.at > self._selection.after and self._selection.takes(talked.day):
                yield _talk_columns(school, talked, timetable.get(talked.lesson))

    def _quizzed(self, school: str) -> Iterator[Row]:
        if self._quizzes is None:
            self._quizzes = Quizzes(self._source)
        timetable = self._source.timetable(school)
        for quizzed in self._quizzes.of(school):
            if quizzed.at > self._selection.after and self._selection.takes(quizzed.day):
                check = quizzed.check
                when = self._when(check.node, check.hlc, "asked_at")
                yield {**check_columns(school, quizzed, timetable.get(quizzed.lesson)), **when}

    def _conflicts(self, school: str) -> Iterator[Row]:
        known = self._source.known(school, self._source.timetable(school))
        for register in self._source.registers(school, self._selection.after):
            standing = fold(register.taken)
            if standing is not None and self._selection.takes(lesson_parts(register.lesson)[1]):
                yield from map(_row, review(school, register.lesson, standing, known, register.at))
        for fact in self._source.unread(school, self._selection.after):
            found = unread(school, fact.kind, fact.body, fact.at)
            if found is not None:
                yield _row(found)


def _row(conflict: Conflict) -> Row:
    return {
        "school": conflict.school,
        "lesson": conflict.lesson,
        "key": conflict.key,
        "detail": conflict.detail,
        "at": conflict.at,
    }


def _talk_columns(school: str, talked: Talked, planned: Planned | None) -> Row:
    class_, _, starts = lesson_parts(talked.lesson)
    plan = planned.plan if planned else None
    return {
        "school": school,
        "class": class_,
        "date": talked.day,
        "week": week_of(talked.day),
        "starts": starts,
        **({key: getattr(plan, key) for key in ("subject", "teacher", "hub", "model")} if plan else {}),
        "stream": talked.stream,
        "hands": talked.hands,
        "questions": talked.questions,
        "answered": talked.answered,
        "spoken": round(talked.spoken / 1000),
        "at": talked.at,
    }


def _lesson_columns(school: str, lesson: str, planned: Planned | None, register: Register | None) -> Row:
    class_, day, starts = lesson_parts(lesson)
    plan = planned.plan if planned else None
    standing = fold(register.taken) if register else None
    signed = "none" if standing is None else ("signed" if standing.signed else "draft")
    state = "unplanned" if planned is None else ("cancelled" if planned.cancelled else "planned")
    return {
        "school": school,
        "class": class_,
        "date": day,
        "starts": starts,
        "minutes": plan.minutes if plan else None,
        **(
            {key: getattr(plan, key) for key in ("subject", "teacher", "hub", "model", "topic", "room")}
            if plan
            else {}
        ),
        "state": "held" if signed == "signed" else state,
        "register": signed,
    }
