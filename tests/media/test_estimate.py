"""A sender that follows the estimate over an emulated link: a narrow one is filled, a free one not slowed."""

from random import Random

import pytest
from msgspec import Struct

from edge.media.estimate import FLOOR, START, LinkEstimate, LossEstimate, Strain, worst
from edge.media.packet import Kind
from edge.media.rate import VIDEO_SHARE

TICK = 0.02  # seconds: one sound packet
SOUND = 120  # bytes of it
PACKET = 1200  # bytes of a packet of pictures
LESSON = 1_580_000.0  # bit/s
QUEUE = 0.4  # seconds that wait in the router; more is lost
PATH = 0.05  # seconds from end to end


class Link(Struct):
    """One queue of a fixed rate, and how much it was offered."""

    rate: float
    lost_share: float = 0.0
    free_at: float = 0.0
    offered: int = 0
    lost: int = 0

    def send(self, size: int, now: float, chance: Random) -> float | None:
        """Return when a packet arrives, None if it does not."""
        self.offered += size
        start = max(now, self.free_at)
        if start - now > QUEUE or chance.random() < self.lost_share:
            self.lost += 1
            return None
        self.free_at = start + size * 8 / self.rate
        return self.free_at + PATH

    def waits(self, now: float) -> float:
        """Return how long the next packet waits: by so much round trips grow."""
        return max(self.free_at - now, 0.0)


class _Flying(Struct, frozen=True):
    """A packet on its way."""

    arrival: float
    kind: Kind
    timestamp: int
    size: int
    number: int


class Ride:
    """A lesson on its way over a link; the sender believes the estimate."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.estimate = LinkEstimate()
        self.told: list[float] = []
        self._chance = Random(7)
        self._flying: list[_Flying] = []
        self._sent = self._expected = self._arrived = 0
        self._tick = 0
        self._credit = 0.0

    def go(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / TICK)):
            self._tick += 1
            now = self._tick * TICK
            self._send(now)
            self._receive(now)
            self.estimate.decide(now, (self._expected, self._arrived), self.link.waits)
            self.told.append(self.estimate.bitrate or LESSON)

    def _send(self, now: float) -> None:
        self._launch("audio", self._tick * 960, SOUND, now)
        allowed = (self.estimate.bitrate or LESSON) * VIDEO_SHARE - SOUND * 8 / TICK
        self._credit += min(LESSON, allowed) * TICK / 8
        while self._credit >= PACKET:
            self._credit -= PACKET
            self._launch("video", self._tick * 1800, PACKET, now)

    def _launch(self, kind: Kind, timestamp: int, size: int, now: float) -> None:
        self._sent += 1
        arrival = self.link.send(size, now, self._chance)
        if arrival is not None:
            self._flying.append(_Flying(arrival, kind, timestamp, size, self._sent))

    def _receive(self, now: float) -> None:
        come = [each for each in self._flying if each.arrival <= now]
        self._flying = [each for each in self._flying if each.arrival > now]
        for each in come:
            self._arrived += 1
            self._expected = each.number  # as a receiver knows it: from what is here
            self.estimate.count(each.size)
            self.estimate.moved(each.kind, each.timestamp, each.arrival)


def test_a_narrow_link_is_filled_and_not_flooded() -> None:
    ride = Ride(Link(1_000_000))
    ride.go(10)
    ride.link.offered = ride.link.lost = 0
    ride.go(30)
    load = ride.link.offered * 8 / 30 / ride.link.rate
    assert 0.6 <= load <= 1.05
    assert ride.link.lost <= 20


def test_a_link_that_narrows_is_noticed_within_seconds() -> None:
    ride = Ride(Link(5_000_000))
    ride.go(20)
    assert ride.told[-1] >= LESSON
    ride.link.rate = 600_000
    ride.go(6)
    ride.link.offered = 0
    ride.go(10)
    assert ride.link.offered * 8 / 10 <= 1.1 * ride.link.rate


def test_a_link_that_widens_is_used_again() -> None:
    ride = Ride(Link(700_000))
    ride.go(15)
    assert ride.told[-1] < LESSON
    ride.link.rate = 5_000_000
    ride.go(60)
    assert ride.told[-1] >= LESSON


def test_a_free_link_never_slows_the_lesson() -> None:
    ride = Ride(Link(20_000_000))
    ride.go(60)
    assert min(ride.told) >= START
    assert ride.told[-1] >= LESSON


def test_a_radio_link_that_loses_a_little_is_not_full() -> None:
    ride = Ride(Link(20_000_000, lost_share=0.05))
    ride.go(60)
    assert ride.told[-1] >= LESSON


def test_a_receiver_that_only_reports_losses_gets_less_until_they_end() -> None:
    losses = LossEstimate()
    assert losses.note(0.02, LESSON) is None
    told = [losses.note(0.4, LESSON) for _ in range(3)]
    assert told == [pytest.approx(LESSON * 0.8**n) for n in (1, 2, 3)]
    assert losses.note(0.1, LESSON) == told[-1]


def test_without_losses_it_climbs_until_nothing_is_left_out() -> None:
    losses = LossEstimate()
    losses.note(0.5, LESSON)
    climbing = [losses.note(0.0, LESSON) for _ in range(10)]
    known = [rate for rate in climbing if rate is not None]
    assert known == sorted(known)
    assert climbing[-1] is None


def test_losses_never_take_the_last_sound_away() -> None:
    losses = LossEstimate()
    assert [losses.note(1.0, LESSON) for _ in range(20)][-1] == FLOOR


def test_what_a_link_does_to_a_lesson_is_told_since_it_was_asked_before() -> None:
    estimate = LinkEstimate()
    for number in range(10):
        late = 0.03 if number else 0.0
        estimate.moved("audio", number * 960, number * 0.02 + late)
    assert estimate.strain(0.2, (10, 10)).delay == 0.0
    for number in range(10, 20):
        estimate.moved("audio", number * 960, number * 0.02 + 0.03)
    felt = estimate.strain(0.4, (20, 19))
    assert felt.delay == pytest.approx(0.03)
    assert (felt.expected, felt.arrived, felt.fell) == (20, 19, float("-inf"))
    assert estimate.strain(0.6, (20, 19)).delay is None


def test_of_several_lessons_the_worst_counts() -> None:
    calm, late = Strain(0.0, 10, 10, float("-inf")), Strain(0.05, 10, 8, 7.0)
    assert worst([calm, late]) == Strain(0.05, 20, 18, 7.0)
    assert worst([Strain(None, 0, 0, 1.0), calm]) == Strain(0.0, 10, 10, 1.0)
    assert worst([]) is None
