"""Asks the other computers of this school what they have of what is offered, and how they are."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic

import aiohttp
import msgspec
from msgspec import Struct
from yarl import URL

from edge.content import spans
from edge.content.hub import STALL
from edge.content.siblings import GONE, Choice, Sibling, Siblings, Standing
from edge.content.spans import Spans
from edge.media.pull import Parent, ParentFailed, read_whole

PATH = "/api/content"
LOOK = 5.0  # seconds between looks while this node asks the hub
FRESH = 1.0  # … before it begins to: others may have begun meanwhile
LISTEN = 5.0  # seconds from the start in which others are only listened for: they announce within two
ASKING = 3.0  # seconds for one answer over a school's own network
MAX_ANSWER = 4 << 20  # bytes: 20,000 items of 140 bytes, each with a few spans
LONGEST = 4 * 3600.0  # seconds: who says that a lesson lasts longer is not believed
MAX_ROWS = 20_000
FAILS = (
    *(aiohttp.ClientError, TimeoutError, OSError, ParentFailed),
    *(msgspec.MsgspecError, UnicodeDecodeError, RecursionError),
)


class _Named(Struct):
    id: str


class Row(Struct):
    """What a node has of one item."""

    item: _Named
    have: list[tuple[int, int]] = []  # first and last number of the chunks that are verified


class Answer(Struct):
    """What a node says of its library to others of its school."""

    items: list[Row] = []
    upstream: bool = False
    asks: bool = False
    lesson: bool = False


class _Lesson(Struct, frozen=True):
    since: float
    until: float  # when it is taken to be over if nothing is heard


class Neighbours:
    """Who has what. One task at a time."""

    def __init__(self, siblings: Siblings, choice: Choice, name: str, listen: float = LISTEN) -> None:
        self._siblings = siblings
        self._name = name
        self.listen = listen
        self._began = float("-inf")
        self._looked = float("-inf")
        self._asked: list[Sibling] = []
        self.choice = choice
        self.has: dict[str, dict[str, Spans]] = {}  # by sibling and item
        self._urls: dict[str, URL] = {}  # where each answered
        self._lessons: dict[str, _Lesson] = {}  # by sibling

    def have_lesson(self) -> bool:
        """Tell whether one of them has a lesson on, over the same link; for any thread."""
        now = monotonic()
        return any(now < each.until and now - each.since < LONGEST for each in list(self._lessons.values()))

    def begins(self, now: float) -> None:
        """Take note of when this node came up."""
        self._began = now

    def is_listening(self, now: float) -> bool:
        """Tell whether it is too early to know who is there."""
        return now - self._began < self.listen

    async def look(self, wanted: Mapping[str, int], http: aiohttp.ClientSession, every: float = LOOK) -> None:
        """Ask everybody, unless it was done just now; `wanted` are the items by their number of chunks."""
        now, known = asyncio.get_running_loop().time(), self._siblings.all()
        if now - self._looked < every and known == self._asked:
            return
        self._looked, self._asked = now, known
        path = URL(PATH if wanted else f"{PATH}?state")
        answers = await asyncio.gather(*(self._ask(each, path, http) for each in known))
        now = asyncio.get_running_loop().time()
        self.choice.keep(each.node for each in known)
        self.has = {}
        for sibling, answer in zip(known, answers, strict=True):
            if answer is not None:
                rows = _rows(answer, wanted)
                self.has[sibling.node] = rows
                count = sum(spans.size(each) for each in rows.values())
                lacks = count < sum(wanted.values())
                standing = Standing(answer.upstream, answer.asks, count, lacks)
                self.choice.saw(sibling.node, standing, now)
                self._hear_lesson(sibling.node, answer.lesson)

    def door(self, node: str, http: aiohttp.ClientSession) -> Parent | None:
        """Return the way to a sibling that has answered."""
        url = self._urls.get(node)
        return Parent(http, url, self._name, None) if url is not None else None

    def _hear_lesson(self, node: str, lesson: bool) -> None:
        now, before = monotonic(), self._lessons.get(node)
        if not lesson:
            self._lessons.pop(node, None)
        elif before is None or before.until < now:
            self._lessons[node] = _Lesson(now, now + GONE)
        else:
            self._lessons[node] = _Lesson(before.since, now + GONE)

    async def _ask(self, sibling: Sibling, path: URL, http: aiohttp.ClientSession) -> Answer | None:
        """Return what a sibling says; None where it is silent, or what it says is nonsense."""
        for url in sibling.urls:
            with suppress(*FAILS):
                async with (
                    asyncio.timeout(ASKING),
                    http.get(URL(url).join(path), allow_redirects=False) as response,
                ):
                    if response.status == 200:
                        body = await read_whole(response, MAX_ANSWER)
                        self._urls[sibling.node] = URL(url)
                        return msgspec.json.decode(body, type=Answer)
        return None


def _rows(answer: Answer, wanted: Mapping[str, int]) -> dict[str, Spans]:
    """Return what is of interest of an answer, as far as it is sound."""
    found = {}
    for row in answer.items[:MAX_ROWS]:
        if row.item.id in wanted:
            found[row.item.id] = spans.believed(row.have, wanted[row.item.id])
    return found


def open_session() -> aiohttp.ClientSession:
    """Return a session for a school's own network; what is compressed is not asked for."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=ASKING, sock_read=STALL)
    headers = {"Accept-Encoding": "identity"}
    return aiohttp.ClientSession(timeout=timeout, headers=headers, auto_decompress=False)
