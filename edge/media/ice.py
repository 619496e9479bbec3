"""The ICE agent of a peer: aioice with a way around its queue, and round trips measured by its own checks."""

import asyncio
import contextlib
import random
from collections.abc import Callable

import aioice
import aioice.ice
from aioice import stun

from edge.media.estimate import RoundTrips

CONSENT_PAUSE = 5.0  # seconds between checks, RFC 7675 section 5.1
CONSENT_LIFE = 30.0  # seconds without an answer until sending must stop, RFC 7675 section 5.1
CONSENT_WAIT = 3.0  # seconds to wait for one answer: longer than any round trip we serve
MEASURE_WAIT = 0.3  # seconds: a peer that takes longer, or never answers, is not on this school's network
MAX_EARLY = 256  # datagrams kept until somebody listens: the group of pictures that a joiner gets at once
MAX_QUEUED = 64  # datagrams of a handshake not yet looked at: a flight has four, and may be repeated
HURRY_PAUSE = 0.2  # seconds between checks that somebody is waiting for: one decision about the link


class Ice(aioice.Connection):
    """An ICE agent that keeps media out of its queue, measures round trips and works without a network."""

    def __init__(self, controlling: bool, loopback: bool) -> None:
        super().__init__(ice_controlling=controlling)
        self._media: Callable[[bytes], None] | None = None
        self._control: Callable[[bytes], None] | None = None
        self._lost: Callable[[], None] = _nobody
        self._early: list[bytes] = []
        self.trips = RoundTrips()
        self._hurry = asyncio.Event()
        self.proven = 0.0  # when the peer last sent what only it can send
        self.granted = 0.0  # when it last answered a check of ours
        self._loopback = loopback

    async def gather_candidates(self) -> None:
        """Open a socket on every address, or on loopback when no other address is up."""
        addresses = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)
        if self._loopback or not addresses:
            addresses = [*addresses, "127.0.0.1"]
        for address in addresses:  # one by one: aioice forgets the open ones when it is cancelled among many
            self._local_candidates += await self.get_component_candidates(component=1, addresses=[address])
        self._local_candidates_start = self._local_candidates_end = True

    def listen(
        self, media: Callable[[bytes], None], control: Callable[[bytes], None], lost: Callable[[], None]
    ) -> None:
        """Hand media to `media`, soon beginning with what came before, and the rest to `control`.

        `lost` is called when the path is gone.

        A peer may send pictures right behind the last message of its handshake, and one turn of the event
        loop reads them all: before the handshake's task knows that it is done.
        """
        self._media = media
        self._control, self._lost = control, lost
        asyncio.get_running_loop().call_soon(self._deliver_early)

    def _deliver_early(self) -> None:
        while not self._queue.empty():
            left = self._queue.get_nowait()
            if left is None:
                self._lost()
            elif self._control is not None:
                self._control(left[0])
        early, self._early = self._early, []
        for data in early:
            if self._media is not None:
                self._media(data)

    def deafen(self) -> None:
        """Hand nothing on any more."""
        self._media = self._control = _drop
        self._lost = _nobody

    async def close(self) -> None:
        """Close the sockets."""
        self._lost()
        await super().close()

    def protocol_lost(self, protocol: aioice.ice.StunProtocol) -> None:
        """Note that a socket is gone; with the one in use the path is."""
        pair = self._nominated.get(1)
        if pair is not None and pair.protocol is protocol:
            self._lost()
        super().protocol_lost(protocol)

    def data_received(self, data: bytes, component: int) -> None:
        """Hand SRTP and SRTCP (RFC 7983) to the media path, everything else to DTLS."""
        if not data:
            return  # anybody on the network may send an empty datagram
        if not 127 < data[0] < 192:
            if self._control is not None:
                self._control(data)
            elif self._queue.qsize() < MAX_QUEUED:  # before DTLS begins nobody takes them out
                super().data_received(data, component)
        elif self._media is not None and not self._early:
            self._media(data)
        elif len(self._early) < MAX_EARLY:
            self._early.append(data)

    async def query_consent(self) -> None:
        """Ask for consent (RFC 7675) and time the answers: the only round trip a receiver can measure."""
        loop = asyncio.get_running_loop()
        self.granted = loop.time()
        pause = 0.2  # the first two come soon, so that a round trip is known when the first packet is lost
        # FFmpeg's publisher answers no check after the first: its media, encrypted for us, says as much.
        while loop.time() - max(self.granted, self.proven) < CONSENT_LIFE:
            await self._rest(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 5, CONSENT_PAUSE)
            if await self._ask_consent(loop):
                self.granted = loop.time()
        self._query_consent_task = None
        await self.close()

    def hurry(self) -> None:
        """Measure a round trip soon: somebody suspects that the link is full."""
        self._hurry.set()

    async def _rest(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, HURRY_PAUSE))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds - HURRY_PAUSE, 0)):
                await self._hurry.wait()
        self._hurry.clear()

    async def measure(self) -> None:
        """Time one round trip now."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MEASURE_WAIT):
                await self._ask_consent(asyncio.get_running_loop())

    async def _ask_consent(self, loop: asyncio.AbstractEventLoop) -> bool:
        pair = self._nominated.get(1)
        if pair is None or self.remote_password is None:
            return False
        request = self.build_request(pair, nominate=False)
        began = loop.time()
        try:
            async with asyncio.timeout(CONSENT_WAIT):
                key = self.remote_password.encode()
                await pair.protocol.request(request, pair.remote_addr, integrity_key=key, retransmissions=2)
        except (stun.TransactionError, TimeoutError):
            return False
        took = loop.time() - began
        if took < 0.9 * stun.RETRY_RTO:  # a longer one may have been answered only at the second try
            self.trips.note(took, loop.time())
        return True


def _nobody() -> None:
    """Nobody listens yet, or any more."""


def _drop(data: bytes) -> None:
    """Take what nobody wants to hear."""
