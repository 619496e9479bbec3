"""The words of one language: sentences, counted things, dates and numbers, from `locale/LANGUAGE/*.toml`."""

import datetime
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from edge.words import LANGUAGES, LISTS, BadWords, Said, counted

FOLDER = Path(__file__).parent / "locale"
OWN_NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
UNKNOWN = "unknown-word"  # said for a key that a newer daemon sent

Blank = str | int


class Words:
    """What is said in one language. Who asks for a word that is not there gets a sentence, and is noted."""

    def __init__(self, language: str, said: Mapping[str, Said]) -> None:
        self.language = language
        self.missing: set[str] = set()
        self._said = said

    def has(self, key: str) -> bool:
        """Tell whether there is a sentence for a key."""
        return isinstance(self._said.get(key), str)

    def keys(self) -> set[str]:
        """Return every key there is."""
        return set(self._said)

    def say(self, key: str, **blanks: Blank) -> str:
        """Return a sentence with its blanks filled."""
        said = self._said.get(key)
        if not isinstance(said, str):
            self.missing.add(key)
            said = self._sentence(UNKNOWN)
        return self._filled(key, said, blanks)

    def count(self, key: str, number: int, **blanks: Blank) -> str:
        """Return a sentence about so many (`{count}`), in the right plural."""
        said = self._said.get(key)
        if not isinstance(said, dict):
            self.missing.add(key)
            return self._sentence(UNKNOWN)
        form = counted({each: each for each in LANGUAGES[self.language]}, number, self.language)
        return self._filled(key, said[form], {"count": number, **blanks})

    def told(self, key: str, blanks: Mapping[str, Blank], otherwise: str = UNKNOWN) -> str:
        """Return the daemon's sentence; where it is newer and says what is not known here, another one."""
        known = self._said.get(key)
        if isinstance(known, dict) and isinstance(count := blanks.get("count"), int):
            rest = {name: blank for name, blank in blanks.items() if name != "count"}
            return self.count(key, count, **rest)
        return self.say(key if isinstance(known, str) else otherwise, **blanks)

    def names(self, key: str) -> list[str]:
        """Return a list of names: `months`, `weekdays` (from Sunday)."""
        said = self._said[key]
        assert isinstance(said, list)
        return said

    def date(self, day: datetime.date) -> str:
        """Return a day as it is written in a letter, with its weekday."""
        return self.say("date", weekday=self.names("weekdays")[day.isoweekday() % 7], **self._of(day))

    def day(self, day: datetime.date) -> str:
        """Return day and month."""
        return self.say("day", **self._of(day))

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number with this language's decimal sign."""
        return f"{value:.{decimals}f}".replace(".", self.say("decimal-sign"))

    def size(self, count: int) -> str:
        """Return bytes as people read them."""
        if count >= 1_000_000_000:
            return self.say("gigabytes", size=self.number(count / 1e9, 1))
        if count < 1_000_000:
            return self.say("kilobytes", size=self.number(-(-count // 1000)))  # what is there is never 0
        return self.say("megabytes", size=self.number(round(count / 1e6)))

    def duration(self, seconds: float) -> str:
        """Return M:SS or H:MM:SS."""
        minutes, rest = divmod(max(0, int(seconds)), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

    def _of(self, day: datetime.date) -> dict[str, Blank]:
        return {"year": day.year, "day": day.day, "month": self.names("months")[day.month - 1]}

    def _sentence(self, key: str) -> str:
        said = self._said[key]
        assert isinstance(said, str)
        return said

    def _filled(self, key: str, said: str, blanks: Mapping[str, Blank]) -> str:
        try:
            return said.format_map(blanks)
        except (KeyError, IndexError, ValueError):
            self.missing.add(key)
            return self._sentence(UNKNOWN)


@cache
def words_of(language: str, folder: Path = FOLDER) -> Words:
    """Read a language's files; raise BadWords for one that is not sound."""
    if language not in LANGUAGES:
        raise BadWords(f"not a language of ours: {language!r}")
    said: dict[str, Said] = {}
    for path in sorted((folder / language).glob("*.toml")):
        for key, what in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if key in said or not _is_sound(key, what, LANGUAGES[language]):
                raise BadWords(f"{language}/{path.name}: {key} = {what!r}")
            said[key] = what
    return Words(language, said)


def _is_sound(key: str, said: object, forms: tuple[str, ...]) -> bool:
    if isinstance(said, dict):
        return tuple(said) == forms and all(isinstance(each, str) and each for each in said.values())
    if isinstance(said, list):
        return len(said) == LISTS.get(key) and all(said)
    return isinstance(said, str) and said != ""
