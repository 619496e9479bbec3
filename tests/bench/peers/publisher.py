"""A publisher that sends the encoded lesson in real time with aiortc's packet senders; nothing is encoded.

The same process publishes to every peer. It notes when the last packet of each video frame leaves.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import av
import msgspec
from aiortc import MediaStreamTrack

from tests.bench.contract import Order, PublisherPlan, Ready, Sent
from tests.bench.lesson import (
    AUDIO_PER_SECOND,
    AUDIO_STEP,
    FRAMES_PER_SECOND,
    VIDEO_STEP,
    Lesson,
    Unit,
    clock,
)
from tests.bench.peers.signalling import new_connection, payload_types, publish
from tests.bench.peers.speech import orders, run, say

MARKER = 0x80


class LessonTrack(MediaStreamTrack):
    """One kind of the lesson's frames, each at its time; then silence."""

    def __init__(self, units: Iterator[Unit], kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.begin = asyncio.get_running_loop().create_future()  # monotonic time of timestamp 0
        self.sent = 0
        self._units = units

    async def recv(self) -> "av.Packet[Any]":
        """Return the next frame when it is due."""
        begin: float = await asyncio.shield(self.begin)
        unit = next(self._units, None)
        if unit is None:
            await asyncio.get_running_loop().create_future()  # connected, but nothing more to send
            raise AssertionError("a future nobody completes has completed")
        packet: av.Packet[Any] = av.Packet(unit.data)
        packet.pts, packet.time_base = unit.timestamp, clock(unit.kind)
        wait = begin + float(packet.pts * packet.time_base) - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        self.sent += 1
        return packet


class Stamps:
    """Notes when the last packet of a video frame is handed to SRTP."""

    def __init__(self, lesson: Lesson) -> None:
        self.taken: list[tuple[int, int]] = []
        self._lesson = lesson

    def look(self, packet: bytes) -> None:
        """Look at one RTP or RTCP packet before it is encrypted."""
        if packet[1] & MARKER and (number := self._lesson.find_tail(packet)) is not None:
            self.taken.append((number, time.clock_gettime_ns(time.CLOCK_REALTIME)))


def endless(units: list[Unit], step: int) -> Iterator[Unit]:
    """The units again and again, with time going on."""
    for number in count():
        unit = units[number % len(units)]
        yield Unit(unit.kind, number * step, unit.data)


class Publisher:
    """One connected publisher; the lesson begins when told."""

    def __init__(self, plan: PublisherPlan) -> None:
        self._plan = plan
        lesson = Lesson(Path(plan.lesson))
        video, audio = endless(lesson.video, VIDEO_STEP), endless(lesson.audio, AUDIO_STEP)
        if plan.seconds:
            video = islice(video, round(plan.seconds * FRAMES_PER_SECOND))
            audio = islice(audio, round(plan.seconds * AUDIO_PER_SECOND))
        self._video, self._audio = LessonTrack(video, "video"), LessonTrack(audio, "audio")
        self._stamps = Stamps(lesson)
        self._begin = 0.0
        self.pc = new_connection()

    async def connect(self) -> Ready:
        """Publish, still silent."""
        for track in (self._video, self._audio):
            self.pc.addTransceiver(track, direction="sendonly")
        await publish(self.pc, self._plan.to)
        transport = self.pc.getTransceivers()[0].sender.transport
        send = transport._send_rtp

        async def stamped(packet: bytes) -> None:
            self._stamps.look(packet)
            await send(packet)

        vars(transport)["_send_rtp"] = stamped
        return Ready(payload_types=payload_types(self.pc.localDescription.sdp))

    async def obey(self, order: Order) -> Sent:
        """Start after a while, or report what was sent since the last report."""
        await asyncio.sleep(order.seconds)
        if order.do == "start":
            self._begin = time.monotonic()
            for track in (self._video, self._audio):
                track.begin.set_result(self._begin)
        taken, self._stamps.taken = self._stamps.taken, []
        return Sent(self._video.sent, self._audio.sent, taken, self._begin)


async def main(plan: PublisherPlan) -> None:
    """Publish until told to end."""
    publisher = Publisher(plan)
    say(await publisher.connect())
    async for order in orders():
        say(await publisher.obey(order))
    await publisher.pc.close()


if __name__ == "__main__":
    run(main(msgspec.json.decode(sys.argv[1], type=PublisherPlan)))
