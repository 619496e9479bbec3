"""What systemd says of the service of this computer; nothing where there is no systemd."""

import shutil
import subprocess
from collections.abc import Sequence

from edge.doctor.unit import Unit

SERVICE = "tirek.service"
PATIENCE = 5.0  # seconds: a manager that answers later has other troubles
SHOWN = (
    *("LoadState", "ActiveState", "SubState", "Result", "NRestarts", "StatusText", "ExecMainStatus"),
    *("UnitFileState", "NeedDaemonReload"),
)


def said(*command: str) -> str | None:
    """Return what a program says, its errors left out; None where it cannot be asked."""
    path = shutil.which(command[0], path="/usr/sbin:/usr/bin:/sbin:/bin")
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace")


def units(names: Sequence[str]) -> dict[str, Unit]:
    """Return what is known of some units; nothing where systemd is not there."""
    properties = ",".join(("Id", *SHOWN))
    text = said("systemctl", "show", "--no-pager", "-p", properties, "--", *names)
    if not text:
        return {}
    found = [_unit(paragraph) for paragraph in text.strip().split("\n\n")]
    return {each.name: each for each in found if each.name in names}


def _unit(paragraph: str) -> Unit:
    rows = dict(line.partition("=")[::2] for line in paragraph.splitlines())
    restarts = rows.get("NRestarts", "")
    return Unit(
        rows.get("Id", ""),
        rows.get("LoadState", ""),
        rows.get("ActiveState", ""),
        rows.get("SubState", ""),
        rows.get("Result", ""),
        int(restarts) if restarts.isdecimal() else 0,
        rows.get("StatusText", ""),
        rows.get("UnitFileState", ""),
        rows.get("NeedDaemonReload") == "yes",
    )


def last_lines(count: int, unit: str = SERVICE) -> list[str]:
    """Return what a unit said last, oldest first; nothing for who may not read it."""
    text = said("journalctl", "-u", unit, "-n", str(count), "-o", "short-iso", "--no-pager", "-q")
    return text.splitlines() if text else []
