"""aiortc's receiver behind a WHIP door: it notes the frames, or records them with MediaRecorder."""

import asyncio
import sys
import time
from functools import partial
from pathlib import Path

import msgspec
from aiortc import MediaStreamTrack, RTCPeerConnection
from aiortc.contrib.media import MediaRecorder

from tests.bench.contract import Frames, Ready, ServerPlan
from tests.bench.lesson import Lesson
from tests.bench.peers.encoded import EncodedFrames
from tests.bench.peers.server import doors
from tests.bench.peers.speech import orders, say


class StockReceiver:
    """Notes which frames of the lesson came whole."""

    def __init__(self, lesson: Lesson) -> None:
        self.frames = Frames()
        self.strange = 0
        self._lesson = lesson

    async def publisher(self, pc: RTCPeerConnection) -> None:
        """Listen to a publisher."""
        for transceiver in pc.getTransceivers():
            EncodedFrames(transceiver.receiver, partial(self._take, transceiver.kind))

    async def viewer(self, pc: RTCPeerConnection) -> None:
        """Have nothing to show."""

    async def finish(self) -> None:
        """Have nothing to close."""

    def _take(self, kind: str, frame: bytes, _: int) -> None:
        find = self._lesson.find_video if kind == "video" else self._lesson.find_audio
        number = find(frame)
        if number is None:
            self.strange += 1
        else:
            kept = self.frames.video if kind == "video" else self.frames.audio
            kept.append((number, time.monotonic()))


class StockRecorder:
    """Records with aiortc's MediaRecorder: decodes and encodes again."""

    def __init__(self, path: str) -> None:
        self.frames = Frames()
        self.strange = 0
        self._recorder = MediaRecorder(path)

    async def publisher(self, pc: RTCPeerConnection) -> None:
        """Record a publisher."""
        for transceiver in pc.getTransceivers():
            track: MediaStreamTrack = transceiver.receiver.track
            self._recorder.addTrack(track)
        await self._recorder.start()

    async def viewer(self, pc: RTCPeerConnection) -> None:
        """Have nothing to show."""

    async def finish(self) -> None:
        """Close the file."""
        await self._recorder.stop()


async def main(plan: ServerPlan) -> None:
    """Receive until told to end."""
    rooms = StockRecorder(plan.record) if plan.record else StockReceiver(Lesson(Path(plan.lesson)))
    async with doors(plan.address, rooms) as url:
        say(Ready(url))
        async for order in orders():
            await asyncio.sleep(order.seconds)
            if order.do == "finish":
                await rooms.finish()
            say(Frames(rooms.frames.video, rooms.frames.audio, rooms.strange))


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=ServerPlan)))
