"""The running hash of a stream: who agrees on it at one place agrees on everything before (core).

Two computers that write one stream, because a disk was copied or a backup put back, differ from the first
fact that they do not share; nobody can change an old fact without changing every hash after it.
"""

from hashlib import sha256

SIZE = 16  # bytes kept of SHA-256: nobody finds a second history with the same hash
SHOWN = 16  # hexadecimal digits that travel: enough to notice by accident that two histories differ


def genesis(stream: str) -> bytes:
    """Return the hash of a stream without facts."""
    return sha256(stream.encode()).digest()[:SIZE]


def link(before: bytes, hlc: int, kind: str, body: str) -> bytes:
    """Return the hash after one more fact."""
    fact = b"%d\0%s\0%s" % (hlc, kind.encode(), body.encode())
    return sha256(before + fact).digest()[:SIZE]


def shown(chain: bytes) -> str:
    """Return what travels of a hash."""
    return chain.hex()[:SHOWN]
