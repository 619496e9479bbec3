"""Which recordings of the parent were compared with ours, and what came of it; kept through any power cut."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from edge.media.repair import Why
from sync import durable

FILE = "healing.json"
MAX_CASES = 2000  # recordings of the parent: a year of lessons; the oldest are forgotten
MOST_TRIES = 3  # times that what came is no good

State = Literal["open", "done", "failed"]


class Case(Struct, frozen=True, omit_defaults=True):
    """One recording of the parent that is of a lesson recorded here."""

    id: str
    digest: str  # of its file when it was looked at
    ours: tuple[str, ...] = ()  # recordings here that are of the same lesson
    state: State = "open"
    why: Why = ""  # it failed
    tries: int = 0
    alone: bool = False  # nothing of what is here is taken: with it, the file was another one


class Cases:
    """All of them. Blocks; one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._cases: dict[str, Case] = {}

    def load(self) -> None:
        """Read what an earlier run knew; a damaged file is an empty one."""
        with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            found = msgspec.json.decode(self._path.read_bytes(), type=list[Case])
            self._cases = {each.id: each for each in found[-MAX_CASES:]}

    def all(self) -> list[Case]:
        """Return them, the oldest first."""
        return list(self._cases.values())

    def is_open(self, ident: str, digest: str) -> bool:
        """Tell of what is listed whether anything is to be done: new, unfinished, another file, or back."""
        case = self._cases.get(ident)
        return case is None or case.digest != digest or case.state == "open" or case.why == "gone"

    def is_alone(self, ident: str) -> bool:
        """Tell whether nothing of what is here is to be taken."""
        return ident in self._cases and self._cases[ident].alone

    def get(self, ident: str) -> Case | None:
        """Return one of them."""
        return self._cases.get(ident)

    def open(self, ident: str, digest: str, ours: Iterable[str]) -> None:
        """Take a case up, anew if it is another file; raises OSError."""
        known, found = self._cases.get(ident), tuple(sorted(ours))
        if known is None or known.digest != digest or known.why == "gone":
            self._put(Case(ident, digest, found))
        elif known.ours != found:
            self._put(replace(known, ours=found))

    def done(self, ident: str) -> None:
        """Nothing is left to do; raises OSError."""
        self._put(replace(self._cases[ident], state="done", why="", tries=0))

    def failed(self, ident: str, why: Why) -> None:
        """It cannot be healed from this; raises OSError."""
        self._put(replace(self._cases[ident], state="failed", why=why))

    def tried(self, ident: str, by: int, why: Why = "damaged", alone: bool = False) -> None:
        """Count tries, before one may kill us; after the last it stays failed. Raises OSError."""
        case = self._cases[ident]
        tries = max(0, case.tries + by)
        state: State = "failed" if tries >= MOST_TRIES else "open"
        said: Why = why if state == "failed" else ""
        self._put(replace(case, tries=tries, state=state, why=said, alone=alone or case.alone))

    def _put(self, case: Case) -> None:
        cases = {ident: each for ident, each in self._cases.items() if ident != case.id}
        cases[case.id] = case
        kept = dict(list(cases.items())[-MAX_CASES:])
        self._path.parent.mkdir(parents=True, exist_ok=True)
        durable.save(self._path, msgspec.json.encode(list(kept.values())))
        self._cases = kept
