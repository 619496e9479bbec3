"""The words people read, by language: read from TOML, checked, given to the pages as JSON."""

import tomllib
from pathlib import Path

# The plural forms a language needs where something is counted (CLDR, whole numbers).
LANGUAGES = {"kk": ("one", "other"), "ru": ("one", "few", "many"), "en": ("one", "other")}
LISTS = {"months": 12, "weekdays": 7}

FOLDER = Path(__file__).parent / "pages" / "words"
TEACH = FOLDER / "teach"  # what only the hub teacher's page says: a projector does not fetch it
MEASURED = Path(__file__).parent / "lab" / "words"  # what the laboratory calls what it measures
QUANTITY = "quantity-"  # how word keys of quantities begin

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


def of_teaching(language: str) -> dict[str, Said]:
    """Return the words of the hub teacher's page alone, with the names of what sensors measure."""
    measured = load(language, MEASURED)
    named = {key: said for key, said in measured.items() if key.startswith(QUANTITY)}
    return load(language, TEACH) | named


def counted(said: Said, count: int, language: str) -> str:
    """Return a sentence about so many, in the plural form its language has for that (CLDR, whole numbers)."""
    assert isinstance(said, dict)
    return said[_form(count, language)].format(count=count)


def _form(count: int, language: str) -> str:
    if language != "ru":
        return "one" if count == 1 else "other"
    if count % 10 == 1 and count % 100 != 11:
        return "one"
    return "few" if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14) else "many"


def _is_sound(key: str, said: object, forms: tuple[str, ...]) -> bool:
    if isinstance(said, dict):
        return tuple(said) == forms and all(said.values())
    if isinstance(said, list):
        return len(said) == LISTS.get(key) and all(said)
    return isinstance(said, str) and said != ""
