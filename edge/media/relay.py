"""Fan-out: what a stream's publisher sends goes to every peer that asked for it, built once.

All peers with the same payload types get the same bytes; only SRTP differs. A peer that joins, or whose link
is narrow, has a queue of its own for pictures (`paced`); once such a queue is empty and nothing was left
out, a peer on the school's own network moves to the common path.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from edge.media.blast import MAX_RUN, Line, Run, blast, runs_of
from edge.media.outlet import Outlet, typed
from edge.media.packet import Kind, Packet
from edge.media.stream import Stream

FLUSH_AFTER = 0.003  # seconds a picture's first packets wait for its last
PACED_TICK = 0.005  # seconds between releases of paced packets
IDLE_TICK = 0.2  # seconds between looks at reports when nothing is queued: a fifth of their period
FRESH_KEY = 4.0  # seconds: an older key frame is not worth the burst of all that followed it

Types = tuple[int | None, int | None]  # payload types of video and audio that a peer negotiated


class Fanout:
    """The drain that feeds all peers of one stream."""

    def __init__(self, stream: Stream, hurry: Callable[[], None]) -> None:
        """`hurry` is called when something is queued, a peer comes or all must go: a tick is due."""
        self.stream = stream
        self._hurry = hurry
        self.outlets: list[Outlet] = []
        self._common: dict[Types, list[Outlet]] = {}
        self._lines: dict[Types, list[Line]] = {}
        self._paced: list[Outlet] = []
        self._batch: list[Packet] = []
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        stream.attach(self)

    def join(self, outlet: Outlet, rests: bool = False) -> None:
        """Send to a peer from now on, beginning with the newest key frame if it is fresh; or let it rest."""
        self.flush()
        self._hurry()
        now = self._loop.time()
        self.outlets.append(outlet)
        if rests:
            outlet.rest()
            return
        if "video" not in outlet.types:
            self._share(outlet)
            return
        outlet.pace(None)
        self._paced.append(outlet)
        key = self.stream.key
        if key is not None and now - key.arrival < FRESH_KEY:
            self._catch_up(outlet, key, now)
        else:
            self.stream.request_key(now)

    def _catch_up(self, outlet: Outlet, key: Packet, now: float) -> None:
        ring = self.stream.lanes["video"].ring
        newest = ring.newest.sequence if ring.newest else key.sequence
        for sequence in range(key.sequence, newest + 1):
            packet = ring.get(sequence)
            if packet is not None and outlet.paced is not None:
                outlet.paced.offer(packet, now, outlet.bitrate(now))
        self._release(outlet, now)

    def leave(self, outlet: Outlet) -> None:
        """Stop sending to a peer."""
        for peers in (self.outlets, self._paced):
            if outlet in peers:
                peers.remove(outlet)
        self._unshare(outlet)
        outlet.close()

    def rest(self, outlet: Outlet) -> None:
        """Send nothing to a peer, who stays connected, until it is woken."""
        if outlet.rested is None and outlet in self.outlets:
            self.flush()
            self._rest(outlet, None)

    def _rest(self, outlet: Outlet, video: int | None) -> None:
        if outlet in self._paced:
            self._paced.remove(outlet)
        self._unshare(outlet)
        outlet.rest(video)

    def wake(self, outlet: Outlet) -> None:
        """Send to a peer again, by a queue of its own: its numbers are no longer the others'."""
        if outlet.rested is not None and outlet in self.outlets:
            self.flush()
            outlet.wake()
            self._paced.append(outlet)
            self.stream.request_key(self._loop.time())

    def cut(self, kind: Kind) -> None:
        """Send nothing any more of what came of a kind, not even what waits here for the rest of its picture.

        All begin anew behind it, with numbers that show no hole.
        """
        unsent = {packet.sequence for packet in self._batch if packet.kind == kind == "video"}
        self._batch = [packet for packet in self._batch if packet.kind != kind]
        following = self.stream.following("video") if unsent else None
        while following is not None and following - 1 in unsent:
            following -= 1
        for outlet in tuple(self.outlets):
            if outlet.rested is None:
                self.flush()
                self._rest(outlet, following)
                self.wake(outlet)

    def packet(self, packet: Packet) -> None:
        """Take a packet; it goes out with the rest of its picture, or at once if it is sound."""
        self._batch.append(packet)
        if packet.marker or packet.kind == "audio" or len(self._batch) >= MAX_RUN:
            self.flush()
        elif self._timer is None:
            self._timer = self._loop.call_later(FLUSH_AFTER, self.flush)

    def report(self, kind: Kind, ntp: float, timestamp: int) -> None:
        """Nothing to do: each peer's reports are made from the stream's clock."""

    def closed(self) -> None:
        """The stream has ended: let every peer go."""
        if self._timer is not None:
            self._timer.cancel()
        for outlet in self.outlets:
            outlet.peer.closed.set()
        self._hurry()  # nothing is to be kept of it

    def flush(self) -> None:
        """Send what has come in since the last time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._batch = self._batch, []
        if not batch:
            return
        totals = _totals(batch)
        for types, lines in self._lines.items():
            if lines:
                blast(lines, _typed_runs(batch, types))
                for outlet in self._common[types]:
                    outlet.count_all(totals)
        now = self._loop.time()
        for outlet in tuple(self._paced):
            self._offer(outlet, batch, now)

    def _offer(self, outlet: Outlet, batch: list[Packet], now: float) -> None:
        paced = outlet.paced
        if paced is None:
            return
        bitrate = outlet.bitrate(now)
        sound: list[bytes] = []
        for packet in batch:
            if packet.kind == "video" and "video" in outlet.types:
                paced.offer(packet, now, bitrate)
            elif packet.kind == "audio" and outlet.takes(packet):
                sound.append(outlet.wire(packet))
        if sound:  # never waits, but its bytes count
            octets = sum(map(len, sound))
            blast((outlet.line,), runs_of(sound))
            outlet.count("audio", len(sound), octets)
            paced.spend(octets, now)
        self._release(outlet, now)

    def _release(self, outlet: Outlet, now: float) -> None:
        paced = outlet.paced
        if paced is None:
            return
        bitrate = outlet.bitrate(now)
        wires = paced.due(now, bitrate, outlet.least(now))
        if wires:
            number = outlet.types["video"]
            blast((outlet.line,), runs_of(_numbered(wire, number) for wire in wires))
            outlet.count("video", len(wires), sum(map(len, wires)))
        if paced.waiting:
            self._hurry()
        elif paced.asks(now, bitrate, outlet.ask_pause):
            self.stream.request_key(now, outlet.ask_pause)
        elif not wires and paced.settled and not outlet.narrow and not outlet.apart:
            outlet.unpace()
            self._paced.remove(outlet)
            self._share(outlet)

    def tick(self, now: float) -> bool:
        """Release paced packets, send reports; return whether the next look should come soon."""
        for outlet in tuple(self._paced):
            if outlet.paced is not None:
                outlet.paced.expire(now, outlet.bitrate(now))
            self._release(outlet, now)
        for outlet in tuple(self.outlets):
            outlet.report(now)
            common = outlet.paced is None and outlet.rested is None
            if outlet.narrow and common and "video" in outlet.types:
                self._narrow(outlet)
        return any(outlet.paced.waiting for outlet in self._paced if outlet.paced is not None)

    def _narrow(self, outlet: Outlet) -> None:
        """Move a peer from the common path to a queue of its own."""
        self.flush()
        self._unshare(outlet)
        newest = self.stream.lanes["video"].ring.newest
        outlet.pace(newest.sequence + 1 if newest else None, goes_on=newest is not None)
        self._paced.append(outlet)

    def _share(self, outlet: Outlet) -> None:
        types = (outlet.types.get("video"), outlet.types.get("audio"))
        self._common.setdefault(types, []).append(outlet)
        self._lines.setdefault(types, []).append(outlet.line)

    def _unshare(self, outlet: Outlet) -> None:
        for types, outlets in self._common.items():
            if outlet in outlets:
                outlets.remove(outlet)
                self._lines[types].remove(outlet.line)


class Relay:
    """All fan-outs of a node, and the one clock that drives them."""

    def __init__(self) -> None:
        self.fanouts: dict[str, Fanout] = {}
        self._hurry = asyncio.Event()

    def fanout(self, stream: Stream) -> Fanout:
        """Return the fan-out of a stream, made when first asked for; ConnectionError if it has ended."""
        if stream.ended:  # while somebody connected; another of its name may be live by now
            raise ConnectionError("the stream has ended")
        found = self.fanouts.get(stream.name)
        if found is None or found.stream is not stream:
            found = self.fanouts[stream.name] = Fanout(stream, self._hurry.set)
        return found

    @property
    def sends(self) -> bool:
        """Tell whether somebody is sent anything."""
        return any(fanout.outlets for fanout in self.fanouts.values())

    async def run(self) -> None:
        """Drive paced queues and reports until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            busy = [fanout.tick(loop.time()) for fanout in tuple(self.fanouts.values())]
            for name, fanout in tuple(self.fanouts.items()):
                if fanout.stream.ended and not fanout.outlets:
                    del self.fanouts[name]
            if any(busy):
                await asyncio.sleep(PACED_TICK)
            else:
                await self._idle()

    async def _idle(self) -> None:
        self._hurry.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE_TICK if self.sends else None):
                await self._hurry.wait()


def _totals(batch: list[Packet]) -> dict[Kind, tuple[int, int]]:
    totals: dict[Kind, tuple[int, int]] = {}
    for packet in batch:
        packets, octets = totals.get(packet.kind, (0, 0))
        totals[packet.kind] = (packets + 1, octets + len(packet.wire))
    return totals


def _typed_runs(batch: list[Packet], types: Types) -> list[Run]:
    video, audio = types
    numbers = [(packet, video if packet.kind == "video" else audio) for packet in batch]
    return list(runs_of(typed(packet, number) for packet, number in numbers if number is not None))


def _numbered(wire: bytes, payload_type: int) -> bytes:
    return wire[:1] + bytes((wire[1] & 0x80 | payload_type,)) + wire[2:]
