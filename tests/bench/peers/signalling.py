"""Getting connected: WHIP and WHEP, or Janus's videoroom, chosen by the address."""

import asyncio
import re
import time

from aiohttp import ClientConnectionError, ClientSession
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)

from tests.bench.peers.videoroom import PREFIX, Videoroom

PATIENCE = 20.0  # seconds for a server to start and for its publisher to come
PAUSE = 0.1
NOT_YET = {409, 503}
CODECS = {"video": "video/h264", "audio": "audio/opus"}
RTPMAP = re.compile(r"^a=rtpmap:(\d+) ([^/]+)/", re.MULTILINE)


class Refused(ConnectionError):
    """The server answered, but not with a session."""


def new_connection() -> RTCPeerConnection:
    """A peer connection that asks nobody for its address."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


async def publish(pc: RTCPeerConnection, to: str) -> None:
    """Connect a publisher; its tracks are already added."""
    for transceiver in pc.getTransceivers():
        prefer(transceiver)
    await pc.setLocalDescription(await pc.createOffer())
    if to.startswith(PREFIX):
        async with Videoroom(to) as room:
            answer = await room.publish(pc.localDescription.sdp)
    else:
        answer = await _post(to, pc.localDescription.sdp)
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await connected(pc)


async def watch(pc: RTCPeerConnection, source: str) -> None:
    """Connect a viewer of one video and one audio track."""
    if source.startswith(PREFIX):
        async with Videoroom(source) as room:
            await pc.setRemoteDescription(RTCSessionDescription(await room.subscribe(), "offer"))
            await pc.setLocalDescription(await pc.createAnswer())
            await room.start(pc.localDescription.sdp)
    else:
        for kind in CODECS:
            prefer(pc.addTransceiver(kind, direction="recvonly"))
        await pc.setLocalDescription(await pc.createOffer())
        answer = await _post(source, pc.localDescription.sdp)
        await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await connected(pc)


def prefer(transceiver: RTCRtpTransceiver) -> None:
    """Offer H.264 with retransmission, or Opus."""
    codecs = RTCRtpSender.getCapabilities(transceiver.kind).codecs
    wanted = [codec for codec in codecs if codec.mimeType.lower() == CODECS[transceiver.kind]]
    repair = [codec for codec in codecs if codec.mimeType.lower() == "video/rtx"]
    transceiver.setCodecPreferences(wanted + repair)


async def connected(pc: RTCPeerConnection) -> None:
    """Wait until ICE and DTLS are through."""
    deadline = time.monotonic() + PATIENCE
    while pc.connectionState != "connected":
        if pc.connectionState == "failed" or time.monotonic() > deadline:
            raise Refused(f"not connected: {pc.connectionState}")
        await asyncio.sleep(0.002)


def payload_types(sdp: str) -> dict[str, list[int]]:
    """Which payload types a description gives each codec, names in lower case."""
    found: dict[str, list[int]] = {}
    for number, name in RTPMAP.findall(sdp):
        found.setdefault(name.lower(), []).append(int(number))
    return found


async def _post(url: str, offer: str) -> str:
    """Return the answer; a server that is not up yet or has no publisher yet is asked again."""
    deadline = time.monotonic() + PATIENCE
    async with ClientSession() as session:
        while True:
            status, text = 0, "no connection"
            try:
                async with session.post(
                    url, data=offer, headers={"Content-Type": "application/sdp"}
                ) as reply:
                    status, text = reply.status, await reply.text()
            except ClientConnectionError:
                pass
            if status == 201:
                return text
            if (status and status not in NOT_YET) or time.monotonic() > deadline:
                raise Refused(f"{url} answered {status}: {text}")
            await asyncio.sleep(PAUSE)
