"""Parents that want more than a parent may: to write for those below, and to keep a child busy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import exchange, forks, tables
from sync.errors import RenewedTooOften
from sync.protocol import Head, Reply, Request
from sync.records import ContentOffered, LessonPlanned, NodeRevoked, Record, RegisterTaken, RosterChanged
from sync.tables import MOST_RENEWALS
from tests.sync.country import FAR, HUB, REGION, ROOM, SUB, Country, claim, forged, members
from tests.sync.peers import NOON, Peer, a_lesson, node_id

ILL = RegisterTaken(a_lesson(1), {1: "ill"}, "somebody else", reason="none")
PLAN = LessonPlanned("7Б", "08:30", ("2026-11-26",), "forged")
CHILD = RosterChanged("p1", "7Б", 1, "sealed")
OFFER = ContentOffered(HUB, "key", 1, "{}", "signature")


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    made = Country(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("node", "class_", "school", "record"),
    [
        (ROOM, "register", "aul", ILL),
        (ROOM, "correction", "aul", ILL),
        (FAR, "timetable", "tau", PLAN),
        (HUB, "control", "", claim(node_id(50), "aul", enrols=True)),
        (HUB, "control", "", NodeRevoked(ROOM)),
        (REGION, "roster", "dala", CHILD),
        (REGION, "register", "aul", ILL),
        (REGION, "control", "", claim(ROOM, "mine")),
        (SUB, "library", "", OFFER),
        (HUB, "library", "", OFFER),
        (REGION, "library", "dala", OFFER),
    ],
)
@pytest.mark.parametrize("is_promised", [False, True])
def test_from_above_comes_nothing_in_the_names_of_those_below_and_nothing_about_other_schools(
    country: Country, node: str, class_: str, school: str, record: Record, is_promised: bool
) -> None:
    batch = forged(node, class_, school, record)
    before = members(country.hub)
    heads = {batch.stream: Head(1, "0" * 16)} if is_promised else {}
    _told(country.hub, Reply(now=NOON, heads=heads))
    _told(country.hub, Reply(now=NOON, heads=heads, batches=(batch,)))
    own = node == HUB and is_promised  # what a node wrote and has lost it takes back; it lets nobody in by it
    assert (batch.stream in country.hub.streams()) is own
    assert members(country.hub) == before


def test_what_was_not_asked_for_is_not_written(country: Country) -> None:
    batch = forged(REGION, "timetable", "aul", PLAN)
    _told(country.hub, Reply(now=NOON, heads={}, batches=(batch,)))
    before = country.hub.facts("timetable")
    _told(country.hub, Reply(now=NOON, heads={batch.stream: Head(1, "0" * 16)}))
    _told(country.hub, Reply(now=NOON, heads={}, batches=(batch,)))
    assert (before, len(country.hub.facts("timetable"))) == ([], 1)


def test_only_what_was_brought_can_be_refused(country: Country) -> None:
    country.hub.register(a_lesson(1), {1: "ill"}, school="hub")
    asked = _told(country.hub, Reply(now=NOON, refused=(*country.hub.streams(), "x" * 1000)))
    assert country.hub.child.refused == {batch.stream for batch in asked.batches}


def test_a_parent_that_sees_copies_everywhere_makes_few_new_names(country: Country) -> None:
    country.hub.register(a_lesson(1), {1: "ill"}, school="hub")
    for _ in range(MOST_RENEWALS):
        _parted(country.hub)
    with pytest.raises(RenewedTooOften):
        _parted(country.hub)
    assert len(country.hub.facts("register")) == 1
    assert country.hub.faults() == []


def _parted(peer: Peer) -> None:
    """Find that somebody holds quite another history of this node's registers."""
    held, moment = peer.ledger.read(tables.held), peer.computer()
    name = next(name for name, each in held.items() if name.class_ == "register" and each.seq)
    peer.ledger.write(lambda db: forks.move_tail(db, peer.node, name, 0, moment)).result()


def _told(child: Peer, reply: Reply) -> Request:
    """Have a child ask, and hear this; return what it asked."""
    asked = child.ledger.read(lambda db: child.child.next(db, NOON, ()))
    arrived, moment = exchange.read(reply), child.computer()
    child.ledger.write(lambda db: child.child.take(db, reply, arrived, moment)).result()
    return asked
