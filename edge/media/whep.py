"""WHEP (draft-ietf-wish-whep): somebody watches a stream of this node."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection
from functools import partial

from msgspec import Struct, structs

from edge.media.negotiate import Agreed, Refused, agree_watch, read_offer
from edge.media.outlet import Health, Outlet, Sent
from edge.media.packet import Kind
from edge.media.relay import Fanout, Relay
from edge.media.session import Session, Sessions
from edge.media.sight import Sight
from edge.media.stream import Stream
from edge.media.studio import Studio
from edge.media.transport import PeerFailed

SILENCE = 30.0  # seconds without a datagram until a watcher is gone: consent checks come every 5 s (RFC 7675)
REMEMBERED = 60.0  # seconds a watcher that is gone stays on the hub teacher's list
MAX_REMEMBERED = 64  # watchers gone that are listed: the schools of a hub, several times over

log = logging.getLogger(__name__)


class Caller(Struct, frozen=True):
    """Who asks to watch: what it is called, and whether it is a node of ours."""

    name: str
    is_node: bool = False
    node: str = ""  # which one, where its certificate says so
    lesson: str = ""  # for whose teacher a class is looked at, where the page says so


class Watcher(Struct, frozen=True):
    """One who watches, or did a moment ago, as the hub teacher's page shows it."""

    name: str
    stream: str
    since: float  # NTP seconds
    node: str = ""  # of a certificate
    lesson: str = ""


Rests = Callable[[Watcher], bool]


class Whep:
    """The serving side of a node."""

    def __init__(
        self,
        studio: Studio,
        sessions: Sessions,
        relay: Relay,
        ntp: Callable[[], float],
        limit: int,
        rests: Rests | None = None,
    ) -> None:
        """With `rests`, which tells who is to be sent nothing for now, streams may be silent for long."""
        self._rests = rests
        self._studio = studio
        self._sessions = sessions
        self._relay = relay
        self._ntp = ntp
        self._limit = limit
        self._asked = 0
        self._here: list[tuple[Watcher, Outlet]] = []
        self._sent = Sent()  # to those who left
        # Of those who left not the outlets, each of which would keep a stream and all its packets.
        self._gone: deque[tuple[Watcher, Health, float]] = deque(maxlen=MAX_REMEMBERED)

    async def watch(
        self, stream_name: str, text: str, caller: Caller, kinds: Collection[Kind] = ("video", "audio")
    ) -> tuple[Session, str]:
        """Answer an offer to watch a stream, or only one of its tracks; raise Refused."""
        offer = read_offer(text, "watch")
        stream = self._studio.streams.get(stream_name)
        if stream is None or not stream.live:
            raise Refused(409, "no-publisher", f"nobody publishes as {stream_name} yet", name=stream_name)
        agreed = agree_watch(offer, {kind: each for kind, each in stream.tracks.items() if kind in kinds})
        if self._asked >= self._limit:
            raise Refused(503, "too-many", f"{self._limit} watch already")
        self._asked += 1
        try:
            session, answer = await self._sessions.answer(offer, agreed)
            work = partial(self._serve, session, stream, agreed, caller)
            self._sessions.start(session, work, f"watcher of {stream_name}")
        except BaseException:
            self._asked -= 1
            raise
        return session, answer

    async def _serve(self, session: Session, stream: Stream, agreed: Agreed, caller: Caller) -> None:
        try:
            await session.connect()
            await session.peer.measure()
            fanout = self._relay.fanout(stream)
            types = {kind: track.payload_type for kind, track in agreed.tracks.items()}
            outlet = Outlet(session.peer, stream, types, self._ntp)
            outlet.trusted = caller.is_node
            watcher = Watcher(caller.name, stream.name, self._ntp(), caller.node, caller.lesson)
            await self._feed(watcher, outlet, fanout)
        except (PeerFailed, ConnectionError) as exc:
            log.warning(
                "watcher did not connect stream=%s name=%r reason=%r", stream.name, caller.name, str(exc)
            )
        finally:
            self._asked -= 1

    async def _feed(self, watcher: Watcher, outlet: Outlet, fanout: Fanout) -> None:
        here = (watcher, outlet)
        self._here.append(here)
        try:
            fanout.join(outlet, self._rests is not None and self._rests(watcher))
            await outlet.peer.gone(
                SILENCE, idle=self._rests is not None
            )  # the fan-out closes the peer when the stream ends
        finally:
            fanout.leave(outlet)
            self._here.remove(here)
            outlet.peer.closed.set()
            self._sent += outlet.sent
            now = asyncio.get_running_loop().time()
            self._gone.append((watcher, _departed(outlet.health(now)), now))

    @property
    def sent(self) -> Sent:
        """What was sent to all watchers since the start, and what was not."""
        return sum((outlet.sent for _, outlet in self._here), self._sent)

    def count(self, stream: Stream) -> int:
        """Return how many watch a stream."""
        return sum(outlet.stream is stream for _, outlet in self._here)

    def settle(self) -> None:
        """Let those rest who are to, and wake the others."""
        for watcher, outlet in self._here:
            fanout = self._relay.fanouts.get(outlet.stream.name)
            if fanout is not None and self._rests is not None:
                (fanout.rest if self._rests(watcher) else fanout.wake)(outlet)

    def watched(self) -> dict[str, set[str]]:
        """Return the streams that somebody watches by name, and the lessons that they are looked at for."""
        found: dict[str, set[str]] = {}
        for watcher, _ in self._here:
            found.setdefault(watcher.stream, set()).add(watcher.lesson)
        return found

    def told(self, session: Session, sight: Sight, now: float) -> None:
        """Take what a watcher says of its picture and sound; one that does not watch yet is ignored."""
        for _, outlet in self._here:
            if outlet.peer is session.peer:
                outlet.told(sight, now)

    def dismiss(self, may: Callable[[Watcher], bool]) -> None:
        """End what is sent to those who may watch no more."""
        for watcher, outlet in self._here:
            if not may(watcher):
                outlet.peer.closed.set()

    def watchers(self, stream_name: str, now: float) -> list[tuple[Watcher, Health]]:
        """Return who watches a stream and how they fare; those who left a minute ago or less come last."""
        here = [(watcher, outlet.health(now)) for watcher, outlet in self._here]
        back = {watcher.name for watcher, _ in here}
        gone = [(watcher, health) for watcher, health, at in self._gone if now - at < REMEMBERED]
        listed = [*here, *(each for each in gone if each[0].name not in back)]
        return [each for each in listed if each[0].stream == stream_name]


def _departed(health: Health) -> Health:
    return structs.replace(health, sees=False, hears=False, frozen=False, sight=Sight())
