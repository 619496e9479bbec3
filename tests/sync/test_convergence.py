"""Any tree of schools comes to the same journal, whatever wires, clocks and disks do to it on the way.

A region, a hub and two classrooms, whose disks may be copied and put back from a backup. Some thousand
steps of it run in every test; `JOURNAL_STEPS=100000` is a soak.
"""

import os
import shutil
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec import structs

from sync import protocol
from sync.clock import TRUSTED, is_believable, ms_of
from sync.errors import BadRequest, Forked, RenewedTooOften
from sync.protocol import Request
from sync.records import (
    CheckAnswered,
    CheckAsked,
    CheckEnded,
    ContentOffered,
    FloorGiven,
    LessonPlanned,
    RegisterTaken,
    ScreenNote,
)
from sync.tables import RENEWAL_TIME, Entry, Here
from tests.sync.glances import (
    Damage,
    damaged,
    dumped,
    folded_checks,
    heads_of,
    ids_of,
    later_batches,
    standings_of,
)
from tests.sync.peers import NOON, Lost, Peer, Wire, a_lesson, marks, node_id, replaced

STEPS = int(os.environ.get("JOURNAL_STEPS", "3000"))
RUN = 50  # steps of one tree
LESSONS = 5
MOST_COPIES = 3  # of a disk
MOST_OLD = 50  # requests that may come again
YEARS = 30 * 365 * 86_400_000
LONG = 20_000  # letters of a note: four of them fill a batch
SHARED = ("register", "correction", "timetable", "answer")  # what all nodes of a school are to hold alike
TO_ALL = ("library", "teaching")  # what all nodes of the tree are to hold alike
SCHOOLS = ("aul", "dala")
CHECK = "0" * 16

FAULTS = ("none", "none", "request lost", "answer lost", "twice")


def _wires(fault: str, child: Peer, parent: Peer) -> tuple[Wire, Wire]:
    def twice(wire: bytes) -> bytes:
        parent.answers(child.node, protocol.decode(wire, Request))
        return wire

    there = {"request lost": _loses, "twice": twice}.get(fault, bytes)
    return there, _loses if fault == "answer lost" else bytes


def _loses(wire: bytes) -> bytes:
    raise Lost


damages = st.tuples(st.floats(0, 1), st.integers(1, 255), st.sampled_from(("cut", "flip", "more")))
which = st.integers(0, 11)  # one of the nodes there are
seeds = st.integers(0, 2**32 - 1)


class Journals(RuleBasedStateMachine):
    """The tree, and what was said in it."""

    def __init__(self) -> None:
        super().__init__()
        self._temporary = TemporaryDirectory(prefix="journals-")
        self._folders = (Path(self._temporary.name) / str(number) for number in count())
        # Ids are in no order of the tree: nothing may depend on which stream is looked at first.
        self.region = self._node(5, "region")
        self.hub = self._node(3, "hub")
        self.rooms = [self._node(1, "aul"), self._node(7, "dala")]
        self.backups: list[tuple[int, Path]] = []  # of which room
        self.old: list[tuple[str, Peer, bytes]] = []  # requests as they were on the wire
        self.said: set[str] = set()  # ids of facts that somebody had an answer for
        self.lost: set[str] = set()  # … whose only disk was overwritten by a backup
        self.dates = {id(self.region): [NOON], id(self.hub): [NOON]}
        self.was_copied = False
        self.region.enrols(self.hub, "hub", enrols=True)
        for room, school in zip(self.rooms, SCHOOLS, strict=True):
            self.hub.enrols(room, school)

    def _node(self, number: int, school: str) -> Peer:
        return Peer(next(self._folders), node_id(number), school=school)

    @property
    def nodes(self) -> list[Peer]:
        """All that are there."""
        return [self.region, self.hub, *self.rooms]

    def school(self, room: Peer) -> str:
        """Return the school of a room, or of its copy."""
        return SCHOOLS[room.node == node_id(7)]

    def link(self, number: int) -> tuple[Peer, Peer]:
        """Return a child and its parent."""
        child = [*self.rooms, self.hub][number % (len(self.rooms) + 1)]
        return child, self.region if child is self.hub else self.hub

    # What people do.

    @rule(room=which, lesson=st.integers(0, LESSONS - 1), seed=seeds, replaces=st.booleans())
    def take_a_register(self, room: int, lesson: int, seed: int, replaces: bool) -> None:
        """A teacher marks a class, perhaps for the second time."""
        peer = self.rooms[room % len(self.rooms)]
        school = self.school(peer)
        prev = heads_of(peer, school, lesson) if replaces else ()
        taken = RegisterTaken(a_lesson(lesson), marks(Random(seed)), prev=prev, signed=seed % 4 > 0)
        self._say(peer, Entry("register", school, taken))

    @rule(
        by_region=st.booleans(),
        school=st.sampled_from(SCHOOLS),
        lesson=st.integers(0, LESSONS - 1),
        seed=seeds,
    )
    def correct_a_register(self, by_region: bool, school: str, lesson: int, seed: int) -> None:
        """Somebody above the school corrects what she knows of."""
        peer = self.region if by_region else self.hub
        prev = heads_of(peer, school, lesson)
        taken = RegisterTaken(a_lesson(lesson), marks(Random(seed)), prev=prev, reason="a note of the doctor")
        self._say(peer, Entry("correction", school, taken))

    @rule(school=st.sampled_from(SCHOOLS), lesson=st.integers(0, LESSONS - 1), seed=seeds)
    def plan_a_lesson(self, school: str, lesson: int, seed: int) -> None:
        """The hub plans what it teaches."""
        day, starts = a_lesson(lesson).split()[1:]
        self._say(self.hub, Entry("timetable", school, LessonPlanned("7Б", starts, (day,), f"Физика {seed}")))

    @rule(by_region=st.booleans(), number=st.integers(0, LESSONS - 1))
    def offer_an_item(self, by_region: bool, number: int) -> None:
        """Somebody above the schools publishes for all of them; nothing here looks at the signature."""
        peer = self.region if by_region else self.hub
        self._say(peer, Entry("library", "", ContentOffered(peer.node, "key", number + 1, "{}", "signature")))

    @rule(by_region=st.booleans(), school=st.sampled_from(("", *SCHOOLS)))
    def give_the_floor(self, by_region: bool, school: str) -> None:
        """Who teaches lets a class speak to all; the classes of all schools are to know."""
        peer = self.region if by_region else self.hub
        room = next((each.node for each in self.rooms if self.school(each) == school), "")
        self._say(peer, Entry("teaching", "", FloorGiven("lesson", room, school)))

    @rule(by_region=st.booleans(), ends=st.booleans())
    def ask_a_check_or_end_it(self, by_region: bool, ends: bool) -> None:
        """Who teaches asks all classes something, or waits for no more answers."""
        peer = self.region if by_region else self.hub
        record = CheckEnded(CHECK) if ends else CheckAsked(CHECK, "?", ("1", "2", "3"), peer.node)
        self._say(peer, Entry("teaching", "", record))

    @rule(room=which, seed=seeds)
    def answer_a_check(self, room: int, seed: int) -> None:
        """A class answers a quick check."""
        peer = self.rooms[room % len(self.rooms)]
        counts = {letter: seed >> shift & 15 for shift, letter in enumerate("ABCD")}
        self._say(peer, Entry("answer", self.school(peer), CheckAnswered(CHECK, "", {}, counts)))

    @rule(room=which, notes=st.integers(1, 5))
    def note_at_length(self, room: int, notes: int) -> None:
        """A backlog that takes several requests."""
        peer = self.rooms[room % len(self.rooms)]
        for number in range(notes):
            self._say(peer, Entry("log", self.school(peer), ScreenNote(f"{number} " + "ә" * (LONG // 2))))

    def _say(self, peer: Peer, entry: Entry) -> None:
        self.said.add(peer.ledger.append([entry]).result()[-1].id)

    # What wires do.

    @rule(number=which, fault=st.sampled_from(FAULTS), times=st.integers(1, 3))
    def exchange(self, number: int, fault: str, times: int) -> None:
        """A child dials; what is on the wire may be lost, or come twice."""
        child, parent = self.link(number)
        there, back = _wires(fault, child, parent)
        for _ in range(times):
            try:
                child.asks(parent, lambda wire: there(self._kept(child, parent, wire)), back)
            except (Lost, RenewedTooOften) as exc:
                note(repr(exc))
            except Forked as fork:
                with suppress(RenewedTooOften):
                    child.part(parent, fork)

    def _kept(self, child: Peer, parent: Peer, wire: bytes) -> bytes:
        self.old = [*self.old, (child.node, parent, wire)][-MOST_OLD:]
        return wire

    @precondition(lambda self: self.old)
    @rule(number=st.integers(0, MOST_OLD - 1))
    def repeat_an_old_request(self, number: int) -> None:
        """Something on the way sends again what it had kept."""
        child, parent, wire = self.old[number % len(self.old)]
        self._deliver(child, parent, protocol.decode(wire, Request))

    @rule(number=which, ahead=st.integers(1, 3))
    def leave_a_gap(self, number: int, ahead: int) -> None:
        """A child brings what comes later before what comes first."""
        child, parent = self.link(number)
        request = self._request(child)
        later = child.ledger.read(lambda db: list(later_batches(db, request.batches, ahead)))
        self._deliver(child.node, parent, replaced(request, batches=tuple(later)))

    @rule(number=which)
    def turn_the_order_of_batches(self, number: int) -> None:
        """A child brings the control of the tree last."""
        child, parent = self.link(number)
        request = self._request(child)
        self._deliver(child.node, parent, replaced(request, batches=request.batches[::-1]))

    def _request(self, child: Peer) -> Request:
        try:
            return child.ledger.read(lambda db: child.child.next(db, 0, ()))
        except Forked:
            return Request()

    def _deliver(self, child: str, parent: Peer, request: Request) -> None:
        try:
            parent.answers(child, request)
        except Forked:
            note("forked")

    @rule(number=which, batch=which)
    def bring_another_history(self, number: int, batch: int) -> None:
        """Where one batch does not follow what the parent holds none of them is taken."""
        child, parent = self.link(number)
        request = self._request(child)
        if request.batches:
            batches = list(request.batches)
            chosen = batch % len(batches)
            batches[chosen] = structs.replace(batches[chosen], after="0123456789abcdef")
            before = dumped(parent)
            with pytest.raises(Forked):
                parent.answers(child.node, replaced(request, batches=tuple(batches)))
            assert dumped(parent) == before

    @rule(number=which, damage=damages, is_answer=st.booleans())
    def spoil_a_message(self, number: int, damage: Damage, is_answer: bool) -> None:
        """What is damaged is refused, and changes nothing where it arrives."""
        child, parent = self.link(number)
        at = child if is_answer else parent
        before = dumped(at)
        wires = (bytes, partial(damaged, damage)) if is_answer else (partial(damaged, damage), bytes)
        try:
            child.asks(parent, *wires)  # deflate has some bits that mean nothing: then all is well
        except (BadRequest, Forked, RenewedTooOften):
            assert dumped(at) == before

    # What computers do.

    @rule(number=which, ms=st.integers(-YEARS, YEARS))
    def set_the_date(self, number: int, ms: int) -> None:
        """Somebody sets the clock of a running computer."""
        peer = self.nodes[number % len(self.nodes)]
        peer.computer.turn(ms)
        self._date(peer)

    @rule(number=which, ms=st.integers(-YEARS, YEARS))
    def start_anew(self, number: int, ms: int) -> None:
        """A computer comes up with whatever date its battery kept."""
        peer = self.nodes[number % len(self.nodes)]
        peer.ledger.close()
        peer.computer.reboot(NOON + ms)
        peer.open()
        self._date(peer)

    def _date(self, peer: Peer) -> None:
        if id(peer) in self.dates and is_believable(peer.computer.wall):
            self.dates[id(peer)].append(peer.computer.wall)

    @rule(number=which)
    def restart_a_node(self, number: int) -> None:
        """The daemon starts again."""
        peer = self.nodes[number % len(self.nodes)]
        peer.ledger.close()
        peer.open()

    @rule(number=which, ms=st.integers(1, 86_400_000))
    def pass_time(self, number: int, ms: int) -> None:
        """Time passes for one of them: nobody's clock is anybody else's."""
        peer = self.nodes[number % len(self.nodes)]
        peer.computer.wait(ms)
        self._date(peer)

    @rule(number=which)
    def compare_clocks(self, number: int) -> None:
        """A child follows the clock of its parent."""
        child, parent = self.link(number)
        shown = parent.ledger.now()
        child.ledger.steer(shown, parent.node).result()
        if child is self.hub:
            self.dates[id(child)].append(shown)

    @precondition(lambda self: len(self.rooms) < 2 + MOST_COPIES)
    @rule(room=which)
    def copy_a_disk(self, room: int) -> None:
        """Two computers are the same node from now on."""
        original = self.rooms[room % len(self.rooms)]
        folder = next(self._folders)
        original.copy(folder)
        wall, school = original.computer.wall, self.school(original)
        self.rooms.append(Peer(folder, original.node, wall, school=school))
        self.was_copied = True

    @rule(room=which)
    def make_a_backup(self, room: int) -> None:
        """Somebody saves a journal."""
        folder = next(self._folders)
        self.rooms[room % len(self.rooms)].copy(folder)
        self.backups.append((room % len(self.rooms), folder))

    @precondition(lambda self: self.backups)
    @rule(number=st.integers(0, 99))
    def put_a_backup_back(self, number: int) -> None:
        """Somebody overwrites a journal with an old one."""
        room, folder = self.backups[number % len(self.backups)]
        peer = self.rooms[room]
        gone = ids_of(peer)
        peer.ledger.close()
        shutil.rmtree(peer.folder)
        shutil.copytree(folder, peer.folder)
        peer.open()
        self.lost |= gone - set().union(*map(ids_of, self.nodes))
        self.was_copied = True

    # What must always be so.

    @invariant()
    def no_clock_is_dragged_along_by_a_peer(self) -> None:
        """A node runs at most as far ahead as the dates it was shown, and what it then waited for."""
        for peer in (self.region, self.hub):
            last, now = peer.ledger.read(lambda db: Here(db).clock.last), peer.ledger.now()
            own = max(self.dates[id(peer)])
            assert ms_of(last) <= now + TRUSTED
            assert now <= own + 90_000_000 * RUN, "more than every step can have waited"

    def teardown(self) -> None:
        """Carry everything, and compare."""
        try:
            self._even()
            self._compare()
        finally:
            for peer in self.nodes:
                peer.ledger.close()
            self._temporary.cleanup()

    def _even(self) -> None:
        for _ in range(3):  # what a copy brings goes to the other copies, and through the hub to the region
            for room in self.rooms:
                room.computer.wait(2 * RENEWAL_TIME)
                room.evens(self.hub)
            self.hub.evens(self.region)

    def _compare(self) -> None:
        root = ids_of(self.region)
        assert self.said - self.lost <= root
        assert [fault for peer in self.nodes for fault in peer.faults()] == []
        assert self.hub.facts(*SHARED) == self.region.facts(*SHARED)
        assert set(self.hub.facts()) <= set(self.region.facts()), "there is no roster, all else goes up"
        for room in self.rooms:
            school = self.school(room)
            assert room.facts(*SHARED, school=school) == self.hub.facts(*SHARED, school=school)
            assert room.facts(*TO_ALL) == self.hub.facts(*TO_ALL)
        assert self.hub.facts(*TO_ALL) == self.region.facts(*TO_ALL)
        if not self.was_copied:
            assert len(self.region.facts()) == len(set(self.region.facts()))
        for school in SCHOOLS:
            at_school = [room for room in self.rooms if self.school(room) == school]
            standings = [standings_of(peer, school) for peer in (self.region, self.hub, *at_school)]
            assert all(each == standings[0] for each in standings)
            folded = [folded_checks(peer, school) for peer in (self.region, self.hub, *at_school)]
            assert all(each == folded[0] for each in folded)


Journals.TestCase.settings = settings(
    max_examples=max(1, STEPS // RUN),
    stateful_step_count=RUN,
    suppress_health_check=list(HealthCheck),
)
TestJournals = Journals.TestCase
