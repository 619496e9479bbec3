"""The walk of people through the journal: joined, imported, marked, and what is seen of it at each place."""

import json
import re
from asyncio import gather
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec import Struct

from tests.flows.crew import Crew, Node
from tests.flows.journals import facts
from tests.flows.school import (
    LESSON,
    LISTENS,
    ROSTER,
    arrive,
    good,
    import_files,
    invited,
    refused,
    timetable,
    written,
)

# What an import writes; what a school noted of its clock or its commands may come up at any moment.
IMPORTED = ("roster-changed", "lesson-planned", "lesson-cancelled")
pytestmark = pytest.mark.asyncio(loop_scope="session")

TAKE = ("register", "take", *LESSON, "--marks")
SHOW = ("register", "show", *LESSON, "--lang")
NOVEMBER = ("--from", "2026-11-01", "--to", "2026-12-25")


class Walked(Struct):
    """The computers, and what was said on the way."""

    region: Node
    hub: Node
    room: Node
    said: dict[str, str]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def nodes(house: Crew) -> tuple[Node, Node, Node]:
    """Three computers that know nothing of each other."""
    region, hub, room = await gather(
        house.node("region", LISTENS), house.node("hub", LISTENS, 'school = "hub1"'), house.node("room")
    )
    return region, hub, room


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def walked(nodes: tuple[Node, Node, Node], house: Crew) -> Walked:
    """The whole way of one register."""
    walk = Walked(*nodes, {})
    await _join(walk, house)
    await arrive(walk.room, "roster-changed", 3)
    await arrive(walk.room, "lesson-planned", 2)
    await _mark(walk)
    await arrive(walk.hub, "register-taken", 2)
    await arrive(walk.region, "register-taken", 2)
    return walk


async def _join(walk: Walked, house: Crew) -> None:
    region, hub, room, said = walk.region, walk.hub, walk.room, walk.said
    code = await invited(region, "hub1", "--hub")
    said["hub joined"] = await good(hub, "enroll", region.door, code)
    await import_files(hub, house.folder, "akzhar")
    code = await invited(hub, "akzhar")
    said["room joined"] = await good(room, "enroll", hub.door, code.lower().replace("-", " "))
    said["room again"] = await refused(room, "enroll", hub.door, code)
    said["used code"] = await refused(region, "enroll", hub.door, code)
    said["with --again"] = await good(room, "enroll", hub.door, await invited(hub, "akzhar"), "--again")


async def _mark(walk: Walked) -> None:
    room, said = walk.room, walk.said
    for language in ("kk", "ru", "en"):
        said[f"today {language}"] = await good(room, "today", "--day", "2026-11-26", "--lang", language)
    said["taken"] = await good(room, *TAKE, "2=ill", "9=late", "--by", "Айгүл")
    said["unexplained"] = await refused(room, *TAKE, "2=late", "--lang", "ru")
    said["corrected"] = await good(room, *TAKE, "2=late", "--reason", "ошиблась", "--lang", "ru")
    for language in ("kk", "ru", "en"):
        said[f"shown {language}"] = await good(room, *SHOW, language)
    said["today marked"] = await good(room, "today", "--day", "2026-11-26", "--lang", "en")


async def test_a_code_joins_a_computer_to_its_hub_however_it_is_typed(walked: Walked) -> None:
    assert (
        walked.said["hub joined"].splitlines()[0]
        == f"Joined to region at {walked.region.door} as school hub1."
    )
    assert (
        walked.said["room joined"].splitlines()[0] == f"Joined to hub at {walked.hub.door} as school akzhar."
    )


async def test_a_computer_that_is_joined_is_not_joined_again_by_mistake(walked: Walked) -> None:
    assert walked.said["room again"] == (
        f"this node is joined to hub at {walked.hub.door} already; to leave it for another hub, add --again"
    )
    assert walked.said["with --again"].startswith(f"Joined to hub at {walked.hub.door}")


async def test_a_used_code_lets_nobody_else_in(walked: Walked) -> None:
    assert walked.said["used code"] == (
        f"the hub at {walked.hub.door} does not take this code: it is wrong, used or expired"
    )


async def test_a_guessed_code_and_a_mistyped_one_are_told_apart(nodes: tuple[Node, Node, Node]) -> None:
    region, hub, _ = nodes
    guessed = await refused(region, "enroll", hub.door, "AAAA-BBBB-CCCC-DDDD")
    mistyped = await refused(region, "enroll", hub.door, "AAAA-BBBB-CCCC-DDD")
    assert guessed.endswith("does not take this code: it is wrong, used or expired")
    assert mistyped == "a code has 16 letters and digits, this one has 15"


async def test_joining_at_a_wrong_address_says_what_is_there(nodes: tuple[Node, Node, Node]) -> None:
    region, hub, _ = nodes
    code, pages = "AAAA-BBBB-CCCC-DDDD", f"127.0.0.1:{hub.port}"
    assert await refused(region, "enroll", "127.0.0.1:9", code) == (
        "the hub at 127.0.0.1:9 cannot be reached: Connection refused"
    )
    assert await refused(region, "enroll", pages, code) == (
        f"what answers at {pages} is not a hub: no TLS as between nodes"
    )
    assert await refused(region, "enroll", region.door, code) == f"{region.door} is this very node"
    assert "is not an address" in await refused(region, "enroll", "hub/school", code)


async def test_the_lists_show_who_is_even_at_the_hub_and_below_it(walked: Walked) -> None:
    at_hub = (await good(walked.hub, "nodes", "list")).splitlines()
    at_region = (await good(walked.region, "nodes", "list")).splitlines()
    columns = "school node name state last heard waiting clock health version"
    assert at_hub[0].split() == columns.split()
    assert re.fullmatch(r"akzhar +[0-9a-f]{16}  room  even +2\d{3}-\d\d-\d\dT\S+Z( .*)?", at_hub[1])
    assert re.fullmatch(
        r"akzhar +[0-9a-f]{16}  room  below, newest fact 2\d{3}-\d\d-\d\dT\S+Z +–( .*)?", at_region[1]
    )
    assert re.fullmatch(rf"hub1 +{walked.hub.id}  hub   even +2\d{{3}}-\S+Z( .*)?", at_region[2])


async def test_the_lessons_of_a_day_are_told_in_three_languages(walked: Walked) -> None:
    lines = {language: walked.said[f"today {language}"].splitlines() for language in ("kk", "ru", "en")}
    assert lines["kk"][0].split()[:4] == ["Басталуы", "Сынып", "Пән", "Мұғалім"]
    assert lines["kk"][1].split() == ["08:30", "7Б", "Физика", "Айгүл", "Сәрсенова", "жоқ"]
    assert lines["ru"][1].split()[-1] == "нет"
    assert lines["en"][1].split()[-1] == "none"
    assert len(lines["en"]) == 2
    assert walked.said["today marked"].split()[-1] == "signed"


async def test_a_register_is_saved_with_all_present_but_who_is_named(walked: Walked) -> None:
    saved, strangers, waits = walked.said["taken"].splitlines()
    assert saved == "Сақталды: 7Б 2026-11-26 08:30 — қатысты 2, ауырып жүр 1, кешікті 1"
    assert strangers == "7Б сыныбының тізімінде жоқ: 9"
    assert re.fullmatch(r"\d+ жазба тірек мектепке жіберуді күтуде", waits)


async def test_a_signed_register_is_changed_only_with_a_reason(walked: Walked) -> None:
    assert walked.said["unexplained"] == "Эта запись подписана: укажите причину исправления (--reason)"
    assert walked.said["corrected"].splitlines()[0] == (
        "Сохранено; прежняя запись остаётся в журнале: 7Б 2026-11-26 08:30 — присутствует 2, опоздал(а) 2"
    )


async def test_the_history_of_a_register_shows_what_was_and_what_counts(walked: Walked) -> None:
    before, marks, after, corrected = walked.said["shown ru"].splitlines()
    assert re.fullmatch(r"  2\S+Z  Айгүл  подписан", before)
    assert marks.strip() == "1 присутствует, 2 болеет, 3 присутствует, 9 опоздал(а)"
    assert re.fullmatch(r"\* 2\S+Z  –  подписан  ошиблась", after)
    assert corrected.strip() == "1 присутствует, 2 опоздал(а), 3 присутствует, 9 опоздал(а)"
    assert "қол қойылған" in walked.said["shown kk"]
    assert "2 ill" in walked.said["shown en"]


async def test_a_register_is_the_same_at_every_place(walked: Walked) -> None:
    ids = [
        sorted(fact.id for fact in facts(node.state, "register-taken"))
        for node in (walked.room, walked.hub, walked.region)
    ]
    assert ids[0] == ids[1] == ids[2]


async def test_names_are_nowhere_but_at_the_school_and_its_hub(walked: Walked) -> None:
    assert "Ахметов Әлихан" in await good(walked.hub, "roster", "show", "--school", "akzhar")
    assert "Ахметов Әлихан" in await good(walked.room, "roster", "show")
    assert facts(walked.region.state, "roster-changed") == []
    kept = [path.read_bytes() for node in (walked.region, walked.hub, walked.room) for path in _kept(node)]
    assert not [content for content in kept if "Ахметов".encode() in content]


def _kept(node: Node) -> list[Path]:
    return [path for path in (node.state / "journal").iterdir() if path.is_file()]


async def test_the_region_exports_what_the_school_marked(walked: Walked) -> None:
    lines = (await good(walked.region, "export", "attendance", "--format", "jsonl")).splitlines()
    rows = [json.loads(line) for line in lines]
    assert [(row["number"], row["code"], row["subject"]) for row in rows[:-1]] == [
        (1, "present", "Физика"),
        (2, "late", "Физика"),
        (3, "present", "Физика"),
        (9, "late", "Физика"),
    ]
    assert {(row["school"], row["hub"], row["clock"]) for row in rows[:-1]} == {("akzhar", "hub1", "sure")}


async def test_importing_is_tried_first_and_changes_nothing_twice(house: Crew, walked: Walked) -> None:
    file = str(written(house.folder, "other.csv", ROSTER.replace("7Б", "8А")))
    roster = ("roster", "import", file, "--school", "shipyly")
    before = len(facts(walked.hub.state, *IMPORTED))
    dry = (await good(walked.hub, *roster, "--dry-run")).splitlines()
    tried = len(facts(walked.hub.state, *IMPORTED))
    real = (await good(walked.hub, *roster)).splitlines()
    again = (await good(walked.hub, *roster)).splitlines()

    assert tried == before
    assert dry[0] == "line 2: 8А № 1 Ахметов Әлихан: new"
    assert dry[-1] == "dry run: nothing was imported"
    assert real == [*dry[:-1], "imported: 3 changes"]
    assert again == ["no change: 3 pupils", "imported: 0 changes"]


async def test_a_faulty_file_is_refused_line_by_line_and_whole(house: Crew, walked: Walked) -> None:
    faulty = "Класс;№;ФИО\n7Б;1;Ахметов Әлихан\n7Б;1;Серікқызы Айгерім\n7Б;x;Иванова Мария\n"
    file = str(written(house.folder, "faulty.csv", faulty))
    before = len(facts(walked.hub.state, *IMPORTED))
    said = (await refused(walked.hub, "roster", "import", file, "--school", "akzhar")).splitlines()
    assert [line.split(":")[0] for line in said[:-1]] == ["faulty.csv line 3", "faulty.csv line 4"]
    assert said[-1] == "nothing was imported"
    assert len(facts(walked.hub.state, *IMPORTED)) == before


async def test_a_timetable_is_tried_first_and_cancels_what_it_lacks(house: Crew, walked: Walked) -> None:
    heading, _, chemistry = timetable().splitlines(keepends=True)
    file = str(written(house.folder, "less.csv", heading + chemistry.replace("Химия", "Алгебра")))
    words = ("timetable", "import", file, "--school", "akzhar", *NOVEMBER)
    before = len(facts(walked.hub.state, *IMPORTED))
    dry = (await good(walked.hub, *words, "--dry-run")).splitlines()
    tried = len(facts(walked.hub.state, *IMPORTED))
    real = (await good(walked.hub, *words)).splitlines()

    assert tried == before
    assert dry == [
        "line 2: 7Б 09:25 Алгебра: subject was 'Химия', Friday 2026-11-27",
        "7Б 08:30 Физика: cancelled, Thursday 2026-11-26",
        "no change: 0 lessons",
        "dry run: nothing was imported",
    ]
    assert real == [*dry[:-1], "imported: 2 changes"]
