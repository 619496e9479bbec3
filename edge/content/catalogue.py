"""What the parent has recorded: its list, asked for now and then, checked, and kept for times without link.

A list is somebody's claim: bounded, and an entry that is not sound is passed over.
"""

import asyncio
import re
import zlib
from contextlib import suppress
from pathlib import Path

import aiohttp
import msgspec
from msgspec import Raw, Struct
from yarl import URL

from edge.content.hub import HubAway
from edge.media.pull import Parent, ParentFailed, read_whole
from edge.media.record.naming import is_name
from edge.media.record.recording import Recording
from edge.media.stream import NAME
from sync import durable

PATH = "/api/recordings"
MAX_WIRE = 4 << 20  # bytes of a list on the link; 10,000 recordings take 600 kB
MAX_LIST = 16 << 20  # bytes of a list; 10,000 recordings take 6 MB
MAX_OFFERED = 10_000  # recordings: a hub's lessons of four years
MAX_NOTE = 65_536  # bytes about one recording: 1,000 gaps
LONGEST = 7 * 86_400.0  # seconds of a recording; nobody teaches that long
LARGEST = 1 << 37  # bytes of a recording: a day at the highest bit rate a node may be given
MEDIA_TYPES = ("video/mp4", "video/webm", "audio/webm", "audio/mp4")
OVER = ("done", "interrupted")
GZIP = 31  # for zlib: a gzip header is expected
ETAG = re.compile(r'(W/)?"[!-~]{0,128}"')
FILE = "hub.json"


class _Listing(Struct):
    recordings: list[Raw]


class Catalogue:
    """The newest list of the parent, newest recording first."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._etag = ""
        self._parent = ""
        self.version = 0
        self.recordings: list[Recording] = []

    def load(self) -> None:
        """Read what an earlier run was told; blocks."""
        with suppress(OSError, BadList):
            self._put(self._path.read_bytes())

    async def refresh(self, parent: Parent) -> None:
        """Ask for the list; raise HubAway."""
        if str(parent.url) != self._parent:
            self._parent, self._etag = str(parent.url), ""
        body = await self._ask(parent)
        if body is not None:
            try:
                await asyncio.to_thread(self._keep, body)
            except BadList as exc:
                raise HubAway(f"{parent.url}: {exc}") from exc

    def get(self, ident: str) -> Recording | None:
        """Return what the parent says of one of its recordings."""
        return next((each for each in self.recordings if each.id == ident), None)

    async def _ask(self, parent: Parent) -> bytes | None:
        headers = {**parent.headers, "Accept-Encoding": "gzip"}
        if self._etag:
            headers["If-None-Match"] = self._etag
        url = parent.url.join(URL(PATH))
        try:
            async with parent.http.get(url, headers=headers, allow_redirects=False) as response:
                if response.status == 304:
                    return None
                if response.status != 200:
                    raise HubAway(f"{url} answers {response.status}")
                wire = await read_whole(response, MAX_WIRE)
                body = unzipped(wire) if response.headers.get("Content-Encoding") == "gzip" else wire
                etag = response.headers.get("ETag", "")
        except (aiohttp.ClientError, TimeoutError, OSError, ParentFailed, BadList) as exc:
            raise HubAway(f"{url}: {exc or type(exc).__name__}") from exc
        self._etag = etag if ETAG.fullmatch(etag) else ""
        return body

    def _keep(self, body: bytes) -> None:
        self._put(body)
        with suppress(OSError):  # a full disk: it is asked for again after the next start
            self._path.parent.mkdir(parents=True, exist_ok=True)
            durable.save(self._path, msgspec.json.encode({"recordings": self.recordings}))

    def _put(self, body: bytes) -> None:
        found = believed(body)
        if found != self.recordings:
            self.recordings = found
            self.version += 1


class BadList(ValueError):
    """Not a list of recordings."""


def believed(body: bytes) -> list[Recording]:
    """Return the finished recordings of a list, newest first; raise BadList."""
    if len(body) > MAX_LIST:
        raise BadList(f"a list of {len(body)} bytes")
    try:
        listed = msgspec.json.decode(body, type=_Listing).recordings
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise BadList(f"no list of recordings: {body[:80]!r}") from exc
    sound = {each.id: each for raw in listed[:MAX_OFFERED] if (each := _sound(raw)) is not None}
    return sorted(sound.values(), key=lambda each: (each.started, each.id), reverse=True)


def unzipped(wire: bytes) -> bytes:
    """Return what was compressed, as long as it is no more than a list may have; raise BadList."""
    unzip = zlib.decompressobj(GZIP)
    try:
        body = unzip.decompress(wire, MAX_LIST + 1)
    except zlib.error as exc:
        raise BadList(f"not gzip: {exc}") from exc
    if len(body) > MAX_LIST or not unzip.eof:
        raise BadList(f"a list of more than {MAX_LIST} bytes, or cut short")
    return body


def _sound(raw: Raw) -> Recording | None:
    """Return a recording as it may become files here; None for one that is not over, or not sound."""
    content = bytes(raw)
    if len(content) > MAX_NOTE:
        return None
    try:
        found = msgspec.json.decode(content, type=Recording)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    named = is_name(found.id) and NAME.fullmatch(found.stream) and found.id.startswith(f"{found.stream}-")
    sized = 0 < found.bytes <= LARGEST and 0 <= found.seconds <= LONGEST
    good = named and sized and found.media_type in MEDIA_TYPES and found.state in OVER
    return found if good else None
