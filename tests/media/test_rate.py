"""Budgets of one receiver: what is sent again, which pictures go, and how fast."""

from hypothesis import given
from hypothesis import strategies as st

from edge.media.packet import Kind
from edge.media.rate import (
    BACKLOG,
    BACKLOG_KEY,
    CATCH_UP,
    MAX_DEBT,
    OUTDATED,
    RETRANSMIT_BURST,
    RETRANSMIT_SHARE,
    Pacer,
    PictureGate,
    RetransmissionBudget,
)

SIZES = st.integers(1, 1500)
KINDS: st.SearchStrategy[Kind] = st.sampled_from(["video", "audio"])
PICTURES = st.tuples(st.booleans(), st.floats(0.0, 2.0), st.floats(0.0, 8.0), st.booleans(), st.booleans())


@given(st.lists(st.tuples(KINDS, SIZES, st.booleans()), max_size=300))
def test_what_is_sent_again_is_a_share_of_what_is_sent_once(steps: list[tuple[Kind, int, bool]]) -> None:
    budget = RetransmissionBudget()
    once: dict[Kind, int] = {"video": 0, "audio": 0}
    again: dict[Kind, int] = {"video": 0, "audio": 0}
    refused = 0
    for kind, size, first in steps:
        if first:
            budget.earn(size, kind)
            once[kind] += size
        elif budget.spend(size, kind):
            again[kind] += size
        else:
            refused += 1
    assert budget.refused == refused
    for kind in once:
        assert again[kind] <= RETRANSMIT_BURST[kind] + RETRANSMIT_SHARE[kind] * once[kind]


def test_a_lost_key_frame_may_be_sent_again_at_once_and_pictures_do_not_take_from_sound() -> None:
    budget = RetransmissionBudget()
    assert all(budget.spend(1200, "video") for _ in range(40))
    assert not budget.spend(1200, "video")
    assert all(budget.spend(100, "audio") for _ in range(100))


@given(st.lists(PICTURES, max_size=80))
def test_pictures_go_with_all_that_they_depend_on(
    pictures: list[tuple[bool, float, float, bool, bool]],
) -> None:
    gate, decodable = PictureGate(), False
    for key, wait, takes, joining, broken in pictures:
        if broken:
            gate.broken()
        admitted = gate.admits(key, wait, takes, joining)
        assert not admitted or key or (decodable and not broken)
        assert not admitted or wait <= CATCH_UP
        decodable = admitted
    assert gate.sent + gate.left_out == len(pictures)


def test_a_picture_that_would_wait_too_long_takes_the_rest_of_its_group_along() -> None:
    gate = PictureGate()
    assert gate.admits(True, 0.0, 0.1)
    assert gate.admits(False, BACKLOG, 0.1)
    assert not gate.admits(False, BACKLOG + 0.01, 0.1)
    assert not gate.admits(False, 0.0, 0.1)
    assert not gate.admits(True, BACKLOG_KEY + 0.01, 0.1)
    assert not gate.admits(True, 0.0, OUTDATED + 0.01)
    assert gate.admits(True, BACKLOG_KEY, 0.1)


@given(
    st.lists(st.tuples(st.floats(0.0, 0.1), SIZES), min_size=1, max_size=200),
    st.floats(10_000.0, 5_000_000.0),
)
def test_no_more_goes_out_than_time_allows(steps: list[tuple[float, int]], bitrate: float) -> None:
    pacer, now, sent = Pacer(10_000), 0.0, 0
    for pause, size in steps:
        now += pause
        if pacer.allows(now, bitrate):
            pacer.spend(size)
            sent += size
        assert sent <= 10_000 + now * bitrate / 8 + 1500


def test_sound_may_go_ahead_of_pictures_but_not_for_ever() -> None:
    pacer = Pacer(1000)
    for _ in range(1000):
        pacer.spend(1000)
    assert not pacer.allows(0.0, 80_000.0)
    assert not pacer.allows(MAX_DEBT / 10_000 - 0.1, 80_000.0)
    assert pacer.allows(MAX_DEBT / 10_000 + 0.1, 80_000.0)
