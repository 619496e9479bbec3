"""`GET /export/WHAT`: what hub staff and their scripts pull from the journal, with a token of their own."""

import asyncio
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from threading import Semaphore
from typing import BinaryIO

from aiohttp import web

from edge.access import Door, asker_of
from edge.journal import Journal
from edge.media.negotiate import Refused
from sync.errors import BadCursor, JournalError
from sync.export.files import MEDIA_TYPES, Order, OrderWrong, export
from sync.export.rows import Selection
from sync.export.source import Source
from sync.records import Audited

CHUNK = 1 << 18  # bytes read at once while an export is sent
MOST_AT_ONCE = 2  # exports being made: each keeps a core busy, and lessons come first
CURSOR = "Tirek-Cursor"  # where the next export goes on: CSV and XLSX have no line for it


class Exports:
    """The HTTP side of exports."""

    def __init__(self, journal: Journal, door: Door) -> None:
        self._journal = journal
        self._door = door
        self._makers = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="export")
        self._places = Semaphore(MOST_AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """Return what is mounted."""
        return [web.get("/export/{what}", self._export)]

    async def _export(self, request: web.Request) -> web.StreamResponse:
        holder = self._door.admit(asker_of(request.remote, request.headers), "export")
        order = _order(request, self._journal.ledger.newest())
        with tempfile.TemporaryFile(dir=self._journal.folder) as file:
            cursor = await self._made(order, file)
            await self._audit(holder, order)
            return await _sent(request, order, file, cursor)

    async def _made(self, order: Order, file: BinaryIO) -> int:
        if not self._places.acquire(blocking=False):
            raise Refused(503, "too-many", "other exports are being made; try again")
        making = self._makers.submit(make, self._journal, order, file)
        # Who hangs up ends this request at once, but not the thread: the place is free when that has ended.
        making.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wrap_future(making)
        except (BadCursor, OrderWrong) as exc:
            raise Refused(400, "bad-request", str(exc)) from exc
        except (JournalError, OSError) as exc:
            raise Refused(503, "too-many", f"the export cannot be made: {exc}") from exc

    async def _audit(self, holder: str, order: Order) -> None:
        fact = Audited(holder, "exported", f"{order.what} after {order.selection.after}")
        await asyncio.wrap_future(self._journal.ledger.note("log", "", fact))


def make(journal: Journal, order: Order, file: BinaryIO) -> int:
    """Write an export and return its cursor; for a thread that may take its time."""
    with source(journal) as facts:
        return export(facts, order, file, journal.folder, lambda done, total: None)


@contextmanager
def source(journal: Journal) -> Iterator[Source]:
    """A journal as it stands now, on a connection of its own."""
    db = journal.ledger.reader()
    try:
        parent = journal.parent
        yield Source(db, journal.identity.node, parent.node if parent else "")
    finally:
        db.close()


def selection(after: str, school: str, first: str, last: str, newest: int) -> Selection:
    """Return what a person asked for; raise BadCursor with the range up to `newest`, OrderWrong."""
    if after and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise BadCursor(f"no cursor {after[:40]!r}: this journal has 0 to {newest}")
    return Selection(int(after or 0), school, _day(first), _day(last))


def _day(text: str) -> str:
    """Return a day in the one form that days are compared in."""
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as exc:
        raise OrderWrong(f"{text[:40]!r} is no day such as 2026-11-26") from exc


def _order(request: web.Request, newest: int) -> Order:
    asked = request.query
    try:
        after, school, first, last = (asked.get(key, "") for key in ("after", "school", "from", "to"))
        chosen = selection(after, school, first, last, newest)
        order = Order(request.match_info["what"], asked.get("format", "csv"), chosen)
        order.check()
    except (BadCursor, OrderWrong) as exc:
        raise Refused(400, "bad-request", str(exc)) from exc
    return order


async def _sent(request: web.Request, order: Order, file: BinaryIO, cursor: int) -> web.StreamResponse:
    name = f"{order.what}.{order.format}"
    response = web.StreamResponse(headers={CURSOR: str(cursor)})
    response.headers["Content-Type"] = MEDIA_TYPES[order.format]
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.content_length = file.tell()
    file.seek(0)
    await response.prepare(request)
    while chunk := await asyncio.to_thread(file.read, CHUNK):
        await response.write(chunk)
    await response.write_eof()
    return response
