"""The prepared sets on this disk, read out of the library's store; the files of pictures stay on the disk."""

from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from msgspec import Struct, structs

from edge.content.chunks import ChunkStore
from sync.prepared import MAX_SET, MEDIA_TYPE, CheckSet, NotASet, Picture, Prepared, decode

MOST_SETS = 64  # on one disk that are shown: eight subjects of eight grades
HAS = Picture("image/png", b"")  # in place of a picture while its set is only listed


class Kept(Struct, frozen=True):
    """One set, without the bytes of its pictures."""

    item: str
    checks: CheckSet


class Sets:
    """All sets; each file is read once, and again for a picture. All calls block, from any thread."""

    def __init__(self, store: ChunkStore) -> None:
        self._store = store
        self._turn = Lock()
        self._known: dict[str, CheckSet | None] = {}  # by item; None for a file that is no set

    def all(self) -> list[Kept]:
        """Return the sets that are here whole, by title."""
        with self._turn:
            here = self._here()
            self._known = {item: self._known[item] for item in here if item in self._known}
            for item in here:
                if item not in self._known:
                    self._known[item] = self._listed(item)
            found = [Kept(item, checks) for item, checks in self._known.items() if checks is not None]
        return sorted(found, key=lambda each: (each.checks.subject, each.checks.title, each.item))

    def question(self, item: str, number: int) -> Prepared | None:
        """Return one question of a set, counted from 1; None if it is not here."""
        found = next((each.checks for each in self.all() if each.item == item), None)
        return _numbered(found, number)

    def picture(self, item: str, number: int) -> Picture | None:
        """Return the picture of a question; None if there is none."""
        question = _numbered(self._read(item) if item in self._here() else None, number)
        return question.picture if question else None

    def _here(self) -> list[str]:
        whole = (each.item for each in self._store.items() if each.whole)
        return [item.id for item in whole if item.media_type == MEDIA_TYPE and item.size <= MAX_SET][
            :MOST_SETS
        ]

    def _listed(self, item: str) -> CheckSet | None:
        checks = self._read(item)
        return structs.replace(checks, questions=tuple(map(_light, checks.questions))) if checks else None

    def _read(self, item: str) -> CheckSet | None:
        path = self._store.path_of(item)
        try:
            return decode(_content(path)) if path is not None else None
        except (NotASet, OSError):
            return None


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_SET + 1)


def _light(question: Prepared) -> Prepared:
    return structs.replace(question, picture=HAS) if question.picture is not None else question


def _numbered(checks: CheckSet | None, number: int) -> Prepared | None:
    questions: Iterable[Prepared] = checks.questions if checks is not None else ()
    return next((each for place, each in enumerate(questions, 1) if place == number), None)
