"""Two and three journals that exchange: what is said once arrives once, whatever happens between."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Raw

from sync import chain, protocol
from sync.clock import LATEST, pack
from sync.errors import Forked
from sync.protocol import MAX_DEPTH, Batch, Head, Request
from sync.records import LessonPlanned, NodeEnrolled, RegisterTaken
from sync.tables import Entry
from tests.sync.peers import NOON, Peer, a_lesson, node_id


class Tree:
    """A region, a hub and a classroom."""

    def __init__(self, folder: Path) -> None:
        self.region = Peer(folder / "region", node_id(1))
        self.hub = Peer(folder / "hub", node_id(2))
        self.room = Peer(folder / "room", node_id(3))
        self.region.enrols(self.hub, "hub", enrols=True)
        self.hub.enrols(self.room, "aul")
        self.folder = folder

    def evens(self) -> None:
        """Carry everything to where it belongs."""
        for child, parent in ((self.room, self.hub), (self.hub, self.region), (self.room, self.hub)):
            child.evens(parent)


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    made = Tree(tmp_path)
    yield made
    for each in (made.region, made.hub, made.room):
        each.ledger.close()


def test_a_register_goes_three_hops_without_any_other_code(tree: Tree) -> None:
    tree.room.register(a_lesson(1), {1: "present", 2: "ill"})
    tree.evens()
    assert tree.room.facts("register") == tree.hub.facts("register") == tree.region.facts("register") != []


def test_the_classroom_learns_how_far_its_registers_have_come(tree: Tree) -> None:
    noted = tree.room.register(a_lesson(1), {1: "present"})
    tree.evens()
    held = tree.room.streams()[str(noted.stream)]
    assert (held.acked, held.above) == (1, 1)


def test_two_that_hold_the_same_say_so_in_one_exchange(tree: Tree) -> None:
    tree.room.register(a_lesson(1), {1: "present"})
    tree.evens()
    assert tree.room.asks(tree.hub)
    tree.room.ledger.close()
    tree.room.open()  # a daemon that was restarted still knows
    assert tree.room.asks(tree.hub)


def test_a_timetable_comes_down_to_its_school_only(tree: Tree, tmp_path: Path) -> None:
    other = Peer(tmp_path / "other", node_id(4))
    tree.hub.enrols(other, "other")
    plan = LessonPlanned("7Б", "08:30", ("2026-11-26",), "Физика")
    tree.hub.ledger.append([Entry("timetable", "aul", plan)]).result()
    tree.evens()
    other.evens(tree.hub)
    assert len(tree.room.facts("timetable")) == len(tree.region.facts("timetable")) == 1
    assert other.facts("timetable") == []
    other.ledger.close()


def test_a_roster_never_goes_up(tree: Tree) -> None:
    tree.hub.ledger.append([Entry("roster", "aul", LessonPlanned("x", "", (), ""))]).result()
    tree.evens()
    assert len(tree.room.facts("roster")) == 1
    assert tree.region.facts("roster") == []


def test_a_school_cannot_write_in_the_name_of_another(tree: Tree, tmp_path: Path) -> None:
    thief = Peer(tmp_path / "thief", node_id(4))
    tree.hub.enrols(thief, "thief")
    tree.room.register(a_lesson(1), {1: "present"})
    tree.evens()
    forged = Peer(tmp_path / "forged", node_id(3))
    forged.register(a_lesson(2), {1: "ill"})
    thief.enrols(forged, "aul")
    forged.evens(thief)
    thief.evens(tree.hub)
    assert len(tree.hub.facts("register")) == 1
    for each in (thief, forged):
        each.ledger.close()


def _copy(peer: Peer, folder: Path) -> None:
    with sqlite3.connect(peer.ledger.path) as db:
        folder.mkdir()
        db.execute("VACUUM INTO ?", (str(folder / "journal.db"),))
    db.close()


def test_two_copies_of_a_disk_lose_nothing_and_overwrite_nothing(tree: Tree, tmp_path: Path) -> None:
    tree.room.register(a_lesson(1), {1: "present"})
    tree.evens()
    _copy(tree.room, tmp_path / "copy")
    copy = Peer(tmp_path / "copy", tree.room.node)
    copy.computer.wait(5000)
    for number in range(2, 5):
        tree.room.register(a_lesson(number), {1: "present"})
        copy.register(a_lesson(number + 10), {1: "ill"})
    tree.evens()
    copy.evens(tree.hub)
    copy.register(a_lesson(20), {1: "late"})
    copy.evens(tree.hub)
    tree.room.evens(tree.hub)
    assert len(tree.hub.facts("register")) == 8
    assert tree.hub.facts("register") == copy.facts("register") == tree.room.facts("register")
    copy.ledger.close()


def test_a_restored_backup_gets_back_what_it_lost_and_writes_under_a_new_name(
    tree: Tree, tmp_path: Path
) -> None:
    tree.room.register(a_lesson(1), {1: "present"})
    _copy(tree.room, tmp_path / "backup")
    tree.room.register(a_lesson(2), {1: "ill"})
    tree.evens()
    tree.room.ledger.close()
    shutil.rmtree(tree.room.folder)
    shutil.move(tmp_path / "backup", tree.room.folder)
    tree.room.open()
    tree.room.evens(tree.hub)
    late = tree.room.register(a_lesson(3), {1: "late"})
    tree.evens()
    assert len(tree.room.facts("register")) == 3
    assert tree.hub.facts("register") == tree.room.facts("register")
    assert late.seq == 1


def test_a_hub_restored_from_a_backup_does_not_write_two_histories(tree: Tree, tmp_path: Path) -> None:
    def plan(subject: str) -> None:
        lesson = LessonPlanned("7Б", "08:30", ("2026-11-26",), subject)
        tree.hub.ledger.append([Entry("timetable", "aul", lesson)]).result()

    plan("Физика")
    tree.evens()
    _copy(tree.hub, tmp_path / "backup")
    plan("Химия")
    tree.room.evens(tree.hub)
    tree.hub.ledger.close()
    shutil.rmtree(tree.hub.folder)
    shutil.move(tmp_path / "backup", tree.hub.folder)
    tree.hub.open()
    tree.hub.computer.wait(5000)
    plan("Биология")
    tree.evens()
    plan("География")
    tree.evens()
    assert [fact[3].count("Химия") for fact in tree.room.facts("timetable")].count(1) == 1
    assert len(tree.room.facts("timetable")) == 4
    assert len(tree.hub.facts("timetable")) == 3


def test_facts_of_a_newer_node_pass_through_an_old_one_untouched(tree: Tree) -> None:
    def strange(db: sqlite3.Connection) -> None:
        from sync import tables
        from sync.streams import StreamName

        body = '{"b":1, "a" : [1.0,  "ә\\u0001"],"deep":{"x":null}}'
        for class_ in ("register", "holograms"):
            row = tables.opened(db, StreamName(tree.room.node, node_id(9), class_, "aul"))
            tables.extend(db, row, [(tree.room.computer().wall << 16, "hologram-shown", body)])

    tree.room.ledger.write(strange).result()
    tree.room.register(a_lesson(1), {1: "present"})
    tree.evens()
    assert tree.region.facts("register") == tree.room.facts("register")
    assert tree.region.facts("holograms") == tree.room.facts("holograms") != []


def test_a_batch_that_begins_with_other_facts_than_are_held_adds_nothing(tree: Tree) -> None:
    tree.room.register(a_lesson(1), {1: "present"})
    tree.evens()
    _copy(tree.room, tree.folder / "copy")
    copy = Peer(tree.folder / "copy", tree.room.node)
    tree.room.register(a_lesson(2), {1: "ill"})
    tree.evens()
    for number in range(3, 6):
        copy.register(a_lesson(number), {1: "late"})
    before = tree.hub.facts()
    with pytest.raises(Forked):
        copy.asks(tree.hub)
    assert tree.hub.facts() == before
    copy.ledger.close()


def test_whom_a_hub_has_just_let_in_is_known_by_the_same_request(tree: Tree, tmp_path: Path) -> None:
    for number in (0, 9):  # its id is before the hub's, or after it
        new = Peer(tmp_path / f"new{number}", node_id(number))
        tree.hub.enrols(new, f"new{number}")
        new.register(a_lesson(1), {1: "present"}, school=f"new{number}")
        new.evens(tree.hub)
        new.ledger.close()
    tree.hub.asks(tree.region)
    assert tree.hub.child.stuck == set()
    assert len(tree.region.facts("register")) == 2


def test_a_classroom_cannot_take_another_one_away_from_its_hub(tree: Tree) -> None:
    claim = NodeEnrolled(node_id(4), "aul", "f" * 64)
    other = Peer(tree.folder / "other", node_id(4))
    tree.hub.enrols(other, "other")
    tree.evens()
    tree.room.ledger.append([Entry("control", "", claim)]).result()
    tree.evens()
    other.register(a_lesson(1), {1: "present"}, "other")
    other.evens(tree.hub)
    tree.evens()
    assert len(tree.region.facts("register")) == 1
    other.ledger.close()


def test_nobody_can_claim_the_very_node_that_he_talks_to(tree: Tree) -> None:
    claim = NodeEnrolled(tree.region.node, "aul", "f" * 64, enrols=True)
    tree.hub.ledger.append([Entry("control", "", claim)]).result()
    tree.evens()
    forged = Peer(tree.folder / "forged", tree.region.node)
    forged.register(a_lesson(1), {1: "ill"})
    tree.hub.enrols(forged, "aul")
    forged.evens(tree.hub)
    tree.evens()
    assert tree.region.facts("register") == []
    forged.ledger.close()


def test_a_child_that_asks_for_what_comes_after_the_end_gets_nothing(tree: Tree) -> None:
    lesson = LessonPlanned("7Б", "08:30", ("2026-11-26",), "Физика")
    noted = tree.hub.ledger.append([Entry("timetable", "aul", lesson)]).result()[-1]
    reply = tree.hub.answers(tree.room.node, Request(want={str(noted.stream): Head(1000, "")}))
    assert reply.batches == ()


def test_a_batch_after_a_gap_leaves_no_trace(tree: Tree) -> None:
    name = f"{tree.room.node}.{node_id(9)}.register.aul"
    tree.hub.answers(tree.room.node, Request(batches=(Batch(name, 7, "", Raw(b"[]")),)))
    assert name not in tree.hub.streams()


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "1e999",
        '"text"',
        "[]",
        '{"lesson":{"a":[1]}}',
        '{"lesson":1e999}',
        '{"lesson":-0.0,"lesson":"twice"}',
        '{"lesson":"\\u0000\\ud83d\\ude00"}',
        '{ "lesson" : 99999999999999999999999999999 }',
        '{"lesson":"7Б","marks":{"many":1}}',
        "[" * MAX_DEPTH + "]" * MAX_DEPTH,
    ],
)
def test_a_register_that_makes_no_sense_is_kept_and_passed_on_and_never_stops_a_stream(
    tree: Tree, body: str
) -> None:
    name = f"{tree.room.node}.{node_id(9)}.register.aul"
    fact = (pack(NOON), "register-taken", body)
    tree.hub.answers(tree.room.node, Request(batches=(protocol.batch(name, 1, chain.genesis(name), [fact]),)))
    tree.evens()
    assert tree.region.facts("register") == [(tree.room.node, "register-taken", pack(NOON), body)]


def test_a_computer_whose_date_was_just_believable_still_brings_its_registers(tmp_path: Path) -> None:
    hub, room = Peer(tmp_path / "hub", node_id(2)), Peer(tmp_path / "room", node_id(3), wall=LATEST - 1000)
    hub.enrols(room, "aul")
    room.register(a_lesson(1), {1: "present"})
    room.computer.wait(90 * 86_400_000)  # it runs for a term
    room.register(a_lesson(2), {1: "present"})
    room.evens(hub)
    assert len(hub.facts("register")) == 2
    for each in (hub, room):
        each.ledger.close()


def test_what_was_refused_is_not_brought_again_and_again(tree: Tree) -> None:
    foreign = RegisterTaken(a_lesson(1), {1: "ill"})
    tree.room.ledger.append([Entry("register", "dala", foreign)]).result()
    tree.evens()
    assert tree.room.asks(tree.hub)
    assert tree.room.asks(tree.hub)
    assert tree.hub.facts("register") == []


def test_registers_go_before_everything_else(tree: Tree) -> None:
    from sync.records import ScreenNote

    for number in range(900):
        tree.room.ledger.append([Entry("log", "aul", ScreenNote(f"{number} " + "x" * 300))]).result()
    tree.room.asks(tree.hub)
    tree.room.register(a_lesson(1), {1: "present"})
    request = tree.room.ledger.read(lambda db: tree.room.child.next(db, 0, ()))
    assert ".register." in request.batches[0].stream
    assert request.left > 0


def test_a_correction_by_the_hub_comes_down_and_goes_up(tree: Tree) -> None:
    noted = tree.room.register(a_lesson(1), {1: "present"})
    tree.evens()
    better = RegisterTaken(a_lesson(1), {1: "ill"}, prev=(noted.id,), reason="a note of the doctor")
    tree.hub.ledger.append([Entry("correction", "aul", better)]).result()
    tree.evens()
    assert tree.room.facts("correction") == tree.region.facts("correction") != []
