"""Words that a device said, made fit to be shown (core)."""

import re

ORDERS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-_])?")  # of a terminal: colours, places


def plain(text: str, longest: int) -> str:
    """Return one line of what a device said, without what would move a terminal's cursor or turn letters."""
    letters = (letter if letter.isprintable() else " " for letter in ORDERS.sub("", text))
    return " ".join("".join(letters).split())[:longest].rstrip()
