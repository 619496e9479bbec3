"""WHIP (RFC 9725): somebody publishes to this node."""

import logging
from collections.abc import Callable

from edge.media import sdp
from edge.media.negotiate import PUBLISHABLE, Agreed, agree_publish, read_offer
from edge.media.packet import Codec, Kind, Track
from edge.media.receiver import Receiver
from edge.media.session import Session, Sessions
from edge.media.studio import Studio
from edge.media.transport import PeerFailed

SILENCE = 10.0  # seconds without a datagram until a publisher is gone; RFC 7675 would wait 30

log = logging.getLogger(__name__)


class Whip:
    """The publishing side of a node."""

    def __init__(
        self,
        studio: Studio,
        sessions: Sessions,
        ntp: Callable[[], float],
        limit: int | None = None,
        tracks: dict[Kind, Track] | None = None,
    ) -> None:
        """`limit` is the bits per second that publishers are asked not to exceed.

        With `tracks` every stream has these, whichever of them a publisher brings; she may be silent for
        long, and whoever comes under the same name takes her place at once.
        """
        self._tracks = tracks
        self._here: dict[str, Session] = {}
        self._limit = limit
        self._studio = studio
        self._sessions = sessions
        self._ntp = ntp

    async def publish(self, name: str, text: str) -> tuple[Session, str]:
        """Answer an offer to publish as `name`; raise Refused."""
        offer = read_offer(text, "publish")
        agreed = agree_publish(offer, _codecs(self._tracks) if self._tracks else PUBLISHABLE)
        if self._tracks and (before := self._here.get(name)) is not None:
            await self._sessions.end(before)
        self._studio.reserve(name)
        try:
            session, answer = await self._sessions.answer(offer, agreed)
            self._sessions.start(session, lambda: self._receive(session, name, agreed), f"publisher {name}")
            self._here[name] = session
        except BaseException:
            self._studio.release(name)
            raise
        return session, answer

    async def end(self, name: str) -> None:
        """Send a publisher away."""
        if (session := self._here.get(name)) is not None:
            await self._sessions.end(session)

    async def _receive(self, session: Session, name: str, agreed: Agreed) -> None:
        try:
            await self._take(session, name, agreed)
        finally:
            if self._here.get(name) is session:
                del self._here[name]

    async def _take(self, session: Session, name: str, agreed: Agreed) -> None:
        try:
            await session.connect()
            stream = self._studio.begin(name, self._tracks or agreed.tracks)
        except PeerFailed as exc:
            log.warning("publisher did not connect stream=%s reason=%r", name, str(exc))
            return
        finally:
            self._studio.release(name)
        publication = stream.publication
        receiver = Receiver(session.peer, stream, list(agreed.tracks.values()), self._ntp, self._limit)
        log.info("publisher connected stream=%s codecs=%s", name, sdp.codecs(agreed.tracks))
        try:
            await receiver.run(SILENCE, idle=self._tracks is not None)
        finally:
            self._studio.leave(stream, publication)
            log.info("publisher left stream=%s counts=%s", name, receiver.counts)


def _codecs(tracks: dict[Kind, Track]) -> dict[str, tuple[Codec, ...]]:
    return {kind: (track.codec,) for kind, track in tracks.items()}
