"""Places in a recording worth going to: from the facts of its lesson, and where its slides begin (core)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from edge.contract.answers import Chapter
from sync.clock import ms_of
from sync.records import ExperimentMade, Fact, QuestionAsked, Unreadable, decode

KINDS = ("question-asked", "experiment-made")
MAX_CHAPTERS = 100  # of one recording: more than a person looks through
MAX_TITLE = 80  # letters: what fits on a line


def chapters(
    begins: int,
    seconds: float,
    stream: str,
    gaps: Sequence[float],
    facts: Iterable[Fact],
    pictures: Sequence[tuple[float, str]] = (),
) -> tuple[Chapter, ...]:
    """Return the chapters of a recording that began at these milliseconds, in order.

    Of each slide its second and the path of its picture are given; the first is shown from the beginning on.
    """
    found = [Chapter(0.0, kind="start", picture=pictures[0][1] if pictures else "")]
    found += [Chapter(round(at, 1), kind="slide", picture=path) for at, path in pictures[1:]]
    found += [Chapter(round(at, 1), kind="gap") for at in gaps]
    for hlc, kind, body in facts:
        try:
            fact = decode(kind, body)
        except Unreadable:
            continue
        if isinstance(fact, QuestionAsked) and fact.stream == stream:
            found.append(Chapter(_since(begins, ms_of(hlc)), fact.text[:MAX_TITLE], "question"))
        elif isinstance(fact, ExperimentMade):
            at = _since(begins, _moment(fact.began, ms_of(hlc)))
            found.append(Chapter(at, fact.experiment[:MAX_TITLE], "experiment"))
    inside = [each for each in found if 0 <= each.at <= seconds]
    return tuple(sorted(inside, key=lambda each: (each.at, each.kind != "start")))[:MAX_CHAPTERS]


def _since(begins: int, ms: int) -> float:
    return round((ms - begins) / 1000, 1)


def _moment(text: str, otherwise: int) -> int:
    """Return a time in milliseconds since 1970; what a fact does not say in our calendar, it says itself."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
