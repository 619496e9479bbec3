"""WHIP client: one stream sent up to the parent node, as our own outlet, until the link is cut."""

import logging
from collections.abc import Callable

from yarl import URL

from edge.media import sdp
from edge.media.dtls import Identity
from edge.media.negotiate import Refused, read_answer
from edge.media.outlet import Outlet
from edge.media.pull import SILENCE, Parent, ParentFailed
from edge.media.relay import Fanout, Relay
from edge.media.stream import KEY_PAUSE, Stream
from edge.media.transport import Peer, PeerFailed

SMALL_BURST = 2 * 1250  # bytes: 80 ms of 256 kbit/s, beside which the lesson's own requests go up

log = logging.getLogger(__name__)


class Push:
    """Streams on their way from this node to its parent; `outlets` are those that are connected, by name."""

    def __init__(
        self, parent: Parent, relay: Relay, identity: Identity, ntp: Callable[[], float], loopback: bool
    ) -> None:
        self._parent = parent
        self._relay = relay
        self._identity = identity
        self._ntp = ntp
        self._loopback = loopback
        self.outlets: dict[str, Outlet] = {}

    async def once(self, stream: Stream, path: str) -> None:
        """Send a stream until it ends or the link is cut; raise ParentFailed."""
        peer = Peer(self._identity, controlling=True, loopback=self._loopback)
        session: URL | None = None
        try:
            tracks = list(stream.tracks.values())
            sections = sdp.offer_sections([(track.kind, (track.codec,)) for track in tracks], "sendonly")
            ssrcs: dict[str, int] = {track.kind: track.ssrc for track in tracks}
            offer = sdp.write_offer(sections, await peer.local("actpass"), ssrcs)
            answer, session = await self._parent.post(path, offer)
            description, agreed = read_answer(answer, sections)
            await peer.connect(description.transport, description.transport.setup == "passive")
            await peer.measure()
            types = {kind: track.payload_type for kind, track in agreed.items()}
            fanout = self._relay.fanout(stream)  # first: an outlet that is not served holds a socket
            await self._serve(Outlet(peer, stream, types, self._ntp), fanout)
        except (PeerFailed, Refused, OSError) as exc:
            raise ParentFailed(str(exc)) from exc
        finally:
            await peer.close()
            if session is not None:
                await self._parent.delete(session)

    async def _serve(self, outlet: Outlet, fanout: Fanout) -> None:
        outlet.burst, outlet.ask_pause = SMALL_BURST, KEY_PAUSE
        outlet.trusted = True  # the parent is a node: its estimate knows sound from pictures
        name = outlet.stream.name
        self.outlets[name] = outlet
        log.info("sending to parent stream=%s", name)
        try:
            fanout.join(outlet)
            await outlet.peer.gone(SILENCE)
        finally:
            fanout.leave(outlet)
            if self.outlets.get(name) is outlet:
                del self.outlets[name]
            log.info("no longer sending to parent stream=%s sent=%d", name, outlet.sent.packets)
