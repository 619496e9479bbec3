"""The link to the parent node: learns what is live there and pulls what this node follows."""

import asyncio
import logging
from collections.abc import Callable

import aiohttp
import msgspec
from msgspec import Struct
from yarl import URL

from edge.media.pull import CONNECT_TIME, REQUEST_TIME, Parent, ParentFailed, Pull, read_whole
from edge.media.sight import Sight
from edge.media.stream import NAME, RESERVED

NEWS_WAIT = 25.0  # seconds the parent may hold an answer back until something changes
SOON = (0.3, 0.5, 1.0)  # seconds before the first tries again; then SOON's last for SOON_FOR, then up to LATE
SOON_FOR = 180.0  # seconds: a cut as short as this is found again within seconds
LATE = 60.0  # seconds between tries when the parent has been away for long; an announcement cuts it short
GIVE_UP = 60.0  # seconds without a word from a hub that was only found, until another one is tried
MAX_LISTING = 262_144  # bytes of a list of streams: 64 streams take 20 kB
MAX_PULLS = 64  # streams of one parent: as many as a node may be configured to have

ABSENT = msgspec.Raw(b"null")  # of an older parent

log = logging.getLogger(__name__)


class Live(Struct):
    """One stream as the parent lists it; other fields are ignored."""

    name: str
    live: bool


class Listing(Struct):
    """What a parent answers to GET /api/streams; what it says of the way back is read elsewhere."""

    version: int
    streams: list[Live]
    floors: msgspec.Raw = ABSENT
    wishes: msgspec.Raw = ABSENT
    curves: msgspec.Raw = ABSENT
    news: msgspec.Raw = ABSENT


class Patience:
    """The pauses between tries: short at first and for some minutes, then longer; a wake cuts one short."""

    def __init__(self, wake: asyncio.Event) -> None:
        self._wake = wake
        self._tries = 0
        self._since: float | None = None
        self._pause = SOON[-1]

    def good(self) -> None:
        """It worked: the next failure is a new one."""
        self._tries, self._since, self._pause = 0, None, SOON[-1]

    async def rest(self) -> None:
        """Pause before the next try."""
        now = asyncio.get_running_loop().time()
        self._since = now if self._since is None else self._since
        pause = SOON[min(self._tries, len(SOON) - 1)]
        self._tries += 1
        if now - self._since > SOON_FOR:
            self._pause = pause = min(self._pause * 2, LATE)
        self._wake.clear()
        try:
            async with asyncio.timeout(pause):
                await self._wake.wait()
            self.good()
        except TimeoutError:
            return


class Link:
    """Follows one parent until cancelled; a parent that was only found is given up when it stays away."""

    def __init__(
        self, parent: Parent, pull: Pull, follows: Callable[[str], bool], wake: asyncio.Event, found: bool
    ) -> None:
        self._parent = parent
        self._pull = pull
        self.told: Callable[[Listing | None], None] = _nobody  # None when the parent is lost
        self._follows = follows
        self._wake = wake
        self._found = found
        self._live: set[str] = set()
        self._pulls: dict[str, asyncio.Task[None]] = {}
        self._away: float | None = None
        self._asking: asyncio.Timeout | None = None
        self.reached = False  # the parent answered when it was asked last

    async def run(self) -> None:
        """Pull every followed stream that is live at the parent; raise ParentFailed to give it up."""
        patience = Patience(self._wake)
        version = 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    listing = await self._ask(version)
                except TimeoutError:
                    version = 0
                    continue
                except ParentFailed as exc:
                    version = 0
                    self._lost(exc)
                    await patience.rest()
                    continue
                patience.good()
                version = listing.version
                self._reached()
                self._live = set(self._wanted(listing))
                self.told(listing)
                self._pulls = {name: task for name, task in self._pulls.items() if not task.done()}
                for name in self._live - self._pulls.keys():
                    self._pulls[name] = tasks.create_task(self._keep(name))

    def pulled(self) -> list[str]:
        """Return the streams that come from the parent now."""
        return list(self._pull.sessions)

    async def tell(self, name: str, sight: Sight) -> bool:
        """Say what a stream looks like here; false when the parent was not told."""
        return await self._pull.tell(name, sight)

    async def report(self, path: str, body: bytes) -> bool:
        """Say something that is true now; false when the parent did not take it, or is away."""
        return self.reached and await self._parent.report(path, body)

    def _wanted(self, listing: Listing) -> list[str]:
        """Return what to pull; a hub found on the network is anybody, and its names become names of files."""
        names = (each.name for each in listing.streams if each.live and NAME.fullmatch(each.name))
        return [name for name in names if self._follows(name) and not RESERVED.fullmatch(name)][:MAX_PULLS]

    def _lost(self, exc: ParentFailed) -> None:
        now = asyncio.get_running_loop().time()
        if self._away is None:
            self._away = now
            self.reached = False
            self.told(None)
            log.warning("parent lost url=%s reason=%r", self._parent.url, str(exc))
        if self._found and now - self._away > GIVE_UP:
            raise exc

    def _reached(self) -> None:
        if self._away is not None:
            log.info("parent back url=%s", self._parent.url)
        self._away = None
        self.reached = True

    async def _keep(self, name: str) -> None:
        patience = Patience(self._wake)
        while name in self._live:
            try:
                await self._pull.once(name)
                patience.good()
                self._doubt()
            except ParentFailed as exc:
                log.info("pull failed stream=%s reason=%r", name, str(exc))
            await patience.rest()

    async def _ask(self, version: int) -> Listing:
        try:
            async with asyncio.timeout(None) as self._asking:
                return await self._news(version)
        finally:
            self._asking = None

    def _doubt(self) -> None:
        """Ask for news again: a parent that was switched off never answers what it was asked before."""
        asking, self._asking = self._asking, None  # two pulls that end together doubt once
        if asking is not None:
            asking.reschedule(asyncio.get_running_loop().time())

    async def _news(self, after: int) -> Listing:
        url = self._parent.url.join(URL("/api/streams")).with_query(after=str(after), wait=str(NEWS_WAIT))
        timeout = aiohttp.ClientTimeout(total=NEWS_WAIT + REQUEST_TIME, sock_connect=CONNECT_TIME)
        try:
            async with self._parent.http.get(
                url, headers=self._parent.headers, timeout=timeout, allow_redirects=False
            ) as response:
                body = await read_whole(response, MAX_LISTING)
                if response.status != 200:
                    raise ParentFailed(f"{response.status} {body[:200]!r}")
                return msgspec.json.decode(body, type=Listing)
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as exc:
            raise ParentFailed(f"{type(exc).__name__}: {exc}") from exc


def _nobody(listing: Listing | None) -> None:
    """Nobody wants to know."""
