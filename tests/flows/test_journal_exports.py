"""What hub staff and their scripts pull: at the hub's own computer, and over HTTP with a token."""

import csv
import json
import sqlite3
from contextlib import closing
from io import BytesIO, StringIO
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from msgspec import Struct
from python_calamine import CalamineWorkbook

from edge.tokens import fresh, table
from tests.flows.crew import Crew, Json, Node
from tests.flows.door import refusal
from tests.flows.journals import facts
from tests.flows.school import LESSON, LISTENS, good, import_files, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SCHOOLS = ("--school", "akzhar"), ("--school", "shipyly")


class Hub(Struct):
    """A hub that holds a register of each of two schools, and who may export there."""

    node: Node
    exports: str
    watches: str

    def doors(self) -> list[str]:
        """Both addresses exports are at."""
        return [self.node.url, f"https://{self.node.door}"]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def hub(house: Crew) -> Hub:
    """A hub with two schools; people trust it even with all doors open, as in a trial."""
    (exports, may_export), (watches, may_watch) = fresh("scripts", ["export"]), fresh("guest", ["watch"])
    lines = (LISTENS, 'school = "hub1"', table(may_export), table(may_watch))
    node = await house.node("hub", *lines)
    await import_files(node, house.folder, "akzhar")
    for school in SCHOOLS:
        await good(node, "register", "take", *LESSON, "--marks", "2=ill", "4=late", *school)
    return Hub(node, exports, watches)


async def _rows(hub: Hub, *words: str) -> list[Json]:
    return [
        json.loads(line)
        for line in (await good(hub.node, "export", *words, "--format", "jsonl")).splitlines()
    ]


async def test_csv_opens_in_excel_and_the_cursor_stands_beside_it(hub: Hub) -> None:
    answer = await hub.node.typed("export", "attendance", "--lang", "ru")
    assert answer.out.startswith("\ufeffШкола;Класс;Дата;")
    rows = list(csv.DictReader(StringIO(answer.out.removeprefix("\ufeff")), delimiter=";"))
    assert [(row["Номер в журнале"], row["Отметка"]) for row in rows if row["Школа"] == "akzhar"] == [
        *(("1", "присутствует"), ("2", "болеет"), ("3", "присутствует"), ("4", "опоздал(а)"))
    ]
    assert "Имя" not in answer.out
    assert answer.err.splitlines()[-1].startswith("cursor ")


async def test_a_workbook_comes_into_a_file_that_only_its_owner_reads(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "lessons.xlsx"
    await good(hub.node, "export", "lessons", "--format", "xlsx", "--out", str(file))
    heading, *rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    assert [dict(zip(heading, row, strict=True))["subject"] for row in rows] == ["Физика", "Химия", ""]
    assert file.stat().st_mode & 0o077 == 0
    assert _names(tmp_path) == ["lessons.xlsx"]


async def test_after_a_cursor_comes_only_what_is_new(hub: Hub) -> None:
    cursor = (await _rows(hub, "attendance"))[-1]["cursor"]
    nothing = await _rows(hub, "attendance", "--after", str(cursor))
    await good(hub.node, "register", "take", "7Б", "--day", "2026-11-27", "--at", "09:25", *SCHOOLS[0])
    new = await _rows(hub, "attendance", "--after", str(cursor))
    assert [row.keys() for row in nothing] == [{"cursor"}]
    assert {row["date"] for row in new[:-1]} == {"2026-11-27"}
    assert new[-1]["cursor"] > nothing[-1]["cursor"] >= cursor


async def test_a_bad_cursor_is_refused_and_the_valid_range_named(hub: Hub) -> None:
    newest = len(facts(hub.node.state))
    said = await refused(hub.node, "export", "attendance", "--after", "999999")
    assert said == f"no cursor 999999: this journal has 0 to {newest}"
    said = await refused(hub.node, "export", "log", "--after", "x")
    assert said == f"no cursor 'x': this journal has 0 to {newest}"


async def test_a_school_and_days_can_be_chosen(hub: Hub) -> None:
    school = await _rows(hub, "attendance", *SCHOOLS[1])
    days = await _rows(hub, "lessons", "--from", "2026-11-27", "--to", "2026-11-27", *SCHOOLS[0])
    assert {row["school"] for row in school[:-1]} == {"shipyly"}
    assert {row["date"] for row in days[:-1]} == {"2026-11-27"}
    assert await refused(hub.node, "export", "lessons", "--from", "26.11.2026") == (
        "'26.11.2026' is no day such as 2026-11-26"
    )


async def test_names_come_only_when_they_are_asked_for(hub: Hub) -> None:
    without = await good(hub.node, "export", "attendance")
    named = await _rows(hub, "attendance", "--names", "--to", "2026-11-26", *SCHOOLS[0])
    assert "Әлихан" not in without
    assert [row["name"] for row in named[:-1]] == [
        *("Ахметов Әлихан", "Серікқызы Айгерім", "Иванова Мария", None)
    ]


async def test_what_does_not_fit_is_listed_under_conflicts(hub: Hub) -> None:
    rows = await _rows(hub, "conflicts", *SCHOOLS[0])
    assert {(row["key"], str(row["detail"])) for row in rows[:-1]} == {("unknown-pupil", "{'numbers': '4'}")}


async def test_a_token_exports_over_http_at_both_doors(hub: Hub, http: ClientSession) -> None:
    for door in hub.doors():
        url = f"{door}/export/attendance?format=jsonl&school=akzhar"
        async with http.get(url, headers=_bearer(hub.exports), ssl=False) as response:
            lines = (await response.text()).splitlines()
        assert response.status == 200
        assert response.content_type == "application/x-ndjson"
        assert response.headers["Cache-Control"] == "no-store"
        assert json.loads(lines[0])["school"] == "akzhar"
        assert json.loads(lines[-1]) == {"cursor": int(response.headers["Tirek-Cursor"])}


async def test_a_workbook_over_http_is_one(hub: Hub, http: ClientSession) -> None:
    url = f"{hub.node.url}/export/log?format=xlsx&after=2"
    async with http.get(url, headers=_bearer(hub.exports)) as response:
        body = await response.read()
    assert response.content_type == XLSX
    assert response.headers["Content-Disposition"] == 'attachment; filename="log.xlsx"'
    heading, first, *_ = CalamineWorkbook.from_filelike(BytesIO(body)).get_sheet_by_index(0).to_python()
    assert dict(zip(heading, first, strict=True))["at"] == 3


async def test_nobody_exports_without_a_token_for_it(hub: Hub, http: ClientSession) -> None:
    for door in hub.doors():
        for headers, key in (
            ({}, "token-missing"),
            (_bearer("guessed"), "token-wrong"),
            (_bearer(hub.watches), "token-wrong"),
        ):
            async with http.get(f"{door}/export/attendance", headers=headers, ssl=False) as response:
                assert response.status == 401
                assert (await response.json(content_type=None))["key"] == key


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("attendance?after=999999", "no cursor 999999: this journal has 0 to "),
        ("attendance?after=-1", "no cursor '-1': this journal has 0 to "),
        ("attendance?format=pdf", "'pdf' is none of csv, jsonl, xlsx"),
        ("attendance?from=yesterday", "'yesterday' is no day such as"),
        ("names", "'names' is none of attendance, lessons, log, conflicts"),
    ],
)
async def test_a_wrong_order_is_refused_over_http(
    hub: Hub, http: ClientSession, query: str, said: str
) -> None:
    async with http.get(f"{hub.node.url}/export/{query}", headers=_bearer(hub.exports)) as response:
        body = await refusal(response)
    assert body["status"] == 400
    assert body["title"].startswith(said)


async def test_a_snapshot_is_a_file_of_plain_tables(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "snapshot.db"
    assert (await hub.node.typed("snapshot", str(file))).lines == [f"{file}: written"]
    with closing(sqlite3.connect(file)) as db:
        marks = db.execute("SELECT number, code FROM attendance WHERE school = 'shipyly'").fetchall()
        everything = "\n".join(db.iterdump())
    assert marks == [(2, "ill"), (4, "late")]
    assert "Әлихан" not in everything
    assert await refused(hub.node, "snapshot", str(file)) == f"{file} exists already"


async def test_every_export_is_accounted_for(hub: Hub, http: ClientSession) -> None:
    await good(hub.node, "export", "conflicts")
    async with http.get(f"{hub.node.url}/export/lessons?school=akzhar", headers=_bearer(hub.exports)):
        pass
    audits = [json.loads(fact.body) for fact in facts(hub.node.state, "audited")]
    assert {"who": "scripts", "did": "exported", "what": "lessons after 0"} in audits
    assert [each["who"] for each in audits if each["what"] == "conflicts after 0"]


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
