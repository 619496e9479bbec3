"""What nodes fetch in bulk is sent so that nobody else notices: paced by the kernel, held by round trips.

A node that is asked for bulk sets up the connection at the first answer: a pace, little that is not sent yet,
a known congestion control, and the mark that lets routers put it behind everything else. From then on, ten
times a second, the pace follows what the kernel measures of the way. During a lesson the classroom says how
much the lesson leaves: that is the bound of all it fetches.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from edge.access import Door, asker_of
from edge.content.ledbat import LEAST, STEP, Flow, Trips
from edge.media.negotiate import Refused
from edge.media.pull import NAME_HEADER
from edge.signalling import CALLER

BULK = ("/recordings/", "/content/")
ROUTE = "/api/bulk"
SO_MAX_PACING_RATE = 47  # socket(7): bytes a second, without any queueing discipline's help
TCP_NOTSENT_LOWAT = 25  # tcp(7)
LITTLE = 16_384  # bytes that wait in the kernel beyond what is on its way: one record of TLS
CONGESTION = b"cubic"  # bbr takes a lesson's share, and is the default of some kernels
LOWER_EFFORT = 0x04  # RFC 8622, as the eight bits of the traffic class
TCP_INFO_SIZE = 192
MOST = 1 << 30  # bytes a second that the kernel is told at most: the option is an int
CHANGE = 0.02  # of the pace: a smaller change is not worth a call
QUIET = 3.0  # seconds without a byte under way until a connection is let alone
VALID = 2.5  # seconds that a classroom's word counts; then it gets next to nothing until it speaks again
FORGOTTEN = 60.0  # seconds until it is taken for gone
MOST_CALLERS = 1024  # whose words are kept: as many as there are connections of a door
TARGET = 0.06  # seconds of queue on a way that carries no lesson of ours
TARGET_BESIDE = 0.025  # … while this node sends a lesson to anybody: it may share the way

# Where struct tcp_info of <linux/tcp.h> has what; it only grows at its end.
_word, _long = struct.Struct("@I"), struct.Struct("@Q")
SEGMENT, UNACKED, TRIP, AGAIN, ACKED, SENT, HEARD, UNSENT, SHORTEST = 16, 24, 68, 100, 120, 136, 140, 144, 148
MICRO = 1e-6
CLOSED = (OSError, ValueError)  # what a socket that has gone says; uvloop's has a descriptor of -1


class _Way:
    """One connection that bulk is sent on."""

    def __init__(self, transport: asyncio.BaseTransport, sock: socket.socket, caller: str) -> None:
        self.transport = transport
        self.caller = caller
        self.trips = Trips()
        self.busy_until = 0.0
        self._socket = sock
        self._wish, self._set = 0.0, 0
        self._segment = 0
        _prepare(sock)

    def step(self, now: float, target: float, most: float) -> None:
        """Look at what the way does, and set the pace; raises OSError."""
        flow, waiting = self._flow()
        if waiting:
            self.busy_until = now + QUIET
        self._wish, self._segment = self.trips.step(now, flow, target), flow.segment
        self.bound(most)

    def bound(self, most: float) -> None:
        """Send no faster than so many bytes a second from now on, but never nothing; raises OSError."""
        rate = max(min(self._wish, most), LEAST * self._segment)
        if abs(rate - self._set) > CHANGE * self._set:
            self._set = min(MOST, max(1, round(rate)))
            self._socket.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, self._set)

    def _flow(self) -> tuple[Flow, int]:
        """Return what the kernel says, and how much is under way or waits."""
        raw = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_SIZE)
        segment, unacked, trip, again, sent, heard, unsent, shortest = (
            _word.unpack_from(raw, at)[0]
            for at in (SEGMENT, UNACKED, TRIP, AGAIN, SENT, HEARD, UNSENT, SHORTEST)
        )
        acked = _long.unpack_from(raw, ACKED)[0]
        return Flow(trip * MICRO, shortest * MICRO, heard, acked, again, sent, segment), unacked + unsent


class _Word:
    """What a caller said of the room that its lesson leaves."""

    def __init__(self, rate: int, at: float) -> None:
        self.rate = rate
        self.at = at


class Serving:
    """One part of the node: run it under `keep`; `sends_lesson` tells whether somebody watches."""

    def __init__(self, sends_lesson: Callable[[], bool]) -> None:
        self._sends_lesson = sends_lesson
        self._ways: dict[asyncio.BaseTransport, _Way] = {}
        self._words: dict[str, _Word] = {}
        self._woken = asyncio.Event()

    def routes(self, door: Door) -> list[web.RouteDef]:
        """Return what is mounted, for nodes, on either door."""

        async def say(request: web.Request) -> web.Response:
            """Take a classroom's word: bytes a second that its lesson leaves to bulk; -1 when it is over."""
            door.admit(asker_of(request.remote, request.headers, ""), "watch")
            try:
                rate = int(request.query.get("rate", ""))
            except ValueError:
                raise Refused(400, "bad-request", "rate is a whole number of bytes a second") from None
            self._hear(_caller(request), rate)
            return web.Response(status=204)

        return [web.put(ROUTE, say)]

    @property
    def ways(self) -> int:
        """Return how many connections carry bulk now."""
        return len(self._ways)

    def said(self, caller: str) -> int | None:
        """Return the rate that a caller's lesson leaves, None if it did not say."""
        word = self._words.get(caller)
        return word.rate if word is not None else None

    async def prepared(self, request: web.Request, response: web.StreamResponse) -> None:
        """Look at an answer before it is sent: bulk for a node goes politely."""
        if not request.path.startswith(BULK) or NAME_HEADER not in request.headers:
            return
        transport = request.transport
        if transport is None or request.method != "GET":
            return
        sock = transport.get_extra_info("socket")
        if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
            return
        with suppress(*CLOSED):  # it has just gone
            way = self._ways.get(transport) or _Way(transport, sock, _caller(request))
            way.busy_until = asyncio.get_running_loop().time() + QUIET
            self._ways[transport] = way
            self._adjust(way, asyncio.get_running_loop().time())
            self._woken.set()

    async def run(self) -> None:
        """Keep the paces right until cancelled."""
        while True:
            if not self._ways:
                self._woken.clear()
                await self._woken.wait()
            now = asyncio.get_running_loop().time()
            for way in list(self._ways.values()):
                try:
                    self._adjust(way, now)
                except CLOSED:
                    way.busy_until = now
                if way.transport.is_closing() or now >= way.busy_until:
                    del self._ways[way.transport]
            await asyncio.sleep(STEP)

    def _adjust(self, way: _Way, now: float) -> None:
        # Who says what his lesson leaves sees more of the way than round trips do.
        target = TARGET_BESIDE if self._sends_lesson() and way.caller not in self._words else TARGET
        way.step(now, target, self._bound(way.caller, now))

    def _bound(self, caller: str, now: float) -> float:
        word = self._words.get(caller)
        if word is None or now - word.at > FORGOTTEN:
            return MOST
        if now - word.at > VALID:
            return 0.0
        sharing = sum(way.caller == caller for way in self._ways.values())
        return word.rate / max(1, sharing)

    def _hear(self, caller: str, rate: int) -> None:
        now = asyncio.get_running_loop().time()
        self._words.pop(caller, None)
        if rate >= 0:
            self._words[caller] = _Word(min(rate, MOST), now)
        if len(self._words) > MOST_CALLERS:
            del self._words[next(iter(self._words))]
        for way in self._ways.values():
            if way.caller == caller:
                with suppress(*CLOSED):
                    way.bound(self._bound(caller, now))


def _caller(request: web.Request) -> str:
    """Return who asks: the node of the certificate, else the address; several connections are one's."""
    return request.get(CALLER) or request.remote or ""


def _prepare(sock: socket.socket) -> None:
    with suppress(OSError):  # a kernel made without it: then it has none that takes more either
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, CONGESTION)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, LITTLE)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, LOWER_EFFORT)
    with suppress(OSError):  # of a socket for both families, when IPv4 comes through it
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, LOWER_EFFORT)
