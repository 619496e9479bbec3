"""A node joins a hub: `tirek enroll ADDRESS CODE`.

The hub's certificate is looked at first, and the request then goes to the owner of that certificate only;
that it is the hub and not somebody in the middle, the hub's proof shows.

JoinFailed
├── CodeRefused    the hub knows no such code, or not any more
├── TooManyTries   … and wants to be left alone for some seconds
├── NotAHub        something else answers there
└── HubUnproven    whoever answers does not know the code
(and CodeWrong, AddressWrong, HubUnreachable)
"""

import asyncio
import ssl
from secrets import token_hex

import aiohttp
import msgspec

from sync.errors import BadRequest, JournalError
from sync.joining import address as addresses
from sync.joining.address import Address
from sync.joining.certificates import NotACertificate, fingerprint_of, node_of, pem_of
from sync.joining.enrolment import MAX_BODY, Ends, EnrolRequest, key_of, proof, proves, read_reply
from sync.joining.identity import Identity, Parent
from sync.joining.tls import explained, pinned_context, stranger_context

SECONDS = 60.0  # for each of two steps; a thin link with losses needs about 5
PATIENCE = 60  # seconds to wait when a hub says "too many" without saying how long
LONGEST_PATIENCE = 86_400  # seconds; more is not an answer


class JoinFailed(JournalError):
    """The node was not joined to a hub; nothing has changed."""


class CodeRefused(JoinFailed):
    """The hub does not take this code."""


class TooManyTries(JoinFailed):
    """The hub takes no tries from here for some time."""

    def __init__(self, address: Address, seconds: int) -> None:
        super().__init__(f"too many tries: the hub at {address} takes the next one in {seconds} seconds")
        self.seconds = seconds


class NotAHub(JoinFailed):
    """Something else answers at this address."""


class HubUnproven(JoinFailed):
    """Whoever answers does not know the code: somebody stands between."""


async def enroll(address: str, code: str, identity: Identity, name: str) -> Parent:
    """Join the hub at this address; return what to keep of it."""
    key, at = key_of(code), addresses.parse(address)
    try:
        der = await _certificate_at(at)
        if node_of(der) == identity.node:
            raise NotAHub(f"{at} is this very node")
        ends = Ends(identity.fingerprint, fingerprint_of(der), token_hex(16))
        shown = proof(key, "node", ends)
        request = EnrolRequest(identity.certificate, ends.nonce, shown, name, identity.sign(ends.text))
        reply = read_reply(await _ask(at, pem_of(der), request))
    except (BadRequest, NotACertificate) as exc:
        raise NotAHub(f"what answers at {at} is not a hub: {exc}") from exc
    except (aiohttp.ClientError, OSError) as exc:
        raise _explained(exc, at) from exc
    if not proves(reply.proof, key, "hub", ends):
        raise HubUnproven(f"whoever answers at {at} does not know this code: somebody stands between")
    return Parent(str(at), pem_of(der), node_of(der), reply.school, reply.name)


async def _certificate_at(at: Address) -> bytes:
    async with asyncio.timeout(SECONDS):
        _, writer = await asyncio.open_connection(at.host, at.port, ssl=stranger_context())
    try:
        der = writer.get_extra_info("ssl_object").getpeercert(True)
    finally:
        writer.transport.abort()
    assert isinstance(der, bytes)  # a server of TLS 1.3 always shows one
    return der


async def _ask(at: Address, certificate: str, request: EnrolRequest) -> bytes:
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    connector = aiohttp.TCPConnector(ssl=pinned_context(certificate))
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session,
        session.post(
            f"https://{at}/enroll", data=msgspec.json.encode(request), allow_redirects=False
        ) as response,
    ):
        if response.status == 403:
            raise CodeRefused(f"the hub at {at} does not take this code: it is wrong, used or expired")
        if response.status == 429:
            raise TooManyTries(at, _patience(response.headers.get("Retry-After", "")))
        if response.status != 200:
            raise NotAHub(f"what answers at {at} is not a hub: it says {response.status} {response.reason}")
        return await _bounded(response)


def _explained(failure: aiohttp.ClientError | OSError, at: Address) -> JournalError:
    if isinstance(failure, aiohttp.ClientConnectorCertificateError):
        return HubUnproven(f"whoever answers at {at} is another one each time: somebody stands between")
    if isinstance(failure, aiohttp.ClientConnectorSSLError | ssl.SSLError):
        return NotAHub(f"what answers at {at} is not a hub: no TLS as between nodes")
    return explained(failure, str(at))


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY:
            raise BadRequest(f"an answer longer than {MAX_BODY} bytes")
    return bytes(body)


def _patience(said: str) -> int:
    sane = said.isascii() and said.isdigit() and len(said) <= 6
    return min(int(said), LONGEST_PATIENCE) if sane else PATIENCE
