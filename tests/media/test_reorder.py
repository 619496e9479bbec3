"""Packets come out in sequence order, once each; a hole holds them up only so long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.media.packet import Packet
from edge.media.reorder import Reorder
from tests.media.packets import journeys, packet


def _sequences(packets: list[Packet]) -> list[int]:
    return [one.sequence for one in packets]


def _add(reorder: Reorder, *sequences: int, now: float = 0.0) -> list[int]:
    return [out.sequence for sequence in sequences for out in reorder.add(packet(sequence), now)]


@given(st.data(), st.integers(1, 60))
def test_after_any_loss_and_in_any_order_each_packet_comes_out_once_in_order(
    data: st.DataObject, count: int
) -> None:
    arrived = data.draw(journeys([packet(70_000 + n) for n in range(count)]))
    reorder = Reorder()
    released = [out for one in arrived for out in reorder.add(one, 0.0)] + reorder.flush()
    came = sorted({one.sequence for one in arrived})
    assert _sequences(released) == came
    assert reorder.duplicates == len(arrived) - len(came)
    assert reorder.given_up == came[-1] - came[0] + 1 - len(came)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.floats(0, 0.5)), max_size=80),
    st.integers(1, 20),
    st.floats(0, 2),
)
def test_nothing_waits_longer_or_in_larger_numbers_than_it_may(
    arrivals: list[tuple[int, float]], limit: int, hold: float
) -> None:
    reorder = Reorder(hold, limit)
    now, released = 0.0, list[int]()
    waiting: dict[int, float] = {}
    for sequence, pause in arrivals:
        now += pause
        before = len(released)
        released += _add(reorder, sequence, now=now)
        if sequence > max(released, default=-1) or sequence in released[before:]:
            waiting.setdefault(sequence, now)
        waiting = {n: since for n, since in waiting.items() if n not in released}
        assert len(waiting) <= limit
        assert all(now - since < hold for since in waiting.values())
    released += _sequences(reorder.flush())
    assert released == sorted(set(released)) or reorder.jumps
    assert len(released) + reorder.duplicates + reorder.late == len(arrivals)


def test_packets_in_order_pass_at_once() -> None:
    assert [_add(reorder, n) for reorder in [Reorder()] for n in (9, 10, 11)] == [[9], [10], [11]]


def test_a_hole_holds_up_what_follows_until_it_is_filled() -> None:
    reorder = Reorder()
    assert [_add(reorder, n) for n in (1, 3, 5, 2, 4)] == [[1], [], [], [2, 3], [4, 5]]


def test_a_hole_is_given_up_after_the_hold_and_the_next_by_its_own_age() -> None:
    reorder = Reorder(hold=2.0)
    _add(reorder, 1, 3, now=0.0)
    _add(reorder, 5, now=1.0)
    assert _sequences(reorder.expire(1.9)) == []
    assert _sequences(reorder.expire(2.0)) == [3]
    assert _sequences(reorder.expire(2.9)) == []
    assert _sequences(reorder.expire(3.0)) == [5]
    assert reorder.given_up == 2


def test_an_arriving_packet_also_gives_an_old_hole_up() -> None:
    reorder = Reorder(hold=2.0)
    assert _add(reorder, 1, 3, now=0.0) == [1]
    assert _add(reorder, 4, now=2.0) == [3, 4]


def test_a_packet_that_was_given_up_comes_too_late_and_a_second_copy_is_a_duplicate() -> None:
    reorder = Reorder()
    _add(reorder, 1, 3)
    reorder.flush()
    assert _add(reorder, 2, 2, 3) == []
    assert (reorder.late, reorder.duplicates) == (1, 2)


def test_too_many_waiting_packets_end_the_wait() -> None:
    reorder = Reorder(limit=3)
    assert _add(reorder, 1, 3, 5, 6) == [1]
    assert _add(reorder, 8) == [3]
    assert _add(reorder, 9) == [5, 6]


def test_after_an_outage_the_stream_goes_on_after_the_hold() -> None:
    reorder = Reorder(hold=2.0)
    _add(reorder, 1, now=0.0)
    assert _add(reorder, 30_000, 30_001, now=40.0) == []
    assert _sequences(reorder.expire(42.0)) == [30_000, 30_001]


def test_one_stray_packet_far_behind_changes_nothing() -> None:
    reorder = Reorder(limit=10)
    assert _add(reorder, 5000, 100, 5001, 200, 5002) == [5000, 5001, 5002]
    assert (reorder.late, reorder.jumps) == (2, 0)


def test_a_sender_that_begins_anew_far_behind_is_followed_from_its_second_packet() -> None:
    reorder = Reorder(limit=10)
    assert _add(reorder, 5000, 5002, 100, 101, 102) == [5000, 5002, 101, 102]
    assert reorder.jumps == 1


@pytest.mark.parametrize("waiting", [0, 1, 5])
def test_a_flush_leaves_nothing_and_the_order_goes_on(waiting: int) -> None:
    reorder = Reorder()
    _add(reorder, 1, *range(3, 3 + waiting))
    assert _sequences(reorder.flush()) == list(range(3, 3 + waiting))
    assert reorder.flush() == []
    assert _add(reorder, 100) == []
    assert _sequences(reorder.flush()) == [100]
