"""What a node tells its hub of itself: rarely, and whole after an exchange."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from edge.__main__ import main
from edge.contract.notices import Health, Light
from edge.journal import Journal
from edge.overview.wellbeing import DAY, LEAST, STEADY, Before, Wellbeing, fact_of, is_due
from sync import tree, wellbeing
from sync.records import NodeHealth, encode
from tests.flows.crew import until
from tests.test_health import joined, watched

NOON = 1_795_000_000_000
GOOD = Health(
    (Light("hub", "bad", "light-hub-days"), Light("disk", "good", "x"), Light("power", "none", "y"))
)
FULL = msgspec.structs.replace(GOOD, lights=(Light("disk", "bad", "light-disk-full"),), minutes_free=0)


def _fact(told: Health = GOOD) -> NodeHealth:
    return fact_of(told, "2.0", ("2.0-1", False), 0)


def test_the_light_of_the_hub_is_not_told_to_the_hub() -> None:
    assert _fact().lights == {"disk": "good"}
    assert _fact(FULL).said == {"disk": "light-disk-full"}


def test_it_is_told_once_a_day_and_when_a_light_changes() -> None:
    before = Before(_fact(), NOON)
    assert is_due(Before(), _fact(), NOON)
    assert not is_due(before, _fact(), NOON + DAY - 1)
    assert is_due(before, _fact(), NOON + DAY)
    assert is_due(before, _fact(FULL), NOON + LEAST)


def test_a_light_that_flickers_and_minutes_that_go_by_cost_nothing() -> None:
    before = Before(_fact(), NOON)
    fewer = msgspec.structs.replace(GOOD, minutes_free=5, backup=NOON)
    assert not is_due(before, _fact(FULL), NOON + LEAST - 1)
    assert not is_due(before, _fact(fewer), NOON + LEAST)


def test_a_clock_that_went_back_does_not_silence_it() -> None:
    assert is_due(Before(_fact(), NOON), _fact(), NOON - 1)


def test_a_fact_is_small() -> None:
    bad = tuple(Light(name, "poor", f"light-{name}-minutes") for name in ("disk", "devices", "power"))
    kind, body = encode(_fact(Health(bad, minutes_free=90, backup=NOON)))
    assert len(kind) + len(body) < 350


async def test_the_hub_lists_how_a_node_is_and_another_start_repeats_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with watched(tmp_path / "room") as room, joined(room, tmp_path / "hub") as hub:
        for told in (GOOD, FULL, FULL):
            await _looked(room.journal, tmp_path / "room", told)
        me = room.journal.identity.node
        await until(lambda: me in hub.ledger.read(wellbeing.newest))
        facts = hub.ledger.read(
            lambda db: db.execute("SELECT count(*) FROM event WHERE kind = 'node-health'").fetchone()[0]
        )
        assert facts == 1, "the second is not a quarter of an hour later"
    assert main(["nodes", "list", "--state", str(tmp_path / "hub"), "--json"]) == 0
    (listed,) = msgspec.json.decode(capsys.readouterr().out)
    assert (listed["node"], listed["health"]["lights"]) == (me, {"disk": "good"})
    assert main(["nodes", "list", "--state", str(tmp_path / "hub")]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-2:] == ["good", listed["health"]["version"]]


async def test_a_node_that_was_just_heard_and_told_nothing_for_longer_than_a_day_is_remarked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with watched(tmp_path / "room") as room, joined(room, tmp_path / "hub") as hub:
        await _looked(room.journal, tmp_path / "room", GOOD)
        await until(lambda: room.journal.identity.node in hub.ledger.read(wellbeing.newest))
    assert _health(tmp_path, capsys) == "good"
    _told_earlier(tmp_path, hours=25)
    assert _health(tmp_path, capsys) == "good"
    _told_earlier(tmp_path, hours=2)
    assert _health(tmp_path, capsys) == "good, but told 27 hours ago"


async def test_a_node_that_keeps_nothing_says_so_by_its_exchange(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with watched(tmp_path / "room") as room, joined(room, tmp_path / "hub") as hub:
        await until(lambda: hub.ledger.read(tree.standings)[0].heard)
        hub.ledger.write(lambda db: db.execute("UPDATE contact SET trouble = 'read-only'").rowcount).result()
    assert main(["nodes", "list", "--state", str(tmp_path / "hub")]) == 0
    assert "only lessons (read-only)" in capsys.readouterr().out


def _health(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the list says of the health of the only node."""
    assert main(["nodes", "list", "--state", str(tmp_path / "hub")]) == 0
    head, row = capsys.readouterr().out.splitlines()
    return row[head.index("health") : head.index("version")].strip()


def _told_earlier(tmp_path: Path, hours: int) -> None:
    """Let what the node said be older."""
    with closing(sqlite3.connect(tmp_path / "hub/journal/journal.db")) as db, db:
        db.execute("UPDATE event SET hlc = hlc - ? WHERE kind = 'node-health'", (hours * 3_600_000 << 16,))


async def _looked(journal: Journal, state: Path, told: Health) -> None:
    """Let the part look often enough: once more than it takes to believe what it sees."""
    looks = list[Health]()

    def look() -> Health:
        looks.append(told)
        return told

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(Wellbeing(journal, state, look, 0.01).run())
        await until(lambda: len(looks) > STEADY + 1)
        task.cancel()


async def test_a_node_without_a_hub_tells_nobody(tmp_path: Path) -> None:
    async with watched(tmp_path / "room") as room:
        await _looked(room.journal, tmp_path / "room", GOOD)
        assert room.journal.ledger.read(wellbeing.newest) == {}
