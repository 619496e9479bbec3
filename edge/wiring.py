"""What a node is made of: all wiring, by hand. What the configuration lists is what is there."""

import asyncio
import ipaddress
import secrets
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import structs

from devices.simulated_line import instruments
from edge.access import Door
from edge.board import Board
from edge.cards.desk import CardDesk, Lens
from edge.checks.checking import Checking
from edge.checks.checking import Inside as Checked
from edge.classroom.bundle import Support
from edge.classroom.check import Check
from edge.classroom.choices import Choices
from edge.classroom.diary import Diary
from edge.classroom.drafts import Drafts
from edge.classroom.hearing import Hearing
from edge.classroom.lesson import LiveLesson
from edge.classroom.projector import Projector
from edge.classroom.registers import Registers
from edge.classroom.talk import Talk
from edge.classroom.technician import Technician
from edge.classroom.ties import Tied
from edge.classroom.timetable import Timetable
from edge.classroom.today import Today
from edge.config import LAB, address
from edge.content.beside import Beside
from edge.content.chunks import FOLDER, ChunkStore
from edge.content.fetcher import Fetcher
from edge.content.healing import Healing
from edge.content.housekeeping import Stores
from edge.content.hub import HubDoor
from edge.content.lan import Lan
from edge.content.library import Library, Shelves
from edge.content.materials import Link
from edge.content.nightly import Nightly
from edge.content.offers import Offers
from edge.content.siblings import Stall
from edge.content.stocking import Node as Inside
from edge.content.stocking import Stocking
from edge.content.traffic import Traffic
from edge.content.turn import Turn
from edge.dialogue.answering import Answering
from edge.dialogue.curves_here import CurvesHere
from edge.dialogue.curves_seen import CurvesSeen
from edge.dialogue.desk import Desk
from edge.dialogue.dialogue import Dialogue, Room
from edge.dialogue.ear import Ear
from edge.dialogue.floors import Floors
from edge.dialogue.lectern import Lectern
from edge.dialogue.sayings import Sayings
from edge.dialogue.switches import Switches
from edge.dialogue.upward import Heard
from edge.dialogue.upward import Link as Way
from edge.exports import Exports
from edge.health import Around, HealthWatch
from edge.held import HeldLessons
from edge.hubs import Hubs
from edge.journal import Upstream
from edge.lab.active import Scene
from edge.lab.bench import Bench
from edge.lab.experiments import Laboratory
from edge.lab.latch import Latch
from edge.lab.plugging import HERE, Plugging
from edge.lab.robots import Robots
from edge.lessons import Lessons
from edge.media.dtls import Identity
from edge.media.ntp import NtpClock
from edge.media.record.offering import Offering
from edge.media.record.store import Store
from edge.media.relay import Relay
from edge.media.session import Sessions
from edge.media.studio import Studio
from edge.media.whep import Whep
from edge.media.whip import Whip
from edge.opening import Opened
from edge.overview.metrics import Parts as Counted
from edge.parent import ParentLink
from edge.unit import Unit
from edge.vision.sighted import Sighted
from sync.joining.tls import server_context
from sync.tree import certificates


class Wiring:
    """The parts of a node, made once."""

    def __init__(self, opened: Opened, stop: asyncio.Event, manager: Unit) -> None:
        config = opened.config
        self.opened = opened
        self.config = config
        self.manager = manager
        self.stop = stop
        self.hosts = [address(text) for text in config.listen]
        self.door = Door(config.tokens, config.room, config.allow_anyone)
        self.loopback = all(ipaddress.ip_address(host).is_loopback for host, _ in self.hosts)
        self.id = secrets.token_hex(8)
        self.ntp = NtpClock()
        self.identity = Identity.create()
        self.wake = asyncio.Event()
        self.studio = Studio(config.limits.streams)
        self.relay = Relay()
        self.sessions = Sessions(self.identity, self.loopback)
        self.store = Store(Path(config.state), reserve=config.limits.disk_reserve << 20)
        self.journal = opened.journal
        self.content = ChunkStore(structs.replace(self.store.place, folder=Path(config.state) / FOLDER))
        self.offers = Offers(self.journal)
        self.lan = Lan(config.library_open)
        self.nodes_context = server_context(self.journal.identity, self.journal.ledger.read(certificates))
        self.upstream = Upstream(self.journal, self.wake.set, opened.trouble)
        self.exports = Exports(self.journal, self.door)  # one for both doors, so that its bound is one
        self.timetable = Timetable(self.journal)
        self.held = HeldLessons(self.store, self.journal, self.timetable.lesson_of)
        self.offering = Offering(self.store)
        self.lessons = Lessons(self.store, self.studio, config.record, self._recorded, self.journal.time)
        self.whip = Whip(self.studio, self.sessions, self.ntp, config.limits.bitrate)
        self.whep = Whep(self.studio, self.sessions, self.relay, self.ntp, config.limits.viewers)
        self.hubs = Hubs(self.id, self.wake.set)
        self.parent_link = ParentLink(config, self.journal, self.studio, self.hubs, self.wake)
        self.port = 0
        self.news_above = 0
        self.vision = Sighted(config.vision, self._is_busy, self.store, self.studio)
        self.vision.watch(self.parent_link.pulled, self.parent_link.tell)
        self._make_screen_side()

    def _make_screen_side(self) -> None:
        """Make what the teacher's screen talks to."""
        config, journal, state = self.config, self.journal, Path(self.config.state)
        self.board = Board()
        self.choices = Choices(config, journal, self.board)
        self.registers = Registers(journal, self.board, Drafts(state))
        self.technician = Technician(journal, config.name, config.pin, self.stop.set)
        self.today = Today(journal, self.timetable, self.store, self.studio, self.board)
        self.support = Support(config, journal, self.store, self.board, self.technician.check)
        self.hub_door = HubDoor(config, journal, self.hubs)
        lessons = self.studio, self.relay
        self.traffic = Traffic(config, journal, self.hub_door, self.timetable, lessons, self._running)
        self.link_turn = Turn(lambda: self.nightly.is_out)
        content = self.traffic.budget.purse("content")
        self.fetcher = Fetcher(self.store, self.hub_door, state, content, turn=self.link_turn)
        self.library = Library(
            self.store,
            journal,
            self.timetable,
            self.board,
            self.fetcher,
            lambda recording: self.projector.shows(recording),
        )
        self._make_library(state)
        wakes = self.wake.set, lambda: self.fetcher.look(0.0), self.stocking.materials.look
        around = Around(wakes, trouble=self.opened.trouble)
        self.health = HealthWatch(config, journal, self.upstream, self.store, self.board, around)
        self._make_lesson()
        self._make_lab(state)

    def _make_library(self, state: Path) -> None:
        """Make what fills the library, and what makes room where there is none."""
        link = Link(self.traffic.budget.purse("content"), self.link_turn.taken, self.traffic.is_busy)
        node = Inside(
            self.config,
            self.journal,
            self.offers,
            self.hub_door,
            self._lessons_known,
            self._is_in_use,
            self._stall,
        )
        self.stocking = Stocking(node, Stores(self.content, self.store), link)
        self.library.offer(self.stocking.warehouse, self.stocking.pins)
        self.library.heed(self._waits)
        self.beside = Beside(self.config, self.stocking.warehouse)
        entries = self.library.entries
        self.nightly = Nightly(self.fetcher, entries, self._lessons_known, self.journal.time, state)
        self.library.tell_declined(self.nightly.decline)
        self.traffic.nearby = self.stocking.neighbours.have_lesson
        purse = self.traffic.budget.purse("repair")
        self.healing = Healing(self.store, self.hub_door, self.fetcher, state, purse, self._is_watched)
        self.library.show_healing(lambda: (self.healing.current, self.healing.share))

    def _make_lesson(self) -> None:
        """Make what shows a lesson, and what a class says in it."""
        journal, timetable = self.journal, self.timetable
        self.projector = Projector(self.door, self.board, lambda: self.choices.volume)
        hearing = Hearing(self.studio, self.lessons, lambda: self.parent_link.reached, self.vision.sight)
        shelf = Shelves(self.store, timetable, self.library.is_elsewhere, self.library.playable)
        diary = Diary(journal, timetable)
        self.live = LiveLesson(hearing, diary, shelf, self.board, self.projector)
        self.talk = Talk(journal, self.live.running, self.live.tell, self.upstream.wake.set)
        self.live.listen(self.talk)
        switches = self.switches = Switches(self.opened.disk, self.config.classroom)
        switches.watch(self.projector.news)
        self.check = Check(self.board, self.projector.check, lambda: (switches.camera, switches.microphone))
        self.projector.add(self.check.part)
        self._make_dialogue()
        self._make_desk()
        self._make_cards()
        self._make_checks()

    def _make_dialogue(self) -> None:
        """Make the way back of a lesson: what classes send, and who is put before all."""
        self.floors = Floors(self.journal, self.studio, self.parent_link.pulled, self.config.name)
        room = Room(
            self.config,
            self.journal,
            self.studio,
            self.lessons,
            self.sessions,
            Way(self.identity, self.ntp, self.loopback),
            self.parent_link,
            self.door,
            self.board,
            self.projector,
            self.switches,
            self.live.running,
        )
        self.dialogue = Dialogue(room, self.floors)
        self.floors.watch(self.studio.announce)
        self.dialogue.listen(self._parent_said)

    def _parent_said(self, said: Heard) -> None:
        """The parent says what it wants, and whether its teacher has said something."""
        if said.news != self.news_above:
            self.news_above = said.news
            self.upstream.wake.set()
        self.curves.heard(list(said.curves))

    def _make_desk(self) -> None:
        """Make what a hub's teacher does with the classes of her lesson."""
        name = self.config.name
        self.sayings = Sayings(self.journal, name)
        node, running = self.journal.identity.node, self.live.running
        ear = Ear(self.floors, self.sayings, self.talk, running, self.board)
        report, changed = self.parent_link.report, self.studio.announce
        self.curves = CurvesSeen(self.door, self.sayings, report, changed)
        self.curves_here = CurvesHere(node, running, self.curves.wants, self.curves.bring)
        self.lectern = Lectern(self.floors, ear, self.curves, self.curves_here)
        answering = Answering(self.journal, self.floors, self.sayings, self.studio.announce)
        classes = self.dialogue.backstage.classes
        self.dialogue.curves = self.curves.wanted
        self.desk = Desk(self.door, self.floors, self.sayings, answering, self.whep, classes)
        self.desk.told_links = self.dialogue.backstage.links
        self.desk.away, self.dialogue.places.begun = self.dialogue.places.away, self.sayings.begun
        pulled, below = self.parent_link.pulled, self.dialogue.kin.below
        self.dialogue.upward.links = lambda: self.desk.links(pulled(), below)

    def _make_cards(self) -> None:
        """Make what reads cards before the class's camera."""
        lamps = self.dialogue.lamps
        lens = Lens(lamps.eye, lambda: lamps.camera_on)
        self.card_desk = CardDesk(lens, self.journal, self.board, self.projector.news)
        self.cards = self.card_desk.camera
        self.cards.watch(lamps.look)
        lamps.want_stills(lambda: self.cards.fps)
        lamps.when_off(self.card_desk.drop)
        self.projector.add(self.card_desk.part)

    def _make_checks(self) -> None:
        """Make what asks quick checks, and what answers them."""
        checked = Checked(
            self.config.name,
            self.journal,
            self.door,
            self.content,
            self.cards,
            self.live.running,
            lambda: self.studio.streams,
            self.floors.is_pulled,
            self.parent_link.report,
            self.studio.announce,
            self.upstream.wake.set,
            self._watching,
        )
        self.checking = Checking(checked, self.board, self.projector)

    async def _watching(self, stream: str) -> list[str]:
        """Return the nodes of the classes that see a lesson."""
        await self.sayings.look()
        return [row.node for row in self.desk.rows(stream, self.sayings.now()) if row.node]

    def _make_lab(self, state: Path) -> None:
        """Make what measures and moves."""
        self.bench = Bench(self.board, instruments(self.config.simulate), wall=self.journal.ledger.now)
        self.laboratory = Laboratory(state, self.journal, self.board, self.bench, self._scene)
        self.laboratory.tap = self.curves_here.tap
        self.robots = Robots(self.bench, Latch(state / LAB))
        usb = HERE if self.config.usb else None
        self.plugging = Plugging(state / LAB, self.bench, self.config.ports, usb)

    def _counted(self) -> Counted:
        return Counted(
            self.studio,
            self.whep,
            self.lessons,
            self.store,
            self.journal,
            self.upstream,
            self.traffic.budget,
            self.bench,
            self.hubs,
            lambda: self.health.told,
            self.dialogue.counted,
        )

    def _running(self) -> tuple[str, str]:
        return self.live.running()

    def _is_busy(self) -> bool:
        return self.traffic.is_busy()

    def _waits(self) -> tuple[str, str]:
        """Return why what is wanted of the library does not come, and until when."""
        repair = "" if self.healing.waits == "shown" else self.healing.waits
        why = self.fetcher.waits or self.stocking.materials.waits or repair
        return why, self.traffic.budget.until(why)

    def _is_in_use(self, recording: str) -> bool:
        """Tell whether a recording is being shown, or is of a lesson that runs."""
        reels = (each for name in self.studio.streams for each in self.lessons.reels(name))
        return self.projector.shows(recording) or any(each.id == recording for each in reels)

    def _is_watched(self, recording: str) -> bool:
        """Tell whether somebody watches a recording, or gets it from here."""
        return self.stocking.uses.is_used(recording) or self._is_in_use(recording)

    def _recorded(self) -> None:
        """Recordings were finished."""
        self.held.ended.set()
        self.healing.ended()

    def _lessons_known(self) -> Iterable[Tied]:
        return self.timetable.lessons().by_name.values()

    def _scene(self) -> Scene:
        """Return where an experiment has its place: the lesson that runs, and the second of its recording."""
        lesson, stream = self.live.running()
        reel = next((each for each in self.lessons.reels(stream) if each.growing), None)
        return Scene(lesson, reel.id, round(reel.seconds, 1)) if reel else Scene(lesson)

    def _recording(self, stream: str) -> dict[str, str]:
        if self.opened.trouble:
            return {"state": "stopped", "reason": self.opened.trouble}
        return dict(msgspec.to_builtins(self.lessons.state(stream)))

    def _stall(self) -> Stall | None:
        """Return what other computers of this school are told of our library."""
        school = self.journal.school
        hosts = () if self.loopback else tuple(host for host, _ in self.hosts)
        return Stall(self.journal.identity.node, school, self.port, hosts) if school else None
