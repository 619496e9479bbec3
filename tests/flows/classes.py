"""Classes of a lesson as pages are them: each sends a tone and a colour, and listens to who has the floor."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import numpy as np
from aiohttp import ClientSession
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCRtpTransceiver, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame

from tests.flows.crew import STEP, Json, until

RATE = 48_000
PIECE = 960  # samples of 20 ms
SPAN = 5  # pieces that a tone is told from: 0.1 s
LOUD = 500.0  # of 32767: a tone is 8000, silence of a codec below 10
NEAR = 30.0  # Hz between what was sent and what is heard: one line of 0.1 s is 10 wide
PATIENCE = 40.0  # seconds for anything to happen on a busy computer
SDP = {"Content-Type": "application/sdp"}


class Tone(AudioStreamTrack):
    """A steady tone."""

    def __init__(self, hertz: float) -> None:
        super().__init__()
        self.hertz = hertz

    async def recv(self) -> AudioFrame:
        """Return the next piece when it is time."""
        paced = await super().recv()
        at = (paced.pts or 0) * 6  # it goes by 8,000 samples a second
        wave = 8000 * np.sin(2 * math.pi * self.hertz * np.arange(at, at + PIECE) / RATE)
        frame = AudioFrame.from_ndarray(wave.astype("<i2").reshape(1, -1), format="s16", layout="mono")
        frame.pts, frame.sample_rate, frame.time_base = at, RATE, Fraction(1, RATE)
        return frame


class Colour(VideoStreamTrack):
    """A picture of one brightness."""

    def __init__(self, luma: int) -> None:
        super().__init__()
        self._luma = luma

    async def recv(self) -> VideoFrame:
        """Return the next picture, five a second."""
        for _ in range(6):
            pts, time_base = await self.next_timestamp()
        picture = np.full((90, 160), self._luma, dtype=np.uint8)
        frame = VideoFrame.from_ndarray(picture, format="gray8").reformat(format="yuv420p")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Call:
    """One peer connection of a page."""

    def __init__(self, http: ClientSession) -> None:
        self._http = http
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._session = ""

    async def dial(self, url: str) -> None:
        """Offer and be taken; ask again as a page does while nobody is there yet."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        async with asyncio.timeout(PATIENCE):
            while True:
                async with self._http.post(url, data=self.pc.localDescription.sdp, headers=SDP) as response:
                    text = await response.text()
                    if response.status == 201:
                        self._session = str(
                            response.url.join(type(response.url)(response.headers["Location"]))
                        )
                        break
                    assert response.status in (409, 503), text
                await asyncio.sleep(STEP)
        await self.pc.setRemoteDescription(RTCSessionDescription(text, "answer"))
        await until(lambda: self.pc.connectionState == "connected", PATIENCE, "never connected")

    async def hang_up(self) -> None:
        """End the session, as a page that is closed does; its own end closes, also where the node is gone."""
        try:
            if self._session:
                async with self._http.delete(self._session) as response:
                    assert response.status in (200, 404)
        finally:
            await self.pc.close()


class Speaker(Call):
    """A page that shows and sounds a class to its own node."""

    def __init__(self, http: ClientSession, hertz: float, luma: int = 128) -> None:
        super().__init__(http)
        self.hertz, self.luma = hertz, luma
        self.pc.addTrack(Tone(hertz))
        self.pc.addTrack(Colour(luma))
        for transceiver in self.pc.getTransceivers():
            transceiver.direction = "sendonly"
        prefer(self.pc.getTransceivers()[1], "video/VP8")


class Listener(Call):
    """A page that plays a stream; `heard` is the tone that it plays, `seen` how bright its picture is."""

    def __init__(self, http: ClientSession, kinds: tuple[str, ...] = ("audio", "video")) -> None:
        super().__init__(http)
        self.heard: float | None = None  # Hz; None for silence
        self.seen: int | None = None
        self.pieces = self.pictures = 0
        self.tones: list[tuple[float, float]] = []  # when, and which
        self._wave = np.zeros(0)
        self._at = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        for kind in kinds:
            self.pc.addTransceiver(kind, direction="recvonly")
        self.pc.on("track", self._play)

    @property
    def hears(self) -> float | None:
        """The tone that is played now; None when nothing came for a while."""
        return self.heard if asyncio.get_running_loop().time() - self._at < 0.5 else None

    async def hears_tone(self, hertz: float, seconds: float = PATIENCE) -> None:
        """Wait until a tone is played."""
        await until(lambda: self.is_hearing(hertz), seconds, f"{hertz} Hz is not heard, but {self.hears}")

    async def hears_nothing(self) -> None:
        """Wait until nothing is played."""
        await until(lambda: self.hears is None, PATIENCE, "something is still heard")

    def is_hearing(self, hertz: float) -> bool:
        """Tell whether this tone is played now."""
        return self.hears is not None and abs(self.hears - hertz) < NEAR

    def has_heard(self, hertz: float) -> bool:
        """Tell whether this tone was ever played."""
        return any(abs(each - hertz) < NEAR for _, each in self.tones)

    def _play(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.ensure_future(self._run(track)))

    async def _run(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, AudioFrame):
                self._listen(frame)
            elif isinstance(frame, VideoFrame):
                self.pictures += 1
                self.seen = int(frame.to_ndarray(format="gray8").mean())

    def _listen(self, frame: AudioFrame) -> None:
        self.pieces += 1
        self._at = asyncio.get_running_loop().time()
        samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0]
        self._wave = np.concatenate([self._wave, samples])[-SPAN * PIECE :]
        if len(self._wave) < SPAN * PIECE:
            return
        loud = float(np.sqrt(np.mean(self._wave.astype(float) ** 2)))
        spectrum = np.abs(np.fft.rfft(self._wave * np.hanning(len(self._wave))))
        self.heard = float(np.argmax(spectrum)) * RATE / len(self._wave) if loud > LOUD else None
        if self.heard is not None:
            self.tones.append((self._at, self.heard))

    async def hang_up(self) -> None:
        """Play no more."""
        try:
            await super().hang_up()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)


def prefer(transceiver: RTCRtpTransceiver, codec: str) -> None:
    """Offer one codec only."""
    able = RTCRtpSender.getCapabilities(codec.partition("/")[0]).codecs
    transceiver.setCodecPreferences([each for each in able if each.mimeType.lower() == codec.lower()])


async def post(http: ClientSession, url: str, body: Json) -> Json:
    """Do what the hub teacher's page does; it must be taken."""
    async with http.post(url, json=body) as response:
        text = await response.text()
        assert response.status < 300, text
        return dict(await response.json()) if text else {}


async def give(http: ClientSession, hub: str, node: str, lesson: str = "physics") -> None:
    """Give a class the floor."""
    await post(http, f"{hub}/api/streams/{lesson}/floor", {"node": node})


@asynccontextmanager
async def calls(*those: Call) -> AsyncIterator[None]:
    """Hang up at the end, whatever happened."""
    try:
        yield
    finally:
        await asyncio.gather(*(each.hang_up() for each in those), return_exceptions=True)


Told = Callable[[], Awaitable[Any]]
