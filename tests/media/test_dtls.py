"""The handshake between two of ours over a path that loses, repeats and cuts; and with whom it fails."""

import asyncio
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL
from pylibsrtp import Session

from edge.media.dtls import HEADER, MTU, PROFILES, Dtls, DtlsFailed, Identity

DEADLINE = 60.0
RTP = b"\x80\x60\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01" + b"picture"


class Wire:
    """One end of a path of datagrams; `loses` says of each that is sent whether it is lost."""

    def __init__(self, loses: list[bool]) -> None:
        self.inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self.other: Wire | None = None
        self.sent: list[bytes] = []
        self._loses = iter(loses)

    async def send(self, data: bytes) -> None:
        self.sent.append(data)
        if not next(self._loses, False) and self.other is not None:
            self.other.inbox.put_nowait(data)

    async def recv(self) -> bytes:
        return await self.inbox.get()


class Ended(Wire):
    """A path whose other end is gone."""

    async def recv(self) -> bytes:
        raise ConnectionError("gone")


def wires(one: list[bool], two: list[bool]) -> tuple[Wire, Wire]:
    client, server = Wire(one), Wire(two)
    client.other, server.other = server, client
    return client, server


async def met(client: Wire, server: Wire) -> list[bytes]:
    """Shake hands; return what each end reads of a packet of the other's."""
    ours, theirs = Identity.create(), Identity.create()
    one, two = Dtls(ours, client=True), Dtls(theirs, client=False)
    late = Late(two, server)
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(one.connect(client, [theirs.fingerprint]))
        second = tasks.create_task(late.connect([ours.fingerprint]))
        await first
        late.alone.set()
    (send_one, open_one), (send_two, open_two) = first.result(), second.result()
    return [open_two.unprotect(send_one.protect(RTP)), open_one.unprotect(send_two.protect(RTP))]


class Late:
    """A server that still answers after its handshake, as a peer does, until the client has the keys too."""

    def __init__(self, dtls: Dtls, wire: Wire) -> None:
        self._dtls, self._wire = dtls, wire
        self.alone = asyncio.Event()

    async def connect(self, prints: list[tuple[str, str]]) -> tuple[Session, Session]:
        sessions = await self._dtls.connect(self._wire, prints)
        async with asyncio.TaskGroup() as tasks:
            answering = tasks.create_task(self._answer())
            await self.alone.wait()
            answering.cancel()
        return sessions

    async def _answer(self) -> None:
        while True:
            for data in self._dtls.take(await self._wire.recv()):
                await self._wire.send(data)


async def test_two_ends_read_each_other() -> None:
    assert await met(*wires([], [])) == [RTP, RTP]


@settings(max_examples=12)
@given(
    st.lists(st.booleans(), max_size=4).filter(lambda lost: sum(lost) < 3),
    st.lists(st.booleans(), max_size=4).filter(lambda lost: sum(lost) < 3),
)
def test_a_path_that_loses_some_only_takes_longer(one: list[bool], two: list[bool]) -> None:
    assert asyncio.run(met(*wires(one, two))) == [RTP, RTP]


async def test_every_datagram_is_made_of_whole_records_and_fits() -> None:
    client, server = wires([], [])
    await met(client, server)
    for data in client.sent + server.sent:
        assert len(data) <= MTU
        place = 0
        while place < len(data):
            place += HEADER + int.from_bytes(data[place + HEADER - 2 : place + HEADER], "big")
        assert place == len(data)


async def test_a_certificate_that_is_not_the_offers_is_refused() -> None:
    client, server = wires([], [])
    ours, theirs, stranger = Identity.create(), Identity.create(), Identity.create()
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        answering = tasks.create_task(Dtls(theirs, client=False).connect(server, [ours.fingerprint]))
        with pytest.raises(DtlsFailed, match="not the one of its offer"):
            await Dtls(ours, client=True).connect(client, [stranger.fingerprint])
        answering.cancel()


@pytest.mark.parametrize("prints", [[], [("md5", "AA:BB")]])
async def test_an_end_that_cannot_be_told_is_refused(prints: list[tuple[str, str]]) -> None:
    client, server = wires([], [])
    ours, theirs = Identity.create(), Identity.create()
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        answering = tasks.create_task(Dtls(theirs, client=False).connect(server, [ours.fingerprint]))
        with pytest.raises(DtlsFailed, match="no fingerprint"):
            await Dtls(ours, client=True).connect(client, prints)
        answering.cancel()


async def test_all_fingerprints_that_are_known_must_be_the_certificates() -> None:
    client, server = wires([], [])
    ours, theirs = Identity.create(), Identity.create()
    wrong = [theirs.fingerprint, ("sha-512", "00"), ("md5", "what nobody computes")]
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        answering = tasks.create_task(Dtls(theirs, client=False).connect(server, [ours.fingerprint]))
        with pytest.raises(DtlsFailed):
            await Dtls(ours, client=True).connect(client, wrong)
        answering.cancel()


async def test_a_certificate_with_rsa_is_as_good() -> None:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "other")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(9999, 12, 31, tzinfo=UTC))
    other = Other(key, builder.sign(key, hashes.SHA256()))
    client, server = wires([], [])
    ours = Identity.create()
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        answering = tasks.create_task(Dtls(other, client=False).connect(server, [ours.fingerprint]))
        await Dtls(ours, client=True).connect(client, [other.fingerprint])
        await answering


class Other(Identity):
    """Somebody else's certificate."""

    def __init__(self, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
        super().__init__(ec.generate_private_key(ec.SECP256R1()), certificate)
        self._rsa = key
        self._own = certificate

    def context(self) -> SSL.Context:
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.use_certificate(self._own)
        context.use_privatekey(self._rsa)
        context.set_tlsext_use_srtp(b":".join(each.name for each in PROFILES))
        return context


async def test_noise_before_and_after_the_handshake_changes_nothing() -> None:
    client, server = wires([], [])
    for noise in (b"\x16", b"\x16\xfe\xfd" + b"\xff" * 400, b"\x15\xfe\xfd", bytes(2000)):
        client.inbox.put_nowait(noise)
        server.inbox.put_nowait(noise)
    assert await met(client, server) == [RTP, RTP]


async def test_a_goodbye_is_understood() -> None:
    client, server = wires([], [])
    ours, theirs = Identity.create(), Identity.create()
    one, two = Dtls(ours, client=True), Dtls(theirs, client=False)
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        tasks.create_task(one.connect(client, [theirs.fingerprint]))
        tasks.create_task(two.connect(server, [ours.fingerprint]))
    for data in one.goodbye():
        two.take(data)
    assert two.over
    assert not one.over


async def test_a_goodbye_of_somebody_else_is_noise() -> None:
    client, server = wires([], [])
    ours, theirs = Identity.create(), Identity.create()
    one, two = Dtls(ours, client=True), Dtls(theirs, client=False)
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        tasks.create_task(one.connect(client, [theirs.fingerprint]))
        tasks.create_task(two.connect(server, [ours.fingerprint]))
    two.take(b"\x15\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x09\x00\x02\x01\x00")
    assert not two.over


async def test_a_path_that_ends_ends_the_handshake() -> None:
    with pytest.raises(ConnectionError):
        await Dtls(Identity.create(), client=True).connect(Ended([]), [("sha-256", "AA")])


async def test_nothing_is_said_at_the_end_of_what_never_began() -> None:
    assert Dtls(Identity.create(), client=True).goodbye() == []
