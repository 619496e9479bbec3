"""DTLS with SRTP keys (RFC 5764) over a path of datagrams, by OpenSSL: a handshake, two keys, a goodbye.

`connect` is the handshake: our flight goes out, theirs comes in, until both ends have the keys. An answer
that is late is asked for again soon, because the other end may have been reached before it listened; after
FLIGHT_LATE OpenSSL's own timer goes on. From then on `take` is given what still comes: a flight that the
other end repeats because our last one was lost, answered with the same again, or its goodbye.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec import Struct
from OpenSSL import SSL
from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

FLIGHT_AGAIN = 0.1  # seconds until a flight is sent again: the peer may have answered ICE before it listens
FLIGHT_LATE = 1.0  # seconds: pauses double up to here, then OpenSSL's own timer does the rest
MTU = 1200  # bytes of one datagram: fits through every tunnel, as browsers assume
HEADER = 13  # bytes before each record of DTLS 1.2, its length the last two (RFC 6347 section 4.1)
DTLS_1_2 = 0xFEFD
MAX_DATAGRAM = 65_535
WINDOW = 1024  # packets behind the newest that are still taken, or protected again: 6 s of 1.5 Mbit/s
LABEL = b"EXTRACTOR-dtls_srtp"  # RFC 5764 section 4.2

# ECDSA is ours and the browsers', RSA that of GStreamer and others.
CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    b"ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    b"ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA"
)
DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}


class DtlsFailed(Exception):
    """The other end is not who it said, or speaks nothing that we do."""


class Path(Protocol):
    """What the handshake goes over."""

    async def send(self, data: bytes) -> None:
        """Send one datagram; raise ConnectionError."""

    async def recv(self) -> bytes:
        """Return the next datagram; raise ConnectionError."""


class Profile(Struct, frozen=True):
    """One protection of SRTP that both ends may agree on (RFC 5764 section 4.1.2, RFC 7714)."""

    name: bytes
    number: int
    key: int  # bytes
    salt: int

    def half(self, keys: bytes, side: int) -> bytes:
        """Return key and salt of the client (0) or the server (1)."""
        salt = 2 * self.key + side * self.salt
        return keys[side * self.key : (side + 1) * self.key] + keys[salt : salt + self.salt]


def _available() -> tuple[Profile, ...]:
    """Return the profiles that this libsrtp was built with, the one that is preferred first."""
    known = (
        Profile(b"SRTP_AEAD_AES_256_GCM", Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
        Profile(b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
        Profile(b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
    )
    found = []
    for profile in known:
        try:
            Policy(srtp_profile=profile.number)
        except SrtpError:
            continue
        found.append(profile)
    return tuple(found)


PROFILES = _available()


class Identity:
    """A self-signed P-256 certificate valid at any date: a PC with a dead clock battery must connect too."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @classmethod
    def create(cls) -> "Identity":
        """Return a fresh identity; one per process is enough."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tirek")])
        builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        builder = builder.not_valid_after(datetime(9999, 12, 31, tzinfo=UTC))
        return cls(key, builder.sign(key, hashes.SHA256()))

    @property
    def fingerprint(self) -> tuple[str, str]:
        """SHA-256 fingerprint as in SDP (RFC 8122 section 5)."""
        return "sha-256", _fingerprint(self._certificate, "sha-256")

    def context(self) -> SSL.Context:
        """Return what a handshake is made with; the other end's certificate is checked after it."""
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_max_proto_version(DTLS_1_2)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.use_certificate(self._certificate)
        context.use_privatekey(self._key)
        context.set_cipher_list(CIPHERS)
        context.set_tlsext_use_srtp(b":".join(each.name for each in PROFILES))
        return context


class Dtls:
    """One association, as client or as server."""

    def __init__(self, identity: Identity, client: bool) -> None:
        self._client = client
        self._ssl = SSL.Connection(identity.context())
        self._ssl.set_ciphertext_mtu(MTU)
        if client:
            self._ssl.set_connect_state()
        else:
            self._ssl.set_accept_state()
        self._flight: list[bytes] = []
        self.over = False  # the other end has said goodbye

    async def connect(self, path: Path, prints: list[tuple[str, str]]) -> tuple[Session, Session]:
        """Return the sessions that protect what we send and open what comes.

        `prints` are the fingerprints of the other end's certificate. Raises DtlsFailed, ConnectionError.
        """
        try:
            await self._shake(path)
            self._check(prints)
            return self._sessions()
        except SSL.Error as exc:
            raise DtlsFailed(f"no handshake: {exc}") from exc

    async def _shake(self, path: Path) -> None:
        pause = FLIGHT_AGAIN
        while True:
            try:
                self._ssl.do_handshake()
            except SSL.WantReadError:
                await self._send(path)
            else:
                return await self._send(path)
            soon = pause if self._flight and pause < FLIGHT_LATE else self._ssl.DTLSv1_get_timeout()
            try:
                async with asyncio.timeout(soon):
                    self._write(await path.recv())
            except TimeoutError:
                pause = await self._again(path, pause)

    async def _again(self, path: Path, pause: float) -> float:
        """Send the last flight once more; return the next pause."""
        if pause < FLIGHT_LATE:
            for data in self._flight:
                await path.send(data)
            return pause * 2
        self._ssl.DTLSv1_handle_timeout()
        await self._send(path)
        return pause

    async def _send(self, path: Path) -> None:
        flight = list(self._read())
        self._flight = flight or self._flight
        for data in flight:
            await path.send(data)

    def _check(self, prints: list[tuple[str, str]]) -> None:
        """Raise DtlsFailed unless every fingerprint that we can compute is the certificate's, and one is."""
        certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        known = [(algorithm.lower(), said.upper()) for algorithm, said in prints]
        known = [each for each in known if each[0] in DIGESTS]
        if certificate is None or not known:
            raise DtlsFailed("no fingerprint to tell the other end by")
        if any(_fingerprint(certificate, algorithm) != said for algorithm, said in known):
            raise DtlsFailed("its certificate is not the one of its offer")

    def _sessions(self) -> tuple[Session, Session]:
        chosen = self._ssl.get_selected_srtp_profile()
        profile = next((each for each in PROFILES if each.name == chosen), None)
        if profile is None:
            raise DtlsFailed("no protection of media in common")
        keys = self._ssl.export_keying_material(LABEL, 2 * (profile.key + profile.salt))
        ours, theirs = (0, 1) if self._client else (1, 0)
        return (
            _session(profile, profile.half(keys, ours), Policy.SSRC_ANY_OUTBOUND),
            _session(profile, profile.half(keys, theirs), Policy.SSRC_ANY_INBOUND),
        )

    def take(self, data: bytes) -> list[bytes]:
        """Take a datagram that came after the handshake; return what to answer. `over` may be true then."""
        self._write(data)
        try:
            self._ssl.recv(MAX_DATAGRAM)  # nobody sends data over it: records of the handshake, or a goodbye
        except SSL.ZeroReturnError:
            self.over = True
        except SSL.Error:
            pass  # noise, or more is to come
        return list(self._read())

    def goodbye(self) -> list[bytes]:
        """Return what to send at the end; nothing where no handshake was begun."""
        try:
            self._ssl.shutdown()
        except SSL.Error:
            return []
        return list(self._read())

    def _write(self, data: bytes) -> None:
        if data:
            self._ssl.bio_write(data)

    def _read(self) -> Iterator[bytes]:
        """Yield what OpenSSL has to say as datagrams of whole records."""
        said = bytearray()
        try:
            while True:
                said += self._ssl.bio_read(MAX_DATAGRAM)
        except SSL.Error:
            pass  # that was all
        begin = end = 0
        while end < len(said):
            record = HEADER + int.from_bytes(said[end + HEADER - 2 : end + HEADER], "big")
            if end > begin and end + record - begin > MTU:
                yield bytes(said[begin:end])
                begin = end
            end += record
        if begin < len(said):
            yield bytes(said[begin:])


def _fingerprint(certificate: x509.Certificate, algorithm: str) -> str:
    return certificate.fingerprint(DIGESTS[algorithm]).hex(":").upper()


def _session(profile: Profile, key: bytes, ssrcs: int) -> Session:
    policy = Policy(key=key, ssrc_type=ssrcs, srtp_profile=profile.number)
    policy.allow_repeat_tx = True
    policy.window_size = WINDOW
    return Session(policy)
