"""What is missing is asked for in time, not too often, and given up in the end."""

import heapq
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.loss import GRACE, MAX_GAP, MAX_HOLES, MAX_NACK, MIN_INTERVAL, NACK_PAUSE, LossTracker


def _arrive(tracker: LossTracker, *sequences: int, now: float = 0.0) -> list[bool]:
    return [tracker.arrived(sequence, now) for sequence in sequences]


def test_packets_in_order_need_nothing() -> None:
    tracker = LossTracker()
    assert _arrive(tracker, 70_000, 70_001, 70_002) == [True] * 3
    assert tracker.due(1.0, 0.1) == []
    assert tracker.next_due(1.0, 0.1) is None


def test_a_packet_that_is_only_late_is_not_asked_for() -> None:
    tracker = LossTracker()
    assert _arrive(tracker, 1, 3) == [True, True]
    assert tracker.due(GRACE / 2, 0.1) == []
    assert tracker.arrived(2, GRACE / 2)
    assert (tracker.due(1.0, 0.1), tracker.recovered, tracker.missing) == ([], 0, 0)


def test_a_hole_is_asked_for_after_the_grace() -> None:
    tracker = LossTracker()
    _arrive(tracker, 1, 4)
    assert tracker.next_due(0.0, 0.1) == GRACE
    assert tracker.due(GRACE, 0.1) == [2, 3]


@pytest.mark.parametrize("later", [[4, 5], [4, 6], [4, 7, 8]])
def test_a_hole_is_asked_for_at_once_when_two_later_packets_are_there(later: list[int]) -> None:
    tracker = LossTracker()
    _arrive(tracker, 1, *later)
    assert tracker.next_due(0.001, 0.1) == 0.001
    assert tracker.due(0.001, 0.1)[:2] == [2, 3]


def test_a_hole_is_asked_for_again_when_the_answer_is_overdue() -> None:
    tracker = LossTracker()
    _arrive(tracker, 1, 3, 4)
    times = [now / 1000 for now in range(2000) if tracker.due(now / 1000, 0.1)]
    assert times == pytest.approx([0, 0.11, 0.17, 0.22, 0.28, 0.33, 0.44, 0.66, 1.1, 1.98], abs=0.01)
    assert tracker.asked == len(times)


def test_requests_keep_a_distance_also_without_delay() -> None:
    tracker = LossTracker()
    _arrive(tracker, 1, 3, 4)
    times = [now / 1000 for now in range(100) if tracker.due(now / 1000, 0.0)]
    assert times == pytest.approx([MIN_INTERVAL * n for n in range(5)], abs=0.002)


def test_a_hole_older_than_the_hold_is_lost_and_its_packet_comes_too_late() -> None:
    tracker = LossTracker(hold=2.0)
    _arrive(tracker, 1, 3)
    assert tracker.due(2.0, 0.1) == []
    assert (tracker.lost, tracker.missing) == (1, 0)
    assert not tracker.arrived(2, 2.1)
    assert (tracker.late, tracker.duplicates) == (1, 0)


def test_a_duplicate_is_told_and_counted() -> None:
    tracker = LossTracker()
    assert _arrive(tracker, 1, 3, 2, 2, 3, 1) == [True, True, True, False, False, False]
    assert (tracker.duplicates, tracker.late) == (3, 0)


def test_the_round_trip_is_learnt_and_replaces_the_callers_guess() -> None:
    tracker = LossTracker()
    for first in range(0, 40, 4):
        now = first / 4
        _arrive(tracker, first, first + 2, first + 3, now=now)
        assert tracker.due(now, 0.5)[-1] == first + 1
        assert tracker.arrived(first + 1, now + 0.08)
    assert tracker.rtt == pytest.approx(0.08)
    _arrive(tracker, 42, 44, 45, now=20.0)
    tracker.due(20.0, 0.5)
    following = tracker.next_due(20.0, 0.5)
    assert following == pytest.approx(20.0 + 1.1 * 0.08, abs=0.02)
    assert tracker.recovered == 10


def test_an_answer_after_two_requests_teaches_nothing() -> None:
    tracker = LossTracker()
    _arrive(tracker, 1, 3, 4)
    tracker.due(0.0, 0.1)
    tracker.arrived(2, 0.1)
    _arrive(tracker, 6, 7, now=1.0)
    tracker.due(1.0, 0.1)
    tracker.due(1.5, 0.1)
    tracker.arrived(5, 1.58)
    assert tracker.rtt == pytest.approx(0.1)


def test_a_round_trip_far_above_the_guess_is_found_nevertheless() -> None:
    tracker = LossTracker()
    link = _Link(tracker, rtt=0.6, lossy=lambda: False)
    link.run(packets=range(0, 4000, 2), period=0.005, guess=0.01)
    assert tracker.rtt == pytest.approx(0.6, abs=0.02)
    unaware = 120  # holes of the first 0.6 s
    assert tracker.asked < 2000 + 10 * unaware


@pytest.mark.parametrize(("before", "after"), [(0.01, 0.6), (0.1, 0.14), (0.3, 0.02)])
def test_a_round_trip_that_changes_is_found_again(before: float, after: float) -> None:
    tracker = LossTracker()
    _Link(tracker, before, lossy=lambda: False).run(packets=range(0, 400, 2), period=0.005, guess=0.1)
    assert tracker.rtt == pytest.approx(before, abs=0.01)
    _Link(tracker, after, lossy=lambda: False).run(packets=range(400, 4400, 2), period=0.005, guess=0.1)
    assert tracker.rtt == pytest.approx(after, abs=0.02)
    assert tracker.asked < 1.6 * 2200


def test_at_most_so_many_packets_are_asked_for_at_once_and_the_rest_soon() -> None:
    tracker = LossTracker()
    _arrive(tracker, 0, 301, 302)
    assert tracker.due(0.0, 0.1) == list(range(1, MAX_NACK + 1))
    assert tracker.next_due(0.0, 0.1) == NACK_PAUSE
    assert tracker.due(NACK_PAUSE, 0.1)[0] == MAX_NACK + 1


def test_an_empty_budget_asks_for_nothing_and_marks_nothing() -> None:
    tracker = LossTracker()
    _arrive(tracker, 1, 3, 4)
    assert tracker.due(0.0, 0.1, limit=0) == []
    assert tracker.asked == 0
    assert tracker.due(NACK_PAUSE, 0.1, limit=5) == [2]


def test_a_jump_begins_afresh_instead_of_asking_for_thousands() -> None:
    tracker = LossTracker()
    assert _arrive(tracker, 0, 2, 2 + MAX_GAP + 1) == [True] * 3
    assert (tracker.jumps, tracker.missing, tracker.lost) == (1, 0, 1)
    assert tracker.next_due(0.0, 0.1) is None


def test_one_stray_packet_far_behind_is_dropped_and_a_fresh_start_followed() -> None:
    tracker = LossTracker()
    assert _arrive(tracker, 9000, 100, 9001, 200, 201, 202) == [True, False, True, False, True, True]
    assert (tracker.jumps, tracker.highest) == (1, 202)


def test_old_retransmissions_are_never_a_fresh_start() -> None:
    tracker = LossTracker()
    _arrive(tracker, 9000)
    assert not any(tracker.arrived(sequence, 0.0, retransmission=True) for sequence in (100, 101, 102))
    assert tracker.duplicates == 3


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(0, 0.3), st.booleans()), max_size=150))
def test_every_packet_is_taken_once_and_every_number_accounted_for(
    steps: list[tuple[int, float, bool]],
) -> None:
    tracker = LossTracker()
    now, taken, asked = 0.0, list[int](), 0
    for sequence, pause, ask in steps:
        now += pause
        if tracker.arrived(sequence, now):
            taken.append(sequence)
        if ask:
            due = tracker.due(now, 0.05)
            assert due == sorted(set(due) - set(taken))
            asked += len(due)
    assert len(taken) == len(set(taken))
    assert len(taken) + tracker.duplicates + tracker.late == len(steps)
    assert tracker.asked == asked
    if taken:
        assert tracker.highest == max(taken)
        assert tracker.missing + tracker.lost == max(taken) - taken[0] + 1 - len(taken)


@given(st.sets(st.integers(1, 300), max_size=80), st.floats(0.0, 0.5))
def test_what_is_missing_is_asked_for_until_it_comes(lost: set[int], rtt: float) -> None:
    tracker = LossTracker()
    for sequence in range(303):
        if sequence not in lost:
            tracker.arrived(sequence, sequence * 0.005)
    asked = {one for now in (1.515, 1.52, 1.525) for one in tracker.due(now, rtt)}
    assert asked == lost
    assert [tracker.arrived(sequence, 1.6) for sequence in sorted(lost)] == [True] * len(lost)
    assert tracker.next_due(1.6, rtt) is None
    assert tracker.recovered == len(lost)


class _Link:
    """A sender that answers every NACK, and a link that loses packets both ways."""

    def __init__(self, tracker: LossTracker, rtt: float, lossy: Callable[[], bool]) -> None:
        self._tracker = tracker
        self._rtt = rtt
        self._lossy = lossy
        self._ways: list[tuple[float, int]] = []

    def run(self, packets: range, period: float, guess: float) -> None:
        """Send these packets, look every 10 ms what is due, and wait for the last answers."""
        for number, sequence in enumerate(packets):
            self._send(sequence, number * period)
        end = len(packets) * period
        now = 0.0
        while now < end + 3:
            while self._ways and self._ways[0][0] <= now:
                at, sequence = heapq.heappop(self._ways)
                self._tracker.arrived(sequence, at)
            due = self._tracker.due(now, guess)
            if due and not self._lossy():
                for sequence in due:
                    self._send(sequence, now + self._rtt / 2)
            now += 0.01

    def _send(self, sequence: int, now: float) -> None:
        if not self._lossy():
            heapq.heappush(self._ways, (now + self._rtt / 2, sequence))


@pytest.mark.parametrize("rtt", [0.005, 0.1, 0.2])
@pytest.mark.parametrize("share", [0.02, 0.05, 0.10])
def test_a_lossy_link_loses_nothing_for_at_most_twice_the_lost_packets(share: float, rtt: float) -> None:
    chance = random.Random(7)
    tracker = LossTracker()
    _Link(tracker, rtt, lambda: chance.random() < share).run(range(5000), period=0.005, guess=0.15)
    lost = 5000 * share
    assert tracker.lost <= (1 if share == 0.10 else 0)
    assert tracker.missing == 0
    assert tracker.asked <= 2.0 * lost
    assert tracker.duplicates <= 0.2 * lost


def test_only_so_many_packets_are_waited_for_however_a_sender_leaps() -> None:
    tracker = LossTracker()
    _arrive(tracker, *range(1, 100 * MAX_GAP, MAX_GAP))
    assert tracker.missing <= MAX_HOLES + MAX_GAP
    assert tracker.missing + tracker.lost == 99 * (MAX_GAP - 1)
