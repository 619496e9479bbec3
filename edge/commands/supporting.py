"""`tirek support-bundle`: one file for who helps from afar, without a child's name or a secret."""

import argparse
import io
import os
import tarfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from edge.classroom import bundle
from edge.commands import examining, status
from edge.commands.outside import Draft
from edge.commands.place import CommandRefused, opened
from edge.config import Config
from edge.doctor.checks import examine
from edge.doctor.scrubbing import Scrub
from edge.doctor.systemd import last_lines, said
from edge.errors import TirekError
from edge.media.record.recording import Recording
from edge.media.record.store import Store

LINES = 3000  # of the daemon's log: two days of a node that has much to say
KERNEL = 300  # of the kernel's
MOST = 2 << 20  # bytes of one file: its end is kept
MOST_RECORDINGS = 2000  # the newest
MOST_FILES = 5000  # that are added up for the size of a folder

Files = dict[str, str]


def support_bundle(parsed: argparse.Namespace) -> int:
    """Write it and say where it is."""
    files, node = collected(parsed)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = (parsed.out or Path()) / f"tirek-support-{node[:8] or 'unknown'}-{stamp}.tar.gz"
    content = archived(files, path.name.removesuffix(".tar.gz"), time.time())
    try:
        _write(path, content)
    except OSError as exc:
        raise CommandRefused(f"{path} cannot be written: {exc.strerror or exc}") from exc
    print(f"{path}: {len(content) / 1000:.0f} kB, without names of children and without secrets")
    return 0


def collected(parsed: argparse.Namespace) -> tuple[Files, str]:
    """Return every file with nothing in it that must stay here, and the node's id."""
    facts = examining.gathered(parsed)
    known = facts.settings.config
    counted, names, node = _journal(parsed)
    files: dict[str, Callable[[], str]] = {
        "doctor.txt": lambda: "\n".join(examining.lines(examine(facts))),
        "doctor.json": lambda: _json(examine(facts)),
        "status.txt": lambda: "\n".join(status.lines(status.look(parsed), time.time())),
        "versions.json": lambda: _json(bundle.versions()),
        "config.json": lambda: _json(bundle.redacted(msgspec.to_builtins(known)) if known else None),
        "journal.json": lambda: _json(counted),
        "log.txt": lambda: "\n".join(last_lines(LINES)),
        "maintain.txt": lambda: "\n".join(last_lines(KERNEL, "tirek-maintain.service")),
        "kernel.txt": _kernel,
        "units.txt": lambda: said("systemctl", "status", "--no-pager", "-n0", "tirek*") or "",
        "disks.txt": lambda: _disks(known),
        "recordings.json": lambda: _json(_recordings(known)),
    }
    scrub = Scrub(_secrets(known), names)
    return {name: scrub(_end(made())) for name, made in files.items()}, node


def archived(files: Mapping[str, str], folder: str, now: float) -> bytes:
    """Return the files as one archive."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime = len(content), int(now)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def _journal(parsed: argparse.Namespace) -> tuple[object, list[str], str]:
    """Return what is counted in the journal, the names that must not be told, and the node's id."""
    try:
        with opened(parsed) as journal:
            return bundle.counted(journal), bundle.names_in(journal), journal.identity.node
    except (TirekError, OSError) as exc:
        return {"not read": str(exc)}, [], ""


def _kernel() -> str:
    text = said("journalctl", "-k", "-n", str(KERNEL), "-o", "short-iso", "--no-pager", "-q")
    if not text and os.geteuid() == 0:
        text = "\n".join((said("dmesg") or "").splitlines()[-KERNEL:])
    return text or ""


def _disks(known: Config | None) -> str:
    texts = [
        said("df", "-h") or "",
        said("df", "-i") or "",
        said("lsblk", "-o", "NAME,SIZE,TYPE,MODEL") or "",
    ]
    if known is not None:
        state = Path(known.state)
        texts.append("\n".join(f"{size / 1e6:10.1f} MB  {name}" for name, size in _sizes(state)))
        texts.append("\n".join(f"{name}: {value}" for name, value in bundle.machine(state).items()))
    return "\n".join(texts)


def _sizes(state: Path) -> Iterable[tuple[str, int]]:
    with suppress(OSError):
        for path in sorted(state.iterdir()):
            inside = [path] if path.is_file() else path.rglob("*")
            sizes = [_size(each) for each, _ in zip(inside, range(MOST_FILES), strict=False)]
            yield path.name, sum(sizes)


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.lstat().st_size
    return 0


def _recordings(known: Config | None) -> list[dict[str, object]]:
    if known is None:
        return []
    with suppress(OSError):
        return [_told(each) for each in Store(Path(known.state)).list()[:MOST_RECORDINGS]]
    return []


def _told(each: Recording) -> dict[str, object]:
    return {
        "id": each.id,
        "state": each.state,
        "whole": each.whole,
        "seconds": each.seconds,
        "bytes": each.bytes,
        "gaps": [msgspec.to_builtins(gap) for gap in each.gaps],
        "lost": dict(each.lost),
        "dropped": each.dropped,
        "reason": each.reason,
        "missing": each.missing,
        "unhealed": each.unhealed,
    }


def _secrets(known: Config | None) -> list[str]:
    if known is None:
        return []
    return [known.parent_token or "", known.pin, *(each.sha256 for each in known.tokens)]


def _end(text: str) -> str:
    """Return the end of a text, where the newest lines are."""
    return text if len(text) <= MOST else f"[{len(text) - MOST} letters left out]\n{text[-MOST:]}"


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value)).decode()


def _write(path: Path, content: bytes) -> None:
    """Write a file that nobody else on this computer reads, and that is whole or not there."""
    draft = Draft(path)
    try:
        draft.file.write(content)
        draft.keep()
    finally:
        draft.drop()
