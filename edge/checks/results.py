"""A hub's checks in one lesson, class by class, as the page of its teacher shows them (core)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from msgspec import Struct, to_builtins

from edge.checks.progress import BUSY, Begun, Progress
from edge.checks.seat import LONGEST
from edge.checks.shown import Json, question_of
from sync.checks import Answer, Check, added
from sync.clock import ms_of

OVER = 3 * 3_600_000  # milliseconds after which a check was one of another lesson: a double one and its break
MOST_PAST = 32  # checks of a lesson that are shown after they have ended
MOST_CLASSES = 400  # on one page: three in each school of the largest hub

Stage = Literal["asked", "reading", "counting", "answered", "busy", "idle", "away"]
ORDER: tuple[Stage, ...] = ("reading", "counting", "asked", "answered", "busy", "idle", "away")


class Called(Struct, frozen=True):
    """What a node is called, and its school."""

    name: str
    school: str


class Known(Struct, frozen=True):
    """What this node knows beside the checks themselves."""

    me: str
    names: Mapping[str, Called]
    begun: Mapping[str, Begun]  # the newest lesson of each node
    now: int
    watching: Collection[str] = ()  # the classes that see the lesson, whatever they have begun


class Row(Struct, frozen=True):
    """One class and one check."""

    node: str
    name: str
    stage: Stage
    read: int
    of: int
    counts: Mapping[str, int]
    bare: bool = False  # its projector shows the question without its picture


def of_lesson(checks: Iterable[Check], stream: str, me: str, now: int) -> tuple[Check | None, list[Check]]:
    """Return the check that runs or ran last, and those that have ended, newest first."""
    mine = [
        each
        for each in checks
        if each.by_hub and each.node == me and each.asked.stream == stream and now - ms_of(each.hlc) <= OVER
    ]
    mine.sort(key=lambda each: (each.hlc, each.id), reverse=True)
    on = [each for each in mine if not each.ended and now - ms_of(each.hlc) <= LONGEST]
    ended = [each for each in mine if each not in on[:1]]
    newest = on[0] if on else next(iter(mine), None)
    return newest, ended[:MOST_PAST]


def is_over(check: Check, now: int) -> bool:
    """Tell whether a check takes no further answers: it was ended, or nobody has ended it for too long."""
    return bool(check.ended) or now - ms_of(check.hlc) > LONGEST


def shown(check: Check, heard: Mapping[str, Progress], known: Known, picture: str) -> Json:
    """Return all of one check."""
    asked = check.asked
    return {
        "id": check.id,
        **question_of(asked, picture),
        "right": asked.right,
        "asked_at": ms_of(check.hlc),
        "ended": is_over(check, known.now),
        "item": asked.item,
        "number": asked.number,
        "classes": to_builtins(rows(check, heard, known)),
        "elsewhere": elsewhere(check, heard),
        "totals": check.totals,
    }


def rows(check: Check, heard: Mapping[str, Progress], known: Known) -> list[Row]:
    """Return every class that has answered, is about to, is in the lesson, or sees it."""
    answered: dict[str, list[Answer]] = {}
    for each in check.answers:
        answered.setdefault(each.node, []).append(each)
    in_lesson = {node for node, begun in known.begun.items() if _is_in(check, begun, known.now)}
    here = in_lesson | set(known.watching)
    gone = {node for node, said in heard.items() if said.stage == "refused"}
    nodes = answered.keys() | ((heard.keys() | here) - gone)
    found = [
        _row(node, answered.get(node, []), heard.get(node), node in in_lesson, (check, known))
        for node in nodes
    ]
    found.sort(key=lambda row: (ORDER.index(row.stage), row.name, row.node))
    return found[:MOST_CLASSES]


def elsewhere(check: Check, heard: Mapping[str, Progress]) -> int:
    """Return how many classes are in another lesson: nobody waits for them."""
    answered = {each.node for each in check.answers}
    return sum(said.stage == "refused" for node, said in heard.items() if node not in answered)


def _row(
    node: str, answers: list[Answer], heard: Progress | None, began: bool, about: tuple[Check, Known]
) -> Row:
    check, known = about
    counts = added(check.letters, (each.counts for each in answers)) if answers else {}
    of = sum(each.of for each in answers) or (heard.of if heard else 0)
    stage: Stage = "answered" if answers else _stage(heard, began)
    read = sum(len(each.choices) for each in answers) if answers else heard.read if heard else 0
    called = known.names.get(node, Called("", ""))
    name = called.name or called.school or node
    return Row(node, name, stage, read, of, counts, bool(heard and heard.bare))


def _stage(heard: Progress | None, began: bool) -> Stage:
    if heard is None or heard.stage == "refused":
        return "away" if began else "idle"
    if heard.stage == "asked" and heard.why == BUSY:
        return "busy"
    # Its answer is a fact on that computer, and on its way.
    return "asked" if heard.stage == "answered" else heard.stage


def _is_in(check: Check, begun: Begun, now: int) -> bool:
    # The clock of a class may be hours off until it was compared.
    return begun.stream == check.asked.stream and abs(now - ms_of(begun.hlc)) <= OVER
