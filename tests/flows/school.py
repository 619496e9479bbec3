"""What technicians and hub staff do at computers that are joined to each other."""

import re
from datetime import date, timedelta
from pathlib import Path

from tests.flows.crew import Crew, Node, until
from tests.flows.journals import Fact, facts

LISTENS = 'listen_nodes = ["127.0.0.1:0"]'
ARRIVAL = 60.0  # seconds for a fact to come to the next node
ROSTER = "Класс;№;ФИО\n7Б;1;Ахметов Әлихан\n7Б;2;Серікқызы Айгерім\n7Б;3;Иванова Мария\n"
DAY = date(2026, 11, 26)
LESSON = ("7Б", "--day", f"{DAY}", "--at", "08:30")


async def good(node: Node, *words: str) -> str:
    """Type a command that must end well; return what it printed."""
    answer = await node.typed(*words)
    assert answer.status == 0, answer.err
    return answer.out


async def refused(node: Node, *words: str) -> str:
    """Type a command that must be refused; return what it said."""
    answer = await node.typed(*words)
    assert (answer.status, answer.out) == (1, "")
    return answer.err.strip()


async def invited(node: Node, school: str, *flags: str) -> str:
    """Invite a computer of a school; return the code."""
    found = re.search(r"^ {4}(\S+)$", await good(node, "invite", school, *flags), re.MULTILINE)
    assert found
    return found[1]


async def joined(crew: Crew, above: Node, name: str, school: str) -> Node:
    """Start a computer of a school and join it."""
    node = await crew.node(name)
    await good(node, "enroll", above.door, await invited(above, school))
    return node


async def import_files(node: Node, folder: Path, school: str, day: date = DAY) -> None:
    """Import roster and timetable of a school, with a lesson of physics on this day."""
    await good(node, "roster", "import", str(written(folder, "roster.csv", ROSTER)), "--school", school)
    days = ("--from", f"{day - timedelta(25)}", "--to", f"{day + timedelta(29)}")
    file = written(folder, "timetable.csv", timetable(day))
    await good(node, "timetable", "import", str(file), "--school", school, *days)


def timetable(day: date = DAY) -> str:
    """Return a lesson on a day, and another one on the next."""
    return f"""Күні;Начало;Класс;Предмет;Учитель;Модель
{day};08:30;7Б;Физика;Айгүл Сәрсенова;онлайн
{day + timedelta(1)};09:25;7Б;Химия;Айгүл Сәрсенова;онлайн
"""


def written(folder: Path, name: str, text: str) -> Path:
    """Return a file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8-sig")
    return path


async def arrive(node: Node, kind: str, count: int = 1) -> list[Fact]:
    """Wait until so many facts of a kind are at a node."""

    def look() -> list[Fact]:
        found = facts(node.state, kind)
        return found if len(found) >= count else []

    return await until(look, ARRIVAL, f"{count} {kind} never at {node.state.name}")
