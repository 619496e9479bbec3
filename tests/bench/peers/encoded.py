"""aiortc's receiver as it is, with its encoded frames taken where its decoder would get them.

aiortc has no public way to encoded frames. The queue to its decoder thread is replaced before the thread
starts, so its own jitter buffer, NACK and RTCP do all the receiving, and nothing is decoded.
"""

import queue
from collections.abc import Callable

from aiortc import RTCRtpReceiver
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

Task = tuple[RTCRtpCodecParameters, JitterFrame]


class EncodedFrames:
    """Stands for a receiver's queue of frames to decode; gives each frame and its RTP timestamp to `take`."""

    def __init__(self, receiver: RTCRtpReceiver, take: Callable[[bytes, int], None]) -> None:
        self._end: queue.Queue[None] = queue.Queue()
        self._take = take
        self._mapper = vars(receiver)["_RTCRtpReceiver__timestamp_mapper"]
        vars(receiver)["_RTCRtpReceiver__decoder_queue"] = self

    def put(self, task: Task | None) -> None:
        """Take a frame instead of decoding it; None ends the decoder thread."""
        if task is None:
            self._end.put(None)
        else:
            frame = task[1]
            self._take(frame.data, frame.timestamp + self._mapper._origin)

    def get(self) -> None:
        """Let the decoder thread sleep until the end."""
        return self._end.get()
