"""What a page may ask of a list."""

import pytest

from edge.views import MAX_WAIT, wait


@pytest.mark.parametrize(
    ("text", "seconds"), [("1.5", 1.5), ("-inf", 0.0), ("inf", MAX_WAIT), ("nan", MAX_WAIT), ("", MAX_WAIT)]
)
def test_a_list_is_held_back_for_a_number_of_seconds_and_not_for_ever(text: str, seconds: float) -> None:
    assert wait(text) == seconds
