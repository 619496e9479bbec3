"""A long backlog: it costs no memory, makes nobody wait for "saved", and a school-week is one request."""

import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from sync import exchange, protocol, tables
from sync.protocol import Request
from sync.records import RegisterTaken
from sync.tables import Entry
from tests.sync.peers import Peer, a_lesson, marks, node_id

DEADLINE = 30.0  # seconds: a busy computer
WEEK = 330  # registers of a school
MANY = 12 * WEEK


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Peer]:
    made = Peer(tmp_path / "room", node_id(3))
    yield made
    made.ledger.close()


def takes(peer: Peer, registers: int) -> None:
    """Take so many registers."""
    random = Random(1)
    taken = [RegisterTaken(a_lesson(n), marks(random), "Тілеубергенова Ж. О.") for n in range(registers)]
    peer.ledger.append(Entry("register", "aul", each) for each in taken).result()


def asked(peer: Peer) -> Request:
    """Return the next request."""
    now = peer.ledger.now()
    return peer.ledger.read(lambda db: peer.child.next(db, now, ()))


def cost(peer: Peer) -> int:
    """Return the most bytes that the next request took to make."""
    asked(peer)
    tracemalloc.start()
    try:
        asked(peer)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_request_is_no_larger_whatever_waits(room: Peer) -> None:
    takes(room, MANY)
    request = asked(room)
    carried = sum(len(each.facts) for each in exchange.read(request))
    assert 0 < carried <= protocol.BATCH_FACTS
    assert sum(len(batch.events) for batch in request.batches) <= protocol.BATCH_BYTES
    assert carried + request.left == MANY + 1  # and the start of the clock


def test_a_long_backlog_takes_no_more_memory_than_a_short_one(room: Peer) -> None:
    takes(room, WEEK)
    short = cost(room)
    takes(room, MANY)
    assert cost(room) <= 1.3 * short


def test_a_school_week_goes_up_in_one_request_and_no_second_one_asks(room: Peer, tmp_path: Path) -> None:
    hub = Peer(tmp_path / "hub", node_id(2))
    hub.enrols(room, "aul")
    takes(room, WEEK)
    room.asks(hub)
    assert len(hub.facts("register")) == WEEK
    assert not room.ledger.read(room.child.has_more)
    hub.ledger.close()


def test_who_waits_for_saved_goes_before_a_backlog(room: Peer) -> None:
    done: list[str] = []
    go = threading.Event()
    room.ledger.write(lambda db: go.wait(DEADLINE))
    waiting = [
        room.ledger.write(lambda db: done.append("backlog"), facts=protocol.BATCH_FACTS) for _ in range(4)
    ]
    waiting.append(room.ledger.write(lambda db: done.append("register")))
    go.set()
    for each in waiting:
        each.result(DEADLINE)
    assert done.index("register") <= 1000 // protocol.BATCH_FACTS


def test_a_backlog_is_written_also_while_others_wait_for_saved(room: Peer) -> None:
    done: list[str] = []
    go = threading.Event()
    room.ledger.write(lambda db: go.wait(DEADLINE))
    backlog = room.ledger.write(lambda db: done.append("backlog"), facts=protocol.BATCH_FACTS)
    small = [room.ledger.write(lambda db: done.append("register")) for _ in range(200)]
    go.set()
    for each in (backlog, *small):
        each.result(DEADLINE)
    assert done.index("backlog") < len(small)


def test_a_message_is_filled_with_the_next_stream(room: Peer) -> None:
    takes(room, WEEK)
    notes = [Entry("log", "aul", RegisterTaken(a_lesson(n), {1: "ill"})) for n in range(WEEK)]
    room.ledger.append(notes).result()
    carried = [len(each.facts) for each in exchange.read(asked(room))]
    assert sum(carried) == protocol.BATCH_FACTS
    assert len(carried) == 3  # control, registers, and what of the log there is room for


def test_what_has_no_room_leaves_the_rest_for_the_next_message(room: Peer) -> None:
    takes(room, 1)
    room_left = tables.Room(size=10)
    (name,) = [name for name in room.ledger.read(tables.held) if name.class_ == "register"]
    assert room.ledger.read(lambda db: tables.batch_of(db, name, 1, room_left)) is None
    assert room_left.facts == 0
