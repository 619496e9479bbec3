"""One peer: ICE by aioice, DTLS and SRTP; decrypted RTP and RTCP are handed on at once.

Media does not pass through aioice's queue: a datagram is decrypted and delivered within the socket's own
callback, so there is no task switch, no decoder queue and no thread per track.
"""

import asyncio
import contextlib
from collections.abc import Callable
from socket import SO_RCVBUF, SOL_SOCKET

from aioice import Candidate
from pylibsrtp import Error as SrtpError
from pylibsrtp import Session as Srtp

from edge.media import sdp
from edge.media.dtls import Dtls, DtlsFailed, Identity
from edge.media.ice import Ice
from edge.media.rtcp import is_rtcp

CONNECT_TIME = 15.0  # seconds for ICE and DTLS; a browser behind a 2 s round trip needs about 8
# Bytes: 0.5 s of the largest lesson while the loop is busy; capped by net.core.rmem_max.
RECEIVE_BUFFER = 1 << 20

OnMedia = Callable[[bytes, float], None]


class PeerFailed(Exception):
    """ICE or DTLS did not come up, or the peer is gone."""


class Peer:
    """One association: gather, connect, then media arrives at `on_rtp` and `on_rtcp` until it is closed."""

    def __init__(self, identity: Identity, controlling: bool, loopback: bool = False) -> None:
        self._loop = asyncio.get_running_loop()
        self._ice = Ice(controlling, loopback)
        self._dtls: Dtls | None = None
        self._sessions: tuple[Srtp, Srtp] | None = None
        self._identity = identity
        self.closed = asyncio.Event()
        self.on_rtp: OnMedia = _drop
        self.on_rtcp: OnMedia = _drop
        self.heard = self._loop.time()
        self.undecryptable = 0
        self._candidates = 0

    @property
    def rtt(self) -> float | None:
        """Smoothed round-trip time in seconds, None until measured."""
        return self._ice.trips.smoothed

    @property
    def present(self) -> float:
        """When the peer last sent anything at all: one that has nothing to send still answers checks."""
        return max(self.heard, self._ice.granted)

    def swelling(self, now: float) -> float | None:
        """Return by how much round trips have grown, None if unknown; a fresh one is taken."""
        self._ice.hurry()
        return self._ice.trips.swelling(now)

    @property
    def srtp(self) -> Srtp:
        """The session that protects what we send; exists once connected."""
        assert self._sessions is not None
        return self._sessions[0]

    @property
    def path(self) -> tuple[asyncio.DatagramTransport, tuple[str, int]] | None:
        """The socket and remote address in use, or None when there is none."""
        pair = self._ice._nominated.get(1)
        if pair is None or pair.protocol.transport.is_closing():  # its descriptor may be another's by now
            return None
        return pair.protocol.transport, pair.remote_addr

    async def local(self, setup: str) -> sdp.Transport:
        """Gather candidates and return our half of the negotiation; `setup` is the DTLS role offered."""
        await self._ice.gather_candidates()
        for protocol in self._ice._protocols:
            with contextlib.suppress(OSError):
                protocol.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER)
        return sdp.Transport(
            ufrag=self._ice.local_username,
            password=self._ice.local_password,
            fingerprints=[self._identity.fingerprint],
            setup=setup,
            candidates=[candidate.to_sdp() for candidate in self._ice.local_candidates],
        )

    async def add_candidate(self, line: str) -> None:
        """Add a remote candidate; one that cannot be dialled is skipped (RFC 9725 section 4.3.1)."""
        if self._candidates < sdp.MAX_CANDIDATES and sdp.usable(line):
            self._candidates += 1
            with contextlib.suppress(ValueError):
                await self._ice.add_remote_candidate(Candidate.from_sdp(line))

    async def connect(self, remote: sdp.Transport, client: bool) -> None:
        """Bring ICE and DTLS up as DTLS client or server; raise PeerFailed."""
        self._ice.remote_is_lite = remote.lite
        self._ice.remote_username, self._ice.remote_password = remote.ufrag, remote.password
        for line in remote.candidates:
            await self.add_candidate(line)
        self._dtls = Dtls(self._identity, client)
        try:
            async with asyncio.timeout(CONNECT_TIME):
                await self._ice.connect()
                self._sessions = await self._dtls.connect(self._ice, remote.fingerprints)
        except (ConnectionError, TimeoutError, DtlsFailed) as exc:
            raise PeerFailed(f"no connection: {exc or 'timed out'}") from exc
        self.heard = self._loop.time()
        self._ice.listen(self._media, self._control, self.closed.set)

    async def measure(self) -> None:
        """Time one round trip: how a peer is sent its first picture depends on it."""
        await self._ice.measure()

    def _control(self, data: bytes) -> None:
        """Take what is neither media nor ICE: a flight that is repeated, or the peer's goodbye."""
        if self._dtls is None:
            return
        self._say(self._dtls.take(data))
        if self._dtls.over:
            self.closed.set()

    def _say(self, flight: list[bytes]) -> None:
        path = self.path
        if path is not None:
            for data in flight:
                path[0].sendto(data, path[1])

    def _media(self, data: bytes) -> None:
        control = is_rtcp(data)
        if self._sessions is None:
            return
        session = self._sessions[1]
        try:
            plain = session.unprotect_rtcp(data) if control else session.unprotect(data)
        except (SrtpError, ValueError):  # replayed, forged, or larger than any datagram we accept
            self.undecryptable += 1
            return
        # Only what the peer alone can have sent keeps the session alive.
        now = self.heard = self._ice.proven = self._loop.time()
        (self.on_rtcp if control else self.on_rtp)(plain, now)

    def send_rtcp(self, data: bytes) -> None:
        """Protect and send one compound packet; a lost path is not an error here, `closed` tells it."""
        path = self.path
        if path is None or self.closed.is_set():
            return
        with contextlib.suppress(SrtpError):
            path[0].sendto(self.srtp.protect_rtcp(data), path[1])

    async def gone(self, silence: float, idle: bool = False) -> None:
        """Wait until the peer is closed, or has sent nothing for `silence` seconds; one that may be `idle`
        need not send more than answers to checks."""
        while (left := (self.present if idle else self.heard) + silence - self._loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self.closed.wait()
                return
            except TimeoutError:
                continue

    async def close(self) -> None:
        """Tell the peer and end ICE and DTLS at once."""
        self._ice.deafen()
        self.closed.set()
        if self._sessions is not None and self._dtls is not None:
            self._say(self._dtls.goodbye())
        await self._ice.close()


def _drop(data: bytes, now: float) -> None:
    """Take media that nobody asked for."""
