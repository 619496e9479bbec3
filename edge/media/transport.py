"""One peer: ICE by aioice, DTLS and SRTP by aiortc; decrypted RTP and RTCP are handed on at once.

Media does not pass through aioice's queue or aiortc's receivers: a datagram is decrypted and delivered
within the socket's own callback, so there is no task switch, no decoder queue and no thread per track.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from socket import SO_RCVBUF, SOL_SOCKET
from typing import cast

from aioice import Candidate
from aiortc import RTCIceTransport
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from pylibsrtp import Error as SrtpError
from pylibsrtp import Session as Srtp

from edge.media import sdp
from edge.media.ice import Ice
from edge.media.rtcp import is_rtcp

CONNECT_TIME = 15.0  # seconds for ICE and DTLS; a browser behind a 2 s round trip needs about 8
# Seconds until a DTLS flight is sent again: the peer may have answered ICE before it listens.
FLIGHT_AGAIN = 0.1
FLIGHT_LATE = 1.0  # seconds: pauses double up to here, then OpenSSL's own timer does the rest
MAX_FLIGHT = 4  # datagrams of one flight: certificate and key exchange fit into three
# Bytes: 0.5 s of the largest lesson while the loop is busy; capped by net.core.rmem_max.
RECEIVE_BUFFER = 1 << 20

# aiortc's list has ECDSA only; GStreamer's and others' certificates are RSA.
CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    b"ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    b"ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA"
)

OnMedia = Callable[[bytes, float], None]


class PeerFailed(Exception):
    """ICE or DTLS did not come up, or the peer is gone."""


class Identity(RTCCertificate):
    """A self-signed P-256 certificate valid at any date: a PC with a dead clock battery must connect too."""

    @classmethod
    def create(cls) -> "Identity":
        """Return a fresh identity; one per process is enough."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tirek")])
        builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        return cls(
            key, builder.not_valid_after(datetime(9999, 12, 31, tzinfo=UTC)).sign(key, hashes.SHA256())
        )

    @property
    def fingerprint(self) -> tuple[str, str]:
        """SHA-256 fingerprint as in SDP."""
        found = next(each for each in self.getFingerprints() if each.algorithm == "sha-256")
        return found.algorithm, found.value

    def _create_ssl_context(self, srtp_profiles: list) -> SSL.Context:  # type: ignore[type-arg]  # aiortc's own
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(CIPHERS)
        return context


class _Wire:
    """What the DTLS transport needs of an ICE transport; remembers the flight in the air."""

    def __init__(self, ice: Ice) -> None:
        self._ice = ice
        self._recv = ice.recv
        self.flight: list[bytes] = []

    @property
    def role(self) -> str:
        return "controlling" if self._ice.ice_controlling else "controlled"

    async def _send(self, data: bytes) -> None:
        self.flight.append(data)
        await self._ice.send(data)

    async def send_again(self) -> None:
        """Send the last flight once more."""
        for data in self.flight[-MAX_FLIGHT:]:
            await self._ice.send(data)


class Dtls(RTCDtlsTransport):
    """aiortc's DTLS that does not wait a second to send an unanswered first flight again."""

    def __init__(self, wire: _Wire, identity: Identity) -> None:
        # aiortc asks its ICE transport for `role`, `_recv` and `_send` only.
        super().__init__(cast(RTCIceTransport, wire), [identity])
        self._wire = wire

    async def _recv_next(self) -> None:
        wire, pause = self._wire, FLIGHT_AGAIN
        while not self.encrypted and wire.flight and pause < FLIGHT_LATE:
            try:
                async with asyncio.timeout(pause):
                    # Only receiving suspends in there, so a timeout never cuts a handshake step in two.
                    await super()._recv_next()
                return
            except TimeoutError:
                await wire.send_again()
                pause *= 2
        await super()._recv_next()


class Peer:
    """One association: gather, connect, then media arrives at `on_rtp` and `on_rtcp` until it is closed."""

    def __init__(self, identity: Identity, controlling: bool, loopback: bool = False) -> None:
        self._loop = asyncio.get_running_loop()
        self._ice = Ice(controlling, loopback)
        self._wire = _Wire(self._ice)
        self._dtls = Dtls(self._wire, identity)
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

    def swelling(self, now: float) -> float | None:
        """Return by how much round trips have grown, None if unknown; a fresh one is taken."""
        self._ice.hurry()
        return self._ice.trips.swelling(now)

    @property
    def srtp(self) -> Srtp:
        """The session that protects what we send; exists once connected."""
        return self._dtls._tx_srtp

    @property
    def path(self) -> tuple[asyncio.DatagramTransport, tuple[str, int]] | None:
        """The socket and remote address in use, or None when there is none."""
        pair = self._ice._nominated.get(1)
        return (pair.protocol.transport, pair.remote_addr) if pair else None

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
        self._dtls._set_role("client" if client else "server")
        prints = [RTCDtlsFingerprint(algorithm, digest) for algorithm, digest in remote.fingerprints]
        try:
            async with asyncio.timeout(CONNECT_TIME):
                await self._ice.connect()
                await self._dtls.start(RTCDtlsParameters(prints))
        except (ConnectionError, TimeoutError, SSL.Error) as exc:
            raise PeerFailed(f"no connection: {exc or 'timed out'}") from exc
        if self._dtls.state != "connected":
            raise PeerFailed(f"DTLS handshake {self._dtls.state}")
        self._dtls.on("statechange", self._dtls_changed)
        self.heard = self._loop.time()
        self._ice.listen(self._media)

    async def measure(self) -> None:
        """Time one round trip: how a peer is sent its first picture depends on it."""
        await self._ice.measure()

    def _dtls_changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self.closed.set()

    def _media(self, data: bytes) -> None:
        control = is_rtcp(data)
        session = self._dtls._rx_srtp
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

    async def gone(self, silence: float) -> None:
        """Wait until the peer is closed, or has sent nothing for `silence` seconds."""
        while (left := self.heard + silence - self._loop.time()) > 0:
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
        with contextlib.suppress(ConnectionError, SSL.Error):
            await self._dtls.stop()
        await self._ice.close()


def _drop(data: bytes, now: float) -> None:
    """Take media that nobody asked for."""
