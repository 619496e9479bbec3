"""Who holds a device and for how long; values that come too fast. Time is given."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lab.lease import LEASE, PERIOD, Held, Leases, Orders


def moves(_: str) -> bool:
    return True


def test_a_lease_is_over_a_moment_after_the_last_word() -> None:
    leases = Leases()
    leases.take("robot", "tty1", 100.0)
    leases.renew("tty1", 101.0, moves)
    assert leases.take_over(101.0 + LEASE - 0.01) == []
    assert leases.take_over(101.0 + LEASE) == ["robot"]
    assert leases.take_over(200.0) == []
    assert leases.holder("robot") is None


def test_a_lease_that_is_over_comes_not_back_by_a_late_word() -> None:
    leases = Leases()
    leases.take("robot", "tty1", 100.0)
    leases.renew("tty1", 100.0 + LEASE, moves)
    assert leases.take_over(100.0 + LEASE) == ["robot"]


def test_what_does_not_move_any_more_is_let_go() -> None:
    leases = Leases()
    leases.take("robot", "tty1", 100.0)
    leases.take("arm", "tty1", 100.0)
    leases.renew("tty1", 101.0, lambda device: device == "arm")
    assert leases.take_over(101.6) == ["robot"]


def test_a_second_screen_is_refused_with_the_name_of_the_first() -> None:
    leases = Leases()
    leases.take("robot", "tty1", 100.0)
    with pytest.raises(Held) as refused:
        leases.take("robot", "tty2", 101.0)
    assert refused.value.holder == "tty1"
    leases.renew("tty2", 101.0, moves)
    leases.take("robot", "tty2", 100.0 + LEASE)
    assert leases.holder("robot") == "tty2"
    leases.release("robot")
    leases.take("robot", "tty1", 101.6)


def test_of_values_that_come_too_fast_the_newest_goes_out() -> None:
    orders = Orders()
    assert orders.put("robot", "left", 10.0, 1.0)
    assert not orders.put("robot", "left", 20.0, 1.01)
    assert not orders.put("robot", "left", 30.0, 1.02)
    assert orders.put("robot", "right", 5.0, 1.02)
    assert orders.due(1.03) == []
    assert orders.driven("robot") == {"left": 30.0, "right": 5.0}
    assert orders.due(1.0 + PERIOD) == [("robot", "left", 30.0)]
    assert orders.due(2.0) == []


def test_what_waits_for_a_robot_that_was_stopped_never_goes_out() -> None:
    orders = Orders()
    orders.put("robot", "left", 10.0, 1.0)
    orders.put("robot", "left", 20.0, 1.01)
    orders.put("arm", "elbow", 10.0, 1.0)
    orders.put("arm", "elbow", 20.0, 1.01)
    orders.forget("robot")
    assert orders.driven("robot") == {}
    assert orders.due(2.0) == [("arm", "elbow", 20.0)]
    orders.put("arm", "elbow", 30.0, 2.01)
    orders.forget_all()
    assert orders.due(3.0) == []


@given(st.lists(st.floats(0.0, 0.2), max_size=200))
def test_however_fast_values_come_no_more_than_twenty_a_second_go_out_and_the_last_does(
    pauses: list[float],
) -> None:
    orders, now, sent = Orders(), 1.0, []
    for number, pause in enumerate([*pauses, 1.0]):
        now += pause
        sent += [(now, value) for _, _, value in orders.due(now)]
        if number < len(pauses) and orders.put("robot", "left", float(number), now):
            sent.append((now, float(number)))
    gaps = [after - before for (before, _), (after, _) in pairwise(sent)]
    assert all(gap >= PERIOD - 1e-9 for gap in gaps)
    assert [value for _, value in sent][-1:] == [float(len(pauses) - 1)][: len(pauses)]
