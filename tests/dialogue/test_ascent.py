"""What a class's picture is allowed on its way up, whatever the link does."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from edge.dialogue.ascent import (
    BACK,
    CALM,
    ENOUGH_FOR_LARGE,
    LARGE,
    LEAST,
    NONE,
    SHARE,
    SMALL,
    SOUND,
    Ascent,
    Encoding,
    Felt,
)
from edge.dialogue.wishes import Picture

STEP = 0.5  # seconds between decisions

felt = st.builds(
    Felt,
    near=st.booleans(),
    carries=st.none() | st.floats(0, 10_000_000),
    lost_up=st.floats(0, 1),
    queue=st.floats(0, 3),
    lost_down=st.floats(0, 1),
    fell=st.booleans(),
)
wish = st.sampled_from(["", "thumbnail", "large"])


def _run(ascent: Ascent, wanted: Picture, how: Felt, seconds: float, begin: float = 0.0) -> list[Encoding]:
    steps = int(seconds / STEP)
    return [ascent.decide(wanted, how, begin + STEP * step) for step in range(1, steps + 1)]


@given(st.lists(st.tuples(wish, felt, st.floats(0, 5)), max_size=60))
def test_a_page_is_never_told_to_encode_what_nobody_wants_or_more_than_it_is_worth(
    steps: list[tuple[Picture, Felt, float]],
) -> None:
    ascent, now = Ascent(), 0.0
    for wanted, how, seconds in steps:
        now += seconds
        told = ascent.decide(wanted, how, now)
        assert told.height in ({"": 0, "thumbnail": 90, "large": 360}[wanted], 0, 90 if wanted else 0)
        assert (told == NONE) == (told.height == 0)
        assert told == NONE or LEAST <= told.bits <= (LARGE if told.height == 360 else SMALL)
        assert told.height < 360 or how.near or told.bits >= ENOUGH_FOR_LARGE * 0.9


@given(st.floats(60_000, 3_000_000))
def test_the_picture_never_takes_more_than_its_share_of_what_the_link_carries(carries: float) -> None:
    told = _run(Ascent(), "large", Felt(carries=carries), 120.0)
    assert all(each.bits <= max(SHARE * carries - SOUND, 0) * 1.1 or each.bits == LEAST for each in told)


def test_on_the_schools_own_network_the_whole_picture_comes_at_once() -> None:
    assert Ascent().decide("large", Felt(near=True), 0.0) == Encoding(360, 15, LARGE)


def test_on_a_good_link_the_picture_climbs_to_all_that_it_is_worth() -> None:
    told = _run(Ascent(), "large", Felt(carries=5_000_000.0), 60.0)
    assert told[0].bits < SMALL
    assert told[-1].height == 360
    assert told[-1].bits > 0.8 * LARGE


def test_the_lesson_comes_first_and_the_picture_comes_back_after_it() -> None:
    ascent = Ascent()
    before = _run(ascent, "large", Felt(carries=5_000_000.0), 60.0)[-1]
    worse = _run(ascent, "large", Felt(carries=5_000_000.0, queue=0.4), 3.0, 60.0)[-1]
    after = _run(ascent, "large", Felt(carries=5_000_000.0), CALM + 40.0, 63.0)[-1]
    assert worse.bits < 0.7 * before.bits
    assert after.bits > worse.bits


def test_a_link_with_room_for_sound_only_gets_no_picture_and_is_tried_ever_more_rarely() -> None:
    told = _run(Ascent(), "large", Felt(carries=64_000.0), 600.0)
    tries = sum(this != NONE and last == NONE for last, this in itertools.pairwise(told))
    assert sum(each == NONE for each in told) > 0.9 * len(told)
    assert tries <= 600 / BACK[0] / 2


def test_a_radio_link_that_loses_three_in_a_hundred_both_ways_carries_a_picture() -> None:
    told = _run(Ascent(), "thumbnail", Felt(carries=256_000.0, lost_up=0.03, lost_down=0.03), 60.0)
    assert told[-1].bits > 0.8 * SMALL


def test_a_page_is_not_told_another_rate_for_every_breath_of_the_link() -> None:
    ascent, told = Ascent(), list[Encoding]()
    for step in range(240):
        carries = 400_000.0 + 20_000 * (step % 2)
        told.append(ascent.decide("large", Felt(carries=carries), STEP * step))
    late = told[120:]
    assert len(set(late)) == 1
