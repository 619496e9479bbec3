"""Packets on their way to a peer's socket: protected, in few system calls, and none of them empty."""

import socket
from collections.abc import Iterator

import pytest
from pylibsrtp import Policy, Session

from edge.media.blast import Line, blast
from edge.media.rtp import header

WINDOW = 1024  # packets behind the newest that SRTP protects again, as aiortc sets it
TAG = 10  # bytes that SRTP puts behind a packet


class _Stand(Line):
    """A line of its own, without a peer."""

    def __init__(self, address: tuple[str, int], able: bool) -> None:
        profile = Policy.SRTP_PROFILE_AES128_CM_SHA1_80
        policy = Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
        policy.allow_repeat_tx, policy.window_size = True, WINDOW
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = address
        self._srtp = Session(policy)
        self.handle = self._srtp._srtp[0]
        self.unsent = 0
        self.able = able


@pytest.fixture
def far_end() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind(("127.0.0.1", 0))
        end.setblocking(False)
        yield end


def _wire(sequence: int) -> bytes:
    return header(96, False, sequence, 0, 7) + b"x" * 50


def _came(far_end: socket.socket) -> list[int]:
    lengths = []
    while True:
        try:
            lengths.append(len(far_end.recv(2000)))
        except BlockingIOError:
            return lengths


@pytest.mark.parametrize("able", [True, False])
def test_packets_too_old_to_be_protected_are_counted_and_nothing_else(
    far_end: socket.socket, able: bool
) -> None:
    line, other = (_Stand(far_end.getsockname(), able) for _ in range(2))
    blast((line,), ((_wire(5000),),))
    old = [_wire(5000 - WINDOW)] * 2
    blast((line, other), (old, old[:1]))
    assert line.unsent == 3
    assert _came(far_end) == [len(_wire(0)) + TAG] * 4
    line.close()
    other.close()
