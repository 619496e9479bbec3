"""A real ext4 on a volume whose every write, flush and forced write is logged, and its disk at any cut.

qemu-storage-daemon exports the volume through its `blklogwrites` driver, a loop device and ext4 lie on top,
and whatever is tested writes there natively. A cut leaves what was flushed and any part of the rest, torn
at sectors. An acknowledgement is a write of its own behind the end of the file system, so it stands in the
same log, in order. Not covered: disks that ignore flushes, and other file systems.
"""

import json
import mmap
import os
import select
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

MIB = 1 << 20
SIZE, SYSTEM = 16 * MIB, 14 * MIB  # of the volume and of the file system on it
ACKNOWLEDGED = SYSTEM + MIB  # where acknowledgements are written
SECTOR = 512
MAGIC = 0x6A736677736872
FLUSH, FORCED, DISCARD = 1, 2, 4
TOOLS = ("qemu-storage-daemon", "mkfs.ext4", "losetup", "mount")
READY = 60.0  # seconds for the export to appear

Acked = dict[str, float]


class Entry(NamedTuple):
    """One thing that the disk was told."""

    offset: int
    flags: int
    content: bytes


class Volume:
    """The file system, mounted; `acknowledge` notes in the log what was promised."""

    def __init__(self, folder: Path, loop: str) -> None:
        self.folder = folder
        self._disk = os.open(loop, os.O_WRONLY | os.O_DIRECT)
        self._page = mmap.mmap(-1, 4096)

    def acknowledge(self, **promised: float) -> None:
        """Note what must be there after every later cut."""
        self._page[:4096] = (b"ACK" + json.dumps(promised).encode()).ljust(4096, b"\0")
        os.pwrite(self._disk, self._page, ACKNOWLEDGED)

    def close(self) -> None:
        """Let go of the device."""
        os.close(self._disk)


def require() -> None:
    """Skip where this cannot be done, and say why."""
    if os.geteuid() != 0:
        pytest.skip("logging what a file system writes needs root")
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"not installed: {', '.join(missing)} (Debian: qemu-system-common e2fsprogs)")
    if not Path("/dev/fuse").exists():
        pytest.skip("this kernel has no FUSE")


@contextmanager
def logged(folder: Path) -> Iterator[Volume]:
    """A fresh volume, mounted at `folder/mnt`; its log stays as `folder/log`."""
    mounted = folder / "mnt"
    mounted.mkdir(parents=True)
    for name, size in (("back", SIZE), ("log", 3 << 30), ("volume", 0)):
        with (folder / name).open("wb") as file:
            file.truncate(size)
    storage = subprocess.Popen(
        ["qemu-storage-daemon", *_exported(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _await(folder / "volume", storage)
        with looped(folder / "volume") as loop:
            sh("mkfs.ext4", "-q", "-b", "4096", loop, f"{SYSTEM // 1024}k")
            sh("mount", loop, str(mounted))
            volume = Volume(mounted, loop)
            try:
                yield volume
            finally:
                volume.close()
                sh("umount", str(mounted))
    finally:
        storage.send_signal(signal.SIGTERM)
        storage.communicate()


@contextmanager
def looped(image: Path) -> Iterator[str]:
    """A loop device of its own: mount(8) would take one that knows this name, with its stale cache."""
    loop = sh("losetup", "-f", "--show", str(image))
    try:
        yield loop
    finally:
        sh("losetup", "-d", loop)


@contextmanager
def found(image: Path, mounted: Path) -> Iterator[None]:
    """What is there when the power is back."""
    with looped(image) as loop:
        sh("mount", loop, str(mounted))
        try:
            yield
        finally:
            sh("umount", str(mounted))


def cuts(folder: Path, count: int, random: Random) -> Iterator[tuple[Acked, Path]]:
    """Yield what was promised before each of some cuts, and the disk that it left."""
    entries = list(_entries(folder / "log"))
    begun = next(n for n, each in enumerate(entries) if each.content.startswith(b"ACK"))
    chosen = set(random.sample(range(begun + 1, len(entries)), min(count, len(entries) - begun - 1)))
    disk, waiting, acked = bytearray(SIZE), list[Entry](), Acked()
    for number, each in enumerate(entries):
        if each.flags & FLUSH:
            for write in waiting:
                _put(disk, write.offset, write.content)
            waiting.clear()
        if each.content.startswith(b"ACK"):
            acked = json.loads(each.content[3:].rstrip(b"\0"))
        elif each.flags & FORCED:
            _put(disk, each.offset, each.content)
        elif each.content:
            waiting.append(each)
        if number in chosen:
            yield acked, _left(folder / f"cut-{number}", disk, waiting, random)


def sh(*command: str) -> str:
    """Run a command that must go well; return what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout.strip()


def _exported(folder: Path) -> list[str]:
    return [
        *("--blockdev", f"driver=file,node-name=back,filename={folder}/back"),
        *("--blockdev", f"driver=file,node-name=log,filename={folder}/log"),
        *("--blockdev", f"driver=blklogwrites,node-name=all,file=back,log=log,log-sector-size={SECTOR}"),
        *("--export", f"type=fuse,id=fuse,node-name=all,mountpoint={folder}/volume,writable=on"),
    ]


def _await(volume: Path, storage: subprocess.Popen[bytes]) -> None:
    assert storage.stderr is not None
    deadline = time.monotonic() + READY
    while volume.stat().st_size != SIZE:
        if storage.poll() is not None:
            pytest.skip(f"the volume cannot be exported here: {storage.communicate()[1].decode()[-300:]}")
        assert time.monotonic() < deadline, "the volume never appeared"
        select.select([storage.stderr], [], [], 0.02)  # or until it complains


def _entries(log: Path) -> Iterator[Entry]:
    with log.open("rb") as file:
        magic, _, count, sector = struct.unpack("<QQQI", file.read(28))
        assert magic == MAGIC
        place = sector
        for _ in range(count):
            file.seek(place)
            at, sectors, flags, _ = struct.unpack("<QQQQ", file.read(32))
            place += sector
            content = bytes(sectors * sector if flags & DISCARD else 0)
            if sectors and not flags & DISCARD:
                file.seek(place)
                content = file.read(sectors * sector)
                place += sectors * sector
            yield Entry(at * sector, flags, content)


def _left(image: Path, disk: bytearray, waiting: list[Entry], random: Random) -> Path:
    """Write the disk as a cut may leave it: all that was flushed, and some of the rest."""
    left, mode = bytearray(disk), random.choice(("none", "all", "some", "some", "torn"))
    for each in waiting:
        if mode == "none" or (mode in ("some", "torn") and random.random() < 0.5):
            continue
        sectors = len(each.content) // SECTOR
        torn = random.randrange(1, sectors) if mode == "torn" and sectors > 1 else sectors
        _put(left, each.offset, each.content[: torn * SECTOR])
    with suppress(FileNotFoundError):
        image.unlink()
    image.write_bytes(left)
    return image


def _put(disk: bytearray, offset: int, content: bytes) -> None:
    disk[offset : offset + len(content)] = content
