"""The daemon's own errors; each floor below has its tree, translated at its door.

TirekError
├── ConfigWrong     a configuration refused: file, key and value are in the sentence
├── JournalFailed   the journal, or the way to the hub, refuses: the words of the floor below
└── NetworkAbsent   no network, or nobody on it, to work with yet; worth another try
"""

from typing import TypeVar

E = TypeVar("E", bound=Exception)


class TirekError(Exception):
    """Something a person can read and act on: one sentence."""


class ConfigWrong(TirekError):
    """The configuration is refused."""


class JournalFailed(TirekError):
    """What the journal was asked for is refused."""


class NetworkAbsent(TirekError):
    """There is no network, or nobody on it, to work with yet."""


def sole(group: ExceptionGroup[Exception], kind: type[E]) -> E | None:
    """Return the first error of a task group if all are of this kind, else None.

    Python before 3.11.4 wraps what is raised inside `except*` into a group again.
    """
    matching, others = group.split(kind)
    if matching is None or others is not None:
        return None
    first = matching.exceptions[0]
    return sole(first, kind) if isinstance(first, ExceptionGroup) else first
