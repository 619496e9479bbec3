"""What a person has to look at: pure functions that list it, one row for each lesson and reason (core).

Nothing is refused for what it means, so everything that does not fit is listed here until a later register
replaces it. Only heads are looked at: what was replaced has been seen to. A conflict is a key and blanks;
the sentence is in `sync/export/words/`.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from msgspec import Struct

from sync.fold import Standing, Taken
from sync.records import CODES, Unreadable, decode, lesson_parts

MOST_SHOWN = 40  # of one kind in one row: the largest class; a hostile register does not fill the list
LONGEST_SHOWN = 24  # characters of what somebody else wrote

KEYS = (
    *("concurrent", "no-reason", "unknown-lesson", "unknown-pupil", "unknown-code"),
    *("unreadable", "unknown-kind"),
)

Blanks = dict[str, str]
Finding = tuple[str, Blanks]


class Conflict(Struct, frozen=True):
    """One row of the list: the key says what is wrong, the blanks of its sentence where."""

    school: str
    lesson: str
    key: str  # one of KEYS
    detail: Blanks
    at: int


class Known(Struct, frozen=True):
    """What this node knows of one school; None where it is not told, and cannot judge."""

    lessons: Container[str] | None = None
    numbers: Mapping[str, Container[int]] | None = None  # by class: all that were ever in its roster


def review(school: str, lesson: str, standing: Standing, known: Known, at: int) -> list[Conflict]:
    """Return what has to be looked at in a lesson's registers."""
    findings = (finding for check in CHECKS for finding in check(lesson, standing, known))
    return [Conflict(school, lesson, key, detail, at) for key, detail in findings]


def unread(school: str, kind: str, body: str, at: int) -> Conflict | None:
    """Return what has to be looked at in a fact that this node cannot read; None if it can."""
    try:
        if decode(kind, body) is not None:
            return None
    except Unreadable as exc:
        return Conflict(school, "", "unreadable", {"kind": _cut(kind), "why": str(exc)}, at)
    return Conflict(school, "", "unknown-kind", {"kind": _cut(kind)}, at)


def concurrent(lesson: str, standing: Standing, known: Known) -> Iterator[Finding]:
    """Find registers that did not know of each other, and the numbers on which they differ."""
    if standing.conflict:
        blanks = {
            "registers": _listed(head.id for head in standing.heads),
            "nodes": _listed(head.node for head in standing.heads),
            "numbers": _listed(str(number) for number in _differing(standing.heads)),
        }
        yield "concurrent", blanks


def without_reason(lesson: str, standing: Standing, known: Known) -> Iterator[Finding]:
    """Find corrections of a signed register that do not say why."""
    replaced = {fact.id: fact for fact in standing.replaced}
    silent = [head for head in standing.heads if _silently_replaces_signed(head, replaced)]
    if silent:
        yield "no-reason", {"registers": _listed(head.id for head in silent)}


def unknown_lesson(lesson: str, standing: Standing, known: Known) -> Iterator[Finding]:
    """Find a register of a lesson that nobody planned."""
    if known.lessons is not None and lesson not in known.lessons:
        yield "unknown-lesson", {}


def unknown_pupils(lesson: str, standing: Standing, known: Known) -> Iterator[Finding]:
    """Find marks of numbers that the class's roster never had."""
    if known.numbers is None:
        return
    roster = known.numbers.get(lesson_parts(lesson)[0], ())
    marked = {number for head in standing.heads for number in head.register.marks}
    strangers = sorted(number for number in marked if number not in roster)
    if strangers:
        yield "unknown-pupil", {"numbers": _listed(str(number) for number in strangers)}


def unknown_codes(lesson: str, standing: Standing, known: Known) -> Iterator[Finding]:
    """Find marks that are none of the five codes."""
    marks = {mark for head in standing.heads for mark in head.register.marks.items()}
    strange = sorted((number, code) for number, code in marks if code not in CODES)
    if strange:
        yield "unknown-code", {"marks": _listed(f"{number}={_cut(code)}" for number, code in strange)}


Check = Callable[[str, Standing, Known], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (concurrent, without_reason, unknown_lesson, unknown_pupils, unknown_codes)


def _silently_replaces_signed(head: Taken, replaced: Mapping[str, Taken]) -> bool:
    """Tell whether a signed register is behind this one, over drafts, and no reason on the way."""
    seen: set[str] = set()
    ahead = [head]
    while ahead:
        fact = ahead.pop()
        if fact.register.reason.strip() or fact.id in seen:
            continue
        seen.add(fact.id)
        before = [replaced[id_] for id_ in fact.register.prev if id_ in replaced]
        if any(other.register.signed for other in before):
            return True
        ahead.extend(before)
    return False


def _differing(heads: tuple[Taken, ...]) -> list[int]:
    numbers = {number for head in heads for number in head.register.marks}
    return sorted(n for n in numbers if len({head.register.marks.get(n) for head in heads}) > 1)


def _listed(words: Iterable[str]) -> str:
    every = list(words)
    return ", ".join(every[:MOST_SHOWN]) + (" …" if len(every) > MOST_SHOWN else "")


def _cut(word: str) -> str:
    return word if len(word) <= LONGEST_SHOWN else word[: LONGEST_SHOWN - 1] + "…"
