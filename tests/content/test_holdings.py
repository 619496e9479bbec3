"""Each lesson once, the best of it first; found by words as a person types them."""

from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.classroom.ties import Tied
from edge.content.holdings import (
    EDGE,
    MAX_FOUND,
    Copy,
    Entry,
    Question,
    Wish,
    arranged,
    ordered,
    plain,
    search,
)
from edge.content.published import Material, can_be_shown, entry_of, kind_of, legible

NINE = 1_795_662_000_000  # 2026-11-26, in the morning
LESSON = 2700.0
COUNT = 5000


def tied(subject: str = "Алгебра", topic: str = "Квадрат теңдеулер", class_: str = "7Б") -> Tied:
    name = f"{class_} 2026-11-26 09:00"
    return Tied(name, class_, "2026-11-26", subject, topic, "Айгүл Сәрсенова", "hub", NINE, NINE + 2_700_000)


def copy(
    id_: str = "room", later: float = 0.0, seconds: float = LESSON, whole: bool = True, stream: str = "a"
) -> Copy:
    return Copy(id_, stream, NINE + round(later * 1000), seconds, "2026-11-26", 1000, whole)


def told(entries: list[Entry]) -> list[tuple[str, str, bool, str]]:
    return [(each.item.id, each.item.state, each.item.better, each.source) for each in entries]


HERE: dict[str, tuple[list[Copy], list[Copy], list[tuple[str, str, bool, str]]]] = {
    "whole here": ([copy()], [copy("hub", -3.0)], [("room", "here", False, "")]),
    "with gaps here": ([copy(whole=False)], [copy("hub")], [("room", "here", True, "hub")]),
    "with gaps here and there": (
        [copy(whole=False)],
        [copy("hub", whole=False)],
        [("room", "here", False, "")],
    ),
    "half of it here": (
        [copy(later=1350.0, seconds=1350.0)],
        [copy("hub")],
        [("room", "here", True, "hub")],
    ),
    "only at the hub": ([], [copy("hub")], [("hub", "hub", False, "hub")]),
    "another stream": (
        [copy()],
        [copy("hub", stream="b")],
        [("hub", "hub", False, "hub"), ("room", "here", False, "")],
    ),
    "the next lesson": (
        [copy()],
        [copy("hub", 2760.0)],
        [("hub", "hub", False, "hub"), ("room", "here", False, "")],
    ),
    "one here of two parts there": (
        [copy()],
        [copy("one", 0.0, 1300.0), copy("two", 1320.0, 1380.0)],
        [("room", "here", False, "")],
    ),
    "the first of two parts here": (
        [copy(seconds=1300.0)],
        [copy("one", 0.0, 1300.0), copy("two", 1320.0, 1380.0)],
        [("two", "hub", False, "two"), ("room", "here", False, "")],
    ),
    "the same name": (
        [copy("same", seconds=3.0)],
        [copy("same")],
        [("same", "here", True, "same")],
    ),
}


@pytest.mark.parametrize("what", HERE)
def test_what_is_here_and_at_the_hub_is_one_lesson(what: str) -> None:
    here, hub, expected = HERE[what]
    assert told(arranged(here, hub)) == expected


def test_a_copy_that_was_fetched_stands_for_what_was_here_with_gaps_and_takes_it_along() -> None:
    fetched = Copy("hub-2", "a", NINE, LESSON, "", 1000, True, copy_of="hub")
    (entry,) = arranged([copy("hub", whole=False), fetched], [copy("hub")])
    assert (entry.item.id, entry.item.whole, entry.copies, entry.source) == (
        "hub-2",
        True,
        ("hub-2", "hub"),
        "",
    )


def test_where_clocks_differ_the_timetable_brings_them_together() -> None:
    wrong = Copy("room", "a", NINE - 5 * 3_600_000, LESSON, "", 1000, False, tied=tied())
    theirs = Copy("hub", "a", NINE, LESSON, "", 1000, True, tied=tied())
    assert told(arranged([wrong], [theirs])) == [("room", "here", True, "hub")]


def test_a_recording_that_grows_is_shown_as_that_and_not_called_broken() -> None:
    growing = Copy("room", "a", NINE, 60.0, "", 1000, False, growing=True)
    (entry,) = arranged([growing], [])
    assert (entry.item.state, entry.item.whole) == ("growing", True)


COPIES = st.lists(
    st.builds(
        Copy,
        st.uuids().map(str),
        st.sampled_from("ab"),
        st.integers(0, 40).map(lambda n: NINE + n * 600_000),
        st.integers(0, 10).map(lambda n: n * 300.0),
        whole=st.booleans(),
        growing=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda each: each.id,
)


@given(COPIES, COPIES)
def test_nothing_here_is_hidden_and_nothing_of_the_hub_unless_as_much_is_here(
    here: list[Copy], hub: list[Copy]
) -> None:
    entries = arranged(here, hub)
    assert {ident for entry in entries for ident in entry.copies} == {each.id for each in here}
    offered = {entry.source for entry in entries}
    assert len({entry.item.id for entry in entries}) == len(entries)
    for each in hub:
        near = [ours for ours in here if ours.stream == each.stream and not ours.growing]
        assert each.id in offered or any(_common(ours, each) > 0 or each.seconds < EDGE for ours in near)


def _common(one: Copy, other: Copy) -> float:
    return min(one.ends, other.ends) - max(one.begins, other.begins)


def _entries() -> list[Entry]:
    algebra = Copy("one", "a", NINE, LESSON, "", 1, True, tied=tied())
    physics = Copy("two", "b", NINE + 1, LESSON, "", 1, True, tied=tied("Физика", "Өлшем бірліктері", "8А"))
    loose = Copy("three", "trial-lesson", NINE + 2, LESSON, "2026-11-25", 1, True)
    return arranged([algebra, physics, loose], [])


FOUND = {
    "": ["three", "two", "one"],
    "квадрат": ["one"],
    "КВАДРАТ ТЕҢДЕУ": ["one"],
    "тендеу": ["one"],
    "олшем бирлик": ["two"],
    "Өлшем": ["two"],
    "адрат": [],
    "7б": ["one"],
    "сәрсен": ["two", "one"],
    "trial": ["three"],
    "2026-11-25": ["three"],
    "физ алг": [],
    "   ": ["three", "two", "one"],
    "%_'\"": ["three", "two", "one"],
}


@pytest.mark.parametrize("typed", FOUND)
def test_words_are_found_by_their_beginning_whatever_the_keyboard(typed: str) -> None:
    found = search(_entries(), Question(typed), {})
    assert [item.id for item in found.items] == FOUND[typed]
    assert found.subjects == ("Алгебра", "Физика")


def test_a_subject_narrows_what_is_found() -> None:
    assert [item.id for item in search(_entries(), Question(subject="Физика"), {}).items] == ["two"]


def test_what_is_wished_shows_in_the_answer() -> None:
    entries = arranged([copy(whole=False)], [copy("hub")])
    (item,) = search(entries, Question(), {"hub": Wish("coming", 0.4321)}).items
    assert (item.id, item.state, item.share, item.better) == ("room", "coming", 0.432, True)
    (item,) = search(entries, Question(), {"hub": Wish("failed", reason="gone")}).items
    assert (item.state, item.reason) == ("failed", "gone")


def test_thousands_of_lessons_are_looked_through_at_once_and_answered_with_a_bound() -> None:
    copies = [
        Copy(f"{n}", f"s{n % 9}", NINE + n * 3_000_000, LESSON, "", 1, n % 3 > 0, tied=tied(f"Пән{n % 20}"))
        for n in range(COUNT)
    ]
    entries = arranged(copies, [Copy(f"h{each.id}", *_rest(each)) for each in copies])
    began = thread_time()
    found = search(entries, Question("теңде пан7"), {})
    took = thread_time() - began
    assert (len(found.items), found.total) == (200, COUNT // 20)
    assert took < 0.5, "some milliseconds on an idle computer"


def _rest(each: Copy) -> tuple[str, int, float, str, int, bool]:
    return each.stream, each.begins, each.seconds, each.day, each.bytes, True


WORDS = st.text("абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһіabcxyz0123456789", min_size=1, max_size=12)
MATERIALS = st.builds(
    Material,
    st.uuids().map(lambda each: each.hex * 2),
    WORDS.map(lambda word: f"{word}.pdf"),
    st.sampled_from(["application/pdf", "video/mp4", "application/zip+html", "something/new"]),
    title=st.lists(WORDS, max_size=4).map(" ".join),
    subject=st.sampled_from(["", "Физика", "Қазақ тілі"]),
    grade=st.sampled_from(["", "7", "11"]),
    lang=st.sampled_from(["", "kk", "ru"]),
    published=st.integers(0, 1 << 40),
    here=st.booleans(),
)


@given(st.lists(MATERIALS, max_size=8, unique_by=lambda each: each.id), st.data())
def test_every_beginning_of_every_word_finds_its_material_however_it_is_typed(
    materials: list[Material], data: st.DataObject
) -> None:
    entries = ordered(map(entry_of, materials))
    for each in materials:
        words = [*each.title.split(), each.name.split(".")[0], each.subject.split(" ")[0]]
        typed = [word[: data.draw(st.integers(1, len(word)))] for word in words if word]
        text = " ".join(data.draw(st.sampled_from([word, word.upper(), plain(word)])) for word in typed)
        question = Question(text, each.subject, kind_of(each.media_type), each.lang, each.grade)
        assert each.id in {item.id for item in search(entries, question, {}).items}


@given(st.lists(MATERIALS, max_size=8), st.text(max_size=40))
def test_whatever_is_typed_the_answer_is_newest_first_and_from_what_there_is(
    materials: list[Material], typed: str
) -> None:
    entries = ordered(map(entry_of, materials))
    found = search(entries, Question(typed), {})
    whole = search(entries, Question(), {})
    assert found.total <= whole.total == len(materials)
    assert [item for item in whole.items if item in found.items] == list(found.items)
    assert (found.subjects, found.kinds, found.grades) == (whole.subjects, whole.kinds, whole.grades)


def test_an_answer_has_a_bound_and_choices_are_in_order() -> None:
    grades = [str(number % 11 + 1) for number in range(MAX_FOUND + 50)]
    materials = [Material(f"{n:064x}", f"{n}", "video/mp4", grade=grade) for n, grade in enumerate(grades)]
    found = search([*map(entry_of, materials)], Question(), {}, {f"{0:064x}"})
    assert (len(found.items), found.total) == (MAX_FOUND, MAX_FOUND + 50)
    assert found.grades == tuple(str(number) for number in range(1, 12))
    assert [item.pinned for item in found.items[:2]] == [True, False]


@pytest.mark.parametrize(
    ("media_type", "kind", "shown"),
    [
        ("video/webm", "video", True),
        ("audio/mpeg", "audio", True),
        ("image/png", "picture", True),
        ("application/pdf", "document", True),
        ("text/plain", "document", False),
        ("application/epub+zip", "book", False),
        ("application/zip+html", "pages", False),
        ("application/x-zim", "archive", False),
        ("application/x-tirek-checks", "checks", False),
        ("application/octet-stream", "other", False),
        ("", "other", False),
    ],
)
def test_a_kind_is_what_people_call_it(media_type: str, kind: str, shown: bool) -> None:
    assert (kind_of(media_type), can_be_shown(media_type)) == (kind, shown)


def test_what_cannot_be_seen_or_turns_letters_around_is_not_in_a_title() -> None:
    assert legible("а\u202eб\n\tв\u200b  г") == "а б в г"
    (item,) = search([entry_of(Material("a" * 64, "x.y.pdf", "", title="\u202e"))], Question(), {}).items
    assert item.title == "x.y"
