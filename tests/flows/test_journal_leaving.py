"""What is taken back: a name, a computer's right to bring facts, and one of two registers."""

import json

import pytest
import pytest_asyncio
from msgspec import Struct

from tests.flows.crew import LONG, Crew, Node, until_told
from tests.flows.journals import facts
from tests.flows.school import LESSON, arrive, good, import_files, joined, refused
from tests.flows.tree import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAKE = ("register", "take", *LESSON)
CHEMISTRY = ("register", "take", "7Б", "--day", "2026-11-27", "--at", "09:25")


class School(Struct):
    """A hub and two computers of one school below it."""

    hub: Node
    rooms: tuple[Node, Node]


@pytest_asyncio.fixture(loop_scope="session")
async def school(crew: Crew) -> School:
    """Both computers know the roster and the timetable."""
    hub = await crew.node("hub", f'listen_nodes = ["127.0.0.1:{free_port()}"]', 'school = "hub1"')
    await import_files(hub, crew.folder, "akzhar")
    rooms = (await joined(crew, hub, "room", "akzhar"), await joined(crew, hub, "lab", "akzhar"))
    for room in rooms:
        await arrive(room, "roster-changed", 3)
        await arrive(room, "lesson-planned", 2)
    return School(hub, rooms)


async def test_a_forgotten_name_is_gone_at_the_hub_and_at_the_school_and_its_marks_stay(
    school: School,
) -> None:
    hub, (room, _) = school.hub, school.rooms
    before = (await good(room, "roster", "show")).splitlines()
    await good(room, *TAKE, "--mark", "2=ill")
    pupil = next(line for line in before if "Айгерім" in line).split()[-1]

    said = (await good(hub, "forget", pupil)).splitlines()
    await good(room, *CHEMISTRY)  # whatever is to be said brings what is to be heard
    await arrive(room, "pupil-forgotten")

    assert said[0] == f"The name of pupil {pupil} (7Б № 2, akzhar) is destroyed here."
    await until_told(lambda: _is_nameless(room))
    assert await _is_nameless(hub)
    await arrive(hub, "register-taken", 2)
    marks = (await good(hub, "export", "attendance", "--names", "--to", "2026-11-26")).splitlines()
    assert [line.split(";")[8:11] for line in marks if ";2;" in line] == [["2", "", "ill"]]
    assert await refused(hub, "forget", "nobody") == (
        "no pupil 'nobody': `tirek roster show` prints the pseudonyms"
    )


async def _is_nameless(node: Node) -> bool:
    shown = await good(node, "roster", "show", "--school", "akzhar")
    return "(forgotten)" in shown and "Айгерім" not in shown and "Иванова" in shown


async def test_a_revoked_computer_brings_nothing_more_and_what_it_brought_stays(
    school: School, crew: Crew
) -> None:
    hub, (room, lab) = school.hub, school.rooms
    await good(room, *TAKE, "--mark", "2=ill")
    (brought,) = await arrive(hub, "register-taken")

    said = await good(hub, "nodes", "revoke", brought.node, "--reason", "stolen")
    await good(room, *CHEMISTRY)
    refusal = await room.says("part stopped.*upstream.*not enrolled there, or was revoked")
    again = await _restarted(crew, hub)
    doubled = 3 * LONG  # what a pause may have grown to meanwhile
    await room.says("part stopped.*upstream.*does not know this node: it was revoked", doubled)
    await good(lab, *CHEMISTRY, "--mark", "1=late")
    await arrive(again, "register-taken", 2)

    assert said == f"{brought.node} is not let in any more.\n"
    assert "level=warning" in refusal.string[: refusal.start()].splitlines()[-1]
    registers = facts(again.state, "register-taken")
    assert [fact.id for fact in registers if fact.node == brought.node] == [brought.id]
    listed = (await good(again, "nodes", "list")).splitlines()
    assert [line.split()[3] for line in listed if brought.node in line] == ["revoked"]
    assert "is let in here" in await refused(again, "nodes", "revoke", brought.node)
    (fact,) = facts(again.state, "node-revoked")
    assert json.loads(fact.body) == {"node": brought.node, "reason": "stolen"}


async def test_two_registers_of_one_lesson_taken_without_a_link_are_both_listed(
    school: School, crew: Crew
) -> None:
    hub, (room, lab) = school.hub, school.rooms
    await hub.stop()
    await good(room, *TAKE, "--mark", "2=ill")
    await good(lab, *TAKE, "--mark", "3=late")

    again = await _restarted(crew, hub)
    registers = await arrive(again, "register-taken", 2)

    rows = [
        json.loads(line)
        for line in (await good(again, "export", "conflicts", "--format", "jsonl")).splitlines()
    ]
    assert [(row["key"], row["lesson"]) for row in rows[:-1]] == [("concurrent", "7Б 2026-11-26 08:30")]
    detail = rows[0]["detail"]
    assert set(detail["registers"].split(", ")) == {fact.id for fact in registers}
    assert set(detail["nodes"].split(", ")) == {fact.node for fact in registers}
    assert detail["numbers"] == "2, 3"
    sentence = await good(again, "export", "conflicts", "--lang", "ru")
    assert "Записи, сделанные независимо друг от друга" in sentence


async def _restarted(crew: Crew, hub: Node) -> Node:
    """Start a hub again at its address, if need be after it stopped."""
    port = hub.door.rpartition(":")[2]
    if hub.child.returncode is None:
        await hub.stop()
    return await crew.node("hub", f'listen_nodes = ["127.0.0.1:{port}"]', 'school = "hub1"')
