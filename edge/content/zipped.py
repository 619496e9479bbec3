"""Pages in a ZIP file, read member by member and never unpacked to the disk.

A package is opened only if all of it is sound: no name that leads elsewhere, no link, nothing encrypted, no
two members in the same bytes, and no more of anything than pages have. What a header says is the most that is
ever read of a member. Blocks: call it in a thread.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from msgspec import Struct

MAX_MEMBERS = 5000  # a course of 500 pages with its pictures has 3,000
MAX_DIRECTORY = 2 << 20  # bytes of their list: 400 a member
MAX_MEMBER = 512 << 20  # bytes: an hour of video
MAX_UNPACKED = 4 << 30  # … of all: what fits on a stick
MAX_RATIO = 100  # times what is in the file: text shrinks to a tenth, a bomb to a thousandth
SMALL = 16 << 20  # bytes that every package may unpack to, whatever the ratio
MAX_NAME = 240  # letters: what file systems take
PIECE = 1 << 16  # bytes read at once
END = struct.Struct("<4s4H2LH")  # the end record, APPNOTE 4.3.16
END_SIGN, ZIP64_SIGN = b"PK\x05\x06", b"PK\x06\x07"
MAX_COMMENT, LOCATOR = 65_535, 20  # bytes behind the end record, and before it where there is a ZIP64 one
LOCAL_HEADER = 30  # bytes before a member's name
ENCRYPTED = 0x1
ENDINGS = {
    "text/html": ("html", "htm"),
    "application/xhtml+xml": ("xhtml",),
    "text/css": ("css",),
    "text/javascript": ("js", "mjs"),
    "application/json": ("json",),
    "application/xml": ("xml",),
    "application/wasm": ("wasm",),
    "application/pdf": ("pdf",),
    "text/plain": ("txt",),
    "text/vtt": ("vtt",),
    "image/svg+xml": ("svg",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/x-icon": ("ico",),
    "video/mp4": ("mp4", "m4v"),
    "video/webm": ("webm",),
    "audio/mpeg": ("mp3",),
    "audio/mp4": ("m4a",),
    "audio/ogg": ("ogg", "oga"),
    "audio/wav": ("wav",),
    "font/woff": ("woff",),
    "font/woff2": ("woff2",),
    "font/ttf": ("ttf",),
    "font/otf": ("otf",),
}
TYPES = {f".{ending}": kind for kind, endings in ENDINGS.items() for ending in endings}
PAGES = (".html", ".htm", ".xhtml")
FIRST = "index"  # what the page is called that comes first
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError),
    *(ValueError, IndexError, OverflowError, struct.error),
)


class Unsafe(Exception):
    """This package is not opened: why."""


class Absent(Exception):
    """There is no such member."""


class Member(Struct, frozen=True):
    """One file of a package."""

    name: str
    size: int
    media_type: str


class Zipped:
    """An open package; close it."""

    def __init__(self, path: Path) -> None:
        """Raise Unsafe, OSError."""
        _check_end(path)
        try:
            self._archive = zipfile.ZipFile(path)
        except BROKEN as exc:
            raise Unsafe(f"a broken ZIP file: {exc}") from exc
        try:
            self._members = _checked(self._archive.infolist(), path.stat().st_size)
        except Unsafe:
            self._archive.close()
            raise

    def close(self) -> None:
        """Let the file go."""
        self._archive.close()

    @property
    def first(self) -> str:
        """Return the page that the package begins with; raise Absent."""
        pages = [name for name in self._members if _ending(name) in PAGES]
        if not pages:
            raise Absent("no page")
        return min(pages, key=lambda name: (name.count("/"), PurePosixPath(name).stem.lower() != FIRST, name))

    def find(self, name: str) -> Member:
        """Return what is known of a member; raise Absent."""
        entry = self._members.get(name)
        if entry is None:
            raise Absent(name)
        return Member(name, entry.file_size, TYPES.get(_ending(name), "application/octet-stream"))

    def read(self, member: Member) -> Iterator[bytes]:
        """Yield its bytes in pieces, as many as its header says; raise Unsafe where they are not."""
        try:
            with self._archive.open(self._members[member.name]) as file:
                while piece := file.read(PIECE):
                    yield piece
        except BROKEN as exc:
            raise Unsafe(f"{member.name}: {exc}") from exc


def _check_end(path: Path) -> None:
    """Look at how much the list of members is before it is read; raise Unsafe."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - END.size - MAX_COMMENT - LOCATOR))
        tail = file.read()
    at = tail.rfind(END_SIGN)
    if at < 0 or len(tail) - at < END.size:
        raise Unsafe("no ZIP file")
    _, _, _, _, members, directory, _, _ = END.unpack_from(tail, at)
    if ZIP64_SIGN in tail[max(0, at - LOCATOR) : at]:
        raise Unsafe("ZIP64, which no package of pages needs")
    if members > MAX_MEMBERS or directory > MAX_DIRECTORY:
        raise Unsafe(f"{members} files in a list of {directory} bytes")


def _checked(entries: list[zipfile.ZipInfo], size: int) -> dict[str, zipfile.ZipInfo]:
    """Return the members by their names; raise Unsafe."""
    if len(entries) > MAX_MEMBERS:
        raise Unsafe(f"{len(entries)} files")
    for entry in entries:
        _check(entry)
    files = [entry for entry in entries if not entry.is_dir()]
    unpacked = sum(entry.file_size for entry in files)
    if unpacked > min(MAX_UNPACKED, max(SMALL, size * MAX_RATIO)):
        raise Unsafe(f"{unpacked} bytes when unpacked, out of {size}")
    _check_apart(files)
    found = {entry.filename: entry for entry in files}
    if len(found) != len(files):
        raise Unsafe("two files with one name")
    return found


def _check(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = PurePosixPath(name).parts
    if not name.isprintable() or len(name) > MAX_NAME or "\\" in entry.orig_filename or ":" in name:
        raise Unsafe(f"a name that is none: {name[:80]!r}")
    if name.startswith("/") or ".." in parts or not parts or "//" in name:
        raise Unsafe(f"a name that leads elsewhere: {name[:80]!r}")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Unsafe(f"a link: {name[:80]!r}")
    if entry.flag_bits & ENCRYPTED:
        raise Unsafe(f"encrypted: {name[:80]!r}")
    if entry.file_size > MAX_MEMBER:
        raise Unsafe(f"{entry.file_size} bytes: {name[:80]!r}")


def _check_apart(files: list[zipfile.ZipInfo]) -> None:
    """Refuse members that share bytes: that is how a small file unpacks to a huge one."""
    end = 0
    for entry in sorted(files, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            raise Unsafe(f"in the bytes of another: {entry.filename[:80]!r}")
        end = entry.header_offset + LOCAL_HEADER + entry.compress_size


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
