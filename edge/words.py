"""The words people read, by language: read from TOML, checked, given to the pages as JSON."""

import tomllib
from pathlib import Path

# The plural forms a language needs where something is counted (CLDR, whole numbers).
LANGUAGES = {"kk": ("one", "other"), "ru": ("one", "few", "many"), "en": ("one", "other")}
LISTS = {"months": 12, "weekdays": 7}

FOLDER = Path(__file__).parent / "pages" / "words"

Said = str | list[str] | dict[str, str]


class BadWords(ValueError):
    """A language that is not there, or a file of words that a page could not speak."""


def load(language: str, folder: Path = FOLDER) -> dict[str, Said]:
    """Return the words of a language by key: a sentence, plural forms by name, or a list of names."""
    if language not in LANGUAGES:
        raise BadWords(f"not a language of ours: {language!r}")
    path = folder / f"{language}.toml"
    words: dict[str, Said] = tomllib.loads(path.read_text(encoding="utf-8"))
    for key, said in words.items():
        if not _is_sound(key, said, LANGUAGES[language]):
            raise BadWords(f"{path.name}: {key} = {said!r}")
    return words


def _is_sound(key: str, said: object, forms: tuple[str, ...]) -> bool:
    if isinstance(said, dict):
        return tuple(said) == forms and all(said.values())
    if isinstance(said, list):
        return len(said) == LISTS.get(key) and all(said)
    return isinstance(said, str) and said != ""
