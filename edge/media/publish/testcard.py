"""`test` as a source: a moving picture with a clock and a frame counter, and a tone with a beep a second."""

from collections.abc import Iterator
from itertools import count
from threading import Event
from typing import cast

import av
from av.filter import Graph
from msgspec.structs import replace

from edge.media.packet import CLOCK_RATE, Codec, Frame, Kind
from edge.media.publish.encode import OPUS_FRAME, AudioEncoder, VideoEncoder
from edge.media.publish.source import Picture

TONE = f"frequency=440:beep_factor=2:sample_rate={CLOCK_RATE['audio']}:samples_per_frame={OPUS_FRAME}"
HISS = f"sample_rate={CLOCK_RATE['audio']}:nb_samples={OPUS_FRAME}:seed=1"


class TestCard:
    """The test picture and tone, for ever, encoded as fast as it is asked for."""

    live = False

    def __init__(self, picture: Picture) -> None:
        # The fastest preset takes half the CPU of "veryfast": it may run beside the node it tests.
        self._picture = replace(picture, preset="ultrafast")
        self._video, self._audio = VideoEncoder(self._picture), AudioEncoder(1)
        self.codecs: dict[Kind, Codec] = {"video": self._video.codec, "audio": self._audio.codec}
        self.fmtp: dict[Kind, str] = {"video": self._video.fmtp, "audio": self._audio.fmtp}
        self._closed = Event()

    def frames(self) -> Iterator[Frame]:
        """Yield pictures and sound in order of media time."""
        sounds, heard = tone(), 0
        for number, picture in enumerate(pictures(self._picture)):
            if self._closed.is_set():
                return
            media = number / self._picture.rate
            yield from self._video.encode(picture, round(media * CLOCK_RATE["video"]))
            while heard <= media * CLOCK_RATE["audio"]:
                yield from self._audio.encode(next(sounds), heard)
                heard += OPUS_FRAME

    def close(self) -> None:
        """Make `frames` end soon; callable at any time from any thread."""
        self._closed.set()


def pictures(picture: Picture, noise: int = 0) -> Iterator[av.VideoFrame]:
    """Yield libav's test picture; `noise` 1 to 100 makes it as hard to encode as a real room."""
    graph = Graph()
    nodes = [
        graph.add("testsrc2", f"size={picture.width}x{picture.height}:rate={picture.rate}"),
        graph.add("format", "yuv420p"),
    ]
    if noise:
        nodes.append(graph.add("noise", f"alls={noise}:allf=t:all_seed=1"))
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    return (graph.vpull() for _ in count())


def tone(layout: str = "mono", noise: float = 0.0) -> Iterator[av.AudioFrame]:
    """Yield blocks of 20 ms of sound; with `noise` (0 to 1) no two are alike."""
    form = f"sample_fmts=s16:channel_layouts={layout}:sample_rates={CLOCK_RATE['audio']}"
    graph = Graph()
    mixed = graph.add("amix", "inputs=2:normalize=0")
    graph.add("sine", TONE).link_to(mixed, 0, 0)
    graph.add("anoisesrc", f"{HISS}:amplitude={noise}").link_to(mixed, 0, 1)
    graph.link_nodes(
        mixed,
        graph.add("aformat", form),
        graph.add("asetnsamples", str(OPUS_FRAME)),
        graph.add("abuffersink"),
    ).configure()
    return (cast(av.AudioFrame, graph.pull()) for _ in count())
