"""A viewer that costs little: it counts SRTP packets and drops them undecrypted, and otherwise behaves.

Its ICE and DTLS are aiortc's, so consent checks are answered. Once connected it takes the socket over: the
kernel's own time stamps say when a packet arrived, however busy this process is. Every second it sends
receiver reports with the sender reports' LSR/DLSR and a REMB of 10 Mbit/s, and asks once more for one
packet, as if it had lost it. Which frame a packet ends it knows by decrypting until one frame is
recognised, then by RTP timestamp.
"""

import asyncio
import os
import socket
import struct
import time
from contextlib import suppress
from typing import Any

from aiortc import RTCPeerConnection
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_RTPFB_NACK,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    RtpPacket,
    is_rtcp,
    pack_remb_fci,
)
from pylibsrtp import Error as SrtpError

from tests.bench.lesson import VIDEO_STEP, Lesson
from tests.bench.peers.signalling import payload_types

SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>; also the type of the control message
CONTROL = socket.CMSG_SPACE(16)
RECEIVE_BUFFER = 1 << 20  # a frame for every viewer may wait while this process sleeps
LARGEST = 2048
ENOUGH = 10_000_000  # bit/s, so that nobody steps down
BEHIND = 7  # packets: what is asked for again came this long ago, about a frame
LAN = 0.003  # seconds of round trip the reports tell: below 1 ms Janus keeps nothing to send again
MY_SSRC = 1
CIRCLE, HALF = 1 << 16, 1 << 15


class Source:
    """What came of one ssrc."""

    def __init__(self) -> None:
        self.highest: int | None = None  # extended
        self.received = 0
        self.missing: set[int] = set()  # extended sequence numbers

    def add(self, sequence: int) -> None:
        """Count one packet."""
        self.received += 1
        if self.highest is None:
            self.highest = sequence
            return
        step = (sequence - self.highest + HALF) % CIRCLE - HALF
        if step > 0:
            self.missing.update(range(self.highest + 1, self.highest + step))
            self.highest += step
        else:
            self.missing.discard(self.highest + step)


class CheapViewer:
    """One connected viewer; `take_over` begins its cheap life."""

    def __init__(self, pc: RTCPeerConnection, lesson: Lesson) -> None:
        self.packets = self.asked = self.answered = self.reports = 0
        self.arrivals: list[tuple[int, int]] = []
        self.sources: dict[int, Source] = {}
        self._pc = pc
        self._lesson = lesson
        types = payload_types(pc.localDescription.sdp)
        self._video, self._repair = set(types["h264"]), set(types.get("rtx", ()))
        self._video_ssrc = 0
        self._origin: int | None = None  # RTP time of the lesson's frame 0, once one frame is recognised
        self._wanted: set[int] = set()  # sequence numbers asked for again
        self._last_report: dict[int, tuple[int, float]] = {}  # ssrc → middle of its NTP time, when it came
        self._dtls = pc.getTransceivers()[0].receiver.transport
        self._buffer = bytearray(LARGEST)
        ssl = self._dtls._ssl
        assert ssl
        self.srtp: str = ssl.get_selected_srtp_profile().decode()

    def take_over(self) -> None:
        """Read the connection's socket from now on."""
        vars(self._dtls)["_handle_rtcp_data"] = self._rtcp
        protocol = self._dtls.transport._connection._nominated[1].protocol
        self._pass_on = protocol.datagram_received
        self._number = protocol.transport.get_extra_info("socket").fileno()
        self._socket = socket.socket(fileno=os.dup(self._number))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        loop: Any = asyncio.get_running_loop()
        loop._remove_reader(self._number)  # the public ones refuse sockets that belong to a transport
        loop._add_reader(self._number, self._read)

    async def report(self) -> None:
        """Send the reports of one second, and ask for one packet again."""
        with suppress(ConnectionError):  # a relay that has let this viewer go shows in the packets
            for ssrc, source in self.sources.items():  # one compound packet each, as browsers do
                await self._dtls._send_rtp(self._feedback(ssrc, source))

    def _feedback(self, ssrc: int, source: Source) -> bytes:
        feedback = bytes(RtcpRrPacket(ssrc=MY_SSRC, reports=[self._block(ssrc, source)]))
        if ssrc != self._video_ssrc:
            return feedback
        estimate = pack_remb_fci(ENOUGH, list(self.sources))
        feedback += bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=MY_SSRC, media_ssrc=0, fci=estimate))
        if source.highest is not None and source.received > BEHIND:
            sequence = (source.highest - BEHIND) % CIRCLE
            self._wanted.add(sequence)
            self.asked += 1
            nack = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=MY_SSRC, media_ssrc=ssrc, lost=[sequence])
            feedback += bytes(nack)
        return feedback

    def start_measuring(self) -> None:
        """Forget what was counted."""
        self.packets = self.asked = self.answered = self.reports = 0
        self.arrivals = []
        for source in self.sources.values():
            source.missing.clear()

    def close(self) -> None:
        """Read no more."""
        loop: Any = asyncio.get_running_loop()
        loop._remove_reader(self._number)
        self._socket.close()

    def _read(self) -> None:
        while True:
            try:
                size, control, _, sender = self._socket.recvmsg_into(
                    [self._buffer], CONTROL, socket.MSG_DONTWAIT
                )
            except BlockingIOError:
                return
            packet = self._buffer
            if 127 < packet[0] < 192 and not 192 <= packet[1] < 224:
                self._rtp(packet, size, control)
            else:
                self._pass_on(bytes(packet[:size]), sender)

    def _rtp(self, packet: bytearray, size: int, control: list[tuple[int, int, bytes]]) -> None:
        self.packets += 1
        kind = packet[1] & 0x7F
        sequence = packet[2] << 8 | packet[3]
        if kind in self._repair or sequence in self._wanted:
            self._again(kind, sequence, packet)
            return
        ssrc = int.from_bytes(packet[8:12])
        self.sources.setdefault(ssrc, Source()).add(sequence)
        if kind in self._video:
            self._video_ssrc = ssrc
            if packet[1] & 0x80:
                self._frame(packet, size, control)

    def _again(self, kind: int, sequence: int, packet: bytearray) -> None:
        if kind in self._repair:
            self.answered += 1
        elif kind in self._video:
            self._wanted.discard(sequence)
            self.answered += 1
        else:
            self.sources.setdefault(int.from_bytes(packet[8:12]), Source()).add(sequence)

    def _frame(self, packet: bytearray, size: int, control: list[tuple[int, int, bytes]]) -> None:
        timestamp = int.from_bytes(packet[4:8])
        if self._origin is None:
            self._recognise(bytes(packet[:size]), timestamp)
        if self._origin is not None:
            number = (timestamp - self._origin) % (1 << 32) // VIDEO_STEP
            seconds, nanoseconds = struct.unpack("qq", control[0][2])
            self.arrivals.append((number % len(self._lesson.video), seconds * 10**9 + nanoseconds))

    def _recognise(self, protected: bytes, timestamp: int) -> None:
        try:
            packet = RtpPacket.parse(self._dtls._rx_srtp.unprotect(protected))
        except (SrtpError, ValueError):
            return
        number = self._lesson.find_tail(packet.payload)
        if number is not None:
            self._origin = (timestamp - number * VIDEO_STEP) % (1 << 32)

    async def _rtcp(self, plain: bytes) -> None:
        if not is_rtcp(plain):
            return
        for packet in RtcpPacket.parse(plain):
            if isinstance(packet, RtcpSrPacket):
                self.reports += 1
                middle = packet.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF
                self._last_report[packet.ssrc] = middle, time.monotonic()

    def _block(self, ssrc: int, source: Source) -> RtcpReceiverInfo:
        middle, arrived = self._last_report.get(ssrc, (0, 0.0))
        return RtcpReceiverInfo(
            ssrc=ssrc,
            fraction_lost=0,
            packets_lost=len(source.missing),
            highest_sequence=source.highest or 0,
            jitter=0,
            lsr=middle,
            dlsr=max(1, int((time.monotonic() - arrived - LAN) * 65536)) if middle else 0,
        )
