"""A robot that was told to stop is believed only when it has proven it. Time is given."""

from hypothesis import given
from hypothesis import strategies as st

from edge.lab.obedience import AGAIN, Obedience, Patience

PATIENCES = st.builds(Patience, st.floats(0.1, 5.0), st.floats(0.1, 5.0), st.booleans())
TURN = 0.1  # seconds


def steps(it: Obedience, patience: Patience, seconds: float, proves_after: float = 1e9) -> list[str]:
    """Return what was to be done while so many seconds went by."""
    turns = range(1, round(seconds / TURN) + 1)
    return [it.step(turn * TURN, turn * TURN >= proves_after, patience) for turn in turns]


@given(PATIENCES)
def test_who_never_proves_it_is_started_anew_at_most_once_and_doubted_then(patience: Patience) -> None:
    it = Obedience()
    it.told(0.0, patience)
    done = steps(it, patience, 2 * patience.obeys + patience.boots + 1.0)
    assert done.count("reset") == done.count("greet") == (1 if patience.can_reset else 0)
    assert (done.count("doubt"), it.is_doubted, it.is_awaited) == (1, True, True)


@given(PATIENCES, st.floats(0.0, 20.0))
def test_whenever_the_proof_comes_nothing_is_awaited_or_doubted_any_more(
    patience: Patience, proves_after: float
) -> None:
    it = Obedience()
    it.told(0.0, patience)
    done = steps(it, patience, proves_after + 1.0, proves_after)
    assert (it.is_awaited, it.is_doubted) == (False, False)
    assert ("reset" in done) <= (proves_after > patience.obeys - TURN)


@given(PATIENCES, st.lists(st.floats(0.0, 3.0), max_size=20))
def test_a_stop_that_is_said_again_gains_no_time(patience: Patience, moments: list[float]) -> None:
    once, often = Obedience(), Obedience()
    for it in (once, often):
        it.told(0.0, patience)
    for moment in sorted(moments):
        often.told(moment, patience)
    assert steps(once, patience, 12.0) == steps(often, patience, 12.0)


@given(PATIENCES)
def test_it_is_said_again_but_not_all_the_time_and_never_while_a_board_boots(patience: Patience) -> None:
    it = Obedience()
    it.told(0.0, patience)
    done = steps(it, patience, 20.0)
    assert done.count("say") <= 20.0 / AGAIN
    if "reset" in done:
        boots = done[done.index("reset") + 1 : done.index("greet")]
        assert set(boots) <= {""}


def test_people_are_told_at_once_of_who_was_ordered_to_stop_and_later_of_who_was_plugged_in() -> None:
    for is_ordered in (True, False):
        it, patience = Obedience(), Patience(1.0, 2.5, True)
        it.is_ordered = is_ordered
        it.told(0.0, patience)
        steps(it, patience, 1.5)
        assert it.is_doubted == is_ordered


def test_a_board_whose_line_was_just_opened_is_given_the_time_to_boot() -> None:
    it, patience = Obedience(), Patience(1.0, 2.5, True)
    it.opened(0.0, patience)
    it.told(0.0, patience)
    assert "reset" not in steps(it, patience, 3.3)
    assert "reset" in steps(it, patience, 3.7)


def test_what_was_not_ordered_to_stop_and_ran_nothing_is_not_doubted_when_its_line_is_gone() -> None:
    it, patience = Obedience(), Patience(1.0, 2.5, True)
    it.told(0.0, patience)
    it.lost(runs=False)
    assert not it.is_doubted
    it.told(0.0, patience)
    it.is_ordered = True
    it.lost(runs=False)
    assert it.is_doubted
