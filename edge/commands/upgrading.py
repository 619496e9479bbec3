"""`tirek upgrade` and `tirek rollback`: releases beside each other, and one of them runs (systemd/slot)."""

import argparse
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import msgspec
from msgspec import Struct

from edge.commands import readable
from edge.commands.place import USUAL, CommandRefused
from edge.release import bundle
from edge.release.bundle import About, BundleWrong
from sync.errors import JournalNewer

HOME = Path("/opt/tirek")
INCOMING = HOME / "incoming"  # for root alone: a stick could be another one a moment later
PINNED = Path("/etc/tirek/bundle.pub")
SLOT = HOME / "lib" / "slot"
SPARE = 200 << 20  # bytes left on the disk while a bundle is copied
UP = 90  # seconds until a release serves on an old computer
UPGRADES, INSTALLS = Path("/run/tirek-upgrade.lock"), Path("/run/tirek-install.lock")  # each takes its own
SCREENS = ("tirek-teacher.service", "tirek-projector.service")
STREAMS = "http://127.0.0.1/api/streams"
ANSWERS = 3.0  # seconds for the daemon of this computer
MOST_STREAMS = 1 << 20  # bytes of its answer


class _Stream(Struct, frozen=True):
    name: str
    live: bool


class _Streams(Struct, frozen=True):
    streams: tuple[_Stream, ...]


def upgrade(parsed: argparse.Namespace) -> int:
    """Install a release from a bundle beside the one that runs; it is on trial until it has proved itself."""
    _check_root("upgrade")
    folder: Path = parsed.bundle.absolute()
    with _alone(UPGRADES):
        try:
            with _alone(INSTALLS):
                _tell(_brought(folder, parsed))
            return _install(parsed)
        except BundleWrong as exc:
            raise CommandRefused(f"nothing was changed: {exc}".replace(str(INCOMING), str(folder))) from exc
        except OSError as exc:
            raise CommandRefused(f"nothing was changed: {folder} cannot be copied: {exc}") from exc
        finally:
            shutil.rmtree(INCOMING, ignore_errors=True)


def rollback(parsed: argparse.Namespace) -> int:
    """Go back to the release that ran before."""
    _check_root("rollback")
    with _alone(UPGRADES), _alone(INSTALLS):
        if not parsed.now:
            _check_lessons()
        before = _before()
        if (about := _about(before)) is not None:
            _check_journal(about)
        _check_configuration(before)
        back = subprocess.run([SLOT, "back"], check=False, capture_output=True, text=True)
        if back.returncode:
            raise CommandRefused(f"nothing was changed: {back.stdout.strip() or back.stderr.strip()}")
        serves = _is_up_again()
    subprocess.run(["systemctl", "try-restart", *SCREENS], check=False)
    now = os.readlink(HOME / "current").rpartition("/")[2]
    print(f"release {now} {'serves' if serves else 'does not come up: journalctl -u tirek'}")
    return int(not serves)


def _brought(folder: Path, parsed: argparse.Namespace) -> About:
    """Copy a bundle that may be installed here to this disk; raise CommandRefused, BundleWrong, OSError."""
    _clear()
    key = _pinned()
    _check_room(folder, bundle.signed_files(folder, key))
    if not parsed.now:
        _check_lessons()
    bundle.copy(folder, INCOMING, key)
    about = bundle.verify(INCOMING, key)
    _check_age(about, parsed.older)
    _check_journal(about)
    return about


def _clear() -> None:
    """Remove what an upgrade left that was cut off: it takes the room of the next one."""
    shutil.rmtree(INCOMING, ignore_errors=True)
    with suppress(OSError):
        subprocess.run([SLOT, "sweep"], check=False)


def _install(parsed: argparse.Namespace) -> int:
    """Let the bundle install itself; what was asked for here is not asked again."""
    said = {"TIREK_ANYWAY": parsed.now, "TIREK_OLDER": parsed.older}
    words = {name: "yes" for name, value in said.items() if value}
    command = ["/bin/sh", str(INCOMING / "install.sh")]
    return subprocess.run(command, check=False, cwd="/", env={**os.environ, **words}).returncode


def _about(release: str) -> About | None:
    """Return what a release on this disk says of itself; None for one of before that was kept."""
    try:
        return bundle.about(HOME / release / "share")
    except BundleWrong:
        return None


def _before() -> str:
    """Return the release that `slot back` goes to, releases/ID."""
    for name in ("pending", "previous"):
        with suppress(OSError):
            return (HOME / name).read_text().partition(" ")[0].strip()
    return "none"


def _check_age(new: About, is_meant: bool) -> None:
    """Raise CommandRefused for a bundle that was made before the release that runs, unless that is meant."""
    runs = _about("current")
    if runs is not None and new.made < runs.made and not is_meant:
        raise CommandRefused(
            f"nothing was changed: release {new.id} is older than {runs.id}, which runs; "
            "if it is meant, add --older"
        )


def _check_configuration(release: str) -> None:
    """Raise CommandRefused if a release does not start with the configuration of this computer."""
    try:
        asked = subprocess.run(
            [HOME / release / "bin" / "tirek", "check", USUAL], check=False, capture_output=True, text=True
        )
    except OSError:
        return  # there is none to go back to, as the slot says in words
    if asked.returncode:
        raise CommandRefused(f"nothing was changed: {release.rpartition('/')[2]}: {asked.stderr.strip()}")


def _check_journal(other: About) -> None:
    try:
        readable.check(other.journal)
    except JournalNewer as exc:
        raise CommandRefused(
            f"nothing was changed: release {other.id} cannot read the journal: {exc}"
        ) from exc


def _check_root(what: str) -> None:
    if os.geteuid() != 0:
        raise CommandRefused(f"root is needed: sudo tirek {what}")


def _pinned() -> str:
    try:
        return PINNED.read_text().strip()
    except OSError as exc:
        raise CommandRefused(f"{PINNED}: {exc.strerror}: tirek was not installed from a bundle") from exc


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Let no second upgrade, and no installation, take away what this one copies."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            what = "upgrade" if lock == UPGRADES else "installation"
            raise CommandRefused(f"nothing was changed: another {what} runs") from exc
        yield


def _is_up_again() -> bool:
    try:
        return not subprocess.run(
            ["systemctl", "restart", "tirek.service"], check=False, timeout=UP
        ).returncode
    except subprocess.TimeoutExpired:
        return False


def _check_lessons() -> None:
    """Raise CommandRefused while a lesson runs here: a new start would interrupt it."""
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(STREAMS, timeout=ANSWERS) as answer:
            live = msgspec.json.decode(answer.read(MOST_STREAMS), type=_Streams).streams
    except (OSError, HTTPException, msgspec.MsgspecError):
        return  # a daemon that does not answer is a reason for another release, not against it
    if names := ", ".join(each.name for each in live if each.live):
        raise CommandRefused(f"nothing was changed: a lesson runs ({names}); wait for its end, or add --now")


def _check_room(folder: Path, names: list[str]) -> None:
    try:
        size = sum((folder / name).lstat().st_size for name in names if (folder / name).exists())
        free = shutil.disk_usage(HOME).free - SPARE
    except OSError as exc:
        raise CommandRefused(f"{exc.filename}: {exc.strerror}") from exc
    if size > free:
        raise CommandRefused(
            f"nothing was changed: {(size - free + 999_999) // 1_000_000} MB are missing in {HOME}"
        )


def _tell(about: About) -> None:
    running = os.readlink(HOME / "current").rpartition("/")[2] if (HOME / "current").exists() else "none"
    print(f"release {about.id}, signed as it must be; {running} runs now", flush=True)
