"""What is wanted of a class: by pages here, by a floor, and by the parent."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from edge.dialogue.floor import FloorState
from edge.dialogue.wishes import MOST, NOTHING, Wish, both, obeyed, read, together, wanted

A, B = "a" * 16, "b" * 16
LESSONS = st.sampled_from(["physics", "chemistry", "history"])
wishes = st.builds(
    Wish,
    picture=st.sampled_from(["", "thumbnail", "large"]),
    sound=st.booleans(),
    lessons=st.sets(LESSONS).map(lambda found: tuple(sorted(found))),
)


def test_a_page_wants_a_small_picture_and_a_floor_wants_everything() -> None:
    assert wanted({A: [""], B: [""]}, [FloorState("physics", B)]) == {
        A: Wish("thumbnail"),
        B: Wish("large", True),
    }


def test_no_sound_is_wanted_of_who_is_silenced() -> None:
    assert wanted({}, [FloorState("physics", A, muted=True)]) == {A: Wish("large", False)}


def test_nothing_is_wanted_while_nobody_looks_and_nobody_has_the_floor() -> None:
    assert wanted({}, [FloorState("physics")]) == {}


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


# What a class obeys.


@given(wishes, LESSONS, st.sets(LESSONS))
def test_a_class_is_heard_and_seen_large_in_no_other_lesson_than_its_own(
    wish: Wish, lesson: str, held: set[str]
) -> None:
    sent = obeyed(wish, lesson, held)
    if held != {lesson}:
        assert not sent.sound
        assert sent.picture != "large"
    if held - {lesson}:
        assert sent == NOTHING  # what it sends would be put before the other lesson


@given(wishes, LESSONS)
def test_with_the_floor_of_its_own_lesson_a_class_obeys_as_before(wish: Wish, lesson: str) -> None:
    assert obeyed(wish, lesson, {lesson}) == wish


@given(wishes, st.sets(LESSONS))
def test_a_class_in_no_lesson_obeys_all(wish: Wish, held: set[str]) -> None:
    assert obeyed(wish, "", held) == wish


def test_a_small_picture_is_for_the_teacher_of_the_lesson_that_the_class_is_in() -> None:
    mine, other = Wish("thumbnail", lessons=("physics",)), Wish("thumbnail", lessons=("chemistry",))
    assert obeyed(mine, "physics", ()) == mine
    assert obeyed(other, "physics", ()) == NOTHING
    assert obeyed(together(mine, other), "physics", ()).picture == "thumbnail"
    assert obeyed(Wish("thumbnail"), "physics", ()).picture == "thumbnail"  # an older hub does not say
    assert obeyed(together(Wish("thumbnail"), other), "physics", ()).picture == "thumbnail"


def test_a_page_says_for_which_lesson_it_looks_and_an_older_one_does_not() -> None:
    looked_at = {A: {"physics", "chemistry"}, B: {"physics", ""}}
    assert wanted(looked_at, []) == {
        A: Wish("thumbnail", lessons=("chemistry", "physics")),
        B: Wish("thumbnail"),
    }


def test_what_makes_no_sense_is_the_name_of_no_lesson() -> None:
    said = {A: {"picture": "thumbnail", "lessons": ["physics", 7, "x" * 65]}, B: {"lessons": "physics"}}
    assert read(msgspec.json.encode(said)) == {A: Wish("thumbnail", lessons=("physics",)), B: NOTHING}


def test_a_picture_for_lessons_none_of_which_has_a_name_is_for_no_lesson() -> None:
    strange: list[object] = [["x" * 65], [7], [], "physics", None]
    said = [{"picture": "thumbnail", "lessons": each, "sound": True} for each in strange]
    for each in said:
        assert read(msgspec.json.encode({A: each})) == {A: Wish(sound=True)}
    assert read(msgspec.json.encode({A: {"picture": "large", "lessons": [7]}})) == {A: Wish("large")}
