"""What became of quick checks, folded from facts in any order, doubled or not (core).

A check is *asked* once: by the node at which a lesson is published, for all below it (class `teaching`), or
by a class's own teacher at her node (class `answer`). Whoever asked it *ends* it. What a class *answers*
counts whenever it comes: before the end, after it, and before the question itself, as after a long outage. Of
several answers of one node in one lesson the newest counts, by the clock of the node that wrote them all.

A class may have answered at several computers of its school: one took the lesson over, or each had half of
the pupils. No pupil counts twice. What was read from cards has roster numbers: each counts once, with the
letter of the newest answer that has it. A count of hands has none, and nobody can tell whose hands they were:
if the newest answer is a count it stands alone, if it was read from cards older counts are left out. Clocks
of two computers are compared by the time in truth where that is known of all of them, else what came here
later is newer. Where no school or no lesson is named nobody knows that two nodes are one class: both count.

A check of a class's own teacher takes the answers of her node only. Of two questions with one name the hub's
counts, then the older one: nobody below a hub can put another question in the place of one of its own.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct, structs

from sync.records import CheckAnswered, CheckAsked, CheckEnded

LETTERS = "ABCD"
KINDS = ("check-asked", "check-ended", "check-answered")

About = CheckAsked | CheckEnded | CheckAnswered


class Said(Struct, frozen=True):
    """A fact about a check, and who wrote it."""

    id: str
    hlc: int
    node: str
    by_hub: bool  # for all below its writer: in a stream of the class `teaching`
    record: About
    school: str = ""
    at: int = 0  # when it came here: its place in this journal
    moment: int = 0  # when it was noted in truth, in ms since 1970; 0 where clocks were not compared


class Answer(Struct, frozen=True):
    """What one node or one class answered last; letters that the question does not have are left out."""

    node: str
    school: str
    lesson: str
    hlc: int
    counts: Mapping[str, int]  # letter → pupils
    choices: Mapping[int, str] = {}  # roster number → letter, where cards were read
    of: int = 0  # pupils of the class; 0 where nobody says
    at: int = 0
    moment: int = 0

    @property
    def answered(self) -> int:
        """Return how many pupils answered."""
        return sum(self.counts.values())


class Check(Struct, frozen=True):
    """One check as it stands."""

    id: str
    asked: CheckAsked
    node: str  # who asked
    school: str
    by_hub: bool
    hlc: int
    ended: int = 0  # the hybrid time of the first end; 0 while it runs
    answers: tuple[Answer, ...] = ()  # by node and lesson
    at: int = 0  # of the newest fact about it

    @property
    def letters(self) -> str:
        """Return the letters to choose from."""
        return LETTERS[: len(self.asked.choices)]

    @property
    def totals(self) -> dict[str, int]:
        """Return how many pupils chose each letter, none of them twice."""
        return added(self.letters, (each.counts for each in self.classes))

    @property
    def classes(self) -> tuple[Answer, ...]:
        """Return what each class answered, at however many computers: by school and lesson."""
        found: dict[tuple[str, str, str], list[Answer]] = {}
        for each in self.answers:
            found.setdefault(_class_of(each), []).append(each)
        return tuple(_together(found[class_]) for class_ in sorted(found))

    def of_node(self, node: str, lesson: str) -> Answer | None:
        """Return what a class answered last at this node."""
        found = (each for each in self.answers if (each.node, each.lesson) == (node, lesson))
        return next(found, None)


def fold(facts: Iterable[Said]) -> dict[str, Check]:
    """Return every check that was asked, by its name."""
    about: dict[str, list[Said]] = {}
    for each in facts:
        about.setdefault(each.record.check, []).append(each)
    folded = {name: one(said) for name, said in about.items()}
    return {name: check for name, check in folded.items() if check is not None}


def one(said: Iterable[Said]) -> Check | None:
    """Return what these facts about one check make of it; None while nobody has asked it."""
    known = list(said)
    questions = [(each, each.record) for each in known if isinstance(each.record, CheckAsked)]
    if not questions:
        return None
    first, asked = min(questions, key=lambda each: _first(each[0]))
    ends = [each.hlc for each in known if isinstance(each.record, CheckEnded) and _is_of(each, first)]
    letters = LETTERS[: len(asked.choices)]
    answers = tuple(_answer(each, letters) for each in _newest(known, first))
    newest = max(each.at for each in known)
    return Check(
        asked.check,
        asked,
        first.node,
        first.school,
        first.by_hub,
        first.hlc,
        min(ends, default=0),
        answers,
        newest,
    )


def added(letters: str, counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sums for each letter, those that nobody chose among them."""
    sums: Counter[str] = Counter(dict.fromkeys(letters, 0))
    for each in counts:
        sums.update(each)
    return {letter: sums[letter] for letter in letters}


def _first(said: Said) -> tuple[bool, int, str, str, str]:
    # The content is the last resort: 64 bits of an id are not many for who looks for two facts with one.
    return (not said.by_hub, said.hlc, said.node, said.id, repr(said.record))


def _is_of(said: Said, asker: Said) -> bool:
    return (said.node, said.by_hub) == (asker.node, asker.by_hub)


def _newest(known: Iterable[Said], asker: Said) -> list[tuple[Said, CheckAnswered]]:
    newest: dict[tuple[str, str], tuple[Said, CheckAnswered]] = {}
    for said in known:
        record = said.record
        if not isinstance(record, CheckAnswered) or said.by_hub:
            continue
        if not asker.by_hub and said.node != asker.node:
            continue
        place = (said.node, record.lesson)
        before = newest.get(place)
        if before is None or _age(before[0]) < _age(said):
            newest[place] = (said, record)
    return [newest[place] for place in sorted(newest)]


def _age(said: Said) -> tuple[int, str, str, str, int]:
    return (said.hlc, said.id, repr(said.record), said.school, said.at)


def _answer(read: tuple[Said, CheckAnswered], letters: str) -> Answer:
    said, record = read
    choices = {number: letter for number, letter in sorted(record.choices.items()) if letter in letters}
    counted = Counter(choices.values()) if record.choices else record.counts
    counts = {letter: counted[letter] for letter in letters if counted.get(letter)}
    place = (said.node, said.school, record.lesson, said.hlc)
    return Answer(*place, counts, choices, record.of, said.at, said.moment)


def _class_of(answer: Answer) -> tuple[str, str, str]:
    known = answer.school and answer.lesson
    return (answer.school, answer.lesson, "" if known else answer.node)


def _together(answers: list[Answer]) -> Answer:
    """Return what a class answered at all its computers."""
    said = [each for each in answers if each.answered] or answers
    compared = all(each.moment for each in said)
    said.sort(key=lambda each: (each.moment if compared else each.at, each.hlc, each.node))
    newest, choices = said[-1], dict[int, str]()
    if newest.choices:
        for each in said:
            choices.update(each.choices)
    return structs.replace(
        newest,
        counts=Counter(choices.values()) if choices else newest.counts,
        choices=dict(sorted(choices.items())),
        of=next((each.of for each in reversed(said) if each.of), 0),
        at=max(each.at for each in answers),
    )
