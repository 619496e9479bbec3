"""Datagrams of a peer: media to who listens, in order and none too early; the rest to the handshake."""

import asyncio
import os
from pathlib import Path

import pytest

from edge.media.dtls import Identity
from edge.media.ice import MAX_EARLY, MAX_QUEUED, Ice
from edge.media.sdp import MAX_CANDIDATES
from edge.media.transport import Peer

MEDIA = [bytes((0x80, number % 256)) for number in range(2 * MAX_EARLY)]


async def test_what_comes_before_somebody_listens_is_heard_first() -> None:
    ice, heard = Ice(controlling=False, loopback=True), list[bytes]()
    for data in MEDIA[:3]:
        ice.data_received(data, 1)
    ice.listen(heard.append, _ignore, _nobody)
    ice.data_received(MEDIA[3], 1)
    await asyncio.sleep(0)
    ice.data_received(MEDIA[4], 1)
    assert heard == MEDIA[:5]


async def test_only_so_much_is_kept_for_a_listener() -> None:
    ice, heard = Ice(controlling=False, loopback=True), list[bytes]()
    for data in MEDIA:
        ice.data_received(data, 1)
    ice.listen(heard.append, _ignore, _nobody)
    await asyncio.sleep(0)
    assert heard == MEDIA[:MAX_EARLY]


async def test_nothing_is_heard_after_the_end_and_an_empty_datagram_never() -> None:
    ice, heard = Ice(controlling=False, loopback=True), list[bytes]()
    ice.listen(heard.append, _ignore, _nobody)
    await asyncio.sleep(0)
    ice.data_received(b"", 1)
    ice.data_received(b"\x16handshake", 1)
    ice.deafen()
    ice.data_received(MEDIA[0], 1)
    assert heard == []


async def test_what_is_neither_media_nor_ice_goes_another_way_in_order() -> None:
    ice, media, control = Ice(controlling=False, loopback=True), list[bytes](), list[bytes]()
    ice.data_received(b"\x16one", 1)
    ice.listen(media.append, control.append, _nobody)
    await asyncio.sleep(0)
    ice.data_received(b"\x15two", 1)
    assert (media, control) == ([], [b"\x16one", b"\x15two"])


async def test_the_loss_of_the_path_is_told_once() -> None:
    ice, lost = Ice(controlling=False, loopback=True), list[str]()
    ice.listen(_ignore, _ignore, lambda: lost.append("lost"))
    await ice.close()
    assert lost == ["lost"]


async def test_only_so_much_waits_for_a_handshake() -> None:
    ice = Ice(controlling=False, loopback=True)
    for _ in range(2 * MAX_QUEUED):
        ice.data_received(b"\x16handshake", 1)
    assert ice._queue.qsize() == MAX_QUEUED


@pytest.mark.parametrize("turns", range(12))
async def test_an_offer_given_up_at_any_moment_leaves_no_socket_open(turns: int) -> None:
    before = _sockets()
    peer = Peer(Identity.create(), controlling=False, loopback=True)
    async with asyncio.TaskGroup() as tasks:
        gathering = tasks.create_task(peer.local("passive"))
        for _ in range(turns):
            await asyncio.sleep(0)
        gathering.cancel()
    await peer.close()
    assert _sockets() == before


async def test_only_so_many_candidates_are_dialled_however_they_come() -> None:
    peer = Peer(Identity.create(), controlling=False, loopback=True)
    for number in range(1, 2 * MAX_CANDIDATES):
        await peer.add_candidate(f"1 1 udp 1 192.0.2.{number} 5000 typ host")
    assert len(peer._ice.remote_candidates) == MAX_CANDIDATES
    await peer.close()


def _ignore(data: bytes) -> None:
    """Take what this test is not about."""


def _nobody() -> None:
    """Not lost in this test."""


def _sockets() -> int:
    here = Path("/proc/self/fd")
    return sum(os.path.realpath(each).rpartition("/")[2].startswith("socket:") for each in here.iterdir())
