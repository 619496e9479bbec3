"""What a class says in a lesson, hands and questions, folded from facts in the order of writing (core)."""

from collections.abc import Iterable

from msgspec import Struct, field

from sync.records import HandRaised, QuestionAsked

MOST_QUESTIONS = 40  # of one class in one lesson: one a minute
MOST_SAID = 100  # facts of one class in one lesson, with hands going up and down: a stuck key says more
MOST_LESSONS = 16  # that are remembered, the oldest forgotten: two days of one class

Said = HandRaised | QuestionAsked


class Asked(Struct, frozen=True):
    """One question."""

    id: str
    at: int  # milliseconds since 1970
    text: str


class Spoken(Struct):
    """What one class has said in one lesson."""

    hand: int = 0  # milliseconds since 1970 when it went up; 0 while it is down
    asked: list[Asked] = field(default_factory=list)
    facts: int = 0

    def hear(self, said: Said, id_: str, at: int) -> None:
        """Take one more fact into account; a hand that is raised again is up since it first was."""
        self.facts += 1
        if isinstance(said, HandRaised):
            self.hand = (self.hand or at) if said.up else 0
        elif len(self.asked) < MOST_QUESTIONS:
            self.asked.append(Asked(id_, at, plain(said.text)))


class Class:
    """What one class says, lesson by lesson."""

    def __init__(self) -> None:
        self._lessons: dict[tuple[str, str], Spoken] = {}

    def hear(self, said: Said, id_: str, at: int) -> None:
        """Take one more fact into account."""
        self._lessons.setdefault((said.lesson, said.stream), Spoken()).hear(said, id_, at)
        if len(self._lessons) > MOST_LESSONS:
            del self._lessons[next(iter(self._lessons))]

    def in_lesson(self, lesson: str, stream: str) -> Spoken:
        """Return what was said in a lesson."""
        return self._lessons.get((lesson, stream)) or Spoken()

    def raised(self) -> Iterable[tuple[str, str]]:
        """Return the lessons, and their streams, in which the hand is up."""
        return [lesson for lesson, spoken in self._lessons.items() if spoken.hand]


def plain(text: str) -> str:
    """Return a person's words as one line without what no one can see: it is shown beside other people's."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())
