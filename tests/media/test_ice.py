"""Datagrams of a peer: media to who listens, in order and none too early; the rest to the handshake."""

import asyncio

from edge.media.ice import MAX_EARLY, Ice

MEDIA = [bytes((0x80, number % 256)) for number in range(2 * MAX_EARLY)]


async def test_what_comes_before_somebody_listens_is_heard_first() -> None:
    ice, heard = Ice(controlling=False, loopback=True), list[bytes]()
    for data in MEDIA[:3]:
        ice.data_received(data, 1)
    ice.listen(heard.append)
    ice.data_received(MEDIA[3], 1)
    await asyncio.sleep(0)
    ice.data_received(MEDIA[4], 1)
    assert heard == MEDIA[:5]


async def test_only_so_much_is_kept_for_a_listener() -> None:
    ice, heard = Ice(controlling=False, loopback=True), list[bytes]()
    for data in MEDIA:
        ice.data_received(data, 1)
    ice.listen(heard.append)
    await asyncio.sleep(0)
    assert heard == MEDIA[:MAX_EARLY]


async def test_nothing_is_heard_after_the_end_and_an_empty_datagram_never() -> None:
    ice, heard = Ice(controlling=False, loopback=True), list[bytes]()
    ice.listen(heard.append)
    await asyncio.sleep(0)
    ice.data_received(b"", 1)
    ice.data_received(b"\x16handshake", 1)
    ice.deafen()
    ice.data_received(MEDIA[0], 1)
    assert heard == []
