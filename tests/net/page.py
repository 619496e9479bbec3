"""A class's page that does as it is told: `python -m tests.net.page URL` asks, encodes and sends.

Its camera is a picture that moves and hisses, so an encoder needs all the bits that it may take.
"""

import asyncio
import sys
from collections.abc import Iterator
from fractions import Fraction
from random import Random

import aiohttp
import av
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from yarl import URL

from edge.dialogue.backstage import TRACKS
from edge.media.codec.packetiser import Packetiser
from edge.media.dtls import Identity
from edge.media.gated import GatedStream
from edge.media.negotiate import own_track
from edge.media.ntp import NtpClock
from edge.media.packet import CLOCK_RATE, Frame, Kind
from edge.media.publish.testcard import tone
from edge.media.pull import Parent, ParentFailed
from edge.media.push import Push
from edge.media.relay import Relay

WAIT = 5.0  # seconds of one long poll
PIECE = 960  # samples of 20 ms
SOUND = 32_000  # bit/s
AGAIN = 0.3  # seconds between tries
Told = tuple[int, int, int]  # height, pictures a second, bits a second


class Camera:
    """Encodes as it was told last; a key frame where one is asked for."""

    def __init__(self) -> None:
        self.key = False
        self._told: Told = (0, 0, 0)
        self._context: VideoCodecContext | None = None

    def encode(self, told: Told, at: float) -> Iterator[Frame]:
        """Yield the next picture."""
        height, fps, bits = told
        if told != self._told or self._context is None:
            self._told, self._context = told, _encoder(height, fps, bits)
        picture = _noise(height, at)
        picture.pts, picture.time_base = round(at * CLOCK_RATE["video"]), Fraction(1, CLOCK_RATE["video"])
        picture.pict_type = PictureType.I if self.key else PictureType.NONE
        self.key = False
        for packet in self._context.encode(picture):
            yield Frame("video", packet.pts or 0, bytes(packet), packet.is_keyframe, at)


def _encoder(height: int, fps: int, bits: int) -> VideoCodecContext:
    context = av.CodecContext.create("libvpx", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = height * 16 // 9, height, "yuv420p"
    context.time_base, context.bit_rate, context.gop_size = Fraction(1, CLOCK_RATE["video"]), bits, 3000
    context.framerate = Fraction(fps)
    rate = {"minrate": str(bits), "maxrate": str(bits), "bufsize": str(bits)}
    context.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", **rate}
    return context


def _noise(height: int, at: float) -> av.VideoFrame:
    frame = av.VideoFrame(height * 16 // 9, height, "yuv420p")
    chance = Random(at)
    for number, plane in enumerate(frame.planes):
        plane.update(chance.randbytes(plane.buffer_size) if number == 0 else b"\x80" * plane.buffer_size)
    return frame


class Page:
    """The poll, the camera, the microphone, and the way to the node."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self._told: Told = (0, 0, 0)
        self._camera = Camera()
        tracks = {kind: own_track(track) for kind, track in TRACKS.items()}
        self._stream = GatedStream("page", tracks, asyncio.get_running_loop().time())
        self._stream.begin()
        self._stream.admit(("video", "audio"))
        self._stream.ask_publisher = self._ask
        self._packets = {kind: Packetiser(track, 70_000, 1_000_000) for kind, track in tracks.items()}
        self._entries = {kind: self._stream.entry(kind, 1) for kind in tracks}
        self._relay = Relay()

    def _ask(self) -> None:
        self._camera.key = True

    async def run(self) -> None:
        """Do everything until cancelled."""
        ntp = NtpClock()
        push = Push(
            Parent(self._http, URL(self._url), "page", None),
            self._relay,
            Identity.create(),
            ntp,
            loopback=True,
        )
        async with asyncio.TaskGroup() as tasks:
            for part in (self._relay.run, self._look, self._hear, self._ask_node):
                tasks.create_task(part())
            while True:
                try:
                    await push.once(self._stream, "/class/whip")
                except ParentFailed as exc:
                    print(exc, flush=True)
                await asyncio.sleep(AGAIN)

    async def _ask_node(self) -> None:
        version = ""
        while True:
            query = {
                "state": "playing",
                "camera": "good",
                "microphone": "good",
                "after": version,
                "wait": str(WAIT),
            }
            async with self._http.get(f"{self._url}/api/showing", params=query) as response:
                told = await response.json()
            version, capture = str(told["version"]), told["capture"]
            picture = (capture["height"], capture["fps"], capture["bits"])
            new = picture if capture["picture"] else (0, 0, 0)
            if new != self._told:
                print("told", *new, flush=True)
                self._told = new

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            told = self._told
            if told[0]:
                self._send("video", self._camera.encode(told, loop.time()))
            await asyncio.sleep(1 / (told[1] or 5))

    async def _hear(self) -> None:
        loop = asyncio.get_running_loop()
        context = av.CodecContext.create("libopus", "w")
        assert isinstance(context, AudioCodecContext)
        context.sample_rate, context.layout, context.format = CLOCK_RATE["audio"], "mono", "s16"
        context.bit_rate = SOUND
        due = loop.time()
        for number, sound in enumerate(tone("mono", 0.2)):
            sound.pts, sound.time_base = number * PIECE, Fraction(1, CLOCK_RATE["audio"])
            frames = [
                Frame("audio", packet.pts or 0, bytes(packet), True, due) for packet in context.encode(sound)
            ]
            self._send("audio", iter(frames))
            due += PIECE / CLOCK_RATE["audio"]
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _send(self, kind: Kind, frames: Iterator[Frame]) -> None:
        now = asyncio.get_running_loop().time()
        for frame in frames:
            for packet in self._packets[kind].packetise(frame):
                entry = self._entries[kind]
                entry.take(packet.sequence, packet.timestamp, packet.marker, packet.payload, now)


async def main(url: str) -> None:
    """Be a page until standard input closes."""
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
        page = tasks.create_task(Page(http, url).run())
        await asyncio.to_thread(sys.stdin.read)
        page.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
