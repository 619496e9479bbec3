"""Other people's clients, as they come: FFmpeg 9 and aiortc."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it has none
import pytest
import pytest_asyncio
from aiohttp import ClientSession
from av import AudioFrame, VideoFrame
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.flows.crew import Crew, Node, Program, until_told
from tests.flows.kept import is_end_of, pictures, sounds
from tests.flows.stock import decoded, publishing, watching

pytestmark = pytest.mark.asyncio(loop_scope="session")

# How FFmpeg is asked to open the encrypted channel. With an RSA certificate it is like GStreamer's webrtcbin.
WAYS = ("passive", "active", "rsa")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def kept(house: Crew, lesson: Path) -> Node:
    """A node that has recorded the lesson from FFmpeg, in each way at once, and was stopped."""
    node = await house.node("from-ffmpeg")
    certificate = _rsa(house.folder)
    flags: dict[str, list[str]] = {
        "passive": [],
        "active": ["-whip_flags", "dtls_active"],
        "rsa": certificate,
    }
    publishers = [await _ffmpeg(house, lesson, f"{node.url}/whip/{way}", flags[way]) for way in WAYS]
    for publisher in publishers:
        assert await publisher.ended() == 0, publisher.said
    for way in WAYS:
        await node.says(f"publisher left.* stream={way} .*lost=0, malformed=0, foreign=0")
    await node.stop()
    return node


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def live(house: Crew, hub: Node, lesson: Path) -> str:
    """A lesson in H.264 that goes on."""
    await house.publisher(str(lesson), f"{hub.url}/whip/live", "--loop")
    await until_told(lambda: house.streams(hub.url))
    return "live"


@pytest.mark.parametrize("way", WAYS)
async def test_what_ffmpeg_publishes_is_kept_byte_by_byte(kept: Node, lesson: Path, way: str) -> None:
    (path,) = kept.recordings.glob(f"{way}-*.mp4")
    assert pictures(path) == pictures(lesson)
    assert is_end_of(sounds(path), sounds(lesson))


async def test_a_stock_viewer_decodes_picture_and_sound(http: ClientSession, hub: Node, live: str) -> None:
    async with watching(http, hub.url, live) as tracks, asyncio.timeout(40):
        shown, heard = await asyncio.gather(decoded(tracks["video"], 25), decoded(tracks["audio"], 50))
    assert {(frame.width, frame.height) for frame in shown if isinstance(frame, VideoFrame)} == {(128, 96)}
    assert {frame.sample_rate for frame in heard if isinstance(frame, AudioFrame)} == {48_000}
    assert _steps(shown) == {3600}
    assert _steps(heard) == {960}


async def test_a_stock_publisher_is_seen_by_a_stock_viewer(
    http: ClientSession, house: Crew, hub: Node
) -> None:
    async with publishing(http, hub.url, "from-aiortc"):
        await hub.says("publisher connected.* stream=from-aiortc codecs=VP8")
        async with watching(http, hub.url, "from-aiortc") as tracks, asyncio.timeout(40):
            shown, heard = await asyncio.gather(decoded(tracks["video"], 10), decoded(tracks["audio"], 20))
    assert {frame.width for frame in shown if isinstance(frame, VideoFrame)} == {640}
    assert _steps(heard) == {960}
    await hub.says("publisher left.* stream=from-aiortc .*lost=0, malformed=0, foreign=0")


async def _ffmpeg(crew: Crew, source: Path, url: str, flags: list[str]) -> Program:
    words = [
        "-loglevel",
        "warning",
        "-nostdin",
        "-re",
        "-i",
        str(source),
        "-c",
        "copy",
        *flags,
        "-f",
        "whip",
        url,
    ]
    return await crew.start(Program([imageio_ffmpeg.get_ffmpeg_exe(), *words], crew.log("ffmpeg")))


def _rsa(folder: Path) -> list[str]:
    """Write an RSA certificate and return how FFmpeg is told to use it."""
    key = rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "publisher")]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    secret, certificate = folder / "rsa.key", folder / "rsa.pem"
    certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private = serialization.PrivateFormat.TraditionalOpenSSL
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, private, plain))
    return ["-cert_file", str(certificate), "-key_file", str(secret)]


def _steps(frames: Sequence[VideoFrame | AudioFrame]) -> set[int]:
    """Return by how much timestamps grow from frame to frame."""
    return {(after.pts or 0) - (before.pts or 0) for before, after in pairwise(frames)}
