"""What changes on the way and is not a full link: a longer way, a cut, a busy PC."""

from random import Random

from edge.media.estimate import START, LinkEstimate
from tests.media.test_estimate import LESSON, Link, Ride

STEP = 0.02  # seconds: one sound packet
SOUND = 120  # bytes of it


class LongWay(Link):
    """A link with room, whose way becomes longer."""

    longer: float = 0.0

    def send(self, size: int, now: float, chance: Random) -> float | None:
        """Return when a packet arrives, None if it does not."""
        arrival = super().send(size, now, chance)
        return None if arrival is None else arrival + self.longer

    def waits(self, now: float) -> float:
        """Return by how much round trips have grown."""
        return super().waits(now) + self.longer


def hear(
    estimate: LinkEstimate, at: float, late: float, counted: tuple[int, int], grown: float | None
) -> None:
    """Let one sound packet arrive."""
    estimate.count(SOUND)
    estimate.moved("audio", round((at - late) * 48_000), at)
    estimate.decide(at, counted, lambda now: grown)


def test_a_longer_way_is_no_full_link_for_long() -> None:
    link = LongWay(20_000_000)
    ride = Ride(link)
    ride.go(10)
    link.longer = 0.3
    ride.go(6)
    assert ride.told[-1] >= LESSON


def test_late_packets_alone_are_not_believed() -> None:
    estimate = LinkEstimate()
    for number in range(500):
        late = 0.3 if number > 100 else 0.0
        hear(estimate, number * STEP, late, (number, number), grown=0.0)
    assert (estimate.bitrate or 0.0) >= START


def test_late_packets_and_grown_round_trips_are() -> None:
    estimate = LinkEstimate()
    for number in range(200):
        late = 0.3 if number > 100 else 0.0
        hear(estimate, number * STEP, late, (number, number), grown=late)
    assert (estimate.bitrate or START) < START


def test_what_a_cut_has_lost_is_no_reason_to_send_less() -> None:
    estimate = LinkEstimate()
    for number in range(200):
        hear(estimate, number * STEP, 0.0, (number, number), grown=0.0)
    for number in range(200, 350):
        estimate.decide(number * STEP, (200, 200), lambda now: None)
    for number in range(350, 600):
        hear(estimate, number * STEP, 0.0, (number, number - 150), grown=0.0)
    assert (estimate.bitrate or 0.0) >= START
