"""The hub's side of quick checks, for the page of who teaches: asked, ended, and how classes answer.

A check is in the journal before the page is told its name: whatever happens to this node, the check goes on.
Every page of a lesson sees the same; of two that ask at once one is told that a check runs.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Container
from contextlib import suppress
from sqlite3 import Connection

import msgspec
from aiohttp import web
from msgspec import Struct

from edge.access import Door, asker_of
from edge.checks import results
from edge.checks.heard import Heard
from edge.checks.results import Called, Known
from edge.checks.sets import Kept, Sets
from edge.checks.shown import Json, asked_of, picture_at, prepared_of
from edge.checks.telling import Telling
from edge.checks.typed import Order, TypedWrong, typed_check
from edge.dialogue.orders import read
from edge.media.negotiate import Refused
from edge.signalling import stream_name
from edge.views import wait
from sync.checks import Check
from sync.errors import DiskFull, JournalError
from sync.records import CheckAsked, CheckEnded, Record

LOOK = 0.2  # seconds between looks while a page waits: an answer is to be seen within half a second
WATCHING_LOOK = 1.0  # seconds between looks at who sees the lesson: links of 134 schools change all the time
SETS_LOOK = 2.0  # seconds between looks at the library: a set comes at night, or by a command
MAX_BODY = 32_768  # bytes of what a page asks: question and choices with formulas
ID_BYTES = 8  # of a check's name
MOST_LESSONS = 64  # that are looked at at once: as many streams as a node may be configured to have
CACHE = {"Cache-Control": "no-store"}
PICTURE = {"Cache-Control": "private, max-age=3600"}  # a set is named by its content
NAMES = "SELECT id, name, school FROM node"

# nodes of the classes that see a lesson; raises JournalError
Watching = Callable[[str], Awaitable[Collection[str]]]


class Around(Struct, frozen=True):
    """What the desk needs of its node."""

    name: str  # what this very node is called: a class may sit before it too
    live: Callable[[], Container[str]]  # streams that are here
    is_pulled: Callable[[str], bool]  # a stream is taught at a hub above
    watching: Watching
    wake: Callable[[], None]  # the nodes below: a check does not wait for their next round


class Look(Struct):
    """What a lesson's pages were shown last; the version counts on from the clock, over a restart too."""

    version: int
    seen: object = None
    sets_since: int = 0  # the version since which the sets are as they are
    watching: frozenset[str] = frozenset()
    watching_at: float = float("-inf")


class Desk:
    """The routes of one node's checks."""

    def __init__(self, heard: Heard, door: Door, sets: Sets, telling: Telling, around: Around) -> None:
        self._journal = heard.journal
        self._door = door
        self._sets = sets
        self._telling = telling
        self._around = around
        self._heard = heard
        self._turn = asyncio.Lock()  # of two pages that ask at once one is told that a check runs
        self._looks: dict[str, Look] = {}
        self._kept: list[Kept] = []
        self._kept_at = float("-inf")

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted."""
        return [
            web.get("/api/streams/{stream}/checks", self._show),
            web.post("/api/streams/{stream}/checks", self._ask),
            web.post("/api/streams/{stream}/checks/{check}/end", self._end),
            web.get("/checks/{item}/{number}/picture", self._picture),
        ]

    def is_ours(self, check: str) -> bool:
        """Tell whether a check was asked at this node, as far as was heard: nobody waits for the journal."""
        found = self._heard.checks.get(check)
        return found is not None and found.node == self._journal.identity.node

    # What a page asks -------------------------------------------------------------------------------------

    async def _ask(self, request: web.Request) -> web.Response:
        self._admit(request)
        stream = stream_name(request)
        order = await read(request, Order, MAX_BODY)
        asked = await self._made(order, stream)
        async with self._turn:
            if self._around.is_pulled(stream):
                raise Refused(409, "lesson-elsewhere", f"{stream} is taught at the hub above")
            if stream not in self._around.live():
                raise Refused(409, "no-publisher", f"{stream} is not taught here now")
            running = (await self._of_lesson(stream))[0]
            if running is not None and not results.is_over(running, self._journal.ledger.now()):
                raise Refused(409, "check-runs", f"check {running.id} runs")
            await self._note(asked)
        return web.json_response({"id": asked.check}, status=201, headers=CACHE)

    async def _made(self, order: Order, stream: str) -> CheckAsked:
        name = secrets.token_hex(ID_BYTES)
        if not order.item:
            try:
                return typed_check(order, name, stream)
            except TypedWrong as exc:
                raise Refused(400, exc.key, str(exc), **exc.blanks) from exc
        question = await asyncio.to_thread(self._sets.question, order.item, order.number)
        if question is None:
            raise Refused(404, "not-found", f"no question {order.number} in {order.item[:64]!r} here")
        return asked_of(question, name, stream, order.item, order.number)

    async def _end(self, request: web.Request) -> web.Response:
        self._admit(request)
        stream, name = stream_name(request), request.match_info["check"]
        async with self._turn:
            check = (await self._heard.fresh()).get(name)
            if check is None or check.asked.stream != stream or not self.is_ours(name):
                raise Refused(404, "no-check", f"no check {name[:40]!r} in {stream}")
            if not check.ended:
                await self._note(CheckEnded(name))
        return web.Response(status=204)

    async def _note(self, record: Record) -> None:
        try:
            await asyncio.wrap_future(self._journal.ledger.note("teaching", "", record))
        except DiskFull as exc:
            raise Refused(507, "disk-full", str(exc)) from exc
        except JournalError as exc:
            raise Refused(503, "journal-broken", str(exc)) from exc
        with suppress(JournalError):  # it is written: what is said of it is known to be of a check of ours
            await self._heard.fresh()
        self._around.wake()

    # What a page is shown ---------------------------------------------------------------------------------

    async def _show(self, request: web.Request) -> web.Response:
        self._admit(request)
        stream = stream_name(request)
        text = request.query.get("after", "")
        after = int(text[:18]) if text.isascii() and text.isdecimal() else 0
        if after:
            await self._news(stream, after, wait(request.query.get("wait", "")))
        look = await self._look(stream)
        running, past = await self._of_lesson(stream)
        known = self._known(look)
        told: Json = {
            "version": look.version,
            "running": self._told(running, known) if running else None,
            "past": [self._told(each, known) for each in past],
        }
        if not look.sets_since <= after <= look.version:
            told["sets"] = [_set(each) for each in self._kept]
        body = msgspec.json.encode(told)
        return web.Response(body=body, content_type="application/json", headers=CACHE)

    async def _news(self, stream: str, after: int, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                while True:
                    if (await self._look(stream)).version != after:
                        return
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            return

    async def _look(self, stream: str) -> Look:
        running, _ = await self._of_lesson(stream)
        kept = [each.item for each in await self._listed()]
        heard = self._telling.of(running.id) if running else {}
        over = bool(running and results.is_over(running, self._journal.ledger.now()))
        await self._see(stream, self._look_of(stream))
        look = self._look_of(stream)
        seen = ((self._heard.version, over, heard, look.watching), kept)
        if look.seen != seen:
            look.version += 1
            if not isinstance(look.seen, tuple) or look.seen[1] != kept:
                look.sets_since = look.version
            look.seen = seen
        return look

    def _look_of(self, stream: str) -> Look:
        found = self._looks.get(stream)
        if found is None:
            if len(self._looks) >= MOST_LESSONS:
                del self._looks[next(iter(self._looks))]
            found = self._looks[stream] = Look(self._journal.ledger.now())
        return found

    async def _see(self, stream: str, look: Look) -> None:
        """Learn who sees the lesson; where the journal cannot tell it is who did before."""
        now = asyncio.get_running_loop().time()
        if now - look.watching_at >= WATCHING_LOOK:
            look.watching_at = now
            with suppress(JournalError):
                look.watching = frozenset(await self._around.watching(stream))

    async def _listed(self) -> list[Kept]:
        now = asyncio.get_running_loop().time()
        if now - self._kept_at >= SETS_LOOK:
            self._kept_at = now
            self._kept = await asyncio.to_thread(self._sets.all)
        return self._kept

    async def _of_lesson(self, stream: str) -> tuple[Check | None, list[Check]]:
        checks = await self._heard.fresh()
        me, now = self._journal.identity.node, self._journal.ledger.now()
        return results.of_lesson(checks.values(), stream, me, now)

    def _known(self, look: Look) -> Known:
        me = self._journal.identity.node
        names = self._journal.ledger.read(_names) | {me: Called(self._around.name, self._journal.school)}
        return Known(me, names, self._heard.begun, self._journal.ledger.now(), look.watching)

    def _told(self, check: Check, known: Known) -> Json:
        picture = picture_at(check.asked.item, check.asked.number) if self._has_picture(check) else ""
        return results.shown(check, self._telling.of(check.id), known, picture)

    def _has_picture(self, check: Check) -> bool:
        asked = check.asked
        listed = (each.checks.questions for each in self._kept if each.item == asked.item)
        questions = next(listed, ())
        return 0 < asked.number <= len(questions) and questions[asked.number - 1].picture is not None

    async def _picture(self, request: web.Request) -> web.Response:
        self._door.admit(asker_of(request.remote, request.headers), "watch")
        item, number = request.match_info["item"], request.match_info["number"]
        found = None
        if number.isascii() and number.isdecimal():
            found = await asyncio.to_thread(self._sets.picture, item, int(number[:6]))
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found.data, content_type=found.media_type, headers=PICTURE)

    def _admit(self, request: web.Request) -> None:
        self._door.admit(asker_of(request.remote, request.headers), "publish")


def _names(db: Connection) -> dict[str, Called]:
    return {node: Called(name, school) for node, name, school in db.execute(NAMES)}


def _set(kept: Kept) -> Json:
    questions = [
        prepared_of(each, number, picture_at(kept.item, number) if each.picture else "")
        for number, each in enumerate(kept.checks.questions, 1)
    ]
    about = {"item": kept.item, "title": kept.checks.title, "subject": kept.checks.subject}
    return {**about, "lang": kept.checks.lang, "grade": kept.checks.grade, "questions": questions}
