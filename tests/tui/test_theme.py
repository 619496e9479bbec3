"""Every colour that is written in can be read."""

import pytest
from rich.color import Color, ColorSystem

from tui.theme import LEAST, PAIRS, PALETTES, Inks, Palette, contrast, palette_of, theme_of


def test_black_on_white_has_the_greatest_contrast() -> None:
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == pytest.approx(21)


def test_a_colour_on_itself_has_none() -> None:
    assert contrast("#7a3e00", "#7a3e00") == pytest.approx(1)


def test_a_known_pair_has_its_known_contrast() -> None:
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
@pytest.mark.parametrize("use", PAIRS)
def test_every_pair_is_easy_to_read(palette: Palette, use: str) -> None:
    ink, ground = PAIRS[use]
    colours = palette._asdict()
    assert contrast(colours[ink], colours[ground]) >= LEAST, f"{use}: {colours[ink]} on {colours[ground]}"


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(
    ("colours", "system"), [("256", ColorSystem.EIGHT_BIT), ("standard", ColorSystem.STANDARD)]
)
@pytest.mark.parametrize("use", PAIRS)
def test_every_pair_is_easy_to_read_where_a_terminal_has_few_colours(
    theme: str, colours: str, system: ColorSystem, use: str
) -> None:
    palette = palette_of(theme, colours)
    ink, ground = (_rounded(palette._asdict()[name], system) for name in PAIRS[use])
    assert contrast(ink, ground) >= LEAST, f"{use}: {ink} on {ground}"


def _rounded(colour: str, system: ColorSystem) -> str:
    """Return a colour as rich rounds it for a terminal."""
    return Color.parse(colour).downgrade(system).get_truecolor().hex


def test_a_pair_that_was_not_checked_cannot_be_drawn() -> None:
    with pytest.raises(AssertionError, match="ok on cursor was not checked"):
        Inks(PALETTES["dark"])("ok", "cursor")


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_a_style_sheet_knows_every_colour_of_a_palette(palette: Palette) -> None:
    variables = theme_of(palette).variables
    named = {
        name.split("-", 1)[1]: colour for name, colour in variables.items() if name[:4] in ("ink-", "grou")
    }
    assert named == {field: getattr(palette, field) for field in palette._fields[2:]}
