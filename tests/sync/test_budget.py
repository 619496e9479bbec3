"""Who may use the link, and the bytes of a day whatever the clock does."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.budget import (
    BULK,
    DAY,
    HALF_DAY,
    UNBOUND,
    Account,
    Allowance,
    Class,
    Now,
    Policy,
    Spent,
    allow,
    is_quiet,
    minute_of,
)

NINE = 9 * 60
BEGIN = datetime(2026, 11, 26, 7, tzinfo=UTC)
YESTERDAY = Spent("2026-11-25", 900)
times = st.integers(0, DAY - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
moments = st.builds(
    Now,
    wall=st.integers(0, DAY - 1),
    lesson=st.booleans(),
    beside=st.integers(0, 1 << 24),
    spent_today=st.integers(0, 1 << 40),
    repairing=st.booleans(),
)
policies = st.builds(
    Policy,
    metered=st.booleans(),
    quiet=st.none() | st.tuples(times, times),
    daily_bytes=st.integers(0, 1 << 40),
    rate=st.integers(1, 1 << 24),
)


class Clocks:
    """A wall clock that may jump, over a time that only passes; an account that is asked."""

    def __init__(self, kept: Spent = YESTERDAY) -> None:
        self.account = Account(kept)
        self._wall, self._now = BEGIN, 0.0

    def after(self, passed: float, jump: float = 0.0) -> int:
        """Let time pass, let the clock jump beyond it, and return the bytes of today."""
        self._now += passed
        self._wall += timedelta(seconds=passed + jump)
        return self.account.look(self._wall.date().isoformat(), self._wall.timestamp(), self._now)


@given(st.sampled_from(["media", "register", "log"]), moments, policies)
def test_lessons_registers_and_log_are_never_held_back(class_: Class, now: Now, policy: Policy) -> None:
    assert allow(class_, now, policy) == Allowance(UNBOUND)


@given(moments, policies)
def test_content_never_gets_more_than_repair_nor_beside_a_lesson_more_than_it_leaves(
    now: Now, policy: Policy
) -> None:
    repair, content = (allow(each, now, policy) for each in BULK)
    assert content.rate <= repair.rate <= policy.rate
    assert not now.lesson or repair.rate <= now.beside


@given(moments, policies, st.sampled_from(BULK))
def test_who_gets_nothing_is_told_why_and_who_gets_something_is_not(
    now: Now, policy: Policy, class_: Class
) -> None:
    said = allow(class_, now, policy)
    assert bool(said.rate) == (said.why == "") == (said.rate > 0)


def test_a_lesson_says_until_when() -> None:
    now = Now(wall=NINE, lesson=True, lesson_until="09:45")
    assert allow("content", now, Policy()) == Allowance(0, "lesson", "09:45")


def test_beside_a_lesson_bulk_gets_what_its_receiver_finds() -> None:
    now = Now(wall=NINE, lesson=True, lesson_until="09:45", beside=45_000)
    assert allow("repair", now, Policy(rate=500_000)) == Allowance(45_000)


def test_quiet_hours_say_until_when_also_past_midnight() -> None:
    policy = Policy(quiet=("22:00", "06:30"))
    assert allow("content", Now(wall=23 * 60), policy) == Allowance(0, "quiet", "06:30")
    assert allow("content", Now(wall=6 * 60), policy).why == "quiet"
    assert allow("content", Now(wall=6 * 60 + 30), policy).rate > 0


@given(times, times)
def test_quiet_hours_are_as_long_as_they_say(begins: str, ends: str) -> None:
    quiet = sum(is_quiet(minute, (begins, ends)) for minute in range(DAY))
    assert quiet == (minute_of(ends) - minute_of(begins)) % DAY


def test_a_day_leaves_its_last_fifth_to_repair() -> None:
    policy = Policy(daily_bytes=200_000_000)
    now = Now(spent_today=170_000_000)
    assert allow("content", now, policy) == Allowance(0, "daily", "00:00")
    assert allow("repair", now, policy).rate > 0
    assert allow("repair", Now(spent_today=200_000_000), policy) == Allowance(0, "daily", "00:00")


def test_a_link_that_is_paid_for_carries_no_bulk() -> None:
    assert allow("repair", Now(), Policy(metered=True)) == Allowance(0, "metered")


def test_content_makes_way_for_repair() -> None:
    policy = Policy(rate=400_000)
    assert allow("content", Now(repairing=True), policy).rate == 100_000
    assert allow("repair", Now(repairing=True), policy).rate == 400_000


@pytest.mark.parametrize("text", ["7:30", "24:00", "12:60", "12-30", "١٢:٣٠", "", "12:3x"])
def test_what_is_no_time_of_a_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"HH:MM|time of a day"):
        minute_of(text)


def test_a_later_day_begins_at_nothing_also_after_a_restart() -> None:
    clocks = Clocks()
    assert clocks.after(1.0) == 0
    clocks.account.spend(700)
    assert clocks.after(3600.0) == 700
    assert Clocks(clocks.account.kept).after(1.0) == 700  # the same day
    assert clocks.after(17 * 3600.0) == 0  # midnight


def test_a_clock_that_is_set_before_anything_came_begins_its_day() -> None:
    clocks = Clocks(Spent("2026-11-26", 900))
    assert clocks.after(1.0) == 900
    assert clocks.after(60.0, jump=86_400.0) == 0


def test_a_clock_that_jumps_to_tomorrow_gives_no_second_day() -> None:
    clocks = Clocks()
    clocks.after(1.0)
    clocks.account.spend(500)
    assert clocks.after(60.0, jump=86_400.0) == 500
    assert clocks.after(60.0, jump=-86_400.0) == 500
    assert clocks.after(60.0, jump=30 * 86_400.0) == 500


def test_a_day_from_the_far_future_blocks_nothing_for_longer_than_a_day() -> None:
    clocks = Clocks(Spent("2099-01-01", 900))
    assert clocks.after(1.0) == 900
    assert clocks.after(86_400.0) == 0


jumps = st.lists(st.tuples(st.floats(1, 7200), st.floats(-400_000, 400_000) | st.just(0.0)), max_size=40)


@given(jumps)
def test_however_a_clock_jumps_new_days_are_half_a_day_apart(steps: list[tuple[float, float]]) -> None:
    clocks = Clocks()
    clocks.after(1.0)
    clocks.account.spend(1)
    passed, begun = 0.0, [0.0]
    for step, jump in steps:
        passed += step
        if clocks.after(step, jump) == 0:
            begun.append(passed)
        clocks.account.spend(1)
    # The first may follow the start at once where the clock goes right: it is midnight.
    assert all(later - earlier >= HALF_DAY for earlier, later in pairwise(begun[1:]))


@given(jumps)
def test_however_a_clock_has_jumped_two_quiet_days_later_there_is_a_new_day(
    steps: list[tuple[float, float]],
) -> None:
    clocks = Clocks()
    for step, jump in steps:
        clocks.after(step, jump)
        clocks.account.spend(1)
    clocks.account.spend(1)
    assert 0 in [clocks.after(3600.0) for _ in range(48)]
