"""What became of a check: the same from the same facts, in any order, doubled, on two disks of one node."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sync.checks import Answer, Check, Said, fold
from sync.records import CheckAnswered, CheckAsked, CheckEnded, encode, fact_id

NAMES = ("0" * 16, "1" * 16)
HUB, ROOM, OTHER = "a" * 16, "b" * 16, "c" * 16
ASKED = CheckAsked(NAMES[0], "2 + 2 = ?", ("3", "4", "5"), "physics", right="B")


def said(
    record: CheckAsked | CheckEnded | CheckAnswered, node: str = ROOM, hlc: int = 1, *, by_hub: bool = False
) -> Said:
    return Said(fact_id(hlc, *encode(record)), hlc, node, by_hub, record, "aul")


def answered(hlc: int, node: str = ROOM, lesson: str = "7Б 2026-11-26 08:30", **counts: int) -> Said:
    return said(CheckAnswered(NAMES[0], lesson, counts=dict(counts), of=9), node, hlc)


def stood(*facts: Said) -> Check:
    return fold(facts)[NAMES[0]]


BY_HUB = said(ASKED, HUB, 1, by_hub=True)

numbers = st.dictionaries(st.integers(1, 30), st.sampled_from("ABCD"), max_size=4)
counts = st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 30), max_size=4)
names = st.sampled_from(NAMES)
records = st.one_of(
    st.builds(CheckAsked, names, st.sampled_from(["?", "!"]), st.sampled_from([("1", "2"), ("1", "2", "3")])),
    st.builds(CheckEnded, names),
    st.builds(CheckAnswered, names, st.sampled_from(["7Б 2026-11-26 08:30", ""]), numbers, counts),
)
nodes = st.sampled_from((HUB, ROOM, OTHER))
facts = st.lists(
    st.builds(
        lambda record, node, hlc, by_hub: said(record, node, hlc, by_hub=by_hub),
        records,
        nodes,
        st.integers(1, 4),
        st.booleans(),
    ),
    max_size=12,
)


@given(facts, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_what_became_of_a_check(
    given_: list[Said], random: object
) -> None:
    turned = [*given_, *given_[::2]]
    getattr(random, "shuffle")(turned)  # noqa: B009  # hypothesis' Random has no public type
    assert fold(turned) == fold(given_)


@given(facts, st.integers(0, 12))
def test_two_histories_that_come_together_are_what_one_would_have_been(given_: list[Said], cut: int) -> None:
    first, second = given_[:cut], given_[cut // 2 :]
    assert fold([*first, *second]) == fold([*second, *first]) == fold(given_[: len(given_)])


@given(facts)
def test_every_pupil_who_is_counted_chose_a_letter_that_the_question_has(given_: list[Said]) -> None:
    for check in fold(given_).values():
        assert sum(check.totals.values()) == sum(each.answered for each in check.classes)
        assert sum(check.totals.values()) <= sum(each.answered for each in check.answers)
        assert all(set(each.counts) <= set(check.letters) for each in (*check.answers, *check.classes))


# One class at several computers -----------------------------------------------------------------------------

rooms = st.sampled_from([f"{number:016x}" for number in range(1, 5)])
answers = st.builds(
    lambda choices, counts, lesson: CheckAnswered(NAMES[0], lesson, choices, {} if choices else counts, 30),
    numbers,
    counts,
    st.sampled_from(["7Б 2026-11-26 08:30", "8А 2026-11-26 09:30"]),
)
read = st.lists(
    st.builds(
        lambda record, node, hlc, at, school: structs.replace(said(record, node, hlc), at=at, school=school),
        answers,
        rooms,
        st.integers(2, 9),
        st.integers(0, 9),
        st.sampled_from(["aul", "dala"]),
    ),
    max_size=10,
)


@given(read)
def test_a_roster_number_counts_once_in_its_school_and_lesson_whoever_read_its_card(
    facts: list[Said],
) -> None:
    check = stood(BY_HUB, *facts)
    for class_ in check.classes:
        mine = [each for each in check.answers if _of(each) == _of(class_)]
        cards = {number for each in mine for number in each.choices}
        if class_.choices:
            assert class_.answered == len(class_.choices) == len(cards)
        else:
            assert class_.counts in [each.counts for each in mine]
        assert class_.at == max(each.at for each in mine)
    assert len({_of(each) for each in check.classes}) == len(check.classes)
    assert {_of(each) for each in check.classes} == {_of(each) for each in check.answers}


@given(read, st.randoms(use_true_random=False))
def test_which_computer_is_heard_first_does_not_change_a_class(facts: list[Said], random: object) -> None:
    turned = [*facts]
    getattr(random, "shuffle")(turned)  # noqa: B009  # hypothesis' Random has no public type
    assert stood(BY_HUB, *turned).classes == stood(BY_HUB, *facts).classes


def _of(answer: Answer) -> tuple[str, str]:
    return (answer.school, answer.lesson)


def by_cards(hlc: int, node: str, at: int = 0, moment: int = 0, **letters: str) -> Said:
    choices = {int(name.removeprefix("n")): letter for name, letter in letters.items()}
    record = CheckAnswered(NAMES[0], "7Б 2026-11-26 08:30", choices, of=30)
    return structs.replace(said(record, node, hlc), at=at, moment=moment)


def by_hands(hlc: int, node: str, at: int = 0, **counts: int) -> Said:
    return structs.replace(
        said(CheckAnswered(NAMES[0], "7Б 2026-11-26 08:30", {}, counts, 9), node, hlc), at=at
    )


def test_a_computer_that_takes_a_lesson_over_reads_the_same_cards_and_the_class_counts_once() -> None:
    check = stood(
        BY_HUB,
        by_cards(2, ROOM, at=2, n1="A", n2="A", n3="C"),
        by_cards(3, OTHER, at=3, n1="A", n2="B"),
    )
    assert check.totals == {"A": 1, "B": 1, "C": 1}
    (class_,) = check.classes
    assert (dict(class_.choices), class_.of) == ({1: "A", 2: "B", 3: "C"}, 30)
    mine = check.of_node(ROOM, "7Б 2026-11-26 08:30")
    assert mine is not None
    assert mine.choices == {1: "A", 2: "A", 3: "C"}  # its own screen shows what it said


def test_two_halves_of_a_class_that_hold_up_cards_at_two_computers_are_added() -> None:
    check = stood(BY_HUB, by_cards(2, ROOM, n1="A", n2="A"), by_cards(3, OTHER, n16="B", n17="B"))
    assert check.totals == {"A": 2, "B": 2, "C": 0}


def test_a_computer_whose_clock_is_wrong_is_newer_if_it_came_later() -> None:
    late = by_cards(2, OTHER, at=9, n1="B")  # its battery is dead: the first of November
    assert stood(BY_HUB, by_cards(99, ROOM, at=4, n1="A"), late).totals == {"A": 0, "B": 1, "C": 0}


def test_an_answer_that_came_late_is_no_newer_for_it_where_both_clocks_were_compared() -> None:
    older = by_cards(99, ROOM, at=9, moment=1000, n1="A")
    newer = by_cards(2, OTHER, at=4, moment=2000, n1="B")
    assert stood(BY_HUB, older, newer).totals == {"A": 0, "B": 1, "C": 0}
    assert stood(BY_HUB, older, structs.replace(newer, moment=0)).totals == {"A": 1, "B": 0, "C": 0}


def test_a_count_has_no_numbers_so_that_the_newest_answer_stands_alone_against_it() -> None:
    cards = by_cards(2, ROOM, at=2, n1="A", n2="A")
    hands = by_hands(3, OTHER, at=3, B=5)
    assert stood(BY_HUB, cards, hands).totals == {"A": 0, "B": 5, "C": 0}
    assert stood(BY_HUB, structs.replace(cards, at=4), hands).totals == {"A": 2, "B": 0, "C": 0}
    assert stood(BY_HUB, hands, by_hands(4, ROOM, at=5, C=4)).totals == {"A": 0, "B": 0, "C": 4}


def test_an_answer_that_says_nothing_takes_nothing_away_from_another_computers() -> None:
    check = stood(BY_HUB, by_hands(2, ROOM, at=2, B=5), by_cards(3, OTHER, at=3, n1="D"))
    assert check.totals == {"A": 0, "B": 5, "C": 0}


def test_without_a_school_or_a_lesson_of_the_timetable_nobody_knows_that_two_are_one_class() -> None:
    free = [answered(2, node, lesson="", A=3) for node in (ROOM, OTHER)]
    stray = [structs.replace(answered(2, node, A=3), school="") for node in (ROOM, OTHER)]
    assert stood(BY_HUB, *free).totals["A"] == stood(BY_HUB, *stray).totals["A"] == 6


def test_the_same_lesson_of_two_schools_is_of_two_classes() -> None:
    check = stood(BY_HUB, answered(2, A=3), structs.replace(answered(3, OTHER, A=2), school="dala"))
    assert (check.totals["A"], len(check.classes)) == (5, 2)


# What counts ------------------------------------------------------------------------------------------------


def test_answers_to_a_question_that_has_not_come_wait_for_it() -> None:
    late = answered(5, A=1)
    assert fold([late]) == {}
    assert stood(late, BY_HUB).totals == {"A": 1, "B": 0, "C": 0}


def test_an_answer_after_the_end_counts_and_of_two_the_newer_one() -> None:
    end = said(CheckEnded(NAMES[0]), HUB, 2, by_hub=True)
    check = stood(BY_HUB, end, answered(9, B=3), answered(3, A=9))
    assert (check.ended, check.totals) == (2, {"A": 0, "B": 3, "C": 0})


def test_two_classes_of_one_computer_both_count() -> None:
    check = stood(BY_HUB, answered(2, A=1), answered(3, lesson="8А 2026-11-26 09:30", A=2))
    assert (check.totals["A"], len(check.answers)) == (3, 2)


def test_cards_count_more_than_a_count_beside_them_and_a_fourth_letter_not_at_all() -> None:
    both = said(CheckAnswered(NAMES[0], "", {1: "B", 2: "D"}, {"A": 9}))
    check = stood(BY_HUB, both)
    assert (check.totals, dict(check.answers[0].choices)) == ({"A": 0, "B": 1, "C": 0}, {1: "B"})


def test_nobody_below_puts_another_question_in_the_place_of_the_hubs_or_ends_it() -> None:
    other = said(CheckAsked(NAMES[0], "!", ("1", "2")), ROOM, 0)
    check = stood(other, said(CheckEnded(NAMES[0]), ROOM, 0), BY_HUB)
    assert (check.asked, check.node, check.ended) == (ASKED, HUB, 0)


def test_a_check_of_a_classs_own_teacher_takes_no_answer_of_another_school() -> None:
    own = said(CheckAsked(NAMES[0], "?", ("1", "2"), lesson="7Б 2026-11-26 08:30"), ROOM, 1)
    check = stood(own, answered(2, A=1), answered(2, OTHER, A=5))
    assert check.totals == {"A": 1, "B": 0}


def test_what_a_hub_says_is_no_answer_of_a_class() -> None:
    forged = said(CheckAnswered(NAMES[0], "", counts={"A": 9}), HUB, 2, by_hub=True)
    assert stood(BY_HUB, forged).answers == ()
