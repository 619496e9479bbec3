"""Names of who left long ago are forgotten by the node that wrote the roster, and by no other."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.journal import Journal
from edge.retention import Retention
from sync.records import RosterChanged
from sync.tables import Entry
from tests.flows.crew import until
from tests.flows.journals import facts
from tests.sync.peers import Peer, node_id

DAYS = 365


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "hub", "hub1")
    yield opened
    opened.close()


def _ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days)).date().isoformat()


def _entered(journal: Journal, pupil: str, left: str = "", school: str = "akzhar") -> Entry:
    sealed = journal.names.seal(pupil, "Иванова")
    return Entry("roster", school, RosterChanged(pupil, "7Б", 1, sealed, left))


async def test_who_left_long_ago_is_forgotten_and_that_is_noted(journal: Journal, tmp_path: Path) -> None:
    left = {"here": "", "lately": _ago(DAYS - 1), "long ago": _ago(DAYS + 1)}
    journal.ledger.append([_entered(journal, pupil, day) for pupil, day in left.items()]).result()
    running = asyncio.ensure_future(Retention(journal, DAYS).run())
    await until(journal.names.forgotten)
    running.cancel()

    assert list(journal.names.forgotten()) == ["long ago"]
    (noted,) = facts(tmp_path / "hub", "pupil-forgotten")
    assert json.loads(noted.body) == {"pupil": "long ago", "by": "retention"}
    (audit,) = facts(tmp_path / "hub", "audited")
    assert json.loads(audit.body) == {"who": "retention", "did": "forgot", "what": "long ago"}


async def test_a_school_leaves_the_roster_of_its_hub_alone(journal: Journal, tmp_path: Path) -> None:
    hub, room = Peer(tmp_path / "other", node_id(1)), Peer(tmp_path / "hub" / "journal", journal.ledger.node)
    hub.enrols(room, "akzhar")
    hub.ledger.append([_entered(journal, "from above", _ago(DAYS + 1))]).result()
    room.evens(hub)
    journal.ledger.append([_entered(journal, "own", _ago(DAYS + 1), "shipyly")]).result()
    running = asyncio.ensure_future(Retention(journal, DAYS).run())
    await until(journal.names.forgotten)
    running.cancel()
    assert list(journal.names.forgotten()) == ["own"]
