"""Which pupil of a file is which pupil we know: so that a corrected letter is not a new child.

In this order, each pupil of the file and each known one at most once:
1. the same external id;
2. the same class, name and number; then the same class and name: who swap numbers stay who they are;
3. the same class and number under a name that is the same but for a typing error (`alike`), or of a pupil
   whose name was forgotten. Another name at a number is another child: the one leaves, the other is new;
4. the same name, of one pupil only, gone from one class of the file and come to another: she moved;
5. the same class and name of somebody who had left: she is back.
Two children who share a name in step 4 or 5 would become one: the dry run shows it, hub staff know them.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable, Iterable

from msgspec import Struct

from sync.importers.roster import WantedPupil

SLIPS = 2  # letters typed wrongly in a name of ten letters or more; one in a shorter one
LETTERS_A_SLIP = 5
AS_RUSSIAN = str.maketrans("әғқңөұүһіё", "агкноуухие", "ьъ")  # how names are typed without a Kazakh keyboard


class KnownPupil(Struct, frozen=True):
    """What the journal knows of a pupil now."""

    pupil: str  # the pseudonym
    class_: str
    number: int
    name: str | None  # None: forgotten, or its key is not here
    external: str = ""
    left: str = ""  # the date, of one who is in no class any more


Matches = dict[WantedPupil, KnownPupil]
Key = Callable[[WantedPupil | KnownPupil], Hashable]


def matches(wanted: Iterable[WantedPupil], known: Iterable[KnownPupil]) -> Matches:
    """Return which known pupil each pupil of a file is; who is missing is new."""
    file, all_known = list(wanted), sorted(known, key=lambda one: (one.class_, one.number, one.pupil))
    here = [one for one in all_known if not one.left]
    gone = [one for one in all_known if one.left]
    found: Matches = {}
    _match(file, all_known, lambda one: one.external or None, found)
    _match(file, here, _exactly, found)
    _match(file, here, _class_and_name, found)
    _match_numbers(file, here, found)
    _match_moves(file, here, found)
    _match(file, sorted(gone, key=lambda one: one.left, reverse=True), _class_and_name, found)
    return found


def _exactly(one: WantedPupil | KnownPupil) -> Hashable:
    return (one.class_, folded(one.name), one.number) if one.name else None


def _class_and_name(one: WantedPupil | KnownPupil) -> Hashable:
    return (one.class_, folded(one.name)) if one.name else None


def _match(file: list[WantedPupil], known: list[KnownPupil], key: Key, found: Matches) -> None:
    """Match by a key, in the order of both lists; None matches nothing."""
    taken = {one.pupil for one in found.values()}
    waiting: dict[Hashable, list[KnownPupil]] = {}
    for pupil in known:
        if pupil.pupil not in taken and key(pupil) is not None:
            waiting.setdefault(key(pupil), []).append(pupil)
    for one in file:
        if one not in found and waiting.get(key(one)):
            found[one] = waiting[key(one)].pop(0)


def _match_numbers(file: list[WantedPupil], known: list[KnownPupil], found: Matches) -> None:
    taken = {one.pupil for one in found.values()}
    at = {(one.class_, one.number): one for one in known if one.pupil not in taken}
    for one in file:
        same = at.get((one.class_, one.number or 0))
        if one not in found and same is not None and (same.name is None or alike(one.name, same.name)):
            found[one] = same


def _match_moves(file: list[WantedPupil], known: list[KnownPupil], found: Matches) -> None:
    taken = {one.pupil for one in found.values()}
    classes = {one.class_ for one in file}
    came = [one for one in file if one not in found]
    went = [one for one in known if one.pupil not in taken and one.class_ in classes and one.name]
    came_by, went_by = (Counter(folded(one.name or "") for one in side) for side in (came, went))
    only = {name for name, count in came_by.items() if count == went_by.get(name) == 1}
    _match([one for one in came if folded(one.name) in only], went, lambda one: folded(one.name or ""), found)


def folded(name: str) -> str:
    """Return a name as it is compared: letters composed and small, ё as е."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().replace("ё", "е").split())


def alike(one: str, other: str) -> bool:
    """Whether two names are one: some slips, words in another order, a patronymic more; `?` is any letter."""
    first, second = (folded(name).translate(AS_RUSSIAN).split() for name in (one, other))
    fewer, more = sorted((set(first), set(second)), key=len)
    if len(fewer) >= 2 and fewer <= more:
        return True
    a, b = " ".join(first), " ".join(second)
    slips = min(SLIPS, min(len(a), len(b)) // LETTERS_A_SLIP)
    return abs(len(a) - len(b)) <= slips and _distance(a, b) <= slips


def _distance(a: str, b: str) -> int:
    """Return how many letters were changed, left out, put in, or swapped with the next."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        before, last, row = row, before, [i]
        for j, right in enumerate(b, 1):
            same = left == right or "?" in (left, right)
            steps = [before[j] + 1, row[j - 1] + 1, before[j - 1] + (not same)]
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                steps.append(last[j - 2] + 1)
            row.append(min(steps))
    return row[-1]
