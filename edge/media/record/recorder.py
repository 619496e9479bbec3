"""The recording drain: packets of one stream become files, with one thread of its own for all of the disk.

On the event loop packets are put in order and frames put together; everything that may wait (muxing, writes,
syncs, the final remux) happens in the writer's thread, behind a bounded inbox.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import inf
from time import monotonic

from msgspec import Struct

from edge.media.packet import Frame, Kind, Packet, Track
from edge.media.record.fit import Clock
from edge.media.record.inbox import Inbox, Losses, Restart
from edge.media.record.lane import Lane
from edge.media.record.place import Place
from edge.media.record.reel import Reel
from edge.media.record.writer import Doing, Writer

log = logging.getLogger(__name__)

GRACE = 1.5  # seconds: half of what a stopping node has; enough to finish ten minutes of a lesson
LOOK = 0.02  # seconds between looks whether the thread has ended
SILENCE = 3.0  # seconds after which the publisher may be another one, whose reports tell of another clock


def now_utc() -> datetime:
    """Return the time of day."""
    return datetime.now(UTC)


class RecordingState(Struct, frozen=True):
    """What the list of streams says about a recording."""

    state: Doing
    reason: str = ""  # a word key, when stopped: disk-full, read-only, disk-error, failed
    id: str = ""


class Recorder:
    """Records one stream until it is closed; a Drain, whose calls neither wait nor raise."""

    def __init__(
        self,
        place: Place,
        stream: str,
        tracks: Sequence[Track],
        wall: Callable[[], datetime] = now_utc,
    ) -> None:
        self._place, self._stream, self._tracks, self._wall = place, stream, tuple(tracks), wall
        self._deadline = inf
        self._inbox = Inbox()
        self._lanes = {track.kind: Lane(track) for track in tracks}
        self._told = Losses({}, 0)
        self._writer = self._new_writer()
        self._closed = False
        self._thread = self._start()

    @property
    def state(self) -> RecordingState:
        """What it does now."""
        writer = self._writer
        return RecordingState(writer.doing, writer.reason, writer.ident)

    @property
    def stream(self) -> str:
        """The stream's name."""
        return self._stream

    @property
    def reels(self) -> tuple[Reel, ...]:
        """Its files so far, the newest last."""
        return self._writer.reels

    @property
    def backlog(self) -> int:
        """How much the writer has not dealt with yet: grows when the disk hangs."""
        return self._inbox.backlog

    @property
    def takes(self) -> int:
        """How often its writer came for more; the same number again and again: the disk hangs."""
        return self._inbox.takes

    def packet(self, packet: Packet) -> None:
        """Take one packet, in order of arrival."""
        lane = self._lanes.get(packet.kind)
        if lane is None or self._closed:
            return
        if lane.arrival is not None and packet.arrival - lane.arrival > SILENCE:
            self._forget_clocks()
        self._hand_over(lane.packet(packet))
        if lane.is_stuck:
            self._begin_anew()

    def report(self, kind: Kind, ntp: float, timestamp: int) -> None:
        """Take a sender report: it aligns sound and picture."""
        if kind in self._lanes:
            clock = self._lanes[kind].clock
            clock.add(ntp, timestamp)
            if clock.offset is not None:
                self._inbox.clock(kind, Clock(clock.offset, timestamp))

    def tick(self, now: float) -> None:
        """Let time pass; to be called a few times a second, packets or not."""
        if self._closed:
            return
        for lane in self._lanes.values():
            self._hand_over(lane.expire(now))
        if not self._thread.is_alive():
            self._replace_writer()
        self._inbox.tick(now)

    def closed(self) -> None:
        """Nothing follows: close the files and make them seekable, in the thread."""
        if self._closed:
            return
        for lane in self._lanes.values():
            self._hand_over(lane.flush())
        self._tell_losses()
        self._closed = True
        self._inbox.close()

    def hurry(self, grace: float = GRACE) -> None:
        """The node stops: close the files, and leave what takes longer than this to the next start."""
        self._deadline = monotonic() + grace
        self.closed()

    @property
    def is_closed(self) -> bool:
        """Whether nothing follows: its writer comes for no more, and finishes its files."""
        return self._closed

    @property
    def is_done(self) -> bool:
        """Whether it was closed and its files are finished."""
        return self._closed and not self._thread.is_alive()

    async def ended(self) -> None:
        """Wait until the thread is done with the files; may be cancelled at any time."""
        while True:  # a join in the loop's executor could not be cancelled, and would hold up a node's stop
            if not self._thread.is_alive():
                return
            await asyncio.sleep(LOOK)

    def _hand_over(self, frames: list[Frame]) -> None:
        if frames:
            self._tell_losses()
        for frame in frames:
            self._inbox.put(frame)

    def _tell_losses(self) -> None:
        lost = {kind: lane.lost for kind, lane in self._lanes.items()}
        losses = Losses(lost, self._inbox.dropped)
        if losses != self._told:
            self._told = losses
            self._inbox.put(losses)

    def _forget_clocks(self) -> None:
        for kind, lane in self._lanes.items():
            lane.forget_clock()
            self._inbox.clock(kind, None)

    def _begin_anew(self) -> None:
        """Both tracks leave the old time line, or neither could be placed beside the other."""
        log.warning("timestamps jumped back, a new part begins")
        for kind, lane in self._lanes.items():
            lane.begin_anew()
            self._inbox.clock(kind, None)
        self._inbox.put(Restart())

    def _new_writer(self) -> Writer:
        return Writer(self._place, self._stream, self._tracks, self._wall)

    def _start(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name="recording", daemon=True)
        thread.start()
        return thread

    def _replace_writer(self) -> None:
        """A writer that broke is built anew, not mended; start-up finishes what it left."""
        log.error("recording thread ended unexpectedly id=%s", self._writer.ident)
        self._writer = self._new_writer()
        self._thread = self._start()

    def _run(self) -> None:
        writer, inbox = self._writer, self._inbox
        while True:
            batch = inbox.take()
            writer.tick(batch.now, batch.clocks)
            for item in batch.items:
                if isinstance(item, Frame):
                    writer.frame(item)
                elif isinstance(item, Losses):
                    writer.losses(item)
                else:
                    writer.restart()
            if batch.closing:
                break
        from edge.media.record.finish import finish_all  # with FFmpeg: not for a node that never records

        finish_all(self._place, writer.close(), lambda: monotonic() > self._deadline)
