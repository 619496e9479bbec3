"""Instruments that are plugged in and out: named, seen to one by one, and remembered."""

import asyncio
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct, structs

from devices.errors import DriverUnknown, ProfileWrong
from devices.identity import Identity, identify
from devices.ports import DEVICES, SYSTEM, plugged
from devices.workshop import setting
from edge.api import Desks, Unable
from edge.config import SerialPort
from edge.contract import commands
from edge.contract.answers import Done
from edge.contract.notices import Said
from edge.lab.attendant import Attendant
from edge.lab.bench import Bench
from edge.lab.known import Record
from edge.lab.memory import Memory
from edge.lab.socket import Seen, Socket
from edge.lab.wording import blamed
from edge.supervise import rest

LOOK = 1.0  # seconds between two looks at what is plugged in
MAX_PORTS = 64  # at once

log = logging.getLogger(__name__)


class Roots(Struct, frozen=True):
    """Where the kernel tells what is plugged in."""

    system: Path = SYSTEM
    devices: Path = DEVICES


HERE = Roots()


class Plugging:
    """The serial ports of this node; a part to be kept running."""

    def __init__(
        self, folder: Path, bench: Bench, given: Sequence[SerialPort] = (), roots: Roots | None = HERE
    ) -> None:
        self._folder = folder
        self._bench = bench
        self._given = given
        self._roots = roots  # None: what is on USB is not looked at
        self._memory = Memory(folder)
        self._attendant = Attendant(folder, bench, self._memory)
        self._sockets: dict[str, Socket] = {}  # by path
        self._over = 0  # ports for which there is no room

    def desks(self) -> Desks:
        """Return which commands are taken here."""
        return {commands.SameDevice: self._same_device, commands.DescribeDevice: self._describe}

    async def run(self) -> None:
        """Follow what is plugged in and out until cancelled; every port is closed then."""
        await self._memory.load()
        self._sockets = {}
        self._bench.remarks.clear()
        async with asyncio.TaskGroup() as tasks:
            while True:
                began = self._bench.clock()
                over = self._over
                self._settle(await asyncio.to_thread(self._look), tasks)
                if self._over > over:
                    log.warning("too many ports most=%d over=%d", MAX_PORTS, self._over)
                    self._bench.say(Said("devices-too-many", {"most": MAX_PORTS}, "bad"))
                self._confirm(began)
                self._memory.changed.clear()
                await self._memory.keep()
                await rest(LOOK, self._memory.changed)

    def _look(self) -> list[Seen]:
        """Return the ports that are there now; in a thread."""
        usb = {} if self._roots is None else plugged(self._roots.system, self._roots.devices)
        found = {path: Seen(path, each) for path, each in usb.items()}
        real = {os.path.realpath(path): path for path in found}
        for given in self._given:
            if os.path.exists(given.path):
                path = real.get(os.path.realpath(given.path), given.path)
                found[path] = Seen(path, usb.get(path), given)
        self._over = max(0, len(found) - MAX_PORTS)
        return list(found.values())[:MAX_PORTS]

    def _settle(self, seen: Sequence[Seen], tasks: asyncio.TaskGroup) -> None:
        names = identify({each.path: each.usb for each in seen if each.usb is not None})
        there = {each.path: each for each in seen}
        for path, socket in list(self._sockets.items()):
            if there.get(path) != socket.seen:
                self._leave(socket)
        for path, each in there.items():
            identity = names.get(path, Identity(path, True))
            if path not in self._sockets:
                self._meet(each, identity, tasks)
            elif self._sockets[path].is_twin != identity.twin:
                self._sockets[path].is_twin = identity.twin
                self._attendant.remark(self._sockets[path])

    def _confirm(self, looked: float) -> None:
        """Let the ports be opened again that were lost before this look, and are the same."""
        for socket in self._sockets.values():
            if socket.lost_at < looked:
                socket.still_there.set()

    def _meet(self, seen: Seen, identity: Identity, tasks: asyncio.TaskGroup) -> None:
        device = self._memory.book.name(identity.id)
        here = [each.device for each in self._sockets.values()]
        socket = self._sockets[seen.path] = Socket(seen, identity, device)
        if seen.usb is not None and not identity.is_sure:
            socket.moved_from = self._memory.book.moved(identity.id, device, seen.usb, here)
        log.info("plugged in path=%s id=%s", seen.path, device)
        self._attendant.remark(socket)
        socket.task = tasks.create_task(self._attendant.mind(socket))

    def _leave(self, socket: Socket) -> None:
        log.info("unplugged path=%s id=%s", socket.seen.path, socket.device)
        del self._sockets[socket.seen.path]
        self._bench.remarks.pop(socket.device, None)
        if socket.task is not None:
            socket.task.cancel()
        self._bench.tell()

    async def _same_device(self, command: commands.SameDevice) -> Done:
        socket = self._socket_of(command.device)
        if socket is None or not socket.moved_from:
            raise Unable("not-found")
        before, now = socket.moved_from, socket.device
        self._memory.write(self._memory.book.settled(socket.own, now, before if command.same else ""))
        socket.moved_from = ""
        if command.same:
            self._bench.remarks.pop(now, None)
            socket.device, socket.is_proven = before, True
            socket.change()
        log.info("same device=%s before=%s same=%s", now, before, command.same)
        self._attendant.remark(socket)
        await self._memory.keep()
        return Done()

    async def _describe(self, command: commands.DescribeDevice) -> Done:
        socket, record = self._socket_of(command.device), self._memory.book.find(command.device)
        if socket is None and record is None:
            raise Unable("not-found")
        record = record or Record(command.device)
        described = _described(record, command)
        await self._check(described)
        self._memory.note(described)
        await self._memory.keep()
        if socket is not None:
            if structs.replace(described, label="") != structs.replace(record, label=""):
                socket.was_asked = socket.is_doubted = False
                socket.change()
            self._bench.relabel(described.id, self._attendant.label(socket))
            self._attendant.remark(socket)
        log.info("described id=%s driver=%s profile=%s", described.id, described.driver, described.profile)
        return Done()

    async def _check(self, record: Record) -> None:
        if not record.driver:
            if record.profile:
                raise Unable("profile-without-driver", profile=record.profile)
            return
        try:
            await asyncio.to_thread(setting, self._folder, record.driver, record.profile)
        except DriverUnknown as exc:
            raise Unable("driver-unknown", driver=record.driver) from exc
        except ProfileWrong as exc:
            key, blanks = blamed(exc)
            raise Unable(key, **blanks) from exc

    def _socket_of(self, device: str) -> Socket | None:
        return next((each for each in self._sockets.values() if each.device == device), None)


def _described(record: Record, command: commands.DescribeDevice) -> Record:
    """Return a record with what a person says; another driver has another profile and speed."""
    if command.driver is not None and command.driver != record.driver:
        record = structs.replace(record, driver=command.driver, profile="", baud=0)
    changes = {
        name: value
        for name in ("label", "profile", "allowed")
        if (value := getattr(command, name)) is not None
    }
    told = record.told if command.driver is None else command.driver != ""
    return structs.replace(record, told=told, **changes)
