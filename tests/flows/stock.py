"""aiortc as it comes, as publisher and as watcher."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession
from aiortc import (
    AudioStreamTrack,
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from av import AudioFrame, VideoFrame

from tests.flows.crew import until
from tests.flows.door import Door, Opened


@asynccontextmanager
async def publishing(http: ClientSession, url: str, stream: str) -> AsyncIterator[Opened]:
    """Publish aiortc's own test picture and silence while the block runs."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTrack(VideoStreamTrack())
    connection.addTrack(AudioStreamTrack())
    async with _connected(connection, Door(http, url), f"/whip/{stream}") as opened:
        yield opened


@asynccontextmanager
async def watching(http: ClientSession, url: str, stream: str) -> AsyncIterator[dict[str, MediaStreamTrack]]:
    """Watch a stream while the block runs; return the tracks by kind."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    tracks: dict[str, MediaStreamTrack] = {}
    connection.on("track", lambda track: tracks.update({track.kind: track}))
    for kind in ("video", "audio"):
        connection.addTransceiver(kind, direction="recvonly")
    async with _connected(connection, Door(http, url), f"/whep/{stream}"):
        yield tracks


async def decoded(track: MediaStreamTrack, count: int) -> list[VideoFrame | AudioFrame]:
    """Return the next frames of a track as aiortc decodes them."""
    frames = [await track.recv() for _ in range(count)]
    return [frame for frame in frames if isinstance(frame, VideoFrame | AudioFrame)]


@asynccontextmanager
async def _connected(connection: RTCPeerConnection, door: Door, path: str) -> AsyncIterator[Opened]:
    try:
        await connection.setLocalDescription(await connection.createOffer())
        opened = await door.enter(path, connection.localDescription.sdp)
        await connection.setRemoteDescription(RTCSessionDescription(opened.answer, "answer"))
        await until(lambda: connection.connectionState == "connected")
        yield opened
        await door.leave(opened)
    finally:
        await connection.close()
