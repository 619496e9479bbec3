"""The journal's own errors; the floor above translates them at its door.

JournalError
├── DiskFull        no room for this fact; registers have a reserve
├── WriterFailed    the journal cannot be written
├── JournalBroken   the file is no journal, or of a newer version
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


class JournalBroken(JournalError):
    """The file is not a journal that this version can read."""


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
