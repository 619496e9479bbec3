"""Colours. Whatever is written on the screen is one of PAIRS, and each of those is easy to read: 7:1 or more.

`dark` and `light` are for graphical terminals. The others hold values that terminals of 256 and of 16 colours
have: nothing is rounded to a colour that was not checked. Of sixteen, no red is easy to read on black.
"""

from functools import cache
from typing import NamedTuple

from rich.style import Style
from textual.theme import Theme

LEAST = 7.0  # WCAG 2.2, level AAA: what a tired eye reads from three metres


class Palette(NamedTuple):
    """The colours of one theme: three grounds, six inks, and the row that is selected."""

    name: str
    dark: bool
    background: str
    surface: str
    panel: str
    text: str
    muted: str
    accent: str
    ok: str
    bad: str
    info: str
    cursor: str
    on_cursor: str


DARK = Palette(
    "dark", True, "#0b1220", "#111a2e", "#18233d",
    "#ffffff", "#b8c4dc", "#ffd166", "#7ee2a8", "#ff9d9d", "#7cc4ff", "#ffd166", "#0b1220",
)  # fmt: skip
LIGHT = Palette(
    "light", False, "#ffffff", "#f3f5f9", "#e4e9f2",
    "#0b1220", "#3a465e", "#693500", "#094f28", "#8f1212", "#0a4a80", "#693500", "#ffffff",
)  # fmt: skip
# Where a terminal has 256 colours, these are rounded to themselves; the dark palette stays readable as it is.
LIGHT_256 = Palette(
    "light-256", False, "#ffffff", "#ffffff", "#ffffd7",
    "#000000", "#444444", "#5f0000", "#005f00", "#870000", "#00005f", "#5f0000", "#ffffff",
)  # fmt: skip
PLAIN = Palette(
    "plain", True, "#000000", "#000000", "#000000",
    "#ffffff", "#aaaaaa", "#ffff55", "#55ff55", "#ffff55", "#55ffff", "#aaaaaa", "#000000",
)  # fmt: skip
PALETTES = {palette.name: palette for palette in (DARK, LIGHT, LIGHT_256, PLAIN)}

GROUNDS = ("background", "surface", "panel")
INKS = ("text", "muted", "accent", "ok", "bad", "info")

# What is written (ink, ground). What cannot be done now is not written paler than this: a word tells it.
PAIRS = {
    **{f"{ink} on {ground}": (ink, ground) for ink in INKS for ground in GROUNDS},
    "selected row": ("on_cursor", "cursor"),
    "selected row of a list without the keys": ("text", "panel"),
    "header": ("text", "panel"),
    "heading in the header": ("accent", "panel"),
    "key in the footer": ("accent", "panel"),
    "word in the footer": ("text", "panel"),
    "what is typed": ("text", "surface"),
    "what could be typed": ("muted", "surface"),
    "cursor in what is typed": ("on_cursor", "cursor"),
    "selection in what is typed": ("on_cursor", "cursor"),
    "sentence that passes": ("text", "panel"),
    "sign of one that passes": ("bad", "panel"),
    "what cannot be done now": ("muted", "background"),
}

# A state's colour, beside its shape and its word.
INK_OF = {"good": "ok", "poor": "accent", "bad": "bad", "none": "muted"}


def palette_of(theme: str, colours: str | None) -> Palette:
    """Return the palette for a chosen theme and what rich found of the terminal: truecolor, 256, or less."""
    if colours not in ("truecolor", "256"):
        return PLAIN
    if theme == "light":
        return LIGHT if colours == "truecolor" else LIGHT_256
    return DARK


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def theme_of(palette: Palette) -> Theme:
    """Return a palette as what style sheets know: `$ink-…`, `$ground-…`, and Textual's own names."""
    colours = palette._asdict()
    inks = {f"ink-{ink}": colours[ink] for ink in (*INKS, "on_cursor")}
    grounds = {f"ground-{ground}": colours[ground] for ground in (*GROUNDS, "cursor")}
    return Theme(
        name=palette.name, dark=palette.dark, primary=palette.accent, secondary=palette.info,
        warning=palette.accent, error=palette.bad, success=palette.ok, accent=palette.accent,
        foreground=palette.text, background=palette.background, surface=palette.surface, panel=palette.panel,
        variables={**inks, **grounds, **_of_textual(palette)},
    )  # fmt: skip


class Inks:
    """Styles of one palette, for widgets that draw their own lines; only pairs that were checked."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette

    def __call__(self, ink: str, ground: str = "background", bold: bool = False) -> Style:
        """Return the style of a pair."""
        assert (ink, ground) in PAIRS.values(), f"{ink} on {ground} was not checked"
        return _style(self.palette, ink, ground, bold)

    @property
    def cursor(self) -> Style:
        """Return the style of the selected row."""
        return self("on_cursor", "cursor", bold=True)


@cache
def _style(palette: Palette, ink: str, ground: str, bold: bool) -> Style:
    colours = palette._asdict()
    return Style(color=colours[ink], bgcolor=colours[ground], bold=bold)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _of_textual(palette: Palette) -> dict[str, str]:
    bar = {
        "scrollbar": palette.muted,
        "scrollbar-hover": palette.accent,
        "scrollbar-active": palette.accent,
        "scrollbar-background": palette.surface,
        "scrollbar-background-hover": palette.surface,
        "scrollbar-background-active": palette.surface,
        "scrollbar-corner-color": palette.surface,
    }
    cursors = {
        "block-cursor-foreground": palette.on_cursor,
        "block-cursor-background": palette.cursor,
        "block-cursor-blurred-foreground": palette.text,
        "block-cursor-blurred-background": palette.panel,
        "input-cursor-foreground": palette.on_cursor,
        "input-cursor-background": palette.cursor,
        "input-selection-background": palette.cursor,
        "input-selection-foreground": palette.on_cursor,
    }
    words = {"text": palette.text, "text-muted": palette.muted, "text-disabled": palette.muted}
    return {**bar, **cursors, **words, "border": palette.muted, "border-blurred": palette.muted}
