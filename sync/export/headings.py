"""The words of exported sheets, for people who open them in Kazakh, Russian or English.

Scripts get the columns' own names and the machine's words; these are used only when a language is asked for.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

LANGUAGES = ("kk", "ru", "en")
FOLDER = Path(__file__).parent / "words"


class Headings(Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language."""

    columns: dict[str, str]  # by the column's name
    words: dict[str, str]  # by what stands in a cell
    letters: dict[str, str]  # by code, as a register on paper has them
    conflicts: dict[str, str]  # sentences with blanks, by key
    gap: dict[str, str]  # sentences with blanks of the report that compares schools

    def sentence(self, key: str, blanks: Mapping[str, str]) -> str:
        """Return what is wrong as a sentence; the blanks alone for a key of a newer version."""
        try:
            return self.conflicts[key].format_map(blanks)
        except (KeyError, ValueError):
            return in_words(blanks)


def load(language: str) -> Headings:
    """Return the words of a language; raise ValueError if it is none of ours."""
    if language not in LANGUAGES:
        raise ValueError(f"not a language of ours: {language!r}; there are {', '.join(LANGUAGES)}")
    text = (FOLDER / f"{language}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Headings)


def in_words(blanks: Mapping[str, object]) -> str:
    """Return names and values in one cell, for who asked for no language."""
    return "; ".join(f"{name}={value}" for name, value in blanks.items())
