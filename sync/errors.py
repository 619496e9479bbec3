"""The journal's own errors; the floor above translates them at its door.

JournalError
├── DiskFull        no room for this fact; registers have a reserve
├── WriterFailed    the journal cannot be written
├── JournalClosed   it was closed meanwhile: the node ends
├── JournalBroken   the file is no journal
├── JournalNewer    a newer release wrote it in a form that this one cannot read
├── Forked          a stream has another history here than there
├── BadRequest      what a peer sent is no exchange: nothing of it was applied
│   └── TooLarge    … because it is larger than allowed
├── RenewedTooOften  somebody makes a node doubt again and again that it alone writes its streams
└── BadCursor       an export asked for from a place that is not there
(and others, which stand beside what raises them)
"""


class JournalError(Exception):
    """Something of the journal that a person can read and act on: one sentence."""


class DiskFull(JournalError):
    """The disk has no room for this fact."""


class WriterFailed(JournalError):
    """The journal cannot be written."""


class JournalClosed(JournalError):
    """The journal was closed before this was asked of it."""


class JournalBroken(JournalError):
    """The file is not a journal that this version can read."""


class JournalNewer(JournalError):
    """The file is a journal of a release that came later; it is whole, and nothing of it is touched."""


class Forked(JournalError):
    """A stream has another history at the peer: its disk was copied, or a backup was put back."""

    def __init__(self, stream: str, head: int) -> None:
        super().__init__(f"stream {stream} has another history here; head {head}")
        self.stream = stream
        self.head = head


class RenewedTooOften(JournalError):
    """A node's streams have met other histories too often to be chance."""


class BadRequest(JournalError):
    """What a peer sent is no exchange; nothing of it was applied."""


class TooLarge(BadRequest):
    """What a peer sent is larger than allowed; nothing of it was applied."""


class BadCursor(JournalError):
    """An export was asked for from a place that is not there."""
