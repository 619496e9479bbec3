"""Who may speak to all, whatever is pressed: one class, which is heard; and the same after a start."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialogue import floor
from edge.dialogue.floor import FloorState
from sync.records import ALL_CLASSES, MOST_MUTES, FloorGiven, decode, encode

NODES = tuple(letter * 16 for letter in "abc")

GIVE = st.tuples(st.just("give"), st.sampled_from(("", *NODES)), st.just(True))
MUTE = st.tuples(st.just("mute"), st.sampled_from((*NODES, ALL_CLASSES)), st.booleans())
PRESSED = st.lists(GIVE | MUTE, max_size=30)


class Pressed:
    """A floor, and the facts that were written while somebody pressed."""

    def __init__(self) -> None:
        self.state = FloorState("lesson")
        self.facts: list[tuple[int, FloorGiven]] = []
        self.now = 1000

    def press(self, what: str, node: str, on: bool) -> None:
        """Press one button of the page."""
        self.now += 1
        fact = (
            floor.giving(self.state, node, f"school of {node}")
            if what == "give"
            else floor.muting(self.state, node, on)
        )
        if fact is not None:
            self.facts.append((self.now, fact))
            self.state = floor.follow(self.state, fact, self.now, f"name of {fact.node}")


@given(PRESSED)
def test_whoever_was_given_the_floor_last_has_it_and_is_heard_then(
    pressed: list[tuple[str, str, bool]],
) -> None:
    table = Pressed()
    holder = ""
    for what, node, on in pressed:
        before = table.state
        table.press(what, node, on)
        if what == "give":
            if node != holder:
                assert table.state.is_heard == bool(node)
                assert not node or not table.state.silences(node)
            holder = node
        else:
            assert (node in table.state.mutes) == on
            assert table.state.since == before.since
        assert table.state.holder == holder
        assert bool(table.state.since) == bool(holder)
        assert table.state.muted == (bool(holder) and table.state.silences(holder))


@given(PRESSED)
def test_what_is_pressed_twice_is_written_once(pressed: list[tuple[str, str, bool]]) -> None:
    table = Pressed()
    for each in pressed:
        table.press(*each)
        written, state = len(table.facts), table.state
        table.press(*each)
        assert (len(table.facts), table.state) == (written, state)


@given(PRESSED, st.integers(0, 30))
def test_a_start_finds_the_floor_as_it_was_from_any_of_the_last_facts_on(
    pressed: list[tuple[str, str, bool]], lost: int
) -> None:
    table = Pressed()
    for each in pressed:
        table.press(*each)
    facts = table.facts[lost:] or table.facts[-1:]
    state = FloorState("lesson")
    for at, fact in facts:
        travelled = decode(*encode(fact))
        assert isinstance(travelled, FloorGiven)
        state = floor.follow(state, travelled, at, f"name of {fact.node}")
    known = (state.holder, state.muted, state.mutes, state.name)
    assert known == (table.state.holder, table.state.muted, table.state.mutes, table.state.name)
    assert state.since >= table.state.since


@given(PRESSED)
def test_a_lesson_that_is_over_leaves_the_floor_free_and_nobody_silenced(
    pressed: list[tuple[str, str, bool]],
) -> None:
    table = Pressed()
    for each in pressed:
        table.press(*each)
    fact = floor.ended(table.state)
    state = table.state if fact is None else floor.follow(table.state, fact, 5000, "")
    assert state == FloorState("lesson")


def test_to_give_the_floor_back_ends_no_silence() -> None:
    state = FloorState("lesson", NODES[0], "a", "aul", 5, mutes=(NODES[1],))
    fact = floor.giving(state, "", "")
    assert fact == FloorGiven("lesson", mutes=(NODES[1],))


def test_more_classes_than_a_lesson_has_are_not_silenced() -> None:
    state = FloorState("lesson", mutes=tuple(f"{number:016x}" for number in range(MOST_MUTES)))
    with pytest.raises(floor.Full, match="400 classes are silenced in lesson"):
        floor.muting(state, NODES[0], True)
    assert floor.muting(state, f"{0:016x}", False) is not None
