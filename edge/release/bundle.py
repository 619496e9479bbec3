"""A bundle: everything that one release needs, in a folder whose files are all listed and signed.

`SHA256SUMS` is what `sha256sum -c` reads, so a stick can be checked anywhere; its signature is checked by the
release that runs, against the key that it was installed with.
"""

import os
import re
import shutil
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from edge.errors import TirekError

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
KEY = "bundle.pub"
ABOUT = "bundle.json"
FOLDERS = ("debs", "doc", "systemd", "wheelhouse")  # of which install.sh takes whatever is there
UNLISTED = (SUMS, SIGNATURE)
MAX_SUMS = 1 << 20  # bytes: the lines of 8,000 files; a bundle has about a hundred
MAX_ABOUT = 65_536
PIECE = 1 << 20  # bytes read at once
OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe put there keeps nobody waiting
DOMAIN = "tirek bundle\n"  # opens what is signed
LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._+%@~-]*(?:/[A-Za-z0-9][A-Za-z0-9._+%@~-]*){0,5})")


class BundleWrong(TirekError):
    """Nothing of a bundle is used; the sentence says why."""


class About(Struct, frozen=True):
    """What a bundle is for."""

    id: str  # of the release: its version and what tells two builds of it apart
    version: str
    python: str  # 3.11
    machine: str  # as `uname -m` says it
    debian: str  # 12
    megabytes: int  # that the release takes on the disk
    made: int = 0  # when, in seconds since 1970; of two releases the one made before is the older one
    journal: int = 1  # the newest form of the journal that it reads (sync/soundness.py)


def lines_of(folder: Path) -> Iterator[str]:
    """Yield the list of a folder's files, in order, as `SHA256SUMS` has them."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in UNLISTED:
            yield f"{_sum(path)}  {name}\n"


def sign(secret: Ed25519PrivateKey, sums: str) -> str:
    """Return the signature of a list, 128 hexadecimal digits."""
    return secret.sign((DOMAIN + sums).encode()).hex()


def signed_files(folder: Path, key: str) -> list[str]:
    """Return the names that the holder of this key signed, the list's own too; raise BundleWrong."""
    return [*_signed(folder, key), *UNLISTED]


def copy(folder: Path, to: Path, key: str) -> None:
    """Copy what is signed and nothing else into a new folder of nobody else's; raise BundleWrong, OSError.

    What is on a stick may be a device without an end, or writable for everybody: neither comes along.
    """
    names = signed_files(folder, key)
    to.mkdir(0o700)
    for name in names:
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with _opened(folder / name) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file, PIECE)


def verify(folder: Path, key: str) -> About:
    """Return what a bundle is for, if all of it is as the holder of this key signed it; raise BundleWrong."""
    listed = _signed(folder, key)
    for name, wanted in listed.items():
        if not (folder / name).is_file():
            raise BundleWrong(f"{folder}: {name} is missing; copy the bundle again")
        if _sum(folder / name) != wanted:
            raise BundleWrong(f"{folder}: {name} is damaged; copy the bundle again")
    for path in _taken(folder):
        if path.is_symlink() or (path.is_file() and path.relative_to(folder).as_posix() not in listed):
            raise BundleWrong(f"{folder}: {path.name} does not belong to it")
    return about(folder)


def about(folder: Path) -> About:
    """Return what a bundle says of itself; raise BundleWrong."""
    try:
        return msgspec.json.decode(_text(folder / ABOUT, MAX_ABOUT), type=About)
    except msgspec.MsgspecError as exc:
        raise BundleWrong(f"{folder}: {ABOUT} is damaged: {exc}") from exc


def _signed(folder: Path, key: str) -> dict[str, str]:
    sums = _text(folder / SUMS, MAX_SUMS)
    if not _is_signed(key, _text(folder / SIGNATURE, 256).strip(), sums):
        raise BundleWrong(f"{folder}: its signature is not by the key that this computer was installed with")
    return _listed(folder, sums)


def _taken(folder: Path) -> Iterator[Path]:
    """Yield what is in the folders of a bundle; beside them other systems leave what nobody looks at."""
    for name in FOLDERS:
        yield folder / name
        yield from (folder / name).rglob("*")


def _listed(folder: Path, sums: str) -> dict[str, str]:
    listed: dict[str, str] = {}
    for line in sums.splitlines():
        match = LINE.fullmatch(line)
        if match is None:
            raise BundleWrong(f"{folder}: {SUMS} has a line that is none: {line[:80]!r}")
        listed[match[2]] = match[1]
    if ABOUT not in listed:
        raise BundleWrong(f"{folder}: {SUMS} does not list {ABOUT}")
    return listed


def _is_signed(key: str, signature: str, sums: str) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(signature), (DOMAIN + sums).encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def _opened(path: Path) -> BinaryIO:
    file = open(os.open(path, OLD), "rb")  # noqa: SIM115 # it is closed by `with`
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise BundleWrong(f"{path} is not a file")
    return file


def _text(path: Path, most: int) -> str:
    try:
        with _opened(path) as file:
            content = file.read(most + 1)
    except OSError as exc:
        raise BundleWrong(f"{path}: {exc.strerror}: this is no whole bundle") from exc
    if len(content) > most:
        raise BundleWrong(f"{path}: larger than {most} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as exc:
        raise BundleWrong(f"{path}: damaged: {exc}") from exc


def _sum(path: Path) -> str:
    digest = sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
    except OSError as exc:
        raise BundleWrong(f"{path}: {exc.strerror}") from exc
    return digest.hexdigest()
