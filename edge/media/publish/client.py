"""WHIP client (RFC 9725): what a source gives goes to a node, in real time, and again after a cut."""

import asyncio
import ipaddress
import logging
import secrets
import signal
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

import aiohttp
from yarl import URL

from edge.errors import TirekError, sole
from edge.loop import until_complete
from edge.media import sdp
from edge.media.codec.packetiser import Packetiser
from edge.media.dtls import Identity
from edge.media.negotiate import Refused, read_answer
from edge.media.ntp import NtpClock
from edge.media.outlet import Outlet
from edge.media.packet import Kind, Track
from edge.media.publish.feed import feed
from edge.media.publish.source import Source
from edge.media.publish.sources import open_source
from edge.media.pull import CONNECT_TIME, REQUEST_TIME, Parent, ParentFailed
from edge.media.relay import Relay
from edge.media.stream import Stream
from edge.media.transport import Peer, PeerFailed

SILENCE = 4.0  # seconds without a report until the node counts as gone: it sends one every half second
AGAIN = 1.0  # seconds between tries after a cut
REPORT_PAUSE = 0.5  # seconds between looks of the clock
LAST_PACKETS = 0.6  # seconds for the node to ask once more for the last packets

log = logging.getLogger(__name__)


class NotPublished(TirekError):
    """The node cannot be reached or does not take the lesson; the text says why."""


class Publication:
    """One source on its way to one WHIP address."""

    def __init__(self, source: Source, url: URL, token: str | None) -> None:
        self._source = source
        self._url = url
        self._token = token
        self._ntp = NtpClock()
        self._relay = Relay()
        tracks = {kind: _track(kind, source) for kind in source.codecs}
        self._stream = Stream("lesson", tracks, asyncio.get_running_loop().time())
        self._stream.begin()
        self._connected = asyncio.Event()
        self.sent: dict[Kind, int] = dict.fromkeys(tracks, 0)

    async def run(self) -> None:
        """Publish until the source ends; raise NotPublished when the first connection is refused."""
        timeout = aiohttp.ClientTimeout(total=REQUEST_TIME, sock_connect=CONNECT_TIME)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            node = Parent(http, self._url, "publisher", self._token, follows=True)
            async with asyncio.TaskGroup() as tasks:
                helpers = [
                    tasks.create_task(self._keep_connected(node)),
                    tasks.create_task(self._relay.run()),
                ]
                await self._send()
                await asyncio.sleep(LAST_PACKETS)
                for helper in helpers:
                    helper.cancel()

    async def _send(self) -> None:
        await self._connected.wait()
        ways = {kind: _packetiser(track) for kind, track in self._stream.tracks.items()}
        told: dict[Kind, float] = {}
        async with aclosing(feed(self._source)) as frames:
            async for frame in frames:
                packets = ways[frame.kind].packetise(frame)
                if frame.arrival - told.get(frame.kind, 0.0) >= REPORT_PAUSE:
                    told[frame.kind] = frame.arrival
                    ntp = self._ntp.at(frame.arrival)
                    self._stream.report(frame.kind, ntp, packets[0].timestamp, ntp)
                for packet in packets:
                    self._stream.take(packet)
                self._stream.rate(frame.arrival)
                self.sent[frame.kind] += 1

    async def _keep_connected(self, node: Parent) -> None:
        identity = Identity.create()
        while True:
            try:
                await self._connect(node, identity)
                log.warning("connection lost url=%s", self._url)
            except ParentFailed as exc:
                if not self._connected.is_set():
                    raise NotPublished(f"{self._url}: {exc}") from exc
                log.warning("not connected url=%s reason=%r", self._url, str(exc))
            await asyncio.sleep(AGAIN)

    async def _connect(self, node: Parent, identity: Identity) -> None:
        """Be connected once, until the connection is lost."""
        peer = Peer(identity, controlling=True, loopback=_is_here(self._url))
        session: URL | None = None
        try:
            tracks = self._stream.tracks
            sections = sdp.offer_sections(
                [(kind, (track.codec,)) for kind, track in tracks.items()], "sendonly"
            )
            ssrcs: dict[str, int] = {kind: track.ssrc for kind, track in tracks.items()}
            offer = sdp.write_offer(sections, await peer.local("actpass"), ssrcs)
            answer, session = await node.post(str(self._url), offer)
            description, agreed = read_answer(answer, sections)
            await peer.connect(description.transport, description.transport.setup == "passive")
            await peer.measure()
            types = {kind: track.payload_type for kind, track in agreed.items()}
            await self._serve(Outlet(peer, self._stream, types, self._ntp), peer)
        except (PeerFailed, Refused, ConnectionError) as exc:
            raise ParentFailed(str(exc)) from exc
        finally:
            if session is not None:
                await node.delete(session)
            await peer.close()

    async def _serve(self, outlet: Outlet, peer: Peer) -> None:
        fanout = self._relay.fanout(self._stream)
        fanout.join(outlet)
        self._connected.set()
        try:
            await peer.gone(SILENCE)
        finally:
            fanout.leave(outlet)


def _track(kind: Kind, source: Source) -> Track:
    codec = source.codecs[kind]
    return Track(
        kind, codec, sdp.PAYLOAD_TYPE[codec], secrets.randbelow(2**32 - 1) + 1, source.fmtp.get(kind, "")
    )


def _packetiser(track: Track) -> Packetiser:
    # Random origins (RFC 3550 section 5.1), in the lower half so that they do not wrap within a lesson.
    return Packetiser(track, secrets.randbits(15), secrets.randbits(31))


def _is_here(url: URL) -> bool:
    host = url.host or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end, or stop cleanly on SIGTERM or SIGINT."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task is not None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
    try:
        await work
    except asyncio.CancelledError:
        log.info("stopped")


async def publish(source: Source, url: str, token: str | None) -> dict[Kind, int]:
    """Publish until the source ends or a signal comes; return the frames sent by kind."""
    publication = Publication(source, URL(url), token)
    try:
        await _until_signal(publication.run())
    except ExceptionGroup as group:
        raise sole(group, TirekError) or group from None
    log.info("published url=%s frames=%s", url, publication.sent)
    return publication.sent


def main(name: str, url: str, token: str | None, loop: bool = False) -> int:
    """Publish what `name` stands for; return the exit status; raise TirekError with one sentence."""
    if URL(url).scheme not in ("http", "https"):
        raise NotPublished(f"{url}: not a WHIP address such as http://localhost:8080/whip/lesson")
    source = open_source(name, loop=loop)
    until_complete(publish(source, url, token))
    return 0
