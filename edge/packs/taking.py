"""Takes a pack: first all of it is compared with what its maker signed, on this disk; only then it counts.

Whatever is wrong, nothing was changed. A power cut in the middle costs nothing either: the same pack can be
taken again, and what was there before changes nothing.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.journal import Journal
from edge.packs.making import PURPOSE
from edge.packs.manifest import JOURNAL, KEYS, File, Manifest, NotForUs, PackRefused, Signed, signed_text
from edge.packs.stick import Pack
from sync import packs, sealing
from sync.errors import BadRequest, DiskFull, Forked, TooLarge
from sync.forgetting import settle
from sync.joining.certificates import der_of, has_signed
from sync.ledger import computer
from sync.packs import Brought
from sync.protocol import Reply, Request

FOLDER = "packs"  # below the state folder: what is being taken
LARGE = ".blob"  # ends the names of materials: read twice from the stick, not written twice on this disk
MAX_KEYS = 8 << 20  # bytes of the keys of names: 100 computers of a school of 1,000 pupils


class Staged(Struct, frozen=True):
    """A pack whose files were all found as they were signed; all but the materials are on this disk."""

    folder: Path
    manifest: Manifest
    journal: bytes
    keys: bytes


class Taken(Struct, frozen=True):
    """What a pack brought."""

    brought: Brought
    names: int  # of pupils that can be read now


def stage(pack: Pack, journal: Journal, state: Path, reserve: int) -> Staged:
    """Copy a pack to this disk and check all of it; raise PackRefused, OSError."""
    manifest, signed = pack.manifest()
    _check_maker(journal, manifest, signed)
    folder = state / FOLDER
    shutil.rmtree(folder, ignore_errors=True)  # of a take that was cut off
    goods = [each for each in manifest.files if each.name not in (JOURNAL, KEYS)]
    _check_room(state, sum(each.size for each in goods), reserve)
    of = {each.name: each for each in manifest.files}
    facts = b"".join(pack.pieces(of[JOURNAL]))
    keys = b"".join(pack.pieces(_small(of[KEYS]))) if KEYS in of else b""
    for each in goods:
        if each.name.endswith(LARGE):
            _read_through(pack.pieces(each))
        else:
            _copy(pack, each, folder / each.name)
    return Staged(folder, manifest, facts, keys)


def apply(staged: Staged, journal: Journal) -> Taken:
    """Make the facts and the names of a pack this node's; raise PackRefused, JournalError."""
    me, moment = journal.identity.node, computer()
    manifest, ledger = staged.manifest, journal.ledger
    try:
        if manifest.direction == "up":
            requests = packs.decode(staged.journal, Request)
            hub = (me, manifest.maker)
            job = ledger.write(lambda db: packs.take_up(db, hub, requests, moment), vital=True, facts=1000)
            return Taken(job.result(), 0)
        replies = packs.decode(staged.journal, Reply)
        child, names = (me, manifest.school), _names(journal, staged.keys)
        job = ledger.write(lambda db: packs.take_down(db, child, replies, moment), vital=True, facts=1000)
        brought = job.result()
        journal.names.learn(names)
        settle(ledger, journal.names)
        return Taken(brought, len(names))
    except Forked as exc:
        raise PackRefused(f"it has another history than this computer: {exc}. Use the network once") from exc
    except (BadRequest, TooLarge) as exc:
        raise PackRefused(f"its journal cannot be read: {exc}") from exc
    except DiskFull as exc:
        raise PackRefused(f"the disk is full: {exc}") from exc


def clear(state: Path) -> None:
    """Remove what was copied and is not needed any more."""
    shutil.rmtree(state / FOLDER, ignore_errors=True)


def _check_maker(journal: Journal, manifest: Manifest, signed: Signed) -> None:
    """Only the hub of this computer packs for it, and only those who joined here bring something."""
    if manifest.maker == journal.identity.node:
        raise NotForUs("it was made here")
    certificate = _hub(journal, manifest) if manifest.direction == "down" else _child(journal, manifest)
    if not _is_signed(certificate, signed):
        raise PackRefused("its signature is wrong: it was changed, or its maker is somebody else")


def _hub(journal: Journal, manifest: Manifest) -> str:
    parent = journal.parent
    if parent is None:
        raise PackRefused("this computer has joined no hub yet: `tirek enroll` once, near the hub")
    if manifest.school != parent.school:
        raise NotForUs(f"it is for school {manifest.school}, and this is {parent.school}")
    if manifest.maker != parent.node:
        raise PackRefused("it was not made by the hub that this computer has joined")
    return parent.certificate


def _child(journal: Journal, manifest: Manifest) -> str:
    school, certificate = journal.ledger.read(lambda db: packs.maker(db, manifest.maker))
    if not certificate:
        raise NotForUs("it was made by a computer that has not joined this one, or was revoked")
    if manifest.school != school:
        raise PackRefused(f"its maker belongs to school {school}, and not to {manifest.school}")
    return certificate


def _is_signed(certificate: str, signed: Signed) -> bool:
    try:
        signature = bytes.fromhex(signed.signature)
    except ValueError:
        return False
    return has_signed(der_of(certificate), signature, signed_text(signed.manifest))


def _small(of: File) -> File:
    if of.size > MAX_KEYS:
        raise PackRefused(f"its keys of names are larger than {MAX_KEYS >> 20} MiB")
    return of


def _check_room(state: Path, needed: int, reserve: int) -> None:
    free = shutil.disk_usage(state).free - reserve
    if needed > free:
        lacking = (needed - free + 999_999) // 1_000_000
        raise PackRefused(f"there is no room on this disk: {lacking} MB are missing")


def _read_through(pieces: Iterable[bytes]) -> None:
    for _ in pieces:
        pass


def _copy(pack: Pack, of: File, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        for piece in pack.pieces(of):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _names(journal: Journal, sealed: bytes) -> dict[str, str]:
    """Return the keys of names that were sealed for this node; raise BadRequest."""
    if not sealed:
        return {}
    try:
        of = msgspec.json.decode(sealed, type=dict[str, str])
        text = of.get(journal.identity.node)
        plain = sealing.unseal(journal.identity, text, PURPOSE) if text else b"{}"
        return msgspec.json.decode(plain, type=dict[str, str])
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise BadRequest(f"the keys of names: {exc}") from exc
