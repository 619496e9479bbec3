"""One computer by itself: registers without any hub, lessons that were held, files that are damaged."""

import json
import sys
import zipfile
from functools import partial
from pathlib import Path

import pytest

from tests.flows.crew import END, ROOT, Crew, Program, until_told
from tests.flows.journals import facts, faults, journal_of
from tests.flows.school import LESSON, arrive, good, import_files, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAKE = ("register", "take", *LESSON)


async def test_a_school_without_any_hub_works_for_itself(crew: Crew) -> None:
    node = await crew.node("school", 'school = "akzhar"', 'lang = "en"')
    await import_files(node, crew.folder, "")
    taken = (await good(node, *TAKE, "--marks", "2=ill")).splitlines()
    today = (await good(node, "today", "--day", "2026-11-26")).splitlines()
    exported = (await good(node, "export", "attendance", "--format", "jsonl")).splitlines()
    assert taken == [
        "Saved: 7Б 2026-11-26 08:30 — present 2, ill 1",
        "This computer is not joined to a hub yet",
    ]
    assert today[1].split()[-1] == "signed"
    assert [json.loads(line)["school"] for line in exported[:-1]] == ["akzhar"] * 3
    assert await good(node, "today", "--day", "2026-11-28") == "No lessons on this day\n"
    await node.stop()
    assert faults(node.state) == []


async def test_registers_from_before_the_enrolment_come_to_the_hub_under_the_hubs_name_of_the_school(
    crew: Crew,
) -> None:
    room = await crew.node("room", 'school = "akzhar"', 'lang = "en"')
    said = await good(room, *TAKE, "--marks", "2=ill")
    assert "There is no roster of 7Б here: nobody but these is marked" in said
    hub = await crew.node("hub", 'listen_nodes = ["127.0.0.1:0"]')
    code = (await good(hub, "invite", "akzhar")).splitlines()[2].strip()
    await good(room, "enroll", hub.door, code)
    await arrive(hub, "register-taken")
    rows = (await good(hub, "export", "attendance", "--school", "akzhar", "--format", "jsonl")).splitlines()
    assert [(json.loads(row)["number"], json.loads(row)["code"]) for row in rows[:-1]] == [(2, "ill")]


async def test_a_recorded_lesson_is_noted_once_as_held(crew: Crew, lesson: Path) -> None:
    node = await crew.node("school", 'school = "akzhar"')
    publisher = await crew.publisher(str(lesson), f"{node.url}/whip/physics")
    assert await publisher.ended() == 0, publisher.said
    await node.stop()
    again = await crew.node("school", 'school = "akzhar"')
    (held,) = await arrive(again, "lesson-held")
    (recording,) = await until_told(partial(crew.recordings, again.url))
    await again.stop()
    third = await crew.node("school", 'school = "akzhar"')
    await good(third, *TAKE, "--marks", "1=late")

    said = json.loads(held.body)
    assert (said["stream"], said["recording"], said["whole"]) == ("physics", recording["id"], True)
    assert said["began"] == recording["started"]
    assert said["seconds"] == pytest.approx(recording["seconds"], abs=0.1)
    assert facts(third.state, "lesson-held") == [held]
    lines = (await good(third, "export", "lessons", "--format", "jsonl")).splitlines()
    rows = [json.loads(line) for line in lines[:-1]]
    assert [(row["state"], row["topic"]) for row in rows if row["register"] == "none"] == [
        ("held", "physics")
    ]


async def test_a_damaged_key_leaves_the_lesson_and_says_so(crew: Crew) -> None:
    node = await crew.node("school")
    await node.stop()
    damaged = node.state / "journal" / "node.pem"
    damaged.write_bytes(b"not what it was " * 4096)
    again = await crew.node("school")
    assert f"the journal in {node.state}/journal cannot be opened: {damaged}" in again.said
    assert (await crew.get(f"{again.url}/api/node"))["trouble"] == "journal-broken"
    assert str(damaged) in await refused(again, *TAKE, "--marks", "2=ill")
    assert damaged.read_bytes().startswith(b"not what it was"), "a person has to decide"
    assert "Traceback" not in again.said


async def test_half_a_journal_is_set_aside_and_left_as_it_is(crew: Crew) -> None:
    node = await crew.node("school")
    await good(node, *TAKE, "--marks", "2=ill")
    await node.stop()
    damaged = journal_of(node.state)
    half = damaged.read_bytes()[: damaged.stat().st_size // 2]
    damaged.write_bytes(half)
    assert "malformed" in await refused(node, *TAKE, "--marks", "2=ill"), "a command mends nothing"
    again = await crew.node("school")
    (aside,) = damaged.parent.glob("broken-*/journal.db")
    assert str(aside) in again.said
    assert aside.read_bytes() == half
    await good(again, *TAKE, "--marks", "2=ill")
    assert faults(again.state) == []


async def test_a_damaged_note_of_the_hub_stops_no_lesson_and_is_cured_by_enrolling_again(crew: Crew) -> None:
    hub = await crew.node("hub", 'listen_nodes = ["127.0.0.1:0"]')
    room = await crew.node("room")
    note = room.state / "journal" / "parent.json"
    note.write_text("{}")
    said = await room.says("part stopped.*journal watch.*reason=.*")
    code = (await good(hub, "invite", "akzhar")).splitlines()[2].strip()
    assert f"{note} cannot be read" in await refused(room, "enroll", hub.door, code)
    await good(room, "enroll", hub.door, code, "--again")
    await good(room, *TAKE, "--marks", "2=ill")
    await arrive(hub, "register-taken")
    assert f"JournalFailed: {note} cannot be read" in said[0]
    assert "Traceback" not in room.said


async def test_the_wheel_has_the_words_of_sheets_and_commands(tmp_path: Path, crew: Crew) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    building = Program(command, tmp_path / "build.log", ROOT)
    assert await (await crew.start(building)).ended(END) == 0, building.said
    (wheel,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    folders = ("edge/pages/words", "edge/commands/words", "sync/export/words")
    assert {f"{folder}/{language}.toml" for folder in folders for language in ("kk", "ru", "en")} <= names
