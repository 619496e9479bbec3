"""`tirek recordings`: what a node has recorded, and whether it is whole."""

from math import ceil
from pathlib import Path

from edge.media.record.recording import Recording
from edge.media.record.store import Store
from edge.media.record.verdict import UNHEALED, summary
from edge.media.record.verify import verify

HEAD = f"{'recording':<44} {'started (UTC)':<20} {'length':>8} {'size':>9}  state"


def list_command(state: Path) -> int:
    """Print the recordings below a state folder, newest first."""
    print(HEAD)
    for recording in Store(state).list(of_class=True):
        print(_row(recording))
    return 0


def verify_command(path: Path) -> int:
    """Print what is found in a recording's file; 0 only if it is whole."""
    if not path.is_file():
        print(f"no such file: {path}")
        return 2
    verdict = verify(path)
    print(summary(verdict))
    return 0 if verdict.whole else 1


def _row(recording: Recording) -> str:
    minutes, seconds = divmod(round(recording.seconds), 60)
    hours, minutes = divmod(minutes, 60)
    length = f"{hours}:{minutes:02}:{seconds:02}"
    size = f"{recording.bytes / 1e6:.1f} MB"
    return f"{recording.id:<44} {recording.started:<20} {length:>8} {size:>9}  {_condition(recording)}"


def _condition(recording: Recording) -> str:
    if recording.state != "done":
        return recording.state
    if recording.whole:
        return "whole"
    if recording.unhealed:
        return f"cannot be healed: {UNHEALED[recording.unhealed]}"
    if recording.source:
        share = 1 - recording.missing / max(recording.seconds, 1.0)
        return f"healed {min(99.99, 100 * share):.2f} %, {ceil(recording.missing)} s missing"
    missing = sum(gap.seconds for gap in recording.gaps)
    return f"{len(recording.gaps)} gaps, {missing:.1f} s" if recording.gaps else "not whole"
