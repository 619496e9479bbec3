"""Schools that come, move to another hub, get another id, and journals put back: all facts arrive."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import forks
from sync.records import LessonPlanned, NodeRevoked, RegisterTaken, ScreenNote
from sync.tables import Entry
from tests.sync.country import FAR, HUB, LAB, OTHER, ROOM, Country, brought, claim, forged, members, revoked
from tests.sync.peers import NOON, Peer, a_lesson, node_id

PLAN = LessonPlanned("7Б", "08:30", ("2026-11-26",), "Физика")


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    made = Country(tmp_path)
    yield made
    made.close()


def test_registers_of_all_schools_reach_the_region_and_what_the_hubs_say_comes_down(country: Country) -> None:
    schools = {"aul": country.room, "dala": country.lab, "tau": country.far}
    for school, room in schools.items():
        room.register(a_lesson(1), {1: "present"}, school=school)
    for hub, school in ((country.hub, "aul"), (country.other, "dala"), (country.sub, "tau")):
        correction = Entry("correction", school, RegisterTaken(a_lesson(1), {1: "ill"}, reason="a note"))
        hub.ledger.append([Entry("timetable", school, PLAN), correction]).result()
    country.hub.ledger.append([Entry("correction", "tau", RegisterTaken(a_lesson(2), {1: "ill"}))]).result()
    country.region.ledger.append([Entry("timetable", "tau", PLAN)]).result()
    country.evens()
    country.evens()
    assert len(country.region.facts("register")) == 3
    assert len(country.region.facts("correction")) == 4
    for school, room in schools.items():
        assert room.facts("timetable", "correction") == country.region.facts(
            "timetable", "correction", school=school
        )
    assert _refused(country) == set()


def test_a_hub_may_have_rooms_of_its_own_school_and_several_computers_of_another(country: Country) -> None:
    own, second = country.peer(node_id(20), "hub"), country.peer(node_id(21), "aul")
    country.hub.enrols(own, "hub")
    country.hub.enrols(second, "aul")
    own.register(a_lesson(1), {1: "present"}, school="hub")
    country.hub.register(a_lesson(2), {1: "present"}, school="hub")
    second.register(a_lesson(1), {1: "present"}, school="aul")
    for room in (own, second):
        room.evens(country.hub)
    country.evens()
    assert len(country.region.facts("register")) == 3
    assert _refused(country) == set()


def test_a_timetable_of_a_school_that_is_not_enrolled_yet_waits_for_it(country: Country) -> None:
    country.sub.ledger.append([Entry("timetable", "jana", PLAN)]).result()
    correction = Entry("correction", "jana", RegisterTaken(a_lesson(1), {1: "ill"}))
    country.sub.ledger.append([correction]).result()
    country.evens()
    before = len(country.region.facts("correction"))
    jana = country.peer(node_id(20), "jana")
    country.sub.enrols(jana, "jana")
    country.evens()
    jana.evens(country.sub)
    assert (before, len(country.region.facts("correction"))) == (0, 1)
    assert len(country.region.facts("timetable")) == len(jana.facts("timetable")) == 1
    assert _refused(country) == set()


def _refused(country: Country) -> set[str]:
    return {name for each in country.peers for name in each.child.refused}


# A school moves.


def _moved(country: Country) -> None:
    """Let the classroom of aul go at the first hub and in at the other one, as people do."""
    country.room.register(a_lesson(1), {1: "present"})
    country.evens()
    country.room.register(a_lesson(2), {1: "present"})
    revoked(country.hub, ROOM)
    country.other.enrols(country.room, "aul")
    country.room.child = type(country.room.child)(ROOM, "aul")
    country.room.evens(country.other)


@pytest.mark.parametrize("first", [HUB, OTHER])
def test_a_school_that_moved_is_heard_through_the_new_hub_whichever_says_so_first(
    country: Country, first: str
) -> None:
    _moved(country)
    hubs = [country.hub, country.other] if first == HUB else [country.other, country.hub]
    for hub in hubs:
        hub.evens(country.region)
    country.other.child.insist()  # as the daemon does once an hour
    country.other.ledger.append([Entry("timetable", "aul", PLAN)]).result()
    country.other.evens(country.region)
    country.room.evens(country.other)
    assert members(country.region)[ROOM].via == OTHER
    assert country.region.facts("register") == country.room.facts("register")
    assert len(country.region.facts("register")) == 2
    assert len(country.region.facts("timetable")) == len(country.room.facts("timetable")) == 1
    assert country.region.faults() == []


def test_the_old_hub_brings_nothing_more_about_a_school_that_has_moved(country: Country) -> None:
    _moved(country)
    for hub in (country.hub, country.other):
        hub.evens(country.region)
    late = (
        forged(ROOM, "register", "aul", RegisterTaken(a_lesson(3), {1: "ill"})),
        forged(HUB, "correction", "aul", RegisterTaken(a_lesson(1), {1: "ill"})),
        forged(HUB, "timetable", "aul", PLAN),
    )
    assert set(brought(country.region, country.hub, *late)) == {each.stream for each in late}


def test_a_school_that_moved_with_a_new_computer_is_planned_by_the_new_hub(country: Country) -> None:
    revoked(country.hub, ROOM)
    new = country.peer(node_id(20), "aul")
    country.other.enrols(new, "aul")
    country.other.ledger.append([Entry("timetable", "aul", PLAN)]).result()
    country.evens()
    new.evens(country.other)
    assert len(country.region.facts("timetable")) == len(new.facts("timetable")) == 1


def test_a_computer_that_is_replaced_leaves_its_school_where_it_is(country: Country) -> None:
    brought(country.region, country.other, forged(OTHER, "control", "", claim(node_id(50), "aul")))
    new = country.peer(node_id(20), "aul")
    country.hub.enrols(new, "aul")
    revoked(country.hub, ROOM)
    new.register(a_lesson(1), {1: "present"}, school="aul")
    new.evens(country.hub)
    country.hub.evens(country.region)
    assert len(country.region.facts("register")) == 1
    assert node_id(50) not in members(country.region)


def test_what_a_school_wrote_before_its_hub_was_closed_still_goes_up(
    country: Country, tmp_path: Path
) -> None:
    top = Peer(tmp_path / "top", node_id(90), school="top")
    top.enrols(country.region, "region", enrols=True)
    country.lab.register(a_lesson(1), {1: "present"}, school="dala")
    country.evens()
    revoked(country.region, OTHER)
    country.region.evens(top)
    top_has = top.facts("register")
    top.ledger.close()
    assert top_has == country.lab.facts("register") != []
    assert members(country.region)[LAB].revoked


def test_a_school_that_closed_can_still_be_corrected(country: Country) -> None:
    country.room.register(a_lesson(1), {1: "present"})
    country.evens()
    revoked(country.hub, ROOM)
    correction = Entry("correction", "aul", RegisterTaken(a_lesson(1), {1: "ill"}, reason="a note"))
    country.hub.ledger.append([correction]).result()
    country.hub.evens(country.region)
    assert len(country.region.facts("correction")) == 1


# A school gets another id.


def test_what_had_not_arrived_under_the_old_id_of_a_school_arrives_under_the_new_one(
    country: Country,
) -> None:
    country.room.register(a_lesson(1), {1: "present"})
    country.room.ledger.append([Entry("log", "aul", ScreenNote("before"))]).result()
    country.evens()
    country.room.register(a_lesson(2), {1: "ill"})
    country.hub.enrols(country.room, "aul-1")
    country.room.ledger.write(lambda db: forks.move_school(db, ROOM, "aul-1")).result()
    country.room.child = type(country.room.child)(ROOM, "aul-1")
    country.evens()
    by_school = {school: len(country.region.facts("register", school=school)) for school in ("aul", "aul-1")}
    assert by_school == {"aul": 1, "aul-1": 1}
    assert country.room.faults() == country.region.faults() == []
    before = country.room.child.refused
    country.room.child.insist()
    assert country.room.child.refused == before, "nobody will ever take the rest of the old streams"


# A journal is put back.


@pytest.mark.parametrize("which", ["region", "hub", "sub", "far"])
def test_a_journal_that_was_put_back_is_even_again(country: Country, which: str, tmp_path: Path) -> None:
    peer: Peer = getattr(country, which)
    peer.copy(tmp_path / "backup")
    for number, (room, school) in enumerate(((country.room, "aul"), (country.far, "tau"))):
        room.register(a_lesson(number), {1: "present"}, school=school)
    country.sub.ledger.append([Entry("timetable", "tau", PLAN)]).result()
    country.evens()
    said = country.region.facts("register", "timetable")
    _put_back(peer, tmp_path / "backup")
    country.far.register(a_lesson(9), {1: "ill"}, school="tau")
    country.evens()
    country.evens()
    assert {*said} < {*country.region.facts("register", "timetable")}
    assert len(country.region.facts("register")) == 3
    assert country.far.facts("timetable") == country.region.facts("timetable", school="tau")
    assert [each.faults() for each in country.peers] == [[]] * len(country.peers)


@pytest.mark.parametrize("which", ["region", "hub"])
def test_a_journal_that_was_put_back_knows_again_who_is_below_it(
    country: Country, which: str, tmp_path: Path
) -> None:
    peer: Peer = getattr(country, which)
    peer.copy(tmp_path / "backup")
    new = country.peer(node_id(20), "jana")
    country.sub.enrols(new, "jana")
    brought(country.sub, country.far, forged(FAR, "control", "", NodeRevoked(node_id(20)), hlc=NOON))
    country.evens()
    before = members(country.region)
    _put_back(peer, tmp_path / "backup")
    country.evens()
    assert members(country.region) == before


def _put_back(peer: Peer, backup: Path) -> None:
    peer.ledger.close()
    shutil.rmtree(peer.folder)
    shutil.copytree(backup, peer.folder)
    peer.open()
