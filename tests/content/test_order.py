"""Which material comes first, and which one at all."""

from edge.classroom.ties import Tied
from edge.content.keeping import Rules
from edge.content.order import Need, grade_of, in_order, needs
from edge.content.plan import Room, Words, lacking, planned
from sync.catalogue import Item, Offer

HOUR = 3_600_000
PLENTY = Room(Rules(), held=0, free=1 << 40)


def lesson(subject: str, class_: str, begins: int, day: str, cancelled: bool = False) -> Tied:
    return Tied(
        f"{class_} {day}", class_, day, subject, "", "", "", begins, begins + HOUR, cancelled=cancelled
    )


def offer(ident: str, size: int, version: int = 1, subject: str = "", grade: str = "") -> Offer:
    return Offer(Item(ident, size, ident, subject=subject, grade=grade), "p", version)


def names(offers: list[Offer]) -> list[str]:
    return [each.item.id for each in offers]


def test_what_tomorrow_s_lessons_need_comes_first_then_small_before_large_newest_first() -> None:
    needed = frozenset({Need("физика", "7")})
    offers = [
        offer("large", 900),
        offer("small and old", 5, version=1),
        offer("small and new", 5, version=9),
        offer("for tomorrow", 5000, subject="Физика", grade="7"),
        offer("for others", 6, subject="Физика", grade="8"),
    ]
    assert names(in_order(offers, needed)) == [
        "for tomorrow",
        "small and new",
        "small and old",
        "for others",
        "large",
    ]


def test_tomorrow_is_the_next_day_that_has_a_lesson() -> None:
    lessons = [
        lesson("Химия", "8 Б", 1 * HOUR, "2026-11-26"),
        lesson("Физика", "7 Ә", 90 * HOUR, "2026-11-30", cancelled=True),
        lesson("Қазақ тілі", "7 Ә", 100 * HOUR, "2026-12-01"),
        lesson("Алгебра", "10", 101 * HOUR, "2026-12-01"),
        lesson("Физика", "7 Ә", 130 * HOUR, "2026-12-02"),
    ]
    assert needs(lessons, 2 * HOUR) == {Need("казак тілі".replace("і", "и"), "7"), Need("алгебра", "10")}


def test_a_grade_is_the_number_a_class_begins_with() -> None:
    assert [grade_of(text) for text in ("7 Ә", "11A", "0", "А", "")] == ["7", "11", "0", "А", ""]


def test_of_what_there_is_no_room_for_nothing_is_begun_and_smaller_things_still_come() -> None:
    offers = [offer("small", 10), offer("too large", 500), offer("begun", 400)]
    room = Room(Rules(quota=450), held=350, free=1 << 40)
    found = planned(offers, {"begun": 350}, Words(), frozenset(), room)
    assert [each.id for each in found] == ["small", "begun"]


def test_what_a_person_asked_for_comes_first_and_is_not_held_back() -> None:
    offers = [offer("small", 10), offer("asked", 500)]
    room = Room(Rules(quota=100), held=0, free=1 << 40)
    found = planned(offers, {}, Words(first=["asked"]), frozenset(), room)
    assert [each.id for each in found] == ["asked"], "and then the quota is used up"


def test_what_a_person_asked_for_waits_where_it_would_take_the_room_of_recordings() -> None:
    offers = [offer("asked", 500), offer("smaller", 300), offer("begun", 400)]
    room = Room(Rules(low=100, headroom=1 << 40), held=0, free=550)
    words = Words(first=["asked", "smaller", "begun"])
    found = planned(offers, {"begun": 250}, words, frozenset(), room)
    assert [each.id for each in found] == ["smaller", "begun"]


def test_what_a_person_left_at_the_hub_does_not_come_until_she_asks_for_it() -> None:
    offers = {each.item.id: each for each in (offer("left", 10), offer("here", 10), offer("new", 10))}
    words = Words(left=["left"])
    assert names(lacking(offers, {"here": 10}, words)) == ["new"]
    assert names(lacking(offers, {"here": 10}, Words(["left"], ["left"]))) == ["left", "new"]
