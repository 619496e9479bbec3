"""Who is in which class: the template with the columns class, number and name.

One line a pupil. Family and given name may stand in columns of their own.
"""

import re

from msgspec import Struct

from sync.importers import cells, sheets
from sync.importers.columns import Column, Entry, Picked, pick
from sync.importers.complaints import Complaints, Progress, silent, told

MAX_NUMBER = 99  # in a register: two digits are printed; a class has at most thirty-odd

COLUMNS = (
    Column("class", ("класс", "сынып", "сыныбы", "класс/сынып", "сынып/класс", "grade"), required=True),
    Column(
        "number",
        (
            *("№", "номер", "нөмір", "no", "n", "#", "№ п/п", "п/п", "номер в журнале", "№ в журнале"),
            *("нөмірі", "р/с", "р/с №", "№ р/с", "реттік нөмірі", "roster number"),
        ),
        required=True,
    ),
    Column(
        "name",
        (
            *(
                "ФИО",
                "аты-жөні",
                "full name",
                "pupil",
                "student",
                "Ф.И.О. ученика",
                "ученик",
                "имя и фамилия",
            ),
            *("фамилия имя", "фамилия имя отчество", "фамилия и имя", "оқушы", "оқушының аты-жөні", "Т.А.Ә."),
            *("тегі аты", "тегі аты әкесінің аты", "тегі мен аты", "аты және тегі"),
        ),
    ),
    Column("family", ("family name", "surname", "last name", "фамилия", "тегі")),
    Column("given", ("given name", "first name", "имя", "аты", "есімі")),
    Column("middle", ("middle name", "patronymic", "отчество", "әкесінің аты")),
)


class WantedPupil(Struct, frozen=True):
    """A pupil as a file has it."""

    line: int
    class_: str
    number: int | None  # None where the file has no numbers
    name: str
    external: str = ""  # what another system calls the pupil


class Roster(Struct, frozen=True):
    """The pupils of a file, and what was noticed while reading it."""

    pupils: tuple[WantedPupil, ...]
    notes: tuple[str, ...] = ()


def read(name: str, content: bytes, progress: Progress = silent) -> Roster:
    """Return the pupils in a table; raise ImportRefused."""
    sheet = sheets.read(name, content)
    picked = pick(sheet, COLUMNS)
    complaints = Complaints(name)
    _check_has_names(picked, sheet.header.line, complaints)
    notes = [*sheet.notes, *picked.notes]
    pupils: list[WantedPupil] = []
    for done, entry in enumerate(picked.entries, 1):
        pupils += _pupil(entry, complaints)
        told(progress, done, len(picked.entries))
    _check_numbers(pupils, complaints)
    if not picked.entries:
        complaints.add(0, "no pupil in it")
    complaints.settle()
    return Roster(tuple(pupils), (*notes, *noticed(pupils)))


def _check_has_names(picked: Picked, line: int, complaints: Complaints) -> None:
    if "name" not in picked.keys and not {"family", "given"} <= picked.keys:
        raise complaints.refused(line, "no column name (or: ФИО, аты-жөні; or two: family and given)")


def _pupil(entry: Entry, complaints: Complaints) -> list[WantedPupil]:
    before = len(complaints)
    name = entry["name"] or " ".join(
        part for part in (entry["family"], entry["given"], entry["middle"]) if part
    )
    class_ = cells.class_name(entry["class"])
    number = cells.number(entry["number"], MAX_NUMBER)
    if not class_:
        complaints.add(entry.line, "not a class", entry["class"])
    if number is None:
        complaints.add(entry.line, f"not a number from 1 to {MAX_NUMBER}", entry["number"])
    check_name(entry.line, name, complaints)
    return [] if len(complaints) > before else [WantedPupil(entry.line, class_, number, name)]


def check_name(line: int, name: str, complaints: Complaints) -> None:
    """Complain about a name that is none. Digits may be an IIN: the complaint does not repeat them."""
    if not any(letter.isalpha() for letter in name):
        complaints.add(line, "not a name", re.sub(r"\d", "#", name))
    elif re.search(r"\d", name):
        complaints.add(line, "digits in a name", re.sub(r"\d", "#", name))


def _check_numbers(pupils: list[WantedPupil], complaints: Complaints) -> None:
    first: dict[tuple[str, int | None], int] = {}
    for pupil in pupils:
        earlier = first.setdefault((pupil.class_, pupil.number), pupil.line)
        if earlier != pupil.line:
            wrong = f"number twice in class {pupil.class_}, as in line {earlier}"
            complaints.add(pupil.line, wrong, str(pupil.number))


def noticed(pupils: list[WantedPupil]) -> list[str]:
    """Return what looks odd and may be right: letters that were lost, a name twice in a class."""
    notes = [
        f"line {pupil.line}: '?' in {pupil.name!r}: Kazakh letters were lost, save as CSV UTF-8 or XLSX"
        for pupil in pupils
        if "?" in pupil.name or "\ufffd" in pupil.name
    ]
    first: dict[tuple[str, str], int] = {}
    for pupil in pupils:
        earlier = first.setdefault((pupil.class_, pupil.name.casefold()), pupil.line)
        if earlier != pupil.line:
            notes.append(
                f"line {pupil.line}: {pupil.name!r} is in {pupil.class_} twice, as in line {earlier}"
            )
    return notes
