"""Keys and what they do (core): F-keys, arrows, Enter, Space, Esc, PageUp/PageDown, which every layout has.

The digit row of the Kazakh layout types letters, so that no letter and no digit is ever the only way.
"""

from typing import NamedTuple

# As they stand on the keys themselves; Space has no name on its key, so that each language has one.
ON_THE_KEY = {"enter": "Enter", "escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn", "pause": "Pause"}
ARROWS = {"up": "↑", "down": "↓", "left": "←", "right": "→"}
PLAIN_ARROWS = {"up": "Up", "down": "Down", "left": "Left", "right": "Right"}

STOP = ("f12", "pause")  # everything that moves, from every screen
OFF = "f9"  # the class's camera and microphone, from every screen; desktop terminals keep F10 and F11
MOST_SHOWN = 5  # of the footer: a sixth is cut in Kazakh at 80 columns


class Key(NamedTuple):
    """One key of a page: its word key, and the `do_…` method it calls."""

    key: str  # as Textual names it; several with commas
    word: str
    action: str
    shown: bool = True  # in the footer; the others stand in the help
    also: tuple[str, ...] = ()  # words that it has in other states
    first: bool = False  # before the widget that has the keys: Enter beside an input


def name_of(key: str, space: str, plain: bool = False) -> str:
    """Return what stands on a key; `space` is the word for the space bar."""
    first = key.split(",")[0]
    if first == "space":
        return space
    return ON_THE_KEY.get(first) or (PLAIN_ARROWS if plain else ARROWS).get(first) or first.upper()
