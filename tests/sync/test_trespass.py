"""Nodes that were let in and want more: other schools' registers, other hubs' schools, and names."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pytest
from msgspec import structs

from sync import chain, exchange, protocol, streams, tree
from sync.clock import LAST, pack
from sync.errors import BadRequest, TooLarge
from sync.exchange import MOST_STREAMS, Parent
from sync.export.files import MEDIA_TYPES, Order, export
from sync.export.sheets import COLUMNS
from sync.export.snapshot import snapshot
from sync.export.source import Source
from sync.membership import MOST_TIERS
from sync.protocol import BATCH_BYTES, BATCH_FACTS, MAX_NEED, Batch, Head, Reply, Request
from sync.records import (
    Audited,
    CheckAnswered,
    CheckAsked,
    CheckEnded,
    ContentOffered,
    FloorGiven,
    HandRaised,
    LessonPlanned,
    NodeRevoked,
    PupilForgotten,
    Record,
    RegisterTaken,
    RosterChanged,
    ScreenNote,
)
from sync.tables import MOST_RENEWALS, Entry
from tests.sync.country import (
    FAR,
    HUB,
    LAB,
    OTHER,
    REGION,
    ROOM,
    SUB,
    Country,
    brought,
    claim,
    forged,
    members,
    revoked,
)
from tests.sync.peers import NOON, Peer, a_lesson, node_id
from tests.sync.served import DEADLINE, Pair, two

ILL = RegisterTaken(a_lesson(1), {1: "ill"}, "somebody else", reason="none")
PLAN = LessonPlanned("7Б", "08:30", ("2026-11-26",), "forged")
CHILD = RosterChanged("p1", "7Б", 1, "sealed")
OFFER = ContentOffered(HUB, "key", 1, "{}", "signature")
FLOOR = FloorGiven("lesson", ROOM, "aul")
ANSWER = CheckAnswered("0" * 16, choices={1: "A"})
CHECK = CheckAsked("0" * 16, "?", ("1", "2"), "lesson")


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    made = Country(tmp_path)
    yield made
    made.close()


# A school writes about itself.


@pytest.mark.parametrize(
    ("class_", "record"),
    [
        ("register", ILL),
        ("correction", ILL),
        ("timetable", PLAN),
        ("roster", CHILD),
        ("talk", HandRaised("7Б 2026-11-26 08:30", "lesson", up=True)),
        ("log", ScreenNote("x")),
        ("library", OFFER),
        ("teaching", FLOOR),
        ("answer", ANSWER),
        ("answer", CHECK),
    ],
)
@pytest.mark.parametrize("school", ["dala", "hub", "nobodys"])
def test_a_classroom_writes_nothing_about_another_school(
    country: Country, class_: str, record: Record, school: str
) -> None:
    batch = forged(ROOM, class_, school, record)
    assert brought(country.hub, country.room, batch) == (batch.stream,)
    assert batch.stream not in country.hub.streams()


@pytest.mark.parametrize(
    ("class_", "school", "record"),
    [
        ("correction", "aul", ILL),
        ("timetable", "aul", PLAN),
        ("roster", "aul", CHILD),
        ("library", "aul", OFFER),
        ("library", "", OFFER),
        ("teaching", "aul", FLOOR),
        ("teaching", "", FLOOR),
        ("teaching", "", CHECK),
        ("teaching", "", CheckEnded("0" * 16)),
    ],
)
def test_a_classroom_writes_nothing_that_its_hub_writes(
    country: Country, class_: str, school: str, record: Record
) -> None:
    batch = forged(ROOM, class_, school, record)
    assert brought(country.hub, country.room, batch) == (batch.stream,)


@pytest.mark.parametrize("node", [HUB, OTHER, LAB, SUB, REGION, node_id(1000)])
@pytest.mark.parametrize(
    ("class_", "school", "record"),
    [("register", "aul", ILL), ("library", "", OFFER), ("teaching", "", FLOOR), ("answer", "aul", ANSWER)],
)
def test_a_classroom_writes_in_nobody_elses_name(
    country: Country, node: str, class_: str, school: str, record: Record
) -> None:
    batch = forged(node, class_, school, record)
    assert brought(country.hub, country.room, batch) == (batch.stream,)


@pytest.mark.parametrize(
    ("class_", "school", "may"),
    [
        ("register", "hub", True),
        ("register", "aul", False),
        ("register", "dala", False),
        ("talk", "hub", True),
        ("talk", "aul", False),
        ("answer", "hub", True),
        ("answer", "aul", False),
        ("answer", "dala", False),
        ("teaching", "", True),
        ("teaching", "hub", False),
        ("teaching", "aul", False),
        ("register", "region", False),
        ("correction", "aul", True),
        ("correction", "tau", True),
        ("correction", "dala", False),
        ("correction", "not-yet", False),
        ("timetable", "tau", True),
        ("timetable", "not-yet", True),
        ("timetable", "dala", False),
        ("timetable", "region", False),
        ("roster", "aul", False),
        ("library", "", True),
        ("library", "hub", False),
        ("library", "aul", False),
        ("newer-class", "aul", True),
        ("newer-class", "dala", False),
    ],
)
def test_a_hub_writes_about_the_schools_below_it(
    country: Country, class_: str, school: str, may: bool
) -> None:
    country.region.register(a_lesson(1), {1: "present"}, school="region")
    batch = forged(HUB, class_, school, ScreenNote("x"))
    assert (brought(country.region, country.hub, batch) == ()) is may


def test_what_others_write_is_neither_given_to_a_classroom_nor_are_its_hashes(country: Country) -> None:
    country.hub.ledger.append([Entry("roster", "tau", CHILD), Entry("timetable", "hub", PLAN)]).result()
    shared = country.hub.ledger.read(lambda db: exchange.Shared(db, HUB, ROOM))
    foreign = [name for name in country.hub.streams() if not name.startswith(ROOM)]
    reply = country.hub.answers(ROOM, Request(want={name: Head(0, "") for name in foreign}))
    assert reply.batches == ()
    assert [name for name in foreign if shared.holds(streams.parse(name))] == []


# A hub claims nothing that another one has.


@pytest.mark.parametrize("hlc", [1_793_600_000_000, NOON, LAST])
@pytest.mark.parametrize(("node", "school"), [(ROOM, "aul"), (FAR, "tau"), (FAR, "other"), (SUB, "sub")])
def test_a_hub_that_claims_what_another_one_has_may_not_write_for_it(
    country: Country, node: str, school: str, hlc: int
) -> None:
    country.room.register(a_lesson(2), {1: "present"})
    country.evens()
    before = members(country.region)
    control = forged(OTHER, "control", "", claim(node, school, enrols=True), hlc=hlc)
    register = forged(node, "register", school, ILL)
    assert brought(country.region, country.other, control, register) == (register.stream,)
    assert members(country.region) == before
    reply = country.region.answers(OTHER, Request())
    assert [name for name in reply.heads or {} if name.startswith(node)] == []


def test_a_hub_that_claims_a_school_is_given_neither_its_roster_nor_the_keys_of_names(
    country: Country,
) -> None:
    country.hub.ledger.append([Entry("roster", "aul", CHILD)]).result()
    brought(country.hub, country.sub, forged(SUB, "control", "", claim(node_id(50), "aul"), hlc=NOON - 9_000))
    assert _given(country.hub, SUB, "p1") == (set(), {})
    assert _given(country.hub, ROOM, "p1") == ({"aul"}, {"p1": "key"})


def test_a_roster_that_was_entered_before_its_school_was_invited_waits_for_that_school(
    country: Country,
) -> None:
    country.hub.ledger.append([Entry("roster", "jana", CHILD)]).result()
    brought(country.hub, country.sub, forged(SUB, "control", "", claim(node_id(50), "jana")))
    stolen = _given(country.hub, SUB, "p1")
    jana = country.peer(node_id(60), "jana")
    country.hub.enrols(jana, "jana")
    assert stolen == (set(), {})
    assert _given(country.hub, jana.node, "p1") == ({"jana"}, {"p1": "key"})


def test_the_roster_of_a_school_that_has_left_is_given_to_nobody(country: Country) -> None:
    country.sub.ledger.append([Entry("roster", "tau", CHILD)]).result()
    before = _given(country.sub, FAR, "p1")
    revoked(country.sub, FAR)
    assert before == ({"tau"}, {"p1": "key"})
    assert _given(country.sub, FAR, "p1") == (set(), {})


def test_keys_of_who_was_forgotten_or_is_of_another_school_are_not_handed_out(country: Country) -> None:
    gone, other = structs.replace(CHILD, pupil="gone"), structs.replace(CHILD, pupil="other")
    entries = [Entry("roster", "aul", each) for each in (CHILD, gone, PupilForgotten("gone"))]
    country.hub.ledger.append([*entries, Entry("roster", "hub", other)]).result()
    assert _given(country.hub, ROOM, "p1", "gone", "other", "nobody")[1] == {"p1": "key"}


def _given(hub: Peer, to: str, *pupils: str) -> tuple[set[str], dict[str, str]]:
    """Return the schools whose rosters a node is given, and the keys of pupils."""
    rosters = {name: Head(0, "") for name in hub.streams() if ".roster." in name}
    request, moment = Request(want=rosters, need=pupils), hub.computer()

    def answer(db: sqlite3.Connection) -> Reply:
        return Parent(db, hub.node, to, moment).answer(request, [], lambda known: dict.fromkeys(known, "key"))

    reply = hub.ledger.write(answer).result()
    return {batch.stream.rpartition(".")[2] for batch in reply.batches}, reply.keys


# What honest nodes never send.


def test_a_request_has_as_many_facts_and_bytes_as_an_honest_one() -> None:
    def sent(*batches: Batch) -> None:
        exchange.read(Request(batches=batches))

    notes = [ScreenNote(str(number)) for number in range(BATCH_FACTS + 1)]
    half = len(notes) // 2
    sent(forged(ROOM, "log", "aul", *notes[1:]))
    with pytest.raises(TooLarge, match=str(BATCH_FACTS)):
        sent(forged(ROOM, "log", "aul", *notes))
    with pytest.raises(TooLarge, match=str(BATCH_FACTS)):
        sent(forged(ROOM, "log", "aul", *notes[:half]), forged(ROOM, "log", "dala", *notes[half:]))
    with pytest.raises(TooLarge, match="bytes of facts"):
        sent(*(forged(ROOM, "log", "aul", ScreenNote("x" * BATCH_BYTES)) for _ in range(2)))
    with pytest.raises(TooLarge, match=str(MAX_NEED)):
        exchange.read(Request(need=("p1",) * (MAX_NEED + 1)))


def test_a_time_beyond_any_clock_is_no_time() -> None:
    with pytest.raises(BadRequest, match="no time"):
        exchange.read(Request(batches=(forged(ROOM, "register", "aul", ILL, hlc=LAST + 1),)))


def test_many_streams_of_one_classroom_are_refused_and_those_it_has_go_on(country: Country) -> None:
    many = [forged(ROOM, "register", "aul", ILL, incarnation=100 + number) for number in range(200)]
    refused = brought(country.hub, country.room, *many)
    noted = country.hub.streams()
    assert sum(name.startswith(ROOM) for name in noted) == MOST_STREAMS
    assert len(refused) == len(many) - sum(each.stream in noted for each in many)
    country.evens()
    assert len(country.region.facts("register")) == len(many) - len(refused)


def test_many_facts_about_nodes_make_their_hub_count_them_a_few_times(country: Country) -> None:
    counted: list[str] = []
    country.hub.ledger.write(lambda db: db.set_trace_callback(counted.append)).result()
    fakes = [node_id(1000 + number) for number in range(BATCH_FACTS)]
    chained = zip([SUB, *fakes], fakes, range(BATCH_FACTS), strict=False)
    batches = [
        forged(by, "control", "", claim(fake, "sub", enrols=True), incarnation=number)
        for by, fake, number in chained
    ]
    brought(country.hub, country.sub, *reversed(batches))
    assert sum("'node-revoked'" in statement for statement in counted) <= MOST_TIERS * (MOST_TIERS + 3)
    assert len(members(country.hub)) < 2 * MOST_TIERS


def test_who_asks_again_and_again_for_another_history_is_soon_not_heard(country: Country) -> None:
    country.hub.ledger.append([Entry("timetable", "aul", PLAN)]).result()
    for _ in range(3 * MOST_RENEWALS):
        heads = country.hub.answers(ROOM, Request()).heads or {}
        name = next(name for name, head in heads.items() if name.startswith(HUB) and head.seq)
        country.hub.answers(ROOM, Request(common={name: Head(0, chain.shown(chain.genesis(name)))}))
    assert len({name.split(".")[1] for name in country.hub.streams() if name.startswith(HUB)}) <= 9
    assert len(country.hub.facts("timetable")) == 1
    assert country.hub.faults() == []


def test_marks_that_no_school_has_break_no_export(country: Country, tmp_path: Path) -> None:
    huge = "9" * 400
    for number, marks in enumerate((f'"{huge}":"ill"', '"0":"ill"', '"-5":"ill"', '"1":{}')):
        body = f'{{"lesson":"7Б 2026-11-27 08:30","marks":{{{marks}}}}}'
        _keeps(country.hub, "register", "register-taken", body, number)
    _keeps(country.hub, "log", "lesson-held", '{"stream":"s","began":"2026-11-26T08:30","seconds":1e308}', 9)
    db = country.hub.ledger.reader()
    for what in COLUMNS:
        for format_ in MEDIA_TYPES:
            made = BytesIO()
            export(Source(db, HUB), Order(what, format_), made, tmp_path, lambda done, total: None)
            assert made.getvalue()
            db.execute("ROLLBACK")
    snapshot(Source(db, HUB), made := BytesIO(), tmp_path, lambda done, total: None)
    db.close()
    assert made.getvalue()


def _keeps(hub: Peer, class_: str, kind: str, body: str, incarnation: int) -> None:
    name = f"{ROOM}.{node_id(incarnation)}.{class_}.aul"
    batch = protocol.batch(name, 1, chain.genesis(name), [(pack(NOON), kind, body)])
    assert hub.answers(ROOM, Request(batches=(batch,))).refused == ()


# One at a time, and only as long as it is let in.


async def test_a_child_is_answered_one_request_at_a_time(tmp_path: Path) -> None:
    async with two(tmp_path) as pair, pair.hub.serving():
        wire, go = protocol.encode(pair.request()), _held_up(pair)
        asked = [asyncio.ensure_future(pair.room.posts(pair.hub, wire)) for _ in range(3)]
        early = await _answered(asked, 2)
        go.set()
        late = await _answered(asked, 3)
    assert [status for status, _ in early] == [503, 503]
    assert b"still being answered" in early[0][1]
    assert sorted(status for status, _ in late) == [200, 503, 503]


async def test_a_request_that_was_on_its_way_when_its_node_was_revoked_is_refused(tmp_path: Path) -> None:
    async with two(tmp_path) as pair, pair.hub.serving():
        pair.room.register(a_lesson(1), {1: "ill"})
        wire, go = protocol.encode(pair.request()), _held_up(pair)
        fact, audit, moment = NodeRevoked(pair.room.node), Audited("test", "revoked"), pair.hub.computer()
        pair.hub.ledger.write(lambda db: tree.revoke(db, pair.hub.node, fact, audit, moment), vital=True)
        asked = [asyncio.ensure_future(pair.room.posts(pair.hub, wire)) for _ in range(2)]
        await _answered(asked, 1)  # this one came too soon: the other one waits for the writer
        go.set()
        statuses = sorted(status for status, _ in await _answered(asked, 2))
        assert statuses == [401, 503]
        assert pair.hub.facts("register") == []


Answer = tuple[int, bytes]


async def _answered(asked: Sequence[asyncio.Future[Answer]], count: int) -> list[Answer]:
    async with asyncio.timeout(DEADLINE):
        while sum(each.done() for each in asked) < count:
            await asyncio.wait([each for each in asked if not each.done()], return_when="FIRST_COMPLETED")
    return [each.result() for each in asked if each.done()]


def _held_up(pair: Pair) -> threading.Event:
    """Keep the hub's writer busy until the event is set."""
    go = threading.Event()
    pair.hub.ledger.write(lambda db: go.wait(DEADLINE))
    return go
