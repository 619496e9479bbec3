"""Sound and pictures of one receiver whose link is thin, or was for a moment, by a virtual clock."""

from collections.abc import Callable
from statistics import quantiles

import pytest
from msgspec import Struct

from edge.media import rtp
from edge.media.estimate import START, LinkEstimate
from edge.media.paced import LEAST, PacedVideo
from edge.media.packet import Kind, Packet
from edge.media.rate import ASK_PAUSE, PROBE, VIDEO_SHARE

STEP = 0.005  # seconds between looks
SOUND = 102  # bytes, 50 a second
PATH = 0.05  # seconds from end to end
QUEUE = 3.0  # seconds that wait in the router: a modem's
REPORT = 0.5  # seconds between reports
GROUP = 2.0  # seconds, of a publisher that sends key frames by itself


def _starts_key(payload: bytes) -> bool:
    return payload[:1] == b"K"


class _Flying(Struct, frozen=True, order=True):
    """A packet on its way."""

    arrival: float
    number: int
    kind: Kind
    sent: float
    size: int
    key: bool


class Ride:
    """A lesson of 1 Mbit/s on its way: our queue, the link, and the receiver's estimate of it."""

    def __init__(self, rate: float, key: int, by_itself: bool = False) -> None:
        """`key` is the size of a key frame; its publisher sends one when asked, or `by_itself` too."""
        self.paced = PacedVideo(_starts_key, None)
        self.estimate = LinkEstimate()
        self.late: list[float] = []  # what sound had to wait in queues
        self.keys: list[float] = []
        self.asked = 0
        self.slow = 0.0  # seconds that everything takes longer: a computer with too much to do
        self.has_pictures = True
        self._rate, self._key, self._by_itself = rate, key, by_itself
        self._told = float(START)
        self._free_at = self._told_at = 0.0
        self._flying: list[_Flying] = []
        self._wanted, self._keyed_at = True, 0.0
        self._sent = self._expected = self._arrived = self._sequence = 0
        self._tick = 0

    def go(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / STEP)):
            now = self._tick * STEP
            bitrate = self._told * VIDEO_SHARE
            if self._tick % 4 == 0:
                self._launch("audio", now, SOUND, False)
                self.paced.spend(SOUND, now)
            if self._tick % 8 == 0 and self.has_pictures:
                self._picture(now, bitrate)
            for wire in self.paced.due(now, bitrate):
                self._launch("video", now, len(wire), _starts_key(wire[12:]))
            if self.paced.asks(now, bitrate, ASK_PAUSE):
                self.asked, self._wanted = self.asked + 1, True
            self._receive(now)
            self._tick += 1

    def _picture(self, now: float, bitrate: float) -> None:
        key = self._wanted or (self._by_itself and now - self._keyed_at >= GROUP)
        self._wanted, self._keyed_at = False, now if key else self._keyed_at
        count = -(-self._key // 1200) if key else 4
        for part in range(count):
            start = b"K" if key and not part else b"-"
            wire = rtp.header(96, part == count - 1, self._sequence, self._tick, 1) + start + bytes(1187)
            packet = Packet("video", self._sequence, self._tick, part == count - 1, wire, now)
            self._sequence += 1
            self.paced.offer(packet, now, bitrate)

    def _launch(self, kind: Kind, now: float, size: int, key: bool) -> None:
        self._sent += 1
        start = max(now, self._free_at)
        if start - now <= QUEUE:
            self._free_at = start + size * 8 / self._rate
            arrival = self._free_at + PATH + self.slow
            self._flying.append(_Flying(arrival, self._sent, kind, now, size, key))

    def _receive(self, now: float) -> None:
        come = sorted(each for each in self._flying if each.arrival <= now)
        self._flying = [each for each in self._flying if each.arrival > now]
        for each in come:
            self._arrived, self._expected = self._arrived + 1, max(each.number, self._expected)
            self.estimate.count(each.size)
            ticks = 48_000 if each.kind == "audio" else 90_000
            self.estimate.moved(each.kind, round(each.sent * ticks), each.arrival)
            if each.kind == "audio":
                self.late.append(each.arrival - each.sent - PATH)
            elif each.key:
                self.keys.append(now)
        waits: Callable[[float], float] = lambda now: max(self._free_at - now, 0.0) + self.slow  # noqa: E731
        fell = self.estimate.decide(now, (self._expected, self._arrived), waits)
        if fell or now - self._told_at >= REPORT:
            self._told, self._told_at = self.estimate.bitrate or START, now


def _slow_while_only_sound_came(key: int, by_itself: bool) -> Ride:
    """Return a ride over a link with room for all, whose estimate fell before there were pictures."""
    ride = Ride(20_000_000, key, by_itself)
    ride.has_pictures = False
    ride.go(2)
    ride.slow = 0.3
    ride.go(2)
    ride.slow, ride.has_pictures = 0.0, True
    assert (ride.estimate.bitrate or START) < 60_000
    return ride


@pytest.mark.parametrize("by_itself", [False, True])
@pytest.mark.parametrize("key", [4_000, 20_000, 45_000])
def test_a_link_that_was_slow_while_only_sound_came_is_used_again(key: int, by_itself: bool) -> None:
    ride = _slow_while_only_sound_came(key, by_itself)
    ride.go(60)
    assert len(ride.keys) > 1
    ride.go(60)
    assert (ride.estimate.bitrate or 0.0) > 1_000_000


@pytest.mark.parametrize("rate", [150_000, 300_000, 600_000])
def test_sound_does_not_wait_behind_a_key_frame(rate: float) -> None:
    ride = Ride(rate, 20_000, by_itself=True)
    ride.go(20)
    ride.late.clear()
    ride.go(60)
    assert len(ride.late) >= 0.99 * 60 * 50
    assert quantiles(ride.late, n=100)[98] < 0.2
    assert len(ride.keys) > 10


def test_where_no_key_frame_has_room_few_are_asked_for_and_sound_lives() -> None:
    ride = Ride(56_000, 45_000)
    ride.go(20)
    ride.asked = 0
    ride.late.clear()
    ride.go(300)
    assert len(ride.late) >= 0.98 * 300 * 50
    assert quantiles(ride.late, n=20)[18] < 0.4
    assert ride.asked <= 300 / PROBE[0] / 3


def _picture(sequence: int, packets: int) -> list[Packet]:
    wires = [rtp.header(96, part == packets - 1, sequence + part, 0, 1) + b"K" for part in range(packets)]
    return [
        Packet("video", sequence + part, 0, part == packets - 1, wire + bytes(1187), 0.0)
        for part, wire in enumerate(wires)
    ]


@pytest.mark.parametrize(("least", "out"), [(LEAST, 4), (0.0, 0)])
def test_an_estimate_below_the_sound_holds_pictures_up_for_ever_only_if_it_knows_the_sound(
    least: float, out: int
) -> None:
    paced = PacedVideo(_starts_key, None)
    for packet in _picture(1, 4):
        paced.offer(packet, 0.0, 28_000.0)
    wires: list[bytes] = []
    for tick in range(1, round(30 / STEP)):
        if tick % 4 == 0:
            paced.spend(SOUND, tick * STEP)
        wires += paced.due(tick * STEP, 28_000.0, least) if tick > 400 else []
    assert len(wires) == out
