"""What makes a card count, and what makes it count no more."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as some

from edge.cards.votes import AGREED, ALONE, DOUBTED, HALF, LETTERS, WINDOW, Seen, Votes, letter

FRAME = 0.25  # seconds between pictures
READINGS = some.lists(some.sampled_from(["A", "B", "C", "D", ""]), max_size=40)


def votes() -> Votes:
    return Votes({100: 1, 101: 2})


def shown(said: Sequence[str], marker: int = 100) -> Votes:
    """Show one card again and again."""
    of = votes()
    for number, each in enumerate(said):
        of.feed([Seen(marker, each, 50, 50, 30)], number * FRAME)
    return of


def test_a_card_counts_after_three_pictures_that_agree() -> None:
    assert [shown("C" * times).read for times in range(1, 5)] == [{}, {}, {1: "C"}, {1: "C"}]


@given(READINGS)
def test_what_counts_was_read_three_times_in_a_row_and_nothing_was_since(said: list[str]) -> None:
    runs = [
        said[at] for at in range(len(said) - AGREED + 1) if said[at] and len(set(said[at : at + AGREED])) == 1
    ]
    settled = shown(said).read.get(1)
    assert settled is None or (runs and settled == runs[-1])


@given(READINGS, some.sampled_from(LETTERS))
def test_whatever_was_read_before_the_last_answer_that_is_held_long_enough_counts(
    said: list[str], last: str
) -> None:
    assert shown([*said, *[last] * (AGREED + DOUBTED)]).read == {1: last}


def test_who_changes_her_mind_has_answered_what_she_settled_on_last() -> None:
    assert shown("AAA" + "B").read == {1: "A"}
    assert shown("AAA" + "BBB").read == {1: "B"}


def test_who_turns_her_card_passes_between_and_keeps_her_answer_meanwhile() -> None:
    assert shown(["A"] * 3 + [""] * 2).read == {1: "A"}


def test_a_card_that_contradicts_itself_counts_no_more() -> None:
    assert shown("AAA" + "BC" * DOUBTED).read == {}


def test_a_card_that_is_held_between_two_letters_counts_no_more() -> None:
    assert shown(["A"] * 3 + [""] * DOUBTED).read == {}


def test_who_lowers_her_card_has_answered() -> None:
    of = shown("AAA")
    of.feed([], 1000.0)
    assert of.read == {1: "A"}


def test_readings_that_are_far_apart_do_not_agree() -> None:
    of = votes()
    for number in range(AGREED):
        of.feed([Seen(100, "A")], number * (WINDOW + 1))
    assert (of.read, of.present) == ({}, ())


def test_a_number_that_is_held_up_twice_is_not_read_and_loses_what_was_read() -> None:
    of = shown("AAA")
    of.feed([Seen(100, "A", 50, 50, 30), Seen(100, "B", 900, 50, 30)], 1.0)
    assert (of.read, of.present) == ({}, ())


def test_a_number_counts_again_when_one_has_been_alone_for_a_while() -> None:
    of = votes()
    of.feed([Seen(100, "A", 50, 50, 30), Seen(100, "B", 900, 50, 30)], 0.0)
    now = FRAME
    while now < ALONE - FRAME:
        of.feed([Seen(100, "A", 50, 50, 30)], now)
        now += FRAME
    early = of.read
    for _ in range(AGREED + 2):
        of.feed([Seen(100, "A", 50, 50, 30)], now)
        now += FRAME
    assert (early, of.read) == ({}, {1: "A"})


def test_a_card_that_is_here_and_there_and_here_again_is_two() -> None:
    of = shown("AAA")
    for number, x in enumerate((50, 900, 50, 50, 50)):
        of.feed([Seen(100, "A", x, 50, 30)], 1.0 + number * FRAME)
    assert of.read == {}


def test_a_pupil_who_walks_through_the_room_with_her_card_is_read() -> None:
    of = votes()
    for number in range(8):
        of.feed([Seen(100, "B", 50 + 200 * number, 50, 30)], number * FRAME)
    assert of.read == {1: "B"}


@given(
    some.lists(some.tuples(some.sampled_from([100, 101, 102, 300]), some.sampled_from("ABCD")), max_size=60)
)
def test_nobody_is_read_who_is_not_expected(said: list[tuple[int, str]]) -> None:
    of = votes()
    for number, (marker, each) in enumerate(said):
        of.feed([Seen(marker, each)], number * FRAME)
    assert {*of.read} <= {1, 2}
    assert of.strangers(len(said) * FRAME) <= 2


def test_strangers_are_counted_while_they_are_in_sight() -> None:
    of = shown("AAA", marker=300)
    assert [of.strangers(1.0), of.strangers(1.0 + WINDOW)] == [1, 0]


def test_a_letter_that_is_no_answer_to_this_question_is_not_read() -> None:
    of = Votes({100: 1}, "ABC")
    for number in range(5):
        of.feed([Seen(100, "D")], number * FRAME)
    assert (of.read, of.present) == ({}, (1,))


@given(some.sampled_from(LETTERS), some.floats(-HALF, HALF), some.integers(-2, 2))
def test_a_card_says_the_letter_that_is_up(said: str, off: float, turns: int) -> None:
    assert letter(-90 * LETTERS.index(said) + 360 * turns + off * 0.999) == said


@given(some.integers(0, 3), some.floats(-(44.9 - HALF), 44.9 - HALF))
def test_a_card_between_two_letters_says_none(quarter: int, off: float) -> None:
    assert letter(90 * quarter + 45 + off) == ""
