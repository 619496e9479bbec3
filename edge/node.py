"""One node: all wiring, by hand. What the configuration lists is what is mounted."""

import asyncio
import ipaddress
import logging
import secrets
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import web

from devices.simulated_line import instruments
from edge import VERSION
from edge.access import Door, NodesDoor
from edge.api import Api, listen
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
from edge.classroom.timeshift import TimeShift
from edge.classroom.timetable import Timetable
from edge.classroom.today import Today
from edge.config import LAB, Config, address
from edge.content.fetcher import Fetcher
from edge.content.hub import HubDoor
from edge.content.library import Library, Shelves
from edge.discovery import Discovery, Presence
from edge.doorman import Runner, widen
from edge.errors import TirekError
from edge.exports import Exports
from edge.gate import make_app, make_nodes_app, only_for
from edge.health import Around, HealthWatch
from edge.held import HeldLessons
from edge.hubs import Hubs
from edge.journal import KEEP_ALIVE, Journal, Upstream
from edge.lab.active import Scene
from edge.lab.bench import Bench
from edge.lab.experiments import Laboratory
from edge.lab.plugging import HERE, Plugging
from edge.lab.robots import Robots
from edge.lessons import Lessons
from edge.media.ntp import NtpClock
from edge.media.record.store import Store
from edge.media.relay import Relay
from edge.media.session import Sessions
from edge.media.studio import Studio
from edge.media.transport import Identity
from edge.media.whep import Whep
from edge.media.whip import Whip
from edge.parent import ParentLink
from edge.retention import Retention
from edge.signalling import Signalling
from edge.supervise import keep
from edge.timekeeping import Timekeeper
from edge.views import Views
from sync.joining.admission import Admission
from sync.joining.invitations import Invitations
from sync.joining.tls import server_context
from sync.ledger import computer
from sync.server import Server
from sync.tree import certificates

BROWSERS = 75.0  # seconds a browser's connection is kept without a request
SHUTDOWN = 1.0  # seconds that open requests get when the node stops

log = logging.getLogger(__name__)


class Node:
    """The parts of a node, made once, and how they are run."""

    def __init__(self, config: Config, stop: asyncio.Event) -> None:
        self.config = config
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
        self.journal = Journal(Path(config.state), config.school)
        self.nodes_context = server_context(self.journal.identity, self.journal.ledger.read(certificates))
        self.upstream = Upstream(self.journal, self.wake.set)
        self.exports = Exports(self.journal, self.door)  # one for both doors, so that its bound is one
        self.timetable = Timetable(self.journal)
        self.held = HeldLessons(self.store, self.journal, self.timetable.lesson_of)
        self.lessons = Lessons(self.store, self.studio, config.record, self.held.ended.set, self.journal.time)
        self.whip = Whip(self.studio, self.sessions, self.ntp, config.limits.bitrate)
        self.whep = Whep(self.studio, self.sessions, self.relay, self.ntp, config.limits.viewers)
        self.hubs = Hubs(self.id, self.wake.set)
        self.parent_link = ParentLink(config, self.journal, self.studio, self.hubs, self.wake)
        self.port = 0
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
        self.fetcher = Fetcher(self.store, HubDoor(config, journal, self.hubs), state, self._is_busy)
        self.library = Library(
            self.store,
            journal,
            self.timetable,
            self.board,
            self.fetcher,
            lambda recording: self.projector.shows(recording),
        )
        around = Around((self.wake.set, lambda: self.fetcher.look(0.0)))
        self.health = HealthWatch(config, journal, self.upstream, self.store, self.board, around)
        self._make_lesson()
        self._make_lab(state)

    def _make_lesson(self) -> None:
        """Make what shows a lesson, and what a class says in it."""
        journal, timetable = self.journal, self.timetable
        self.projector = Projector(self.door, self.board, lambda: self.choices.volume)
        hearing = Hearing(self.studio, self.lessons, lambda: self.parent_link.reached)
        shelf = Shelves(self.store, timetable, self.library.is_elsewhere)
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
        self.robots = Robots(self.bench)
        usb = HERE if self.config.usb else None
        self.plugging = Plugging(state / LAB, self.bench, self.config.ports, usb)

    def app(self) -> web.Application:
        """Return everything that is served to people and browsers."""
        parts = (
            Views(self.config, self.door, self.studio, self.whep, self._recording),
            Archive(self.store, self.door),
            TimeShift(self.store, self.door),
            Signalling(self.door, self.sessions, self.whip, self.whep),
            self.exports,
            self.projector,
            self.hands,
            self.check,
        )
        return make_app([route for part in parts for route in part.routes()])

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
        archive = Archive(self.store, door)
        lessons = [*views.node_routes(), *signalling.routes(), *archive.routes()]
        return make_nodes_app([*open_ones, *only_for(server.called, lessons)])

    def screen_app(self) -> web.Application:
        """Return what is served to the teacher's screen."""
        parts = (
            *(self.choices, self.registers, self.technician, self.support, self.library, self.health),
            *(self.live, self.talk, self.check, self.laboratory, self.robots, self.plugging),
        )
        return Api(self.board, [part.desks() for part in parts], self.config.name).app()

    def _is_busy(self) -> bool:
        """Tell whether a lesson is on: nothing else may take the link then."""
        return any(self.live.running()) or any(each.live for each in self.studio.streams.values())

    def _scene(self) -> Scene:
        """Return where an experiment has its place: the lesson that runs, and the second of its recording."""
        lesson, stream = self.live.running()
        reel = next((each for each in self.lessons.reels(stream) if each.growing), None)
        return Scene(lesson, reel.id, round(reel.seconds, 1)) if reel else Scene(lesson)

    def _recording(self, stream: str) -> dict[str, str]:
        return dict(msgspec.to_builtins(self.lessons.state(stream)))

    async def run(self) -> None:
        """Serve until told to stop; every recording is closed on return."""
        pages = Runner(self.app(), BROWSERS, SHUTDOWN)
        nodes = Runner(self.nodes_app(), KEEP_ALIVE, SHUTDOWN)
        screens = Runner(self.screen_app(), BROWSERS, SHUTDOWN)
        try:
            await self._open_doors(pages, nodes)
            await screens.setup()
            await listen(screens, self.config.screen_socket)
            async with asyncio.TaskGroup() as tasks:
                parts = [tasks.create_task(part) for part in self._parts()]
                await self.stop.wait()
                for part in parts:
                    part.cancel()
        finally:
            await asyncio.gather(pages.cleanup(), nodes.cleanup(), screens.cleanup())
            self.laboratory.close()
            self.journal.close()

    def _parts(self) -> list[Coroutine[Any, Any, None]]:
        parts = [
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
            keep(self._today, "today"),
            keep(self.live.run, "lesson"),
            keep(self.check.run, "check"),
            keep(self.library.run, "library"),
            keep(self.fetcher.run, "fetcher", self.fetcher.woken),
            keep(self.health.run, "health"),
            keep(self.bench.run, "bench"),
            keep(self.laboratory.run, "laboratory"),
            keep(self.robots.run, "robots"),
            keep(self.plugging.run, "plugging"),
        ]
        if self.config.announce or self.config.discover:
            parts.append(keep(Discovery(self.hubs, self._presence).run, "discovery"))
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

    async def _open_doors(self, pages: web.AppRunner, nodes: web.AppRunner) -> None:
        await pages.setup()
        await nodes.setup()
        for host, port in self.hosts:
            await _listen(web.TCPSite(pages, host, port), host, port)
        for host, port in map(address, self.config.listen_nodes):
            await _listen(web.TCPSite(nodes, host, port, ssl_context=self.nodes_context), host, port)
        self.port = pages.addresses[0][1]
        for bound in nodes.addresses:
            log.info("listening for nodes address=%s:%d node=%s", *bound[:2], self.journal.identity.node)
        for bound in pages.addresses:
            log.info("listening address=http://%s:%d name=%r", bound[0], bound[1], self.config.name)


async def _listen(site: web.TCPSite, host: str, port: int) -> None:
    try:
        await site.start()
    except OSError as exc:
        raise TirekError(f"cannot listen on {host}:{port}: {exc.strerror or exc}") from exc


async def serve(config: Config) -> None:
    """Run a node until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    widen()
    if config.allow_anyone:
        log.warning("anybody may publish and watch: no tokens are asked for")
    await Node(config, stop).run()
    log.info("stopped")


def run(config: Config) -> int:
    """Run a node; return the exit status."""
    state = Path(config.state)
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise TirekError(f"state folder {state}: {exc.strerror}") from exc
    uvloop.run(serve(config))
    return 0
