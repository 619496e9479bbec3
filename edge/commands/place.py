"""Where a command works: the state folder of the node on this computer, and its journal."""

import argparse
import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path

from edge import config
from edge.config import Config
from edge.errors import TirekError
from edge.journal import Journal
from sync.errors import JournalError
from sync.streams import SCHOOL

USUAL = Path("/etc/tirek/tirek.toml")  # the configuration of an installed node


class CommandRefused(TirekError):
    """What was typed cannot be done; the sentence says why."""


def settings(parsed: argparse.Namespace) -> Config:
    """Return the configuration of the node on this computer."""
    if parsed.state is not None:
        state = Path(parsed.state).absolute()
        return config.from_table({"name": state.name or "tirek", "state": str(state)}, "command line")
    return config.load(parsed.config or USUAL)


def state_of(known: Config) -> Path:
    """Return the state folder of the node on this computer; raise CommandRefused if there is none."""
    state = Path(known.state)
    if not state.is_dir():
        raise CommandRefused(f"there is no state folder {state}: has this node ever run?")
    return state


@contextmanager
def opened(parsed: argparse.Namespace) -> Iterator[Journal]:
    """The journal of the node on this computer; what it refuses becomes one sentence."""
    known = settings(parsed)
    state = state_of(known)
    try:
        with as_owner(state):
            journal = Journal(state, known.school)
            try:
                yield journal
            finally:
                journal.close()
    except JournalError as exc:
        raise CommandRefused(str(exc)) from exc


@contextmanager
def as_owner(state: Path) -> Iterator[None]:
    """Be the owner of the state folder while the journal is open, if one is root.

    The daemon must be able to read what is made here; and root must follow no link that the daemon's user,
    whom somebody on the network may have taken over, put where a file of the journal is expected.
    """
    owner = state.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


@contextmanager
def as_who_types() -> Iterator[None]:
    """Be root again for a moment, if one was: a stick that a desktop mounted is for root and one user.

    To be used inside `opened`, for opening what is outside of the state folder and nothing else.
    """
    owner, group, groups = os.geteuid(), os.getegid(), os.getgroups()
    if owner == 0 or os.getresuid()[0] != 0:
        yield
        return
    os.seteuid(0)
    os.setegid(0)
    try:
        yield
    finally:
        os.setgroups(groups)
        os.setegid(group)
        os.seteuid(owner)


def checked_school(school: str) -> str:
    """Return a school's id as it was typed; raise CommandRefused."""
    if SCHOOL.fullmatch(school) is None:
        raise CommandRefused(f"{school!r} is no school's id: 1 to 32 of a-z, 0-9 and -")
    return school


def here() -> date:
    """Return today where this computer stands."""
    return datetime.now().astimezone().date()


def who() -> str:
    """Return who types, for the journal."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def give_to_who_types(descriptor: int) -> None:
    """Let a new file belong to the person behind `sudo`: it is hers to open, and nobody else may read it."""
    if os.geteuid() == 0 and "SUDO_UID" in os.environ:
        with suppress(PermissionError):  # FAT has no owners: whoever holds the stick reads it
            os.fchown(descriptor, int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"]))
