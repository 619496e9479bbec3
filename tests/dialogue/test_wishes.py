"""What is wanted of a class: by pages here, by a floor, and by the parent."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edge.dialogue.floor import FloorState
from edge.dialogue.wishes import MOST, NOTHING, Wish, both, read, together, wanted

A, B = "a" * 16, "b" * 16
wishes = st.builds(Wish, picture=st.sampled_from(["", "thumbnail", "large"]), sound=st.booleans())


def test_a_page_wants_a_small_picture_and_a_floor_wants_everything() -> None:
    assert wanted({A, B}, [FloorState("physics", B)]) == {A: Wish("thumbnail"), B: Wish("large", True)}


def test_no_sound_is_wanted_of_who_is_silenced() -> None:
    assert wanted(set(), [FloorState("physics", A, muted=True)]) == {A: Wish("large", False)}


def test_nothing_is_wanted_while_nobody_looks_and_nobody_has_the_floor() -> None:
    assert wanted(set(), [FloorState("physics")]) == {}


@given(st.lists(wishes, max_size=5))
def test_together_they_get_what_each_of_them_wants(all_: list[Wish]) -> None:
    both_ = together(*all_)
    assert both_.sound == any(each.sound for each in all_)
    assert all(each.kinds <= both_.kinds for each in all_)
    assert not all_ or both_.picture in {each.picture for each in all_}


@given(st.dictionaries(st.sampled_from([A, B]), wishes), st.dictionaries(st.sampled_from([A, B]), wishes))
def test_a_parent_reads_the_wishes_that_its_child_was_told(
    here: dict[str, Wish], above: dict[str, Wish]
) -> None:
    told = msgspec.json.encode(both(here, above))
    assert read(told) == both(here, above)


def test_an_older_parent_says_nothing_of_wishes() -> None:
    assert read(b"null") is None


def test_what_makes_no_sense_is_no_wish() -> None:
    said = {A: {"picture": "hologram", "sound": "yes"}, "../etc": {"sound": True}, B: {"sound": True}}
    assert read(msgspec.json.encode(said)) == {A: NOTHING, B: Wish(sound=True)}
    assert read(b"[1]") is None
    assert read(b"\xff") is None


def test_a_parent_cannot_want_without_bound() -> None:
    said = {f"{number:016x}": {"sound": True} for number in range(2 * MOST)}
    assert len(read(msgspec.json.encode(said)) or {}) == MOST
