"""`tirek tui`: the teacher's screen, a program of its own that talks to the daemon over a socket."""

import argparse
import getpass
import os
import sys
from pathlib import Path

from edge.commands.place import CommandRefused, settings
from edge.errors import ConfigWrong

STAFF = "tirek-staff"  # the group of that socket
INSTALLED = Path("/run/tirek.sock")  # where the units of an installed node put it


def open_screen(parsed: argparse.Namespace) -> int:
    """Become the screen; this process goes on as it."""
    socket = _socket(parsed)
    if socket.is_socket() and not os.access(socket, os.R_OK | os.W_OK):
        raise CommandRefused(
            f"{socket}: you may not open the teacher's screen yet:"
            f" sudo usermod -aG {STAFF} {getpass.getuser()}, then log in anew"
        )
    command = [sys.executable, "-m", "tui", str(socket)]
    command += ["--kiosk"] if parsed.kiosk else []
    command += ["--ascii"] if parsed.ascii else []
    command += ["--lang", parsed.lang] if parsed.lang else []
    # Nothing of the folder one is in is taken for a part of the screen.
    os.execve(sys.executable, command, os.environ | {"PYTHONSAFEPATH": "1"})


def _socket(parsed: argparse.Namespace) -> Path:
    """Return the daemon's socket; a teacher who may not read the configuration needs none."""
    if parsed.socket:
        return Path(parsed.socket).absolute()
    if parsed.config is None and parsed.state is None and INSTALLED.is_socket():
        return INSTALLED
    try:
        return settings(parsed).screen_socket
    except ConfigWrong:
        if parsed.config is not None or parsed.state is not None:
            raise
        return INSTALLED  # nobody is there yet; the screen says so and waits
