"""How long classes speak to all: whoever has the floor and is not silenced, never two at once."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sync.export.minutes import LONGEST, spoken, turns
from sync.records import ALL_CLASSES, FloorGiven

NODES = ("a" * 16, "b" * 16)
MINUTE = 60_000

FACTS = st.lists(
    st.tuples(
        st.integers(0, 5 * LONGEST),
        st.builds(
            FloorGiven,
            st.just("lesson"),
            st.sampled_from(("", *NODES)),
            mutes=st.sets(st.sampled_from((*NODES, ALL_CLASSES))).map(tuple),
        ),
    ),
    max_size=12,
).map(lambda facts: sorted(facts, key=lambda each: each[0]))


def test_who_is_given_the_floor_speaks_until_the_next_one_is() -> None:
    first, second = (FloorGiven("lesson", node) for node in NODES)
    given_to = [(0, first), (2 * MINUTE, second), (5 * MINUTE, FloorGiven("lesson"))]
    assert spoken(given_to, 60 * MINUTE) == {NODES[0]: 2.0, NODES[1]: 3.0}


def test_who_is_silenced_does_not_speak_meanwhile() -> None:
    heard, silenced = FloorGiven("lesson", NODES[0]), FloorGiven("lesson", NODES[0], "", (ALL_CLASSES,))
    facts = [(0, heard), (MINUTE, silenced), (4 * MINUTE, heard), (5 * MINUTE, FloorGiven("lesson"))]
    assert spoken(facts, 60 * MINUTE) == {NODES[0]: 2.0}


def test_who_still_has_the_floor_speaks_until_now() -> None:
    assert spoken([(0, FloorGiven("lesson", NODES[0]))], 3 * MINUTE) == {NODES[0]: 3.0}


def test_a_floor_that_a_power_cut_left_with_a_class_ends_by_itself() -> None:
    assert spoken([(0, FloorGiven("lesson", NODES[0]))], 100 * LONGEST) == {NODES[0]: LONGEST / MINUTE}


@given(FACTS, st.integers(0, 6 * LONGEST))
def test_never_two_speak_at_once_and_nobody_before_he_was_let(
    facts: list[tuple[int, FloorGiven]], now: int
) -> None:
    facts = [each for each in facts if each[0] <= now]
    found = turns(facts, now)
    assert all(0 < turn.ended - turn.began <= LONGEST for turn in found)
    assert all(before.ended <= after.began for before, after in pairwise(found))
    for turn in found:
        holder = [fact for at, fact in facts if at <= turn.began][-1]
        assert holder.node == turn.node
        assert not {turn.node, ALL_CLASSES} & set(holder.mutes)
        assert turn.ended <= now
