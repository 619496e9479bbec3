"""ZIM files for kiwix-serve, a program of its own: what it is to serve, and whether it answers."""

import asyncio
import logging
from pathlib import Path

import aiohttp

from edge.content import zim
from edge.content.fetcher import FOLDER
from edge.content.kolibris import Place
from edge.content.published import title_of
from edge.content.stock import Stock
from sync import durable
from sync.catalogue import ZIM

LIST = "kiwix.xml"  # in the folder of the library
LOOK = 10.0  # seconds between looks at the disk and at the server
PATIENCE = 2.0  # seconds for its answer: it is on this computer
ASKED = "/catalog/root.xml"  # OPDS: only kiwix-serve has it
SIGN = "application/atom+xml"

log = logging.getLogger(__name__)


class Kiwix:
    """One part of the node: run it under `keep`. With port 0 it only writes the list."""

    def __init__(self, stock: Stock, state: Path, port: int, look: float = LOOK) -> None:
        self._stock = stock
        self._list = state / FOLDER / LIST
        self._port = port
        self._look = look
        self._written = b""
        self._seen = -1
        self._answers = False

    def places(self) -> list[Place]:
        """Return the server as a tile; the page puts the name it knows this computer by before the port."""
        return [Place("kiwix", "", f":{self._port}/")] if self._answers else []

    async def run(self) -> None:
        """Keep list and answer true until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as http:
            while True:
                await asyncio.to_thread(self._write)
                answers = bool(self._port) and await self._ask(http)
                if answers != self._answers:
                    log.info("kiwix answers=%s port=%d", answers, self._port)
                self._answers = answers
                await asyncio.sleep(self._look)

    def _write(self) -> None:
        """Write the list where it has changed; it is asked for by kiwix-serve, which looks for changes."""
        version = self._stock.version
        if version == self._seen:
            return
        found = [each for each in self._stock.materials() if each.here and each.media_type == ZIM]
        books = []
        for each in sorted(found, key=lambda material: material.id):
            path = self._stock.path_of(each.id)
            ident = zim.uuid_of(_header(path)) if path is not None else ""
            if path is not None and ident:
                books.append(zim.Book(ident, str(path), title_of(each), each.lang))
        content = zim.library(books)
        if content != self._written:
            self._list.parent.mkdir(parents=True, exist_ok=True)
            durable.save(self._list, content)
            self._written = content
        self._seen = version

    async def _ask(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(f"http://127.0.0.1:{self._port}{ASKED}", allow_redirects=False) as reply:
                return reply.status == 200 and SIGN in reply.headers.get("Content-Type", "")
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


def _header(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(zim.HEADER)
    except OSError:
        return b""
