"""Kolibri as a peer: a hub that serves, a school that dials, and what its own `sync` costs between the two.

Both are Kolibri as released, with a folder each. It runs where it finds nothing but loopback, if it can be.
"""

import asyncio
import os
import signal
import socket
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import msgspec
from msgspec import Struct

from tests.bench.journal.school import CLASSES, TEACHERS, Taken, last_monday, week
from tests.bench.journal.wiretap import HERE, Said, relaying

SCHOOL = Path(__file__).with_name("kolibri_school.py")
LONGEST = 300.0  # seconds for one command: a school-week takes 30 to 60 on two busy cores
STARTING = 60.0  # seconds until it listens: 5 on an idle machine
GOODBYE = 10.0  # seconds to end by itself
PAUSE = 0.02  # seconds between looks at the wire
SAID = 2000  # characters of what a command said that are shown if it fails
USER, PASSWORD = "hub", "a-password-of-a-bench"
AT_SCHOOL = {"present", "late"}  # Kolibri has no codes, only present or not
NOBODY = f"http://{HERE}:9"  # the discard port (RFC 863): where it looks for its makers' servers
QUIET = {
    "KOLIBRI_CENTRAL_CONTENT_BASE_URL": NOBODY,
    "KOLIBRI_DATA_PORTAL_SYNCING_BASE_URL": NOBODY,
    "KOLIBRI_DISABLE_PING": "1",
    "KOLIBRI_LISTEN_ADDRESS": HERE,
    "KOLIBRI_ZEROCONF_ENABLED": "0",
}
UP_ONLY = ("--no-pull",)
ONE_CHUNK = ("--chunk-size", "3000")  # more rows than a week has; by default 200


class KolibriPlan(Struct, frozen=True):
    """How to measure."""

    programs: str  # where its command is
    folder: str
    thorough: bool  # also both ways, as it does by default, and with one chunk for everything


class Synced(Struct, frozen=True):
    """What one sync cost."""

    name: str
    marks: int
    requests: int
    up: int
    down: int
    seconds: float


class Measured(Struct, frozen=True):
    """All of them."""

    syncs: list[Synced]


class Refused(RuntimeError):
    """Kolibri did not do what it was told, or lost some of it."""


class Device:
    """One Kolibri."""

    def __init__(self, programs: Path, home: Path) -> None:
        home.mkdir()
        self._programs, self._home = programs, home
        self._environment = os.environ | QUIET | {"KOLIBRI_HOME": str(home)}

    async def manage(self, *words: str) -> None:
        """Run one of its own commands to its end."""
        await self._run(b"", str(self._programs / "kolibri"), "manage", *words)

    async def enter(self, work: object) -> None:
        """Enter a roster or registers."""
        await self._run(msgspec.json.encode(work), str(self._programs / "python"), "-P", str(SCHOOL))

    def marks(self) -> int:
        """Return how many attendance records it holds."""
        with closing(sqlite3.connect(self._home / "db.sqlite3")) as db:
            return int(db.execute("SELECT count(*) FROM attendance_attendancerecord").fetchone()[0])

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve; gives the address."""
        port, other = _free_ports()
        words = ("start", "--foreground", "--port", str(port), "--zip-port", str(other))
        process = await asyncio.create_subprocess_exec(
            *(str(self._programs / "kolibri"), *words),
            env=self._environment,
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,  # its folder has a log, too
        )
        try:
            if not await _listens(process, port):
                log = (self._home / "logs" / "kolibri.txt").read_text()
                raise Refused(f"kolibri start does not listen within {STARTING:.0f} seconds:\n{log[-SAID:]}")
            yield f"{HERE}:{port}"
        finally:
            await _end(process)

    async def _run(self, said: bytes, *words: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *words, env=self._environment, stdin=PIPE, stdout=PIPE, stderr=STDOUT
        )
        try:
            async with asyncio.timeout(LONGEST):
                answer, _ = await process.communicate(said)
        except TimeoutError as exc:
            raise Refused(f"{' '.join(words)} runs for more than {LONGEST:.0f} seconds") from exc
        finally:
            await _end(process)
        if process.returncode:
            raise Refused(f"{' '.join(words)} ended with {process.returncode}:\n{answer.decode()[-SAID:]}")


class Link:
    """A school, its hub, and what is counted between the two."""

    def __init__(self, school: Device, hub: Device, address: str) -> None:
        self._school, self._hub = school, hub
        self._address = address
        self._entered = 0

    async def take(self, taken: list[Taken]) -> None:
        """Enter registers at the school."""
        await self._school.enter({"registers": [_register(each) for each in taken]})
        self._entered += sum(len(each.register.marks) for each in taken)

    async def sync(self, name: str, *words: str) -> Synced:
        """Sync, and see that the hub has all."""
        said, had = Said(), self._hub.marks()
        async with relaying(self._address, said) as address:
            login = ("--username", USER, "--password", PASSWORD)
            sync = self._school.manage(
                "sync", "--noninteractive", "--baseurl", f"http://{address}", *login, *words
            )
            seconds = await _seconds(sync, said)
        marks = self._hub.marks()
        if marks != self._entered:
            raise Refused(f"after {name} the hub has {marks} of {self._entered} records")
        requests = said.asked.count(b" HTTP/1.1\r\n")
        return Synced(name, marks - had, requests, said.up, said.down, seconds)


async def measure(plan: KolibriPlan) -> Measured:
    """Set up both, then sync with nothing new and with school-weeks."""
    folder, programs = Path(plan.folder), Path(plan.programs)
    hub, school = Device(programs, folder / "hub"), Device(programs, folder / "school")
    facility = ("--facility", "School", "--preset", "formal", "--language_id", "en", "--noinput")
    await hub.manage("provisiondevice", *facility, "--superusername", USER, "--superuserpassword", PASSWORD)
    await hub.enter({"roster": {"classes": CLASSES, "teachers": TEACHERS}})
    async with hub.serving() as address:
        link = Link(school, hub, address)
        await link.sync("the roster", "--no-push", *ONE_CHUNK)
        await link.sync("whatever else it has")
        syncs = [sync async for sync in _syncs(link, plan.thorough)]
    return Measured(syncs)


async def _syncs(link: Link, thorough: bool) -> AsyncIterator[Synced]:
    weeks = (list(week(number, last_monday() - timedelta(7 * number))) for number in range(3))
    yield await link.sync("idle, up only", *UP_ONLY)
    await link.take(next(weeks))
    yield await link.sync("a school-week, up only", *UP_ONLY)
    if thorough:
        await link.take(next(weeks))
        yield await link.sync("a school-week, up only, one chunk", *UP_ONLY, *ONE_CHUNK)
        yield await link.sync("idle, both ways")
        await link.take(next(weeks))
        yield await link.sync("a school-week, both ways")


def _register(taken: Taken) -> dict[str, object]:
    return {
        "class": taken.register.lesson.split()[0],
        "teacher": taken.register.by,
        "at": datetime.fromtimestamp(taken.ms / 1000, UTC).isoformat(),
        "present": {pupil: code in AT_SCHOOL for pupil, code in taken.register.marks.items()},
    }


async def _seconds(command: Coroutine[None, None, None], said: Said) -> float:
    """Wait for a command; return the seconds from the first byte on the wire to the last."""
    seen, first, last = 0, 0.0, 0.0
    async with asyncio.TaskGroup() as group:
        running = group.create_task(command)
        while not running.done():
            if said.both != seen:
                seen, last = said.both, monotonic()
                first = first or last
            await asyncio.sleep(PAUSE)
    return last - first


async def _listens(process: asyncio.subprocess.Process, port: int) -> bool:
    deadline = monotonic() + STARTING
    while process.returncode is None and monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection(HERE, port)
        except ConnectionError:
            await asyncio.sleep(PAUSE)
        else:
            writer.close()
            return True
    return False


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(GOODBYE):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _free_ports() -> list[int]:
    with socket.socket() as one, socket.socket() as other:
        for door in (one, other):
            door.bind((HERE, 0))
        return [door.getsockname()[1] for door in (one, other)]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    plan = msgspec.json.decode(sys.argv[1], type=KolibriPlan)
    print(msgspec.json.encode(asyncio.run(measure(plan))).decode(), flush=True)
