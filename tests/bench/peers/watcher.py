"""One viewer that keeps every whole frame with the time it came: stock aiortc and an assembler beside it.

aiortc's own receiving goes on untouched (RR, NACK, REMB), only its decoders get nothing to do. Frames are
put together here from decrypted packets because its jitter buffer hands a frame out only when the next one
begins.
"""

import asyncio
import sys
import time
from pathlib import Path

import msgspec
from aiortc.codecs.h264 import h264_depayload
from aiortc.rtp import RtpPacket

from tests.bench.contract import Frames, Ready, ViewerPlan
from tests.bench.lesson import Lesson
from tests.bench.peers.encoded import EncodedFrames
from tests.bench.peers.signalling import new_connection, payload_types, watch
from tests.bench.peers.speech import orders, run, say

UNFINISHED = 64  # frames of which packets are missing: 2.5 s of video, longer than any repair takes
CIRCLE, HALF = 1 << 16, 1 << 15


class Pictures:
    """Puts video frames together: a frame is whole when its content is one of the lesson's."""

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self._parts: dict[int, dict[int, RtpPacket]] = {}  # RTP timestamp → sequence number → packet

    def add(self, packet: RtpPacket) -> int | None:
        """Return the number of the frame this packet completes."""
        parts = self._parts.setdefault(packet.timestamp, {})
        parts[packet.sequence_number] = packet
        if len(self._parts) > UNFINISHED:
            del self._parts[next(iter(self._parts))]
        first = packet.sequence_number
        ordered = sorted(parts, key=lambda number: (number - first + HALF) % CIRCLE)
        if not parts[ordered[-1]].marker or (ordered[-1] - ordered[0]) % CIRCLE != len(ordered) - 1:
            return None
        frame = b"".join(h264_depayload(parts[number].payload) for number in ordered)
        number = self._lesson.find_video(frame)
        if number is not None:
            del self._parts[packet.timestamp]
        return number


class Watcher:
    """Everything one viewer got."""

    def __init__(self, plan: ViewerPlan) -> None:
        self.frames = Frames()
        self.first: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.pc = new_connection()
        self._plan = plan
        self._lesson = Lesson(Path(plan.lesson))
        self._pictures = Pictures(self._lesson)
        self._video: set[int] = set()
        self._audio: set[int] = set()

    async def watch(self) -> float:
        """Connect and wait for the first picture; return how long that took."""
        begin = time.monotonic()
        self.pc.on("track", self._tap)
        await watch(self.pc, self._plan.source)
        return await self.first - begin

    def _tap(self, _: object) -> None:
        """Called between offer and answer: the transports are there, nothing has come yet."""
        for transceiver in self.pc.getTransceivers():
            receiver = transceiver.receiver
            if not isinstance(vars(receiver)["_RTCRtpReceiver__decoder_queue"], EncodedFrames):
                EncodedFrames(receiver, lambda _frame, _timestamp: None)
        transport = self.pc.getTransceivers()[0].receiver.transport
        pass_on = type(transport)._handle_rtp_data

        async def look(packet: bytes, arrival_time_ms: int) -> None:
            self._take(packet)
            await pass_on(transport, packet, arrival_time_ms)

        vars(transport)["_handle_rtp_data"] = look

    def _take(self, plain: bytes) -> None:
        now = time.monotonic()
        try:
            packet = RtpPacket.parse(plain)
        except ValueError:
            return
        if packet.payload_type in self._types("h264"):
            number = self._pictures.add(packet)
            if number is not None:
                self.frames.video.append((number, now))
                if self._lesson.is_key(number) and not self.first.done():
                    self.first.set_result(now)
        elif packet.payload_type in self._types("opus"):
            number = self._lesson.find_audio(packet.payload)
            if number is not None:
                self.frames.audio.append((number, now))

    def _types(self, codec: str) -> set[int]:
        kept = self._video if codec == "h264" else self._audio
        if not kept:
            kept.update(payload_types(self.pc.localDescription.sdp)[codec])
        return kept


async def main(plan: ViewerPlan) -> None:
    """Watch until told to end."""
    watcher = Watcher(plan)
    say(Ready(seconds=await watcher.watch()))
    async for order in orders():
        await asyncio.sleep(order.seconds)
        said, watcher.frames = watcher.frames, Frames()
        say(said)
    await watcher.pc.close()


if __name__ == "__main__":
    run(main(msgspec.json.decode(sys.argv[1], type=ViewerPlan)))
