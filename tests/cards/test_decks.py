"""Which marker is on whose card."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as some

from edge.cards.decks import CARDS, DECKS, MARKERS, MOST, deck_of, marker_of, numbers_of, shared
from edge.vision.family import CELLS, INNER, cells, family

SMALL = [f"{grade}{letter}" for grade in range(1, 12) for letter in ("", "Ә", "Б", "В")]
NUMBERS = range(1, MOST + 1)


def test_no_two_classes_of_a_school_with_four_of_a_grade_share_a_card() -> None:
    first = [marker_of(class_, number) for class_ in SMALL for number in range(1, CARDS + 1)]
    assert len(first) == len(set(first))


@given(some.text(max_size=12))
def test_every_class_has_a_card_for_every_number_to_a_hundred(class_: str) -> None:
    found = [marker_of(class_, number) for number in NUMBERS]
    assert len({*found}) == MOST
    assert all(marker is not None and 0 <= marker < MARKERS for marker in found)
    assert 0 <= deck_of(class_) < DECKS


def test_there_is_no_card_for_other_numbers() -> None:
    assert [marker_of("7Б", number) for number in (0, -1, MOST + 1)] == [None, None, None]


def test_a_marker_leads_back_to_its_number() -> None:
    known = numbers_of("7Б", range(1, 121))
    assert sorted(known.values()) == list(NUMBERS)
    assert all(marker_of("7Б", number) == marker for marker, number in known.items())


def test_classes_that_share_cards_are_named() -> None:
    assert shared(["7А", "7Б", "7Д", "8А"], "7А") == ["7Д"]
    assert shared(["7А", "7Б", "8А"], "7А") == []


def test_the_table_of_markers_is_the_family_that_the_world_knows() -> None:
    import cv2

    known = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36H10)
    assert len(family()) == len(known.bytesList) == MARKERS
    for marker in range(0, MARKERS, 7):
        bits = cv2.aruco.Dictionary.getBitsFromByteList(known.bytesList[marker : marker + 1], INNER)
        assert [list(map(int, row)) for row in cells(marker)] == bits.tolist()


def test_any_two_markers_of_a_class_differ_in_ten_cells_however_they_are_turned() -> None:
    def turns(marker: int) -> list[int]:
        rows, found = cells(marker), []
        for _ in range(4):
            found.append(sum(white << place for place, white in enumerate(sum(rows, ()))))
            rows = tuple(zip(*rows[::-1], strict=True))
        return found

    own = [turns(marker) for marker in numbers_of("7Б", range(1, CARDS + 1))]
    least = min(
        (one[0] ^ two).bit_count()
        for first, second in combinations(own, 2)
        for one in [first]
        for two in second
    )
    itself = min((each[0] ^ turned).bit_count() for each in own for turned in each[1:])
    assert CELLS == 36
    assert min(least, itself) >= 10
