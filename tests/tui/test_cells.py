"""Text in cells."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.cells import fit


@given(st.text(), st.integers(0, 40), st.booleans())
def test_a_text_is_as_wide_as_it_shall_be(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right)) == width


@given(st.text())
def test_nothing_in_a_text_moves_the_cursor(text: str) -> None:
    assert fit(text, 40).isprintable()


def test_a_text_that_is_too_long_says_that_more_would_follow() -> None:
    assert fit("Дүниежүзі тарихы", 10) == "Дүниежүзі…"
    assert fit("7А", 4) == "7А  "
    assert fit("15", 4, right=True) == "  15"
