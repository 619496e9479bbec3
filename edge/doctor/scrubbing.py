"""Takes secrets and names out of texts that leave this computer (core)."""

import re
from collections.abc import Iterable

HIDDEN = "***"
WORD = re.compile(r"[\w-]+")
MOST_WORDS = 4  # of a name that is looked for: family, first and father's name, and one that has two
# What lets somebody in, whoever wrote it down: keys, tokens, codes of invitations.
SECRETS = (
    re.compile(r"-----BEGIN [A-Z ]+-----.*?(-----END [A-Z ]+-----|\Z)", re.DOTALL),
    re.compile(r"(?<=earer )[\w.~+/=-]+"),
    re.compile(r"(?<=token=)['\"]?[^\s&'\"]+"),
    re.compile(r"(?<=pin=)['\"]?\d{4,8}"),
    re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b", re.IGNORECASE),
)


class Scrub:
    """What must not be left in a text: `secrets` as they stand, `names` word by word."""

    def __init__(self, secrets: Iterable[str], names: Iterable[str]) -> None:
        # A number inside of another one is not it: a PIN of four digits is in many a time of day.
        self._secrets = [
            re.compile(rf"(?<!\d){each}(?!\d)" if each.isdecimal() else re.escape(each))
            for each in secrets
            if each
        ]
        self._names = {" ".join(WORD.findall(each.casefold())) for each in names} - {""}

    def __call__(self, text: str) -> str:
        """Return the text without them."""
        for pattern in (*self._secrets, *SECRETS):
            text = pattern.sub(HIDDEN, text)
        return self._without_names(text) if self._names else text

    def _without_names(self, text: str) -> str:
        """Look at each word and those after it: a hub has 10,000 names, and a log 300,000 words."""
        found = list(WORD.finditer(text))
        plain = [each[0].casefold() for each in found]
        kept, end, number = [], 0, 0
        while number < len(found):
            count = self._words_of_name(plain[number : number + MOST_WORDS])
            if count:
                kept += [text[end : found[number].start()], HIDDEN]
                end = found[number + count - 1].end()
            number += max(1, count)
        return "".join((*kept, text[end:]))

    def _words_of_name(self, words: list[str]) -> int:
        """Return how many of these words are a name; 0 for none."""
        sizes = range(len(words), 0, -1)
        return next((size for size in sizes if " ".join(words[:size]) in self._names), 0)
