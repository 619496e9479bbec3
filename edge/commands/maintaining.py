"""`tirek maintain`: what is done every night, with the daemon up or down."""

import argparse
import sys
import time

from edge.commands.place import CommandRefused, as_owner, settings, state_of
from edge.upkeep import Upkeep, keep_up


def maintain(parsed: argparse.Namespace) -> int:
    """Do it, and say what was found; 1 if somebody has to look at something."""
    known = settings(parsed)
    state = state_of(known)
    try:
        with as_owner(state):
            night = keep_up(known, time.time())
    except OSError as exc:
        raise CommandRefused(f"the result cannot be kept in {state}: {exc.strerror or exc}") from exc
    _tell(night)
    return 0 if night.is_good else 1


def _tell(night: Upkeep) -> None:
    if night.backup == night.at:
        print(f"backup of the journal: {night.backup_bytes / 1e6:.1f} MB")
    print(f"recordings looked at: {night.verified}; exported tables removed: {night.removed}")
    faults = {
        "journal": night.journal and f"{night.journal}; it is put right at the daemon's next start",
        "names": night.names and f"{night.names}; they are put right at the daemon's next start",
        "backup": night.failed,
    }
    for what, fault in faults.items():
        if fault:
            print(f"{what}: {fault}", file=sys.stderr)
    for each in night.damaged:
        print(f"recording {each}", file=sys.stderr)
