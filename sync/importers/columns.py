"""Which column is which, by what people call it in Kazakh, Russian or English.

Names are compared by their letters and digits only: "Ф.И.О." is "фио". A name in cp1251 has `?` for the
Kazakh letters and is known too. Columns that nobody asked for are not read, and the dry run says so. Nor are
columns with an IIN or a birth date: refusing the file would make hub staff keep a second copy of it with the
column cut out; this way the numbers stay in the one file that had them, and no line of ours ever holds one.
"""

import unicodedata
from collections.abc import Iterable

from msgspec import Struct

from sync.importers.complaints import Complaints
from sync.importers.sheets import Row, Sheet

NOT_IN_CP1251 = "әғқңөұүһ"
MANGLED = str.maketrans(NOT_IN_CP1251, "?" * len(NOT_IN_CP1251))
FORBIDDEN = ("иин", "жсн", "iin", "рожд", "туған", "туылған", "birth", "сәйкестендіру", "идентификационн")
MAX_CELL = 200  # letters, where they are read: the longest full names and topics have about a hundred
KEPT = "№#?"  # the only marks that tell a column


class Column(Struct, frozen=True):
    """A column: our word for it, and what else people call it."""

    key: str
    words: tuple[str, ...] = ()
    required: bool = False


class Entry(Struct, frozen=True):
    """A row by column; what the file lacks is an empty text."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, key: str) -> str:
        """Return the cell of a column."""
        return self.cells[key]


class Picked(Struct, frozen=True):
    """What was asked for of a table, and which columns were not read."""

    entries: tuple[Entry, ...]
    notes: tuple[str, ...]
    keys: frozenset[str]


def pick(sheet: Sheet, columns: Iterable[Column], most: int = MAX_CELL) -> Picked:
    """Return the rows by column; raise ImportRefused for a header that lacks one or has one twice."""
    wanted = tuple(columns)
    complaints = Complaints(sheet.name)
    notes: list[str] = []
    at = _places(sheet.header, known_words(wanted), complaints, notes)
    for column in wanted:
        if column.required and column.key not in at:
            also = ", ".join(column.words[:4])
            complaints.add(sheet.header.line, f"no column {column.key}" + (f" (or: {also})" if also else ""))
    complaints.settle()
    empty = {column.key: "" for column in wanted}
    entries = [_entry(row, at, empty, (complaints, most)) for row in sheet.rows]
    complaints.settle()
    return Picked(tuple(entry for entry in entries if any(entry.cells.values())), tuple(notes), frozenset(at))


def known_words(columns: Iterable[Column]) -> dict[str, str]:
    """Return each name of each column, whole and as cp1251 leaves it, and the column's key."""
    return known({column.key: column.words for column in columns})


def known(words: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return what each word means, by its letters, whole and as cp1251 leaves it."""
    whole = {fold(word): key for key, all_of_it in words.items() for word in (key, *all_of_it)}
    return {word.translate(MANGLED): key for word, key in whole.items()} | whole


def fold(text: str) -> str:
    """Return a text by its letters and digits."""
    composed = unicodedata.normalize("NFC", text).casefold().replace("ё", "е")
    return "".join(letter for letter in composed if letter.isalnum() or letter in KEPT)


def is_forbidden(name: str) -> bool:
    """Whether a column of this name holds what is never stored."""
    folded = fold(name)
    return any(word in folded or word.translate(MANGLED) in folded for word in FORBIDDEN)


def _places(header: Row, words: dict[str, str], complaints: Complaints, notes: list[str]) -> dict[str, int]:
    at: dict[str, int] = {}
    for place, name in enumerate(header.cells):
        key = words.get(fold(name), "")
        if is_forbidden(name):
            notes.append(f"column {name!r} is not read: an IIN or a birth date is never stored")
        elif key in at:
            complaints.add(header.line, f"two columns for {key}, {header.cells[at[key]]!r} and", name)
        elif key:
            at[key] = place
        elif name:
            notes.append(f"column {name!r} is not read")
    return at


def _entry(row: Row, at: dict[str, int], empty: dict[str, str], bound: tuple[Complaints, int]) -> Entry:
    complaints, most = bound
    found = {key: row.cells[place] for key, place in at.items() if place < len(row.cells)}
    for key, cell in found.items():
        if len(cell) > most:
            complaints.add(row.line, f"more than {most} letters for {key}", cell)
    return Entry(row.line, empty | found)
