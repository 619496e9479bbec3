"""One node: what it serves at each door, and how its parts are run."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from aiohttp import web

from edge import VERSION
from edge.access import NodesDoor
from edge.api import Api
from edge.archive import Archive
from edge.classroom.timeshift import TimeShift
from edge.config import Config
from edge.content.doors import ContentDoor
from edge.content.lan import Lan, Readers
from edge.content.reading_room import ReadingRoom
from edge.discovery import Discovery, Presence
from edge.gate import make_app, make_nodes_app, only_for
from edge.heartbeat import Heartbeat
from edge.listening import Doors
from edge.mending import Salvaging
from edge.overview.metrics import Metrics
from edge.overview.status import Overview
from edge.overview.wellbeing import Wellbeing
from edge.retention import Retention
from edge.signalling import Signalling
from edge.supervise import keep
from edge.timekeeping import Timekeeper
from edge.views import Views
from edge.wiring import Wiring
from sync.joining.admission import Admission
from sync.joining.invitations import Invitations
from sync.ledger import computer
from sync.server import Server


class Node(Wiring):
    """The parts of a node, served and run."""

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
            self.dialogue,
            self.projector,
            self.desk,
            self.curves,
            self.checking,
            self.card_desk,
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
        views.told = self.dialogue.told
        signalling = Signalling(door, self.sessions, self.whip, self.whep)
        archive = Archive(self.store, door, self.offering, self.stocking.uses.used)
        content = ContentDoor(self.content, Readers(door, Lan(False)).admit, self.stocking.around)
        lessons = [*views.node_routes(), *signalling.routes(), *archive.routes(), *content.routes()]
        lessons += [
            *self.traffic.serving.routes(door),
            *self.curves.node_routes(),
            *self.dialogue.node_routes(),
        ]
        lessons += self.checking.node_routes()
        return self.traffic.watch(make_nodes_app([*open_ones, *only_for(server.called, lessons)]))

    def screen_app(self) -> web.Application:
        """Return what is served to the teacher's screen."""
        parts = (
            *(self.choices, self.registers, self.technician, self.support, self.library, self.health),
            *(
                self.live,
                self.talk,
                self.dialogue.lamps,
                self.check,
                self.laboratory,
                self.robots,
                self.plugging,
            ),
            self.checking,
            self.card_desk,
            Overview(self._counted(), self.board, self.config.name, self.opened.trouble),
        )
        return Api(self.board, [part.desks() for part in parts], self.config.name).app()

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
        rooms = (self.dialogue, self.lectern, self.traffic, self.stocking, self.checking)
        more = (self.card_desk, self.vision, self.beside)
        parts = [
            keep(Heartbeat(self.manager, self.journal.ledger, self.lessons.takes).run, "heartbeat"),
            keep(self.studio.run, "studio"),
            keep(self.sessions.run, "sessions"),
            keep(self.relay.run, "relay"),
            keep(self.lessons.run, "lessons"),
            keep(self._follow, "parent", self.wake),
            *self._journal_parts(),
            keep(self._today, "today"),
            keep(self.live.run, "lesson"),
            keep(self.check.run, "check"),
            keep(self.library.run, "library"),
            keep(self.fetcher.run, "fetcher", self.fetcher.woken),
            keep(self.healing.run, "healing", self.healing.woken),
            keep(self.health.run, "health"),
            keep(self.bench.run, "bench"),
            keep(self.laboratory.run, "laboratory"),
            keep(self.robots.run, "robots"),
            keep(self.plugging.run, "plugging"),
            *(part for room in (*rooms, *more) for part in room.parts()),
        ]
        if not self.opened.trouble:
            wellbeing = Wellbeing(self.journal, Path(self.config.state), lambda: self.health.told)
            parts.append(keep(wellbeing.run, "wellbeing"))
        if self.config.announce or self.config.discover:
            parts.append(keep(Discovery(self.hubs, self._presence).run, "discovery"))
        if self.config.library.missed:
            parts.append(keep(self.nightly.run, "nightly"))
        return parts

    def _journal_parts(self) -> list[Coroutine[Any, Any, None]]:
        return [
            keep(self.held.run, "held lessons"),
            keep(Timekeeper(self.journal).run, "timekeeping"),
            keep(Retention(self.journal, self.config.limits.names_days).run, "retention"),
            keep(self.upstream.follow, "upstream", self.upstream.wake),
            keep(self.upstream.watch, "journal watch"),
            keep(Salvaging(Path(self.config.state), self.journal, self.upstream).run, "salvaging"),
        ]

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

    def change(self, config: Config) -> None:
        """Let a configuration that was read again count, as far as it does without a new start."""
        self.door.change(config.tokens, config.room, config.allow_anyone)
