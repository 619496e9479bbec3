"""What is in a pack, and who says so (core): one line for each file, signed as a whole.

A name becomes a path only when it is one of the forms below, so nothing on a stick leads anywhere else.
"""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

FORMAT = 1
FILE = "pack.json"  # written last: a folder without it is no pack
JOURNAL = "journal"
KEYS = "keys"
MAX_FILE = 16 << 20  # bytes of pack.json, which is read before it is believed: the lines of 60,000 files
MAX_JOURNAL = 512 << 20  # bytes: a region's facts of ten years
MAX_FILES = 50_000
NAME = re.compile(
    r"journal|keys|content/[0-9a-f]{64}\.(blob|sums)|"
    r"recordings/[a-z0-9-]{1,64}-\d{8}T\d{6}Z(-[1-9]\d{0,3})?\.(mp4|webm|idx|json)"
)
FOLDER = re.compile(r"tirek-(to|from)-[a-z0-9][a-z0-9-]{0,31}-\d{8}T\d{6}Z-[0-9a-f]{8}")

Direction = Literal["down", "up"]


class PackRefused(Exception):
    """A pack that nothing is taken of; the sentence says why."""


class NotForUs(PackRefused):
    """A pack that others are to take; it may lie on the same stick."""


class File(Struct, frozen=True, array_like=True):
    """One file of a pack."""

    name: str
    size: int
    sha256: str


class Manifest(Struct, frozen=True):
    """What a pack is."""

    format: int
    direction: Direction
    maker: str  # the node that made it
    school: str  # that it is for, or from
    made: int  # milliseconds since 1970, by the maker's clock
    files: tuple[File, ...]

    def text(self) -> str:
        """Return it as it is signed."""
        return msgspec.json.encode(self).decode()


class Signed(Struct, frozen=True):
    """A manifest and its maker's signature (ECDSA with SHA-256 over `signed_text`, DER, hexadecimal)."""

    manifest: str
    signature: str


def signed_text(manifest: str) -> str:
    """Return what is signed: nothing else that a node signs begins like this."""
    return f"tirek pack\n{manifest}"


def read(content: bytes) -> tuple[Manifest, Signed]:
    """Return a manifest that is not yet believed; raise PackRefused."""
    try:
        signed = msgspec.json.decode(content, type=Signed)
        manifest = msgspec.json.decode(signed.manifest, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise PackRefused(f"its {FILE} is damaged: {exc}") from exc
    if manifest.format != FORMAT:
        raise PackRefused(f"it was made by a newer version (format {manifest.format}): update this computer")
    _check(manifest.files)
    return manifest, signed


def _check(files: Sequence[File]) -> None:
    if len(files) > MAX_FILES:
        raise PackRefused(f"{len(files)} files; at most {MAX_FILES} are taken")
    names = [each.name for each in files]
    if wrong := next((name for name in names if NAME.fullmatch(name) is None), None):
        raise PackRefused(f"it names a file {wrong[:80]!r}, which no pack has")
    if len(set(names)) != len(names):
        raise PackRefused("it names a file twice")
    if any(each.size < 0 for each in files) or JOURNAL not in names:
        raise PackRefused("it has no journal")
    if next(each.size for each in files if each.name == JOURNAL) > MAX_JOURNAL:
        raise PackRefused(f"its journal is larger than {MAX_JOURNAL >> 20} MiB")
