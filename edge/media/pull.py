"""WHEP client: one stream pulled from the parent node, again and again until it is no longer wanted."""

import logging
from collections.abc import Callable
from urllib.parse import quote

import aiohttp
from yarl import URL

from edge.media import sdp
from edge.media.dtls import Identity
from edge.media.negotiate import Refused, read_answer
from edge.media.packet import Codec, Kind, Track
from edge.media.receiver import Receiver
from edge.media.sight import Sight, written
from edge.media.studio import Studio
from edge.media.transport import Peer, PeerFailed

SILENCE = 4.0  # seconds without a datagram until the link counts as cut: sender reports come every second
CONNECT_TIME = 1.5  # seconds for TCP: a link that is back after a cut is found by the next try
REQUEST_TIME = 6.0  # seconds for one exchange on a link of 64 kbit/s
REPORT_TIME = 2.0  # seconds to tell the parent what a lesson looks like; it is told again
FAREWELL_TIME = 1.0  # seconds to tell the parent that we leave; it notices by itself too
NAME_HEADER = "X-Tirek-Name"
MAX_ANSWER = sdp.MAX_SDP
WANTED: list[tuple[Kind, tuple[Codec, ...]]] = [("video", ("H264", "VP8")), ("audio", ("opus",))]

log = logging.getLogger(__name__)


class ParentFailed(Exception):
    """The parent could not be reached or refused; worth another try."""


async def read_whole(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the body, however many pieces the link makes of it; raise ParentFailed beyond `limit` bytes."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > limit:
            raise ParentFailed(f"{response.status} with more than {limit} bytes")
    return bytes(body)


class Parent:
    """HTTP to the parent node, and to nobody it would send us to unless this `follows` redirects."""

    def __init__(
        self, http: aiohttp.ClientSession, url: URL, name: str, token: str | None, follows: bool = False
    ) -> None:
        self.url = url
        self._follows = follows
        self.http = http
        self.headers = {NAME_HEADER: quote(name)}  # header fields are ASCII, names of schools are not
        if token is not None:
            self.headers["Authorization"] = f"Bearer {token}"

    async def post(self, path: str, offer: str) -> tuple[str, URL]:
        """Send an offer; return the answer and the session's address; raise ParentFailed."""
        headers = {**self.headers, "Content-Type": "application/sdp"}
        try:
            async with self.http.post(
                self.url.join(URL(path)), data=offer, headers=headers, allow_redirects=self._follows
            ) as response:
                text = (await read_whole(response, MAX_ANSWER)).decode(errors="replace")
                location = response.headers.get("Location")
                if response.status != 201 or location is None:
                    raise ParentFailed(f"{response.status} {text[:200]!r}")
                session = response.url.join(URL(location))
                if not self._follows and session.origin() != self.url.origin():
                    raise ParentFailed(f"its session is at another place: {session.origin()}")
                return text, session
        except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
            raise ParentFailed(f"{type(exc).__name__}: {exc}") from exc

    async def tell(self, session: URL, sight: Sight) -> bool:
        """Say what a lesson looks like here; false when nobody answered. A refusal is an answer."""
        timeout = aiohttp.ClientTimeout(total=REPORT_TIME)
        headers = {**self.headers, "Content-Type": "application/json"}
        try:
            async with self.http.post(
                session / "sight",
                data=written(sight),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ):
                return True
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def report(self, path: str, body: bytes) -> bool:
        """Say something that is true now and is not kept; false when the parent did not take it."""
        timeout = aiohttp.ClientTimeout(total=REPORT_TIME)
        headers = {**self.headers, "Content-Type": "application/json"}
        try:
            async with self.http.post(
                self.url.join(URL(path)), data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return response.status < 300
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def delete(self, session: URL) -> None:
        """End a session; a parent out of reach will notice by itself."""
        timeout = aiohttp.ClientTimeout(total=FAREWELL_TIME)
        try:
            async with self.http.delete(
                session, headers=self.headers, timeout=timeout, allow_redirects=False
            ):
                return
        except (aiohttp.ClientError, TimeoutError):
            return


class Pull:
    """One stream on its way from the parent into this node's studio."""

    def __init__(
        self, parent: Parent, studio: Studio, identity: Identity, ntp: Callable[[], float], loopback: bool
    ) -> None:
        self._parent = parent
        self._studio = studio
        self._identity = identity
        self._ntp = ntp
        self._loopback = loopback
        self.sessions: dict[str, URL] = {}  # of the streams that come from the parent now

    async def tell(self, name: str, sight: Sight) -> bool:
        """Say what a stream looks like here; false when nobody was told."""
        session = self.sessions.get(name)
        return session is not None and await self._parent.tell(session, sight)

    async def once(self, name: str, path: str = "") -> None:
        """Join a stream and receive it until it ends or the link is cut; raise ParentFailed.

        `path` is where the parent has it, if not among its lessons.
        """
        peer = Peer(self._identity, controlling=True, loopback=self._loopback)
        session: URL | None = None
        try:
            self._studio.expect(name)
            sections = sdp.offer_sections(WANTED, "recvonly")
            offer = sdp.write_offer(sections, await peer.local("actpass"), {})
            answer, session = await self._parent.post(path or f"/whep/{name}", offer)
            description, tracks = read_answer(answer, sections)
            await peer.connect(description.transport, description.transport.setup == "passive")
            self.sessions[name] = session
            await self._receive(peer, name, tracks)
        except (PeerFailed, Refused) as exc:
            raise ParentFailed(str(exc)) from exc
        finally:
            self.sessions.pop(name, None)
            await peer.close()
            if session is not None:
                await self._parent.delete(session)

    async def _receive(self, peer: Peer, name: str, tracks: dict[Kind, Track]) -> None:
        self._studio.expect(name)  # somebody in this house may have begun to publish meanwhile
        stream = self._studio.begin(name, tracks)
        publication = stream.publication
        receiver = Receiver(peer, stream, list(tracks.values()), self._ntp)
        log.info("parent connected stream=%s codecs=%s", name, sdp.codecs(tracks))
        stream.strain, stream.glance = receiver.strain, receiver.glance
        try:
            await receiver.run(SILENCE)
        finally:
            stream.strain = stream.glance = None
            self._studio.leave(stream, publication)
            log.info("parent left stream=%s counts=%s", name, receiver.counts)
