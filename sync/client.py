"""Dials the parent and exchanges until both hold the same; then waits for news or for the next minute."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from sqlite3 import Connection
from time import monotonic
from typing import TypeVar

import msgspec
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from msgspec import Struct, structs

from sync import exchange, forks, protocol, streams, tables, tree
from sync.clock import Moment, is_believable
from sync.errors import BadRequest, DiskFull, Forked, JournalError
from sync.exchange import Arrived, Child
from sync.forgetting import settle
from sync.joining.identity import Parent
from sync.joining.tls import explained
from sync.ledger import Ledger
from sync.names import Names
from sync.protocol import Head, Reply, Request
from sync.streams import StreamName

REQUEST_TIME = 60.0  # seconds for one exchange: 256 kB at 64 kbit/s take 33
POLL = 60.0  # seconds between looks at a parent that has nothing new
INSIST = 3600.0  # seconds until what was refused is brought again: 10 kB, once another hub has let go of it
DRIFT = 1000  # milliseconds a clock may be off until that is noted again
STRAIGHT = 4.0  # seconds: an answer that took longer says too little about the time
CONNECT_TIME = 15.0  # seconds for TCP and TLS: four round trips on a satellite link that loses packets
MOST_FORKS = 64  # streams with two histories in one go: ten schools' of a node whose disk was copied
LEAN = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")  # header fields nobody reads here

log = logging.getLogger(__name__)

T = TypeVar("T")


class ParentSilent(JournalError):
    """The parent was not reached, or did not answer as a parent does."""


class ParentRefuses(ParentSilent):
    """The parent does not let this node in any more."""


class _Fork(Struct):
    stream: str
    head: int


def _nobody() -> None:
    """Tell nobody."""


class Uplink:
    """One node's way to its parent; `reached` is called whenever both hold the same.

    `trouble` is why this node keeps nothing, "" if it does.
    """

    def __init__(
        self,
        ledger: Ledger,
        names: Names,
        parent: Parent,
        now: Callable[[], Moment],
        reached: Callable[[], None] = _nobody,
        trouble: str = "",
    ) -> None:
        self._ledger, self._names = ledger, names
        self._parent = parent
        self._reached = reached
        self._trouble = trouble
        self._url = f"https://{parent.address}"
        self._now = now
        self._child = Child(ledger.node, parent.school)
        self._need: list[str] = []
        self._forks = 0
        self._insisted = monotonic()
        # By how much our clock is known to stay ahead; None before the first look.
        self._rest: int | None = None

    async def even(self, http: ClientSession) -> None:
        """Exchange until there is nothing more to send or to take; raise ParentSilent, JournalError."""
        self._need = await asyncio.to_thread(settle, self._ledger, self._names)
        self._forks = 0
        if monotonic() - self._insisted > INSIST:
            self._insisted = monotonic()
            self._child.insist()
        busy = True
        while busy:
            busy = await self._once(http)

    async def run(self, http: ClientSession, wake: asyncio.Event) -> None:
        """Keep both even until cancelled; raise when the parent is out of reach, to be run again."""
        while True:
            wake.clear()
            await self.even(http)
            self._reached()
            try:
                async with asyncio.timeout(POLL):
                    await wake.wait()
            except TimeoutError:
                continue

    async def _once(self, http: ClientSession) -> bool:
        """Ask once; true if there may be more to say."""
        now, need, before = self._ledger.now(), self._need, self._child.theirs
        try:
            plain = self._ledger.read(lambda db: self._child.next(db, now, need))
            request = structs.replace(plain, trouble=self._trouble)
            reply = await self._ask(http, request)
            arrived = exchange.read(reply)
            new = await self._take(reply, arrived)
        except Forked as fork:
            await self._part(http, streams.parse(fork.stream), fork.head)
            return True
        await self._learn(request, reply, arrived)
        changed = self._child.theirs != before
        brought = {batch.stream for batch in request.batches}
        if brought and not changed and brought.isdisjoint(reply.refused):
            raise ParentSilent(f"{self._url} does not take what it is brought; its disk may be full")
        # Not whatever arrives: a parent that says the same again and again shall not keep us busy.
        said = brought or new or request.common or request.need or (changed and reply.heads is not None)
        return bool(said) and (bool(self._need) or self._ledger.read(self._child.has_more))

    async def _take(self, reply: Reply, arrived: list[Arrived]) -> int:
        """Apply an answer; of one that the disk has no room for what is vital, then raise DiskFull."""

        def taking(taken: list[Arrived]) -> Callable[[Connection], int]:
            return lambda db: self._child.take(db, reply, taken, self._now())

        vital = [each for each in arrived if exchange.is_vital(each)]
        if len(vital) == len(arrived):
            return await self._write(taking(vital))
        try:
            return await self._write(taking(arrived), vital=False)
        except DiskFull:
            await self._write(taking(vital))
            raise

    async def _learn(self, request: Request, reply: Reply, arrived: list[Arrived]) -> None:
        """Keep the keys that were asked for, and see what names there are to be asked for or forgotten."""
        keys = {pupil: key for pupil, key in reply.keys.items() if pupil in request.need}
        if keys:
            await asyncio.to_thread(self._names.learn, keys)
        if any(streams.parse(each.batch.stream).class_ == "roster" for each in arrived):
            self._need = await asyncio.to_thread(settle, self._ledger, self._names)
        else:
            self._need = [pupil for pupil in self._need if pupil not in request.need]

    async def _part(self, http: ClientSession, name: StreamName, head: int) -> None:
        """Find where two histories of a stream part, and go on from there."""
        me = self._ledger.node
        self._forks += 1
        if self._forks > MOST_FORKS:
            raise ParentSilent(f"{self._url} finds another history in {self._forks} streams, last {name}")
        common = await self._common(http, name, head)
        if name.node == me:
            log.warning("another history of our own stream=%s common=%d: new incarnation", name, common.seq)
            await self._write(lambda db: forks.move_tail(db, me, name, common.seq, self._now()))
            self._child.forget()
        elif name.node in self._ledger.read(lambda db: tree.below(db, me)):
            log.warning("another history at the parent stream=%s common=%d: left as it is", name, common.seq)
            self._child.stuck.add(str(name))
        else:
            log.warning("the parent lost facts of its own stream=%s common=%d", name, common.seq)
            self._child.disagree(str(name), common)

    async def _common(self, http: ClientSession, name: StreamName, head: int) -> Head:
        last = begin = min(head, self._ledger.read(lambda db: tables.found(db, name).head))
        while last >= 0:
            query = f"/sync/chains?stream={name}&last={last}"
            status, body = await self._send(http, "GET", query, None)
            if status != 200:
                raise ParentSilent(f"{self._url} answers {status} to what it holds of {name}")
            theirs = _decode(body, list[tuple[int, str]])
            ours = dict(self._ledger.read(partial(forks.hashes, name=name, last=last, most=forks.PAGE)))
            agreed = protocol.common(theirs, ours)
            if agreed is not None and agreed < begin:
                return Head(agreed, ours[agreed])
            last = min((last, *(seq for seq, _ in theirs))) - 1 if agreed is None else -1
        raise ParentSilent(f"{self._url} cannot say where {name} has another history")

    async def _write(self, job: Callable[[Connection], T], *, vital: bool = True) -> T:
        return await asyncio.wrap_future(self._ledger.write(job, vital=vital))

    async def _ask(self, http: ClientSession, request: Request) -> Reply:
        wire, began = protocol.encode(request), monotonic()
        status, body = await self._send(http, "POST", "/sync", wire)
        took = monotonic() - began
        if status == 409:
            raise self._forked(_decode(body, _Fork))
        if status == 401:
            raise ParentRefuses(f"{self._url} answers 401: this node is not enrolled there, or was revoked")
        if status != 200:
            raise ParentSilent(f"{self._url} answers {status}: {body[:200].decode(errors='replace')}")
        try:
            reply = protocol.decode(body, Reply)
        except BadRequest as exc:
            raise ParentSilent(f"{self._url} answers what is no exchange: {exc}") from exc
        if took < STRAIGHT:
            await self._compare(reply.now, round(took * 500))
        return reply

    def _forked(self, fork: _Fork) -> Forked:
        try:
            streams.parse(fork.stream)
        except ValueError as exc:
            raise ParentSilent(f"{self._url} finds another history in what is {exc}") from exc
        return Forked(fork.stream, fork.head)

    async def _compare(self, theirs: int, unsure: int) -> None:
        """Follow the parent's clock; what it shows now is known to `unsure` milliseconds either way.

        The answer to a first request took the handshakes' time as well: what could be chance moves no clock.
        """
        true, shown = theirs + unsure, self._ledger.now()
        if not is_believable(true):
            log.warning("clock of the parent not believed parent=%s", self._parent.node)
            return
        rest = self._rest
        if rest is not None and abs(true - shown - rest) < DRIFT + unsure:
            return
        better = true if abs(true - shown) > unsure else shown
        steered = await asyncio.wrap_future(self._ledger.steer(better, self._parent.node))
        self._rest = steered.rest
        if abs(steered.offset) >= DRIFT:
            log.warning("clock off ms=%d corrected=%s", steered.offset, steered.rest == 0)

    async def _send(
        self, http: ClientSession, method: str, path: str, wire: bytes | None
    ) -> tuple[int, bytes]:
        timeout = ClientTimeout(total=REQUEST_TIME, sock_connect=CONNECT_TIME)
        try:
            async with http.request(
                method,
                f"{self._url}{path}",
                data=wire,
                skip_auto_headers=LEAN,
                timeout=timeout,
                allow_redirects=False,  # nobody else is to hear this
            ) as response:
                return response.status, await _whole(response)
        except (ClientError, TimeoutError, OSError) as exc:
            raise explained(exc, self._parent.address) from exc


async def _whole(response: ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > protocol.MAX_WIRE:
            raise ParentSilent(f"{response.status} with more than {protocol.MAX_WIRE} bytes")
    return bytes(body)


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except protocol.NO_JSON as exc:
        raise ParentSilent(f"answers what is no {kind}: {exc}") from exc
