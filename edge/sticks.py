"""Takes a file to a stick that is plugged in, so that whoever asked for it has it in her hand.

A stick is what is mounted below `/media` or `/run/media`. Without one, or with one that is full or cannot be
written, the file stays where it is. Nothing on a stick is followed or believed. Blocks; for any thread.
"""

import logging
import os
import re
import shutil
from pathlib import Path

from sync import durable

MOUNTS = Path("/proc/self/mountinfo")  # proc(5)
PLACES = ("/media/", "/run/media/")
FOLDER = "tirek"  # on the stick
MOST_LINES = 4096  # of mounts: a desktop has about fifty
ESCAPED = re.compile(r"\\([0-7]{3})")
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC

log = logging.getLogger(__name__)


def sticks(mounts: Path = MOUNTS) -> list[Path]:
    """Return where sticks are mounted, the newest first; none where nobody can tell."""
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()[:MOST_LINES]
    except OSError:
        return []
    points = [ESCAPED.sub(_letter, fields[4]) for line in lines if len(fields := line.split(" ")) > 5]
    return [Path(point) for point in reversed(points) if point.startswith(PLACES)]


def carried(path: Path, mounts: Path = MOUNTS) -> Path:
    """Return where a person finds a file now: on a stick, else where it was."""
    for stick in sticks(mounts):
        try:
            return copied(path, stick)
        except OSError as exc:
            log.info("stick not used place=%s reason=%s", stick, exc.strerror)
    return path


def copied(path: Path, stick: Path) -> Path:
    """Copy a file to a stick, whole or not at all, and return where it is there; raises OSError.

    Once it has returned the stick may be pulled out.
    """
    if shutil.disk_usage(stick).free < path.stat().st_size:
        raise OSError(28, "no room")
    folder = stick / FOLDER
    folder.mkdir(exist_ok=True)
    place = os.open(folder, DIRECTORY)
    try:
        draft = f".{path.name}.new"
        with path.open("rb") as file, os.fdopen(os.open(draft, NEW, 0o644, dir_fd=place), "wb") as copy:
            shutil.copyfileobj(file, copy)
            copy.flush()
            os.fsync(copy.fileno())
            os.rename(draft, path.name, src_dir_fd=place, dst_dir_fd=place)
            os.fsync(copy.fileno())  # a name that FAT has just given leads to nothing before this
        os.fsync(place)
    finally:
        os.close(place)
    durable.sync(stick)  # where the folder's own name is
    return folder / path.name


def _letter(match: re.Match[str]) -> str:
    return chr(int(match[1], 8))
