"""Sessions: one peer each, made by an HTTP request, ended by DELETE, by the peer's end or by silence."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal

from edge.media import sdp
from edge.media.dtls import Identity
from edge.media.negotiate import Agreed, Refused, dtls_client
from edge.media.transport import Peer
from edge.supervise import once

MAX_FRAGMENT_LINES = 64  # lines of one trickle request; browsers send one to three candidates
FAREWELL = 1.0  # seconds a DELETE waits for the session's work to notice that its peer is closed


class Session:
    """One WHIP or WHEP resource."""

    def __init__(self, peer: Peer, offer: sdp.Description) -> None:
        self.id = secrets.token_urlsafe(16)  # RFC 9725 section 4.2: cannot be guessed
        self.etag = f'"{secrets.token_hex(8)}"'
        self.peer = peer
        self.verb: Literal["publish", "watch"] = "watch"  # what its owner's token must allow
        self.over = asyncio.Event()
        self._offer = offer

    async def connect(self) -> None:
        """Bring the peer up; raise PeerFailed."""
        remote = self._offer.transport
        await self.peer.connect(remote, dtls_client(remote.setup))

    async def trickle(self, fragment: str, matches: str | None) -> None:
        """Take a PATCH of candidates (RFC 8840); raise Refused for a restart or a wrong entity tag."""
        if matches not in (None, "*", self.etag):
            raise Refused(412, "bad-offer", "If-Match names another ICE session")
        lines = fragment.splitlines()[:MAX_FRAGMENT_LINES]
        ufrags = {line[12:].strip() for line in lines if line.startswith("a=ice-ufrag:")}
        if ufrags - {self._offer.transport.ufrag} or matches == "*":
            raise Refused(422, "bad-offer", "ICE restart is not supported; the session goes on")
        for line in lines:
            if line.startswith("a=candidate:"):
                await self.peer.add_candidate(line[12:].strip())


class Sessions:
    """All sessions of a node and the tasks that run them."""

    def __init__(self, identity: Identity, loopback: bool) -> None:
        self.open: dict[str, Session] = {}
        self._identity = identity
        self._loopback = loopback
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Keep sessions running until cancelled, then close them all."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                await asyncio.Event().wait()
        finally:
            self._tasks = None

    async def answer(self, offer: sdp.Description, agreed: Agreed) -> tuple[Session, str]:
        """Make a session for an offer and return it with the answer to send."""
        peer = Peer(self._identity, controlling=False, loopback=self._loopback)
        setup = "active" if dtls_client(offer.transport.setup) else "passive"
        try:
            local = await peer.local(setup)
        except BaseException:
            await peer.close()  # who asked has hung up; sockets already open would stay for good
            raise
        return Session(peer, offer), sdp.write_answer(agreed.replies, offer, local)

    def start(self, session: Session, work: Callable[[], Awaitable[None]], name: str) -> None:
        """Run a session until its work is done or its peer is gone."""
        if self._tasks is None:
            raise Refused(503, "too-many", "this node is stopping")
        self.open[session.id] = session
        self._tasks.create_task(self._keep(session, work, name))

    async def _keep(self, session: Session, work: Callable[[], Awaitable[None]], name: str) -> None:
        try:
            await once(work, name)
        finally:
            self.open.pop(session.id, None)
            session.over.set()
            await session.peer.close()

    async def end(self, session: Session) -> None:
        """End a session at once; what it held, such as a stream's name, is free on return."""
        self.open.pop(session.id, None)
        await session.peer.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await session.over.wait()

    def find(self, session_id: str) -> Session:
        """Return an open session; raise Refused when there is none of this id."""
        session = self.open.get(session_id)
        if session is None:
            raise Refused(404, "no-session", "no such session")
        return session
