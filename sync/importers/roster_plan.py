"""What a roster would change: the facts that make what is known into what the file says, and no others.

A roster speaks of the classes that it names: who is known to be in one of them and is not in the file leaves.
All other classes stay as they are. The second import of a file changes nothing.
A pupil whose name was forgotten stays forgotten, though the file still has a name at that number.
"""

from collections.abc import Callable, Iterable
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from sync.importers import identity
from sync.importers.complaints import ImportRefused, Progress, silent, told
from sync.importers.identity import KnownPupil, Matches
from sync.importers.roster import MAX_NUMBER, Roster, WantedPupil
from sync.records import RosterChanged


class Change(Struct, frozen=True):
    """A fact, and the name to seal into it, "" where there is none to seal."""

    record: RosterChanged  # its name is empty
    name: str
    external: str = ""

    def sealed(self, name: str) -> RosterChanged:
        """Return the fact with what stands for the name."""
        return replace(self.record, name=name)


class RosterPlan(Struct, frozen=True):
    """The facts, and what they change in words: for the screen of hub staff only, they hold names."""

    changes: tuple[Change, ...]
    lines: tuple[str, ...]


def plan(
    roster: Roster,
    known: Iterable[KnownPupil],
    today: date,
    fresh: Callable[[], str],
    progress: Progress = silent,
) -> RosterPlan:
    """Return what a roster changes; `fresh` makes pseudonyms. Raise ImportRefused when numbers run out."""
    everybody = list(known)
    found = identity.matches(roster.pupils, everybody)
    numbers = _numbers(roster, everybody, found)
    changes: list[Change] = []
    lines: list[str] = list(roster.notes)
    same = 0
    for done, one in enumerate(roster.pupils, 1):
        before = found.get(one)
        made, said = _change(one, numbers[one], before, fresh)
        changes += made
        same += not made
        lines += [f"line {one.line}: {one.class_} № {numbers[one]} {said}"] if said else []
        told(progress, done, len(roster.pupils))
    for left in _leaving(roster, everybody, found):
        gone = RosterChanged(left.pupil, left.class_, left.number, left=today.isoformat())
        changes.append(Change(gone, left.name or "", left.external))
        lines.append(f"{left.class_} № {left.number} {_called(left)}: leaves on {today}")
    return RosterPlan(tuple(changes), (*lines, f"no change: {same} pupils"))


def _change(
    one: WantedPupil, number: int, before: KnownPupil | None, fresh: Callable[[], str]
) -> tuple[list[Change], str]:
    if before is None:
        record = RosterChanged(fresh(), one.class_, number)
        return [Change(record, one.name, one.external)], f"{one.name}: new"
    # Whose name is gone from here is not named again by a file that still has it.
    name = "" if before.name is None else one.name
    said = _differences(one, number, before)
    forgotten = "name not stored: it was forgotten" if before.name is None else ""
    if not said:
        return [], f"{one.name}: {forgotten}" if forgotten else ""
    record = RosterChanged(before.pupil, one.class_, number)
    words = "; ".join((*said, forgotten) if forgotten else said)
    return [Change(record, name, one.external or before.external)], f"{one.name}: {words}"


def _differences(one: WantedPupil, number: int, before: KnownPupil) -> list[str]:
    said = []
    if before.left:
        said.append(f"is back, had left on {before.left}")
    if before.class_ != one.class_:
        said.append(f"was {before.class_} № {before.number}")
    elif before.number != number:
        said.append(f"was № {before.number}")
    if before.name is not None and before.name != one.name:
        said.append(f"was written {before.name}")
    if one.external not in ("", before.external):
        said.append(f"is {one.external} in the other system")
    return said


def _leaving(roster: Roster, known: list[KnownPupil], found: Matches) -> list[KnownPupil]:
    classes = {one.class_ for one in roster.pupils}
    kept = {one.pupil for one in found.values()}
    gone = [one for one in known if one.class_ in classes and not one.left and one.pupil not in kept]
    return sorted(gone, key=lambda one: (one.class_, one.number, one.pupil))


def _called(pupil: KnownPupil) -> str:
    return "(forgotten)" if pupil.name is None else pupil.name


def _numbers(roster: Roster, known: list[KnownPupil], found: Matches) -> dict[WantedPupil, int]:
    """Return everybody's number: the file's, else the one she has, else the next that nobody ever had."""
    numbers = {one: one.number for one in roster.pupils if one.number is not None}
    used: dict[str, set[int]] = {}
    for pupil in known:
        used.setdefault(pupil.class_, set()).add(pupil.number)
    held = {(one.class_, number) for one, number in numbers.items()}
    # Who is in the class comes before who is back: her old number may be another's by now.
    unnumbered = [one for one in roster.pupils if one.number is None]
    for one in sorted(unnumbered, key=lambda one: one in found and bool(found[one].left)):
        before = found.get(one)
        if before and before.class_ == one.class_ and (one.class_, before.number) not in held:
            numbers[one] = before.number
            held.add((one.class_, before.number))
    for one in unnumbered:
        if one not in numbers:
            numbers[one] = max(used.get(one.class_, set()), default=0) + 1
            used.setdefault(one.class_, set()).add(numbers[one])
    if over := [one.class_ for one, number in numbers.items() if number > MAX_NUMBER]:
        raise ImportRefused([f"class {over[0]}: no number below {MAX_NUMBER + 1} is left"])
    return numbers
