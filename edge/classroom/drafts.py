"""Marks that nobody has signed yet, kept for a screen that dies: they are no facts, and stay in this node."""

import logging
from pathlib import Path

import msgspec

from sync import durable

FILE = "drafts.json"
MOST = 64  # lessons: a day of a school with three classes has twenty; the oldest draft goes first

log = logging.getLogger(__name__)

Marks = dict[int, str]


class Drafts:
    """Drafts by lesson, in one small file. `keep` waits for the disk: call it in a thread."""

    def __init__(self, state: Path) -> None:
        self._path = state / FILE
        self._drafts = _load(self._path)

    def of(self, lesson: str) -> Marks:
        """Return what was marked in a lesson and not signed."""
        return self._drafts.get(lesson, {})

    def keep(self, lesson: str, marks: Marks) -> None:
        """Keep a draft, or, of no marks, let go of it."""
        before = self._drafts.pop(lesson, {})
        if marks:
            self._drafts[lesson] = marks
            while len(self._drafts) > MOST:
                del self._drafts[next(iter(self._drafts))]
        if marks != before:
            self._save()

    def _save(self) -> None:
        try:
            durable.save(self._path, msgspec.json.encode(self._drafts), 0o600)
        except OSError as exc:  # the screen has them; what is signed goes to the journal, which has a reserve
            log.warning("drafts not saved reason=%r", str(exc))


def _load(path: Path) -> dict[str, Marks]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Marks])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as exc:
        log.warning("drafts not read reason=%r", str(exc))
        return {}
