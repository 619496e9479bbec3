"""Who is in which class: a ZIP file of CSV as 1EdTech OneRoster 1.1 and 1.2 name its files and fields.

Read are orgs, users, classes and enrollments, of users only sourcedId, status and the names. Never read:
demographics (birth dates), identifiers, addresses of any kind.
- A class is a homeroom; where a file has none, any class. It is called by its title.
- A pupil is enrolled with the role student, and neither she nor class or enrollment is `tobedeleted` or over.
- There are no roster numbers: the plan keeps those that pupils have and numbers the others by the alphabet.
- A class without pupils is not taken for empty but for not exported, and stays as it is.
- A delta has only what changed: it is refused, as who is absent from it has not left.
"""

import re
from datetime import date

from msgspec import Struct

from sync.importers import archives, cells, sheets
from sync.importers.columns import Column, Entry, Picked, fold, pick
from sync.importers.complaints import Complaints, Progress, silent, told
from sync.importers.roster import Roster, WantedPupil, check_name, noticed

ALPHABET = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"  # Kazakh; Unicode has its own letters after я
IIN = re.compile(r"\d{12}")
DELTA = "delta"
OVER = "tobedeleted"

STATUS = Column("status")
TABLES: dict[str, tuple[Column, ...]] = {
    "users": (
        Column("sourcedId", required=True),
        STATUS,
        *(Column("familyName", required=True), Column("givenName", required=True), Column("middleName")),
    ),
    "classes": (
        Column("sourcedId", required=True),
        STATUS,
        *(Column("title", required=True), Column("classType"), Column("schoolSourcedId")),
    ),
    "enrollments": (
        *(Column("classSourcedId", required=True), Column("userSourcedId", required=True)),
        *(Column("role", required=True), STATUS, Column("endDate")),
    ),
    "orgs": (Column("sourcedId", required=True), Column("name"), Column("identifier")),
    "manifest": (Column("propertyName", required=True), Column("value", required=True)),
}
NEEDED = ("users", "classes", "enrollments")


class Found(Struct, frozen=True):
    """The classes and people that an enrollment may name."""

    classes: dict[str, str]  # sourcedId → title, those that are imported
    passed_over: frozenset[str]  # classes that are in the file and are not imported
    users: dict[str, Entry]


def is_one(content: bytes) -> bool:
    """Whether this is a ZIP file as OneRoster names its parts."""
    return archives.is_zip(content) and "enrollments" in {_stem(name) for name in archives.names(content)}


def read(name: str, content: bytes, today: date, school: str = "", progress: Progress = silent) -> Roster:
    """Return the pupils of a school; its sourcedId, identifier or name is needed where there are several."""
    complaints = Complaints(name)
    complaints.check_size(content)
    tables = _tables(name, content, complaints)
    _check_whole(tables, Complaints(f"{name}/manifest.csv"))
    notes: list[str] = []
    found = _found(tables, _school(tables, school, complaints), notes)
    pupils = _enrolled(name, tables["enrollments"], found, today, progress)
    empty = sorted(set(found.classes.values()) - {pupil.class_ for pupil in pupils})
    notes += [f"class {class_} has no pupils in the file: it stays as it is" for class_ in empty]
    if not pupils:
        raise complaints.refused(0, "no pupil in it")
    notes += [f"sourcedId of {pupil.name!r} looks like an IIN: not kept" for pupil in pupils if _iin(pupil)]
    kept = [_without_iin(pupil) for pupil in pupils]
    return Roster(tuple(kept), (*notes, *noticed(kept)))


def _stem(member: str) -> str:
    return member.rsplit("/", 1)[-1].casefold().removesuffix(".csv")


def _tables(name: str, content: bytes, complaints: Complaints) -> dict[str, Picked]:
    members = {_stem(member): data for member, data in archives.members(content, complaints).items()}
    for needed in NEEDED:
        if needed not in members:
            complaints.add(0, f"no {needed}.csv in it")
    complaints.settle()
    return {
        table: pick(sheets.read(f"{name}/{table}.csv", members[table]), columns)
        for table, columns in TABLES.items()
        if table in members
    }


def _check_whole(tables: dict[str, Picked], complaints: Complaints) -> None:
    for entry in tables["manifest"].entries if "manifest" in tables else ():
        if entry["value"].casefold() == DELTA and entry["propertyName"].removeprefix("file.") in NEEDED:
            complaints.add(entry.line, "only what changed; export the whole (bulk)", entry["propertyName"])
    complaints.settle()


def _school(tables: dict[str, Picked], wanted: str, complaints: Complaints) -> str:
    """Return the sourcedId of the school that is imported, "" where the file knows of one only."""
    ids = sorted({entry["schoolSourcedId"] for entry in tables["classes"].entries} - {""})
    orgs = {entry["sourcedId"]: entry for entry in tables["orgs"].entries} if "orgs" in tables else {}
    called = {one: orgs[one]["name"] if one in orgs else one for one in ids}
    if not wanted and len(ids) <= 1:
        return ""
    same = [one for one in ids if fold(wanted) in _names_of(one, orgs)]
    if len(same) != 1:
        wrong = f"which school? There are {', '.join(called.values())}; not one of them"
        raise complaints.refused(0, wrong, wanted)
    return same[0]


def _names_of(school: str, orgs: dict[str, Entry]) -> set[str]:
    org = orgs.get(school)
    return {fold(school)} | ({fold(org["name"]), fold(org["identifier"])} - {""} if org else set())


def _found(tables: dict[str, Picked], school: str, notes: list[str]) -> Found:
    active = [entry for entry in tables["classes"].entries if entry["status"].casefold() != OVER]
    ours = [entry for entry in active if not school or entry["schoolSourcedId"] == school]
    homerooms = [entry for entry in ours if entry["classType"].casefold() == "homeroom"]
    if homerooms and len(homerooms) < len(ours):
        notes.append(f"{len(ours) - len(homerooms)} scheduled classes are not read: a roster has homerooms")
    classes = {entry["sourcedId"]: cells.class_name(entry["title"]) for entry in homerooms or ours}
    all_of_them = {entry["sourcedId"] for entry in tables["classes"].entries}
    users = {entry["sourcedId"]: entry for entry in tables["users"].entries}
    return Found(classes, frozenset(all_of_them - set(classes)), users)


def _enrolled(
    name: str, enrollments: Picked, found: Found, today: date, progress: Progress
) -> list[WantedPupil]:
    complaints, named = Complaints(f"{name}/enrollments.csv"), Complaints(f"{name}/users.csv")
    pupils: dict[str, WantedPupil] = {}
    for done, entry in enumerate(enrollments.entries, 1):
        user = _student(entry, found, today, complaints)
        if user is not None:
            pupil = _pupil(user, found.classes[entry["classSourcedId"]])
            earlier = pupils.setdefault(user["sourcedId"], pupil)
            if earlier.class_ != pupil.class_:
                wrong = f"in {earlier.class_} and {pupil.class_} at once"
                complaints.add(entry.line, wrong, pupil.name)
        told(progress, done, len(enrollments.entries))
    for pupil in pupils.values():
        check_name(pupil.line, pupil.name, named)
        if not pupil.class_:
            complaints.add(0, "a class without a title, of", pupil.name)
    complaints.settle()
    named.settle()
    return sorted(pupils.values(), key=lambda pupil: (pupil.class_, alphabetical(pupil.name)))


def _student(entry: Entry, found: Found, today: date, complaints: Complaints) -> Entry | None:
    """Return who is enrolled as a pupil in one of the classes now."""
    class_, user = entry["classSourcedId"], found.users.get(entry["userSourcedId"])
    if entry["role"].casefold() != "student" or entry["status"].casefold() == OVER:
        return None
    ends = cells.day(entry["endDate"]) if entry["endDate"] else None
    if entry["endDate"] and ends is None:
        complaints.add(entry.line, "not a date", entry["endDate"])
    elif class_ not in found.classes and class_ not in found.passed_over:
        complaints.add(entry.line, "a class that is not in classes.csv", class_)
    elif user is None:
        complaints.add(entry.line, "somebody who is not in users.csv", entry["userSourcedId"])
    elif class_ in found.classes and user["status"].casefold() != OVER and not (ends and ends <= today):
        return user
    return None


def _pupil(user: Entry, class_: str) -> WantedPupil:
    name = " ".join(user[part] for part in ("familyName", "givenName", "middleName") if user[part])
    return WantedPupil(user.line, class_, None, name, user["sourcedId"])


def _iin(pupil: WantedPupil) -> bool:
    return IIN.fullmatch(pupil.external) is not None


def _without_iin(pupil: WantedPupil) -> WantedPupil:
    return WantedPupil(pupil.line, pupil.class_, None, pupil.name) if _iin(pupil) else pupil


def alphabetical(name: str) -> list[tuple[int, str]]:
    """Return by what names are sorted as a Kazakh class list is."""
    return [(ALPHABET.find(letter), letter) for letter in name.casefold()]
