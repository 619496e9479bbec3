"""What can be said about a recording's file: what was found of each track, and why it is not whole."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from msgspec import Struct, field

from edge.media.packet import Kind
from edge.media.record.index import Index
from edge.media.record.recording import Recording

UNHEALED: Mapping[str, str] = defaultdict(
    lambda: "what comes is not what was asked for",
    gone="the hub deleted it",
    damaged="the hub's file is damaged",
)
MAX_SKEW = 0.002  # seconds: WebM counts milliseconds, and each track may be rounded


class Tally(Struct):
    """What was found of one track."""

    frames: int = 0
    keys: int = 0
    indexed: int = 0
    missing: int = 0  # in the index, not in the file
    foreign: int = 0  # in the file, not in the index
    decoded: int = 0
    errors: int = 0
    offsets: list[float] = field(default_factory=list)  # shown minus meant, in seconds


class Verdict(Struct):
    """All that can be said about one file."""

    path: Path
    recording: Recording | None
    index: Index | None
    tracks: dict[Kind, Tally] = field(default_factory=dict)
    unreadable: str = ""
    seconds: float = 0.0
    altered: bool = False  # its bytes are not those that were noted when it was finished

    @property
    def skew(self) -> float:
        """How many seconds the sound comes later in the file than was meant."""
        medians = {kind: median(tally.offsets) for kind, tally in self.tracks.items() if tally.offsets}
        return medians["audio"] - medians["video"] if len(medians) == 2 else 0.0

    @property
    def faults(self) -> list[str]:
        """Why it is not whole, a sentence each."""
        faults = [f"the file cannot be read: {self.unreadable}"] if self.unreadable else []
        if self.altered:
            faults.append("its SHA-256 is not the one that was noted")
        if self.index is None:
            faults.append("there is no index to compare with")
        faults += [fault for kind, tally in self.tracks.items() for fault in _faults(kind, tally)]
        if abs(self.skew) > MAX_SKEW:
            faults.append(f"the sound comes {self.skew * 1000:+.1f} ms off")
        return faults + _noted(self.recording)

    @property
    def whole(self) -> bool:
        """Nothing is missing, everything can be decoded."""
        return not self.faults


def summary(verdict: Verdict) -> str:
    """Return what a person wants to read."""
    lines = [f"{verdict.path.name}: {verdict.seconds:.2f} s"]
    for kind, tally in verdict.tracks.items():
        lines.append(
            f"  {kind}: {tally.frames} frames, {tally.keys} of them key, {tally.indexed} in the index; "
            f"{tally.decoded} decoded, {tally.errors} errors"
        )
    recording = verdict.recording
    if recording is not None and len(verdict.tracks) == 2:
        shifts = ", ".join(
            f"{each.seconds * 1000:+.1f} ms from {each.at:.1f} s on" for each in recording.shifts
        )
        lines.append(f"  sound and picture: by {recording.aligned}, moved {shifts or 'nowhere'}")
    if recording is not None and recording.source:
        lines.append(f"  healed from {recording.source}: {recording.healed:.1f} s came afterwards")
    if recording is not None and recording.unhealed:
        lines.append(f"  cannot be healed: {UNHEALED[recording.unhealed]}")
    lines += [f"  {fault}" for fault in verdict.faults]
    return "\n".join([*lines, "  whole" if verdict.whole else "  not whole"])


def _faults(kind: Kind, tally: Tally) -> list[str]:
    counts = {
        "missing, though in the index": tally.missing,
        "unknown to the index": tally.foreign,
        "cannot be decoded": tally.errors,
    }
    faults = [f"{kind}: {count} frames {what}" for what, count in counts.items() if count]
    return faults if tally.frames else [*faults, f"{kind}: no frames"]


def _noted(recording: Recording | None) -> list[str]:
    if recording is None:
        return ["there is no description beside it"]
    faults = [f"gap of {gap.seconds:.1f} s at {gap.at:.1f} s" for gap in recording.gaps]
    faults += [f"{kind}: {count} packets lost on the way" for kind, count in recording.lost.items() if count]
    if recording.dropped:
        faults.append(f"{recording.dropped} frames could not be written")
    if recording.reason:
        faults.append(f"stopped early: {recording.reason}")
    return faults if recording.state == "done" else [*faults, f"its state is {recording.state}"]
