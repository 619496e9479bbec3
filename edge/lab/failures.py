"""What can go wrong with the laboratory's files."""

import errno

from edge.errors import TirekError

FULL = (errno.ENOSPC, errno.EDQUOT)


class StoreFailed(TirekError):
    """One of the laboratory's files cannot be written or read; `reason` is a word key."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


def reason_of(failure: OSError) -> str:
    """Return the word key of what the system says."""
    return "disk-full" if failure.errno in FULL else "disk-error"
