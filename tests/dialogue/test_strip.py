"""The strip: every class of a lesson once, as it is known best, hands first; and it stays small."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, structs

from edge.classroom.spoken import Asked, Spoken
from edge.dialogue.floor import FloorState
from edge.dialogue.strip import MOST_CLASSES, Heard, RegisterWord, Speaker, link_word, rows
from edge.media.outlet import Health
from edge.media.sight import Sight
from edge.media.whep import Watcher
from sync.membership import Member

GOOD = Health("ok", True, True, False, 0.0, 0.03, None)
GONE = Health("gone", False, False, False, 0.0, 0.03, None)
SCHOOLS = 134


class Sends(Struct):
    """What a class sends."""

    camera: bool
    microphone: bool


def node(number: int) -> str:
    return f"{number:016x}"


def member(number: int, name: str = "", school: str = "aul") -> Member:
    return Member(node(number), school, name, "", "")


def heard(*members: Member, **more: Any) -> Heard:
    plain: dict[str, Any] = {
        "watchers": [],
        "members": {each.id: each for each in members},
        "below": {},
        "speakers": {},
        "lessons": {},
        "register": lambda school, lesson: "none",
        "classes": {},
        "floor": FloorState("lesson"),
        "answers": {},
        "minutes": {},
    }
    return Heard(**(plain | more))


def watches(number: int, health: Health = GOOD, name: str = "x") -> tuple[Watcher, Health]:
    return Watcher(name, "lesson", 0.0, node(number)), health


def test_in_a_lesson_is_who_watches_who_is_below_and_who_said_something() -> None:
    members = [member(number, f"class {number}") for number in range(5)]
    speaker = Speaker("7Б 2026-11-26 08:30", Spoken(hand=5))
    told = heard(*members, watchers=[watches(0)], below={node(0): {node(1)}}, speakers={node(2): speaker})
    assert [(row.name, row.class_, row.link) for row in rows(told)] == [
        ("class 2", "7Б", ""),
        ("class 0", "", "good"),
        ("class 1", "", ""),
    ]


def test_a_class_before_the_hub_itself_is_in_the_lesson_that_it_has_begun() -> None:
    begun = {node(1): "7Б 2026-11-26 08:30", node(2): "8А 2026-11-26 08:30"}
    told = heard(member(1), member(2), lessons=begun, classes={node(1): Sends(True, True)})
    assert [row.node for row in rows(told)] == [node(1)]


def test_who_is_in_another_lesson_is_left_out_but_not_who_is_below_it() -> None:
    asks = {node(2): Speaker("", Spoken(hand=5))}
    told = heard(
        *(member(number) for number in range(4)),
        watchers=[watches(0), watches(3)],
        below={node(0): {node(0), node(1)}},
        speakers=asks,
        floor=FloorState("lesson", node(2)),
        away={node(0), node(2)},
    )
    assert [row.node for row in rows(told)] == [node(1), node(3)]


@pytest.mark.parametrize(
    ("above", "told", "word"),
    [
        (GOOD, "good", "good"),
        (GOOD, "poor", "poor"),
        (GOOD, "lost", "lost"),
        (GOOD, "", ""),  # an older hub says nothing of it
        (GOOD, "excellent", ""),  # a newer one says what is not known yet
        (GONE, "good", "lost"),  # nothing comes to the class either
        (GONE, "", ""),
    ],
)
def test_a_class_below_a_hub_has_the_link_that_the_hub_tells_of(above: Health, told: str, word: str) -> None:
    watchers = [watches(0, above)]
    row = rows(
        heard(member(0), member(1), watchers=watchers, below={node(0): {node(1)}}, told={node(1): told})
    )
    assert {each.node: each.link for each in row} == {node(0): link_word(above), node(1): word}


def test_what_a_hub_told_of_a_link_counts_no_more_when_it_does_not_watch() -> None:
    asks = {node(1): Speaker("", Spoken(hand=5))}
    [row] = rows(heard(member(0), member(1), speakers=asks, told={node(1): "good"}))
    assert (row.node, row.link) == (node(1), "")


def test_what_is_seen_here_of_a_link_counts_and_not_what_is_told_of_it() -> None:
    both = {"watchers": [watches(0), watches(1, GONE)], "below": {node(0): {node(0), node(1)}}}
    told = {node(0): "poor", node(1): "good"}
    assert [row.link for row in rows(heard(member(0), member(1), **both, told=told))] == ["good", "lost"]


def test_who_was_revoked_is_not_shown_whatever_he_said() -> None:
    told = heard(
        member(1), watchers=[watches(1), watches(2)], speakers={node(2): Speaker("", Spoken(hand=5))}
    )
    assert [row.node for row in rows(told)] == [node(1)]


def test_of_a_class_that_came_back_what_counts_is_how_it_fares_now() -> None:
    assert [row.link for row in rows(heard(member(1), watchers=[watches(1), watches(1, GONE)]))] == ["good"]
    assert [row.link for row in rows(heard(member(1), watchers=[watches(1, GONE), watches(1)]))] == ["good"]


def test_a_page_that_is_no_nodes_is_shown_without_what_only_nodes_have() -> None:
    told = heard(
        watchers=[(Watcher("192.0.2.7", "lesson", 0.0), GOOD)], floor=FloorState("lesson", mutes=("*",))
    )
    (row,) = rows(told)
    assert (row.node, row.name, row.sees, row.muted, row.register) == ("", "192.0.2.7", True, False, "none")


def test_hands_stand_in_the_order_in_which_they_went_up_and_then_come_names() -> None:
    members = [member(number, name) for number, name in enumerate(("в", "б", "а", "г"))]
    speakers = {node(0): Speaker("", Spoken(hand=9)), node(3): Speaker("", Spoken(hand=7))}
    told = heard(*members, watchers=[watches(number) for number in range(4)], speakers=speakers)
    assert [row.name for row in rows(told)] == ["г", "в", "а", "б"]


def test_a_row_has_what_the_class_sends_its_register_its_minutes_and_its_answers() -> None:
    def register(school: str, lesson: str) -> RegisterWord:
        return "signed" if (school, lesson) == ("aul", "7Б 2026-11-26 08:30") else "none"

    asked = Spoken(asked=[Asked("1", 5, "?"), Asked("2", 6, "??")])
    told = heard(
        member(1, "Құмсай"),
        watchers=[watches(1, structs.replace(GOOD, sight=Sight("black", "silent"), state="black"))],
        speakers={node(1): Speaker("", asked)},
        lessons={node(1): "7Б 2026-11-26 08:30"},
        register=register,
        classes={node(1): Sends(True, False)},
        floor=FloorState("lesson", mutes=(node(1),)),
        answers={"1": "!"},
        minutes={node(1): 2.504},
    )
    (row,) = rows(told)
    assert (row.class_, row.register, row.camera, row.microphone, row.muted) == (
        "7Б",
        "signed",
        True,
        False,
        True,
    )
    assert (row.state, row.picture, row.sound, row.minutes) == ("black", "black", "silent", 2.5)
    assert [(each.id, each.answer) for each in row.questions] == [("1", "!"), ("2", "")]


@pytest.mark.parametrize(
    ("health", "word"),
    [
        (GOOD, "good"),
        (GONE, "lost"),
        (structs.replace(GOOD, sees=False), "sound-only"),
        (structs.replace(GOOD, loss=0.05), "poor"),
        (structs.replace(GOOD, rtt=1.2), "poor"),
        (structs.replace(GOOD, rtt=None), "good"),
        (structs.replace(GOOD, frozen=True), "poor"),
        (structs.replace(GOOD, sees=False, hears=False), "poor"),
    ],
)
def test_a_link_is_one_word(health: Health, word: str) -> None:
    assert link_word(health) == word


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from([GOOD, GONE])), max_size=20),
    st.sets(st.integers(0, 12)),
    st.dictionaries(st.integers(0, 12), st.integers(0, 99)),
)
def test_every_class_is_there_once_and_raised_hands_are_first(
    watching: list[tuple[int, Health]], known: set[int], hands: dict[int, int]
) -> None:
    speakers = {node(number): Speaker("", Spoken(hand=hand)) for number, hand in hands.items()}
    told = heard(
        *(member(number) for number in known),
        watchers=[watches(number, health) for number, health in watching],
        speakers=speakers,
    )
    found = rows(told)
    expected = {node(number) for number in ({number for number, _ in watching} | hands.keys()) & known}
    assert [row.node for row in found if row.node in expected] == [row.node for row in found]
    assert {row.node for row in found} == expected
    assert len(found) == len(expected)
    up = [row.hand for row in found if row.hand]
    assert up == sorted(up)
    assert all(row.hand for row in found[: len(up)])


def test_the_strip_of_a_large_hub_is_a_page_of_bytes_a_class() -> None:
    members = [
        member(number, f"Ақтөбе облысы № {number} мектеп", f"school-{number}") for number in range(SCHOOLS)
    ]
    told = heard(*members, watchers=[watches(number) for number in range(SCHOOLS)])
    found = rows(told)
    assert len(found) == SCHOOLS
    assert len(msgspec.json.encode(found)) < SCHOOLS * 420


def test_more_classes_than_a_page_has_room_for_are_left_out() -> None:
    members = [member(number) for number in range(MOST_CLASSES + 50)]
    told = heard(*members, watchers=[watches(number) for number in range(MOST_CLASSES + 50)])
    assert len(rows(told)) == MOST_CLASSES
