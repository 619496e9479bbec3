"""What became of a check: the same from the same facts, in any order, doubled, on two disks of one node."""

from hypothesis import given
from hypothesis import strategies as st

from sync.checks import Check, Said, fold
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
        assert sum(check.totals.values()) == sum(each.answered for each in check.answers)
        assert all(set(each.counts) <= set(check.letters) for each in check.answers)


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
