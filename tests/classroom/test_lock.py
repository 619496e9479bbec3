"""The technician's lock."""

from collections.abc import Callable
from itertools import count

import pytest

from edge.classroom.lock import FREE, LONGEST, OPEN, WAIT, Lock, Shut


def _keys() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"key-{next(numbers)}"


def _shut(lock: Lock, pin: str, now: float) -> Shut:
    with pytest.raises(Shut) as shut:
        lock.open(pin, now)
    return shut.value


def test_the_pin_opens_for_some_minutes_and_then_the_key_is_worth_nothing() -> None:
    lock = Lock("4729", _keys())
    unlocked = lock.open("4729", 100.0)
    lock.check(unlocked.unlocked, 100.0 + OPEN - 1)
    with pytest.raises(Shut, match="locked"):
        lock.check(unlocked.unlocked, 100.0 + OPEN)


@pytest.mark.parametrize("key", ["", "key-0", "key-12"])
def test_a_key_that_was_never_given_opens_nothing(key: str) -> None:
    lock = Lock("4729", _keys())
    with pytest.raises(Shut, match="locked"):
        lock.check(key, 0.0)
    lock.open("4729", 0.0)
    with pytest.raises(Shut, match="locked"):
        lock.check(key, 1.0)


def test_without_a_pin_in_the_configuration_nothing_opens() -> None:
    assert _shut(Lock("", _keys()), "", 0.0).key == "pin-missing"


def test_guessing_is_slow_and_slower_each_time() -> None:
    lock, now = Lock("4729", _keys()), 0.0
    for _ in range(FREE):
        assert _shut(lock, "0000", now).key == "pin-wrong"
    assert (_shut(lock, "4729", now).key, _shut(lock, "4729", now).seconds) == ("pin-wait", WAIT + 1)
    assert _shut(lock, "1111", now + WAIT).key == "pin-wrong"
    assert _shut(lock, "4729", now + WAIT + WAIT * 2 - 1).key == "pin-wait"
    assert lock.open("4729", now + WAIT * 3)


def test_ten_thousand_pins_take_longer_than_a_school_year() -> None:
    lock, now, tries = Lock("4729", _keys()), 0.0, 0
    while now < 300 * 86_400:
        now += max(_shut(lock, "0000", now).seconds, 1)
        tries += 1
    assert tries < 20_000
    assert now / (tries / 2) > LONGEST / 2


def test_the_right_pin_forgives_the_wrong_ones() -> None:
    lock = Lock("4729", _keys())
    for _ in range(FREE - 1):
        _shut(lock, "0000", 0.0)
    lock.open("4729", 0.0)
    assert _shut(lock, "0000", 0.0).key == "pin-wrong"
    assert lock.open("4729", 0.0)


@pytest.mark.parametrize("pin", ["", "4", "47290", "٤٧٢٩", "4729 "])
def test_what_only_looks_like_the_pin_does_not_open(pin: str) -> None:
    assert _shut(Lock("4729", _keys()), pin, 0.0).key == "pin-wrong"
