"""What a school has made for its instruments: profiles and programs, as files below the laboratory's folder.

`profiles/DRIVER/NAME.toml` is taken before a profile of ours with this name; `programs/DRIVER/NAME.*` can be
run on every robot of this driver (shell).
"""

import re
from pathlib import Path

from devices.driver import Driver
from devices.errors import ProfileWrong
from devices.registry import Setting, family

MAX_PROFILE = 65_536  # bytes; ours have two thousand
MAX_PROGRAM = 1 << 20  # bytes; a drawing of a plotter has some hundred thousand
MAX_PROGRAMS = 32  # of a driver: what one finds one's way among
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


def setting(folder: Path, driver: str, profile: str) -> Setting:
    """Return what is to be said to a driver, which takes it; raise DriverUnknown, ProfileWrong."""
    wanted = Setting(profile, _profile(folder, driver, profile), _programs(folder / "programs" / driver))
    family(driver).make(wanted)
    return wanted


def made(driver: str, wanted: Setting) -> Driver:
    """Return a driver for one connection; raise DriverUnknown, ProfileWrong."""
    return family(driver).make(wanted)


def _profile(folder: Path, driver: str, profile: str) -> str | None:
    if not NAME.fullmatch(profile):
        return None
    path = folder / "profiles" / driver / f"{profile}.toml"
    try:
        return path.read_bytes()[:MAX_PROFILE].decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as exc:
        raise ProfileWrong(f"{path}: {exc}", "unreadable", profile=profile, reason=str(exc)) from exc


def _programs(folder: Path) -> dict[str, bytes]:
    """Return the programs of a folder; what cannot be read, or is too long, is none."""
    try:
        files = sorted(each for each in folder.iterdir() if NAME.fullmatch(each.stem))[:MAX_PROGRAMS]
        return {each.stem: each.read_bytes() for each in files if each.stat().st_size <= MAX_PROGRAM}
    except OSError:
        return {}
