"""Signs: a state's shape, beside its word and its colour; as Unicode, or as what every console has.

Debian's console fonts with all Kazakh letters have no ● and no ✓, and a terminal with another encoding than
UTF-8 shows nothing but its own letters. Of what a page writes, `readable` leaves only what can be shown.
"""

from collections.abc import Mapping
from typing import NamedTuple

from tui.formulas import spelled

UNICODE = {
    "live": "●",
    "behind": "◷",
    "paused": "‖",
    "recording": "■",
    "play": "▶",
    "stop": "■",
    "good": "▲",
    "poor": "▽",
    "bad": "✕",
    "none": "·",
    "lost": "✕",
    "alone": "·",
    "sound-only": "▽",
    "planned": "·",
    "running": "●",
    "recorded": "■",
    "missing": "✕",
    "cancelled": "–",
    "present": "●",
    "late": "◷",
    "ill": "▽",
    "excused": "○",
    "unexcused": "✕",
    "tick": "✓",
    "draft": "…",
    "hand": "▲",
    "sent": "●",
    "on": "○",
    "off": "✕",
    "waiting": "◷",
    "busy": "◷",
    "here": "✓",
    "growing": "■",
    "coming": "▼",
    "tonight": "◷",
    "hub": "○",
    "failed": "✕",
    "left": "◀",
    "right": "▶",
    "more": "…",
    "between": "·",
    "full": "█",
    "empty": "░",
    "cursor": "_",
}
ASCII = {
    "live": "*",
    "behind": "<",
    "paused": "=",
    "recording": "#",
    "play": ">",
    "stop": "#",
    "good": "^",
    "poor": "v",
    "bad": "x",
    "none": "-",
    "lost": "x",
    "alone": "-",
    "sound-only": "v",
    "planned": "-",
    "running": "*",
    "recorded": "#",
    "missing": "x",
    "cancelled": "~",
    "present": "+",
    "late": "<",
    "ill": "v",
    "excused": "o",
    "unexcused": "x",
    "tick": "+",
    "draft": "~",
    "hand": "^",
    "sent": "*",
    "on": "o",
    "off": "x",
    "waiting": "<",
    "busy": "<",
    "here": "+",
    "growing": "#",
    "coming": "v",
    "tonight": "<",
    "hub": "o",
    "failed": "x",
    "left": "<",
    "right": ">",
    "more": ".",
    "between": "-",
    "full": "#",
    "empty": ".",
    "cursor": "_",
}

# What stands for a sign that got into a sentence or a name, cell for cell.
STANDS_FOR = {
    "-": "–—−─━═",
    "|": "│┃║‖",
    "+": "┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝✓✔",
    '"': "«»“”„",
    "'": "‘’",
    ".": "…░·",
    "*": "•●°▒",
    "N": "№",
    "x": "×✗✕",
    "o": "○",
    "<": "◷◀←",
    "#": "■█▓▌▐▄▀▃▅▆▇",
    "^": "▲△↑",
    "v": "▽▼↓",
    ">": "▶→",
    "_": "▁▂",
    " ": "\u00a0\u202f\u2800",
}
PLAIN = {ord(letter): plain for plain, letters in STANDS_FOR.items() for letter in letters}
CONSOLES = ("linux", "vt100", "vt220", "ansi")
BRAILLE = range(0x2801, 0x2900)  # dots of a chart


class Skin(NamedTuple):
    """How signs look, and which letters the terminal has."""

    signs: Mapping[str, str]
    plain: bool = False  # no sign but what ASCII has
    encoding: str = "utf-8"
    colours: str | None = "truecolor"  # as rich calls what the terminal has

    def sign(self, name: str) -> str:
        """Return a sign, one cell wide."""
        return self.signs[name]

    def readable(self, text: str) -> str:
        """Return a text of the same width that this terminal can show."""
        if not self.plain or text.isascii():
            return text
        return "".join(map(self._readable, text.translate(PLAIN)))

    def formula(self, text: str) -> str:
        """Return a text with formulas as this terminal can show them; where they are spelled it is longer."""
        return spelled(text) if self.plain else text

    def _readable(self, letter: str) -> str:
        if ord(letter) in BRAILLE:
            return "*"
        return letter if letter.isascii() or (letter.isalpha() and self.writes(letter)) else "?"

    def writes(self, text: str) -> bool:
        """Tell whether the terminal's encoding has all letters of a text."""
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True


GRAPHICAL = Skin(UNICODE)


def skin_of(encoding: str | None, terminal: str, plain: bool, colours: str | None = "truecolor") -> Skin:
    """Return the skin for a terminal by its encoding and TERM, or (`plain`) because somebody asks for it."""
    encoding = (encoding or "ascii").lower().replace("_", "-")
    console = terminal in CONSOLES
    if not plain and encoding in ("utf-8", "utf8") and not console:
        return GRAPHICAL._replace(colours=colours)
    return Skin(ASCII, True, encoding, "standard" if console else colours)
