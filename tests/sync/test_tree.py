"""Who is below whom: what enrolments say, whoever says it, in whatever order and as often as he likes."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync import tables, tree
from sync.records import NodeEnrolled, NodeRevoked, Record, encode
from sync.streams import StreamName
from tests.sync.peers import Peer, node_id

ME, HUB, ROOM, OTHER, LAST = (node_id(number) for number in range(5))

nodes = st.sampled_from((ME, HUB, ROOM, OTHER, LAST))
schools = st.sampled_from(("hub", "aul", "dala"))
enrolments = st.builds(
    lambda node, school, enrols: enrolled(node, school, enrols=enrols), nodes, schools, st.booleans()
)
revocations = st.builds(NodeRevoked, nodes)


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Peer]:
    made = Peer(tmp_path, ME, school="region")
    yield made
    made.ledger.close()


def enrolled(node: str, school: str = "aul", *, enrols: bool = False) -> NodeEnrolled:
    """Return what a hub says of a node that it let in."""
    return NodeEnrolled(node, school, node * 4, enrols=enrols)


def admitted(region: Peer, node: str, school: str = "hub", *, enrols: bool = True) -> None:
    """Let a node dial the region itself."""
    fact, moment = enrolled(node, school, enrols=enrols), region.computer()
    region.ledger.write(lambda db: tree.admit(db, ME, fact, "PEM", moment)).result()


def said(region: Peer, by: str, *records: Record) -> None:
    """Have the region hear of what a node wrote in its control stream."""
    name = StreamName(by, node_id(9), "control")

    def write(db: sqlite3.Connection) -> None:
        row = tables.opened(db, name)
        facts = [(row.head + number, *encode(record)) for number, record in enumerate(records, 1)]
        tables.extend(db, row, facts)
        tree.recount(db, ME)

    region.ledger.write(write).result()


def below(region: Peer, node: str = HUB) -> set[str]:
    """Return who is below a node, itself included."""
    return region.ledger.read(lambda db: tree.members(db, ME).below(node))


def test_whom_a_hub_enrolled_is_below_it_and_below_the_region(region: Peer) -> None:
    admitted(region, HUB)
    said(region, HUB, enrolled(OTHER, "dala", enrols=True))
    said(region, OTHER, enrolled(ROOM))
    assert below(region) == {HUB, OTHER, ROOM}
    assert below(region, OTHER) == {OTHER, ROOM}
    assert below(region, ME) == {ME, HUB, OTHER, ROOM}


def test_a_node_that_may_not_enrol_has_nobody_below_it(region: Peer) -> None:
    admitted(region, HUB, enrols=False)
    said(region, HUB, enrolled(ROOM))
    assert below(region) == {HUB}


def test_a_node_is_claimed_by_another_hub_only_after_the_first_has_let_it_go(region: Peer) -> None:
    admitted(region, HUB, "hub")
    admitted(region, OTHER, "other")
    said(region, HUB, enrolled(ROOM))
    said(region, OTHER, enrolled(ROOM))
    before = below(region, OTHER)
    said(region, HUB, NodeRevoked(ROOM))
    said(region, OTHER, NodeRevoked(LAST), NodeRevoked(LAST), enrolled(ROOM))
    assert before == {OTHER}
    assert below(region, OTHER) == {OTHER, ROOM}


def test_who_dials_the_region_itself_cannot_be_claimed_by_a_hub(region: Peer) -> None:
    admitted(region, HUB, "hub")
    admitted(region, OTHER, "other")
    said(region, HUB, enrolled(OTHER), enrolled(ME))
    assert below(region) == {HUB}
    assert below(region, ME) == {ME, HUB, OTHER}


def test_whom_a_hub_revoked_stays_below_it_but_another_hub_cannot_revoke_him(region: Peer) -> None:
    admitted(region, HUB, "hub")
    admitted(region, OTHER, "other")
    said(region, HUB, enrolled(ROOM))
    said(region, OTHER, NodeRevoked(ROOM))
    before = _revoked(region)
    said(region, HUB, NodeRevoked(ROOM))
    assert (before, _revoked(region)) == (set(), {ROOM})
    assert below(region) == {HUB, ROOM}, "what he brought before still goes up"


def test_only_who_was_admitted_here_with_a_certificate_may_dial(region: Peer) -> None:
    admitted(region, HUB)
    said(region, HUB, enrolled(ROOM))
    asked = (HUB * 4, HUB, ROOM * 4, ME * 4, "")
    may = region.ledger.read(lambda db: [tree.is_enrolled(db, fingerprint) for fingerprint in asked])
    assert may == [True, False, False, False, False]


@given(st.lists(st.tuples(nodes, enrolments | revocations), max_size=12))
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_whatever_nodes_claim_the_question_ends_and_nobody_has_the_region_below_him(
    region: Peer, claims: list[tuple[str, Record]]
) -> None:
    admitted(region, HUB)
    for by, record in claims:
        if by != ME:
            said(region, by, record)
    assert {node for node in (HUB, ROOM, OTHER, LAST) if ME in below(region, node)} == set()
    assert HUB in below(region, ME)
    assert HUB not in below(region, ROOM) | below(region, OTHER)


def _revoked(region: Peer) -> set[str]:
    query = "SELECT id FROM node WHERE revoked"
    return {node for (node,) in region.ledger.read(lambda db: db.execute(query).fetchall())}
