"""The technician's report has what helps and nobody's name or secret."""

import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import logs
from edge.api import Unable
from edge.board import Board
from edge.classroom.bundle import HIDDEN, MOST_KEPT, Support, addresses
from edge.config import Config, from_table
from edge.contract.answers import Details, Made
from edge.contract.commands import MakeBundle, ReadDetails
from edge.contract.notices import Channel, Day, Device, Devices, Health, Settings
from edge.journal import Journal
from edge.media.record.durable import Disk
from edge.media.record.recording import Recording, save
from edge.media.record.store import Store
from sync.records import QuestionAsked, RegisterTaken, RosterChanged
from sync.tables import Entry

CHILD, TOKEN, HASH, PIN = "Ахметов Әлихан", "very-secret-token", "ab" * 32, "86420975"
QUESTION = "Неге минус?"
RECORDING = Recording(
    id="lesson-20261126T081500Z",
    stream="lesson",
    started="2026-11-26T08:15:00Z",
    media_type="video/mp4",
    state="done",
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    token = {"name": "Айгүл", "sha256": HASH, "may": ["publish"]}
    table = {"name": "room", "state": str(tmp_path), "parent": "http://10.0.0.1:8080", "parent_token": TOKEN}
    return from_table({**table, "pin": PIN, "token": [token]}, "test")


KETTLE = Device(
    *("1a86:7523", "Кесе", "sensor", "ready"),
    (Channel("t", "temperature", "Cel", 0, 100, accuracy=0.5, resolution=0.1),),
    place="/dev/ttyUSB0",
    driver="meters",
    profile="kern",
)


@pytest.fixture
def support(config: Config, tmp_path: Path) -> Iterator[Support]:
    journal, store, board = Journal(tmp_path, "aul"), Store(tmp_path, reserve=0), Board()
    sealed = journal.names.seal("p1", f"{CHILD}\t870101")
    facts = [
        Entry("roster", "aul", RosterChanged("p1", "7Б", 1, sealed)),
        Entry("register", "aul", RegisterTaken("7Б 2026-11-26 09:00", {1: "ill"})),
        Entry("talk", "aul", QuestionAsked("", "lesson", QUESTION)),
    ]
    journal.ledger.append(facts).result()
    store.place.prepare()
    save(Disk(), store.place.folder, RECORDING)
    board.tell(Health(registers=1))
    board.tell(Settings("kk"))
    board.tell(Day("2026-11-26"))
    board.tell(Devices((KETTLE,)))
    yield Support(config, journal, store, board, _lock)
    journal.close()


def _lock(key: str) -> None:
    if key != "open":
        raise Unable("locked")


async def _made(support: Support) -> dict[str, str]:
    made = await support.desks()[MakeBundle](MakeBundle())
    assert isinstance(made, Made)
    return _read(made)


def _read(made: Made) -> dict[str, str]:
    with zipfile.ZipFile(made.path) as archive:
        assert Path(made.path).stat().st_size == made.bytes
        return {name: archive.read(name).decode() for name in archive.namelist()}


async def test_no_name_of_a_child_and_no_secret_is_in_the_report(support: Support) -> None:
    logs.RING.handle(_record(f"odd token={TOKEN} pupil={CHILD!r} also=Әлихан Ахметов"))
    everything = "\n".join((await _made(support)).values())
    for secret in (CHILD, "Әлихан Ахметов", TOKEN, HASH, PIN, QUESTION, "870101"):
        assert secret not in everything
    assert HIDDEN in everything


async def test_what_helps_is_in_the_report(support: Support) -> None:
    logs.RING.handle(_record("link lost parent=http://10.0.0.1:8080 after=3s"))
    files = await _made(support)
    assert 'event="link lost" parent=http://10.0.0.1:8080' in files["log.txt"]
    assert '"register-taken"' in files["journal.json"]
    assert RECORDING.id in files["recordings.json"]
    assert "MemAvailable" in files["machine.json"]
    assert '"health"' in files["now.json"]
    assert "http://10.0.0.1:8080" in files["config.json"]
    assert '"tirek"' in files["versions.json"]


async def test_only_the_last_reports_are_kept(support: Support, tmp_path: Path) -> None:
    (tmp_path / "support").mkdir()
    for number in range(9):
        (tmp_path / "support" / f"tirek-0-{number}.zip").write_bytes(b"old")
    await _made(support)
    left = sorted(each.name for each in (tmp_path / "support").iterdir())
    assert len(left) == MOST_KEPT
    assert "tirek-0-4.zip" not in left


async def test_a_disk_that_takes_no_report_is_said_to_be_full(support: Support, tmp_path: Path) -> None:
    (tmp_path / "support").write_bytes(b"in the way")
    with pytest.raises(Unable) as caught:
        await support.desks()[MakeBundle](MakeBundle())
    assert caught.value.key == "disk-full"


async def test_details_are_for_technicians_and_have_no_secret_either(support: Support) -> None:
    desk = support.desks()[ReadDetails]
    with pytest.raises(Unable, match="locked"):
        await desk(ReadDetails("guess"))
    details = await desk(ReadDetails("open"))
    assert isinstance(details, Details)
    rows = dict(details.rows)
    assert len(rows["fingerprint"]) == 64
    assert rows["waiting"].startswith("1 registers")
    assert rows["device"] == "Кесе; ready; meters kern; /dev/ttyUSB0; t [Cel] ± 0.5, steps of 0.1"
    assert not any(secret in str(rows) for secret in (TOKEN, PIN, HASH, CHILD))
    assert any("127.0.0.1" in each for each in addresses())


def test_of_many_lines_the_last_are_remembered_and_no_line_is_endless() -> None:
    ring = logs.Ring()
    for number in range(logs.MOST_LINES + 5):
        ring.handle(_record(f"event number={number}"))
    ring.handle(_record("x" * 10_000))
    assert len(ring.lines()) == logs.MOST_LINES
    assert "number=6" in ring.lines()[0]
    assert len(ring.lines()[-1]) == logs.MAX_LINE


def _record(text: str) -> logging.LogRecord:
    return logging.LogRecord("edge.link", logging.WARNING, "", 0, text, (), None)
