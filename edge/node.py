"""One node: all wiring, by hand. What the configuration lists is what is mounted."""

import asyncio
import ipaddress
import secrets
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web
from msgspec import structs

from devices.simulated_line import instruments
from edge import VERSION
from edge.access import Door, NodesDoor
from edge.api import Api
from edge.archive import Archive
from edge.board import Board
from edge.classroom.bundle import Support
from edge.classroom.check import Check
from edge.classroom.choices import Choices
from edge.classroom.diary import Diary
from edge.classroom.drafts import Drafts
from edge.classroom.hands import Hands
from edge.classroom.hearing import Hearing
from edge.classroom.lesson import LiveLesson
from edge.classroom.projector import Projector
from edge.classroom.registers import Registers
from edge.classroom.talk import Talk
from edge.classroom.technician import Technician
from edge.classroom.ties import Tied
from edge.classroom.timeshift import TimeShift
from edge.classroom.timetable import Timetable
from edge.classroom.today import Today
from edge.config import LAB, Config, address
from edge.content.beside import Beside
from edge.content.chunks import FOLDER, ChunkStore
from edge.content.doors import ContentDoor
from edge.content.fetcher import Fetcher
from edge.content.healing import Healing
from edge.content.housekeeping import Stores
from edge.content.hub import HubDoor
from edge.content.lan import Lan, Readers
from edge.content.library import Library, Shelves
from edge.content.materials import Link
from edge.content.nightly import Nightly
from edge.content.offers import Offers
from edge.content.reading_room import ReadingRoom
from edge.content.siblings import Stall
from edge.content.stocking import Node as Inside
from edge.content.stocking import Stocking
from edge.content.traffic import Traffic
from edge.content.turn import Turn
from edge.discovery import Discovery, Presence
from edge.exports import Exports
from edge.gate import make_app, make_nodes_app, only_for
from edge.health import Around, HealthWatch
from edge.heartbeat import Heartbeat
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
from edge.listening import Doors
from edge.media.ntp import NtpClock
from edge.media.record.offering import Offering
from edge.media.record.store import Store
from edge.media.relay import Relay
from edge.media.session import Sessions
from edge.media.studio import Studio
from edge.media.transport import Identity
from edge.media.whep import Whep
from edge.media.whip import Whip
from edge.mending import Salvaging
from edge.opening import Opened
from edge.overview.metrics import Metrics
from edge.overview.metrics import Parts as Counted
from edge.overview.status import Overview
from edge.overview.wellbeing import Wellbeing
from edge.parent import ParentLink
from edge.retention import Retention
from edge.signalling import Signalling
from edge.supervise import keep
from edge.timekeeping import Timekeeper
from edge.unit import Unit
from edge.views import Views
from edge.vision.sighted import Sighted
from sync.joining.admission import Admission
from sync.joining.invitations import Invitations
from sync.joining.tls import server_context
from sync.ledger import computer
from sync.server import Server
from sync.tree import certificates


class Node:
    """The parts of a node, made once, and how they are run."""

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
        self.upstream = Upstream(self.journal, self.wake.set)
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
        self.hands = Hands(journal, self.door, self.config.name)
        self.check = Check(self.board, self.projector.check)

    def _make_lab(self, state: Path) -> None:
        """Make what measures and moves."""
        self.bench = Bench(self.board, instruments(self.config.simulate), wall=self.journal.ledger.now)
        self.laboratory = Laboratory(state, self.journal, self.board, self.bench, self._scene)
        self.robots = Robots(self.bench, Latch(state / LAB))
        usb = HERE if self.config.usb else None
        self.plugging = Plugging(state / LAB, self.bench, self.config.ports, usb)

    def app(self) -> web.Application:
        """Return everything that is served to people and browsers."""
        path_of = self.stocking.warehouse.path_of
        parts = (
            Views(self.config, self.door, self.studio, self.whep, self._recording, self.opened.trouble),
            Archive(self.store, self.door, self.offering, self.stocking.uses.used),
            TimeShift(self.store, self.door),
            ContentDoor(self.content, Readers(self.door, self.lan).admit, self.stocking.around),
            ReadingRoom(self.door, self.lan.has, self.library, path_of, self.beside.places),
            Signalling(self.door, self.sessions, self.whip, self.whep),
            self.exports,
            self.projector,
            self.hands,
            self.check,
            Metrics(self._counted(), self.door),
        )
        routes = [route for part in parts for route in part.routes()]
        return self.traffic.watch(make_app([*routes, *self.traffic.serving.routes(self.door)]))

    def nodes_app(self) -> web.Application:
        """Return what is served to the nodes below this one, and to those that want to be."""
        journal, ledger = self.journal, self.journal.ledger
        invited = Invitations(ledger, computer)
        admission = Admission(journal.identity, self.config.name, invited, self.nodes_context, ledger.now)
        server = Server(ledger, journal.names.keys_of, computer)
        open_ones = [*admission.routes(), *server.routes(), *self.exports.routes()]
        # Its certificate lets a node watch: no token, as in a room.
        door = NodesDoor()
        views = Views(self.config, door, self.studio, self.whep, self._recording)
        signalling = Signalling(door, self.sessions, self.whip, self.whep)
        archive = Archive(self.store, door, self.offering, self.stocking.uses.used)
        content = ContentDoor(self.content, Readers(door, Lan(False)).admit, self.stocking.around)
        lessons = [*views.node_routes(), *signalling.routes(), *archive.routes(), *content.routes()]
        lessons += self.traffic.serving.routes(door)
        return self.traffic.watch(make_nodes_app([*open_ones, *only_for(server.called, lessons)]))

    def screen_app(self) -> web.Application:
        """Return what is served to the teacher's screen."""
        parts = (
            *(self.choices, self.registers, self.technician, self.support, self.library, self.health),
            *(self.live, self.talk, self.check, self.laboratory, self.robots, self.plugging),
            Overview(self._counted(), self.board, self.config.name, self.opened.trouble),
        )
        return Api(self.board, [part.desks() for part in parts], self.config.name).app()

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

    async def run(self) -> None:
        """Serve until told to stop; every recording is closed on return."""
        doors = Doors(self.app(), self.nodes_app(), self.screen_app())
        try:
            self.port = await doors.open(self.config, self.nodes_context, self.manager)
            doors.tell(self.config.name, self.journal.identity.node)
            async with asyncio.TaskGroup() as tasks:
                parts = [tasks.create_task(part) for part in self._parts()]
                self.manager.ready()
                await self.stop.wait()
                for part in parts:
                    part.cancel()
        finally:
            await doors.close()
            self.laboratory.close()
            self.journal.close()

    def _parts(self) -> list[Coroutine[Any, Any, None]]:
        parts = [
            keep(Heartbeat(self.manager, self.journal.ledger, self.lessons.takes).run, "heartbeat"),
            keep(self.studio.run, "studio"),
            keep(self.sessions.run, "sessions"),
            keep(self.relay.run, "relay"),
            keep(self.lessons.run, "lessons"),
            keep(self._follow, "parent", self.wake),
            keep(self.held.run, "held lessons"),
            keep(Timekeeper(self.journal).run, "timekeeping"),
            keep(Retention(self.journal, self.config.limits.names_days).run, "retention"),
            keep(self.upstream.follow, "upstream", self.upstream.wake),
            keep(self.upstream.watch, "journal watch"),
            keep(Salvaging(Path(self.config.state), self.journal, self.upstream).run, "salvaging"),
            keep(self._today, "today"),
            keep(self.live.run, "lesson"),
            keep(self.check.run, "check"),
            keep(self.library.run, "library"),
            *self.traffic.parts(),
            keep(self.fetcher.run, "fetcher", self.fetcher.woken),
            keep(self.healing.run, "healing", self.healing.woken),
            *self.stocking.parts(),
            *self.beside.parts(),
            *self.vision.parts(),
            keep(self.health.run, "health"),
            keep(self.bench.run, "bench"),
            keep(self.laboratory.run, "laboratory"),
            keep(self.robots.run, "robots"),
            keep(self.plugging.run, "plugging"),
        ]
        if not self.opened.trouble:
            wellbeing = Wellbeing(self.journal, Path(self.config.state), lambda: self.health.told)
            parts.append(keep(wellbeing.run, "wellbeing"))
        if self.config.announce or self.config.discover:
            parts.append(keep(Discovery(self.hubs, self._presence).run, "discovery"))
        if self.config.library.missed:
            parts.append(keep(self.nightly.run, "nightly"))
        return parts

    async def _today(self) -> None:
        await self.today.run(lambda: self.live.running()[0], self.registers, self.choices)

    async def _follow(self) -> None:
        await self.parent_link.run(self.identity, self.ntp, self.loopback)

    def _presence(self) -> Presence | None:
        if not self.config.announce:
            return None
        depth = 0 if self.config.parent is None else 1
        hosts = tuple(host for host, _ in self.hosts)
        return Presence(self.id, self.config.name, self.port, depth, VERSION, hosts)

    def _stall(self) -> Stall | None:
        """Return what other computers of this school are told of our library."""
        school = self.journal.school
        hosts = () if self.loopback else tuple(host for host, _ in self.hosts)
        return Stall(self.journal.identity.node, school, self.port, hosts) if school else None

    def change(self, config: Config) -> None:
        """Let a configuration that was read again count, as far as it does without a new start."""
        self.door.change(config.tokens, config.room, config.allow_anyone)
