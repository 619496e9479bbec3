"""What becomes of the frames of one stream: the parts of its recording, one after another.

A writer is in one of three states. *Opening*: frames are collected until a part can start. *Writing*: a
part is open. *Stopped*: the disk refused; frames are let go until it is time to try again, then *opening*.
A part ends and the next opens at a key frame with other parameter sets or dimensions, or when a track
appears that the file has no room for; and at once when timestamps leap. One thread calls all of this.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from errno import EACCES, EDQUOT, ENOSPC, EPERM, EROFS
from typing import Literal

from edge.media.codec import h264, vp8
from edge.media.codec.avcc import sets_of
from edge.media.packet import CLOCK_RATE, Frame, Kind, Track
from edge.media.record.fit import Clock, Fit
from edge.media.record.inbox import Losses
from edge.media.record.index import IndexHeader
from edge.media.record.naming import base_name, free_name
from edge.media.record.opening import LEAD, Opening, Start
from edge.media.record.part import Beginning, Part
from edge.media.record.place import Place
from edge.media.record.placing import Jumped
from edge.media.record.recording import Recording, stamp
from edge.media.record.reel import Reel
from edge.media.record.trouble import NoTemplate, media_fault

log = logging.getLogger(__name__)

Doing = Literal["off", "recording", "stopped"]

RETRY = 5.0  # seconds between tries to record again: the lesson goes on as soon as somebody makes room
RESUME = 4  # recording resumes when a reserve and a quarter is free: else it would stop again at once

REASONS = {
    ENOSPC: "disk-full",
    EDQUOT: "disk-full",
    EROFS: "read-only",
    EACCES: "read-only",
    EPERM: "read-only",
}


class Writer:
    """Frames of one stream to files. `wall` tells the time of day that recordings are named by."""

    def __init__(
        self, place: Place, stream: str, tracks: Sequence[Track], wall: Callable[[], datetime]
    ) -> None:
        self.reason = ""
        self.ident = ""
        self.closed: list[Recording] = []
        self._place = place
        self._stream = stream
        self._tracks = {track.kind: track for track in tracks}
        self._codecs = {track.kind: track.codec for track in tracks}
        self._wall = wall
        self._now = 0.0
        self._base = ""
        self._number = 0
        self._clocks: Mapping[Kind, Clock] = {}
        self._losses = Losses({}, 0)
        self._ignored: Losses = self._losses  # what was lost before the part began
        self._opening: Opening | None = Opening(self._codecs)
        self._part: Part | None = None
        self._fit = Fit({})
        self._retry_at = 0.0
        self._unnoted: list[Part] = []

    @property
    def doing(self) -> Doing:
        """What a person would say it does."""
        if self._part is not None:
            return "recording"
        return "stopped" if self.reason else "off"

    @property
    def reels(self) -> tuple[Reel, ...]:
        """The files so far, the newest last; may be asked while the thread writes."""
        ended = [
            Reel(each.id, each.media_type, each.seconds, gaps=tuple(each.gaps)) for each in tuple(self.closed)
        ]
        part = self._part
        if part is None:
            return tuple(ended)
        id_, placing = part.header.id, part.placing
        media_type = part.recording.media_type
        return (*ended, Reel(id_, media_type, placing.seconds, True, tuple(placing.gaps)))

    def frame(self, frame: Frame) -> None:
        """Take a frame; disk errors stop the recording and never come out of here."""
        self._now = max(self._now, frame.arrival)
        if self._part is not None and self._needs_new_part(self._part, frame):
            self._end_part()
            self._opening = Opening(self._codecs, LEAD)
        if self._part is not None:
            self._keep(self._part, frame)
        elif self._opening is not None:
            self._opening.add(frame)
            self._try_to_start(self._opening)

    def losses(self, losses: Losses) -> None:
        """Take the totals of what never reached us."""
        if self._part is not None and losses.dropped > self._losses.dropped:
            self._part.placing.mark_hole()
        self._losses = losses

    def restart(self) -> None:
        """The sender's time line begins anew: so does a part."""
        if self._part is not None:
            self._end_part()
        if self._opening is not None or not self.reason:
            self._opening = Opening(self._codecs)

    def tick(self, now: float, clocks: Mapping[Kind, Clock]) -> None:
        """Let time pass."""
        self._now = max(self._now, now)
        self._clocks = clocks
        self._note_late()
        if self._part is not None:
            self._fit.add(clocks)
        elif self._opening is not None:
            self._try_to_start(self._opening)
        elif self._now >= self._retry_at:
            self._retry()

    def close(self) -> list[Recording]:
        """End the lesson; return its recordings, to be finished."""
        if self._opening is not None:
            self._try_to_start(self._opening, final=True)
        if self._part is not None:
            self._end_part()
        self._note_late()
        return self.closed

    def _needs_new_part(self, part: Part, frame: Frame) -> bool:
        if frame.kind != "video" or not frame.key:
            return False
        if part.header.codecs.keys() != self._codecs.keys():
            return True  # a track came later than the file began, which now may have it
        if self._codecs["video"] == "VP8":
            return vp8.dimensions(frame.data) != vp8.dimensions(part.beginning.key)
        return h264.parameter_sets(frame.data) not in (None, part.beginning.sets)

    def _keep(self, part: Part, frame: Frame) -> None:
        if frame.kind not in part.header.codecs:
            part.recording.dropped += frame.kind == "audio"  # a picture without its key frame is no loss
            return
        try:
            part.add(frame)
        except Jumped as jump:
            log.warning("recording split id=%s cause=%s", self.ident, jump)
            self.restart()
        except OSError as error:
            self._stop(part, REASONS.get(error.errno or 0, "disk-error"), error)
        except media_fault() as error:
            self._stop(part, "failed", error)

    def _try_to_start(self, opening: Opening, final: bool = False) -> None:
        offsets = {kind: clock.offset for kind, clock in self._clocks.items()}
        start = opening.start(self._now, offsets, final)
        if start is None:
            return
        try:
            part = self._open(start)
        except NoTemplate as error:
            log.warning("key frame refused stream=%s cause=%s", self._stream, error)
            opening.refuse_key()
            return
        except OSError as error:
            self._stop(None, REASONS.get(error.errno or 0, "disk-error"), error)
            return
        self._part, self._opening, self.reason = part, None, ""
        self._ignored = self._losses
        self._fit = Fit(start.zero)
        log.info("recording id=%s aligned=%s", self.ident, start.aligned)
        for frame in start.frames:
            if self._part is part:
                self._keep(part, frame)

    def _open(self, start: Start) -> Part:
        beginning = Beginning()
        if start.key is not None:
            key = start.key.data
            sets = None
            if self._codecs["video"] == "H264":
                sets = h264.parameter_sets(key) or sets_of(self._tracks["video"].fmtp)
                if sets is None:
                    raise NoTemplate("no parameter sets")
            beginning = Beginning(key, sets)
        started = self._wall()
        self._base = self._base or base_name(self._stream, started)
        self.ident, self._number = free_name(self._place.folder, self._base, self._number + 1)
        tracks = [self._tracks[kind] for kind in start.zero]
        header = IndexHeader(
            id=self.ident,
            stream=self._stream,
            started=stamp(started),
            codecs={track.kind: track.codec for track in tracks},
            ssrc={track.kind: track.ssrc for track in tracks},
            rates={track.kind: CLOCK_RATE[track.kind] for track in tracks},
            zero=start.zero,
            aligned=start.aligned,
        )
        return Part(self._place, header, beginning, self._number)

    def _end_part(self) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        self._sum_up(part)
        try:
            part.close()
        except OSError as error:
            self._stop(part, REASONS.get(error.errno or 0, "disk-error"), error)
        except media_fault() as error:
            self._stop(part, "failed", error)
        else:
            self.closed.append(part.recording)

    def _stop(self, part: Part | None, reason: str, cause: Exception) -> None:
        if reason != self.reason:
            log.warning("recording stopped id=%s reason=%s cause=%s", self.ident, reason, cause)
        self.reason = reason
        self._part = self._opening = None
        self._retry_at = self._now + RETRY
        if part is not None:
            self._sum_up(part)
            part.abandon(reason)
            if part.is_empty:
                part.discard()
                return
            self.closed.append(part.recording)
            self._unnoted.append(part)
            self._note_late()

    def _retry(self) -> None:
        self._retry_at = self._now + RETRY
        try:
            self._place.prepare()
            self._place.check(self._place.reserve // RESUME)
        except OSError:
            return
        self._opening = Opening(self._codecs)

    def _sum_up(self, part: Part) -> None:
        lost, ignored = self._losses.lost, self._ignored.lost
        recording = part.recording
        recording.lost = {kind: lost.get(kind, 0) - ignored.get(kind, 0) for kind in part.header.codecs}
        recording.dropped += self._losses.dropped - self._ignored.dropped
        self._ignored = self._losses
        recording.shifts = self._fit.shifts(part.placing.gaps)

    def _note_late(self) -> None:
        """Write down what could not be written when a part stopped."""
        try:
            while self._unnoted:
                self._unnoted[0].note()
                self._unnoted.pop(0)
        except OSError:
            return
