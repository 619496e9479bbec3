"""A clock that never goes back, whatever the date of its computer does, and whoever talks to it."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.clock import (
    LATEST,
    MOST,
    RELEASE,
    TRUSTED,
    HybridClock,
    Moment,
    counter_of,
    is_believable,
    ms_of,
    pack,
    utc,
)
from sync.errors import BadRequest
from tests.sync.peers import NOON, Peer, a_lesson, node_id

YEAR = 365 * 86_400_000

jumps = st.integers(-30 * YEAR, 30 * YEAR)
# What happens to a computer: time passes, somebody sets its date, it starts again with another date.
lives = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(0, 86_400_000)),
        st.tuples(st.just("turn"), jumps),
        st.tuples(st.just("boot"), jumps),
    ),
    max_size=30,
)


def moments(life: list[tuple[str, int]]) -> list[Moment]:
    """Return what a computer shows after each thing that happens to it."""
    boot, mono, wall, shown = 1, 1000, NOON, [Moment("1", 1000, NOON)]
    for what, ms in life:
        if what == "boot":
            boot, mono, wall = boot + 1, 1000, NOON + ms
        elif what == "turn":
            wall += ms
        else:
            mono, wall = mono + ms, wall + ms
        shown.append(Moment(str(boot), mono, wall))
    return shown


@given(lives)
def test_times_go_up_over_any_jumps_and_boots(life: list[tuple[str, int]]) -> None:
    clock = HybridClock(0, None)
    times = [clock.tick(moment) for moment in moments(life)]
    assert all(one < other for one, other in pairwise(times))
    assert all(0 < time <= MOST for time in times)


@given(lives)
def test_what_was_kept_over_a_restart_is_all_that_is_needed(life: list[tuple[str, int]]) -> None:
    through, again = HybridClock(0, None), HybridClock(0, None)
    for moment in moments(life):
        again = HybridClock(again.last, again.anchor)
        assert again.tick(moment) == through.tick(moment)


@given(lives)
def test_what_a_clock_shows_never_goes_back(life: list[tuple[str, int]]) -> None:
    clock = HybridClock(0, None)
    shown = []
    for moment in moments(life):
        clock.begin(moment)
        shown.append(clock.now(moment))
        clock.tick(moment)
    assert all(one <= other for one, other in pairwise(shown))


@given(jumps, st.integers(0, 86_400_000))
def test_within_a_boot_nobody_who_sets_the_date_disturbs_it(ms: int, waited: int) -> None:
    clock = HybridClock(0, None)
    clock.begin(Moment("1", 1000, NOON))
    assert clock.now(Moment("1", 1000 + waited, NOON + ms)) == NOON + waited


@given(st.integers(0, MOST >> 16))
def test_a_date_that_cannot_be_is_not_taken_for_the_time(wall: int) -> None:
    clock = HybridClock(0, None)
    shown = clock.now(Moment("1", 1000, wall))
    assert shown == (wall if RELEASE <= wall <= LATEST else RELEASE)


@given(st.lists(st.integers(-YEAR, YEAR), max_size=20), st.integers(0, 60_000))
def test_a_better_clock_moves_ours_forward_at_once_and_never_back(offsets: list[int], waited: int) -> None:
    clock, mono = HybridClock(0, None), 1000
    last = clock.tick(Moment("1", mono, NOON))
    for offset in offsets:
        mono += waited
        moment = Moment("1", mono, NOON + waited)
        before = clock.now(moment)
        steered = clock.steer(before + offset, moment)
        assert steered.offset == offset
        assert steered.rest == min(offset, 0), "what it still is ahead"
        assert clock.now(moment) == before + max(offset, 0)
        assert clock.tick(moment) > last
        last = clock.last


@given(st.integers(-YEAR, 30 * YEAR))
def test_a_peer_is_believed_within_two_seconds_of_our_own_time(ahead: int) -> None:
    clock, moment = HybridClock(0, None), Moment("1", 1000, NOON)
    ours = clock.tick(moment)
    theirs = pack(NOON + ahead, 7)
    assert clock.witness(theirs, moment) == (ahead <= TRUSTED)
    assert clock.last == (max(ours, theirs) if ahead <= TRUSTED else ours)
    assert ms_of(clock.tick(moment)) <= NOON + TRUSTED


def test_what_follows_a_peers_fact_comes_after_it() -> None:
    clock, moment = HybridClock(0, None), Moment("1", 1000, NOON)
    theirs = pack(NOON + 500, 9)
    clock.witness(theirs, moment)
    assert clock.tick(moment) == theirs + 1


def test_a_counter_that_is_full_goes_over_into_the_next_millisecond() -> None:
    clock, moment = HybridClock(pack(NOON, 65_535), None), Moment("1", 1000, NOON)
    assert clock.tick(moment) == pack(NOON + 1)


@given(st.integers(0, MOST >> 16), st.integers(0, 65_535))
def test_a_time_is_its_milliseconds_and_its_counter(ms: int, counter: int) -> None:
    hlc = pack(ms, counter)
    assert (ms_of(hlc), counter_of(hlc)) == (ms, counter)
    assert 0 <= hlc <= MOST


@given(st.integers(-(2**70), 2**70))
def test_any_number_can_be_shown_as_a_date_or_as_none(ms: int) -> None:
    assert utc(ms) == "" or utc(ms).endswith("Z")


def test_a_time_that_cannot_be_does_not_steer_a_journal(tmp_path: Path) -> None:
    peer = Peer(tmp_path, node_id(1))
    before = peer.ledger.now()
    with pytest.raises(BadRequest, match="a time that cannot be: 2099"):
        peer.ledger.steer(4_080_000_000_000, node_id(2)).result()
    with pytest.raises(BadRequest, match="beyond any calendar"):
        peer.ledger.steer(1 << 62, node_id(2)).result()
    assert not is_believable(4_080_000_000_000)
    assert peer.ledger.now() - before < 1000
    peer.ledger.close()


def _boots(peer: Peer) -> int:
    return [fact[:2] for fact in peer.facts("control")].count((peer.node, "clock-started"))


def test_a_boot_is_noted_even_if_the_first_thing_in_it_is_an_exchange(tmp_path: Path) -> None:
    hub, room = Peer(tmp_path / "hub", node_id(1)), Peer(tmp_path / "room", node_id(2))
    hub.enrols(room, "aul")
    room.evens(hub)
    for peer in (hub, room):
        peer.computer.reboot(NOON + YEAR)
    room.asks(hub)
    room.register(a_lesson(1), {1: "ill"})
    assert _boots(hub) == _boots(room) == 2
    for peer in (hub, room):
        peer.ledger.close()
