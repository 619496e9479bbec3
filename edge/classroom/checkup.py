"""A check of camera and microphone, from its beginning to its end, as the projector's page reports (core).

Silence before the first sound is a finding; after it, it is a teacher who has stopped talking: what was once
good stays good until the device is lost. A page that has not reported for a while is gone.
"""

from typing import Annotated

from msgspec import Meta, Struct

from edge.contract.notices import CheckState, MediaCheck

LONGEST = 120.0  # seconds; who forgets it gets her projector back
STALE = 3.0  # seconds without a report until the page is taken for gone: six reports
STEPS = 20  # of the level: what an eye tells apart, so that a screen is not told of every breath

Pixels = Annotated[int, Meta(ge=0, le=16_384)]
Level = Annotated[float, Meta(ge=0, le=1)]


class Found(Struct, frozen=True, forbid_unknown_fields=True):
    """One report of the page."""

    microphone: CheckState = "waiting"
    camera: CheckState = "waiting"
    level: Level = 0.0
    width: Pixels = 0
    height: Pixels = 0


class Checkup:
    """One check after another; times are seconds of any clock that does not go back."""

    def __init__(self) -> None:
        self._ends: float | None = None
        self._found: Found | None = None
        self._heard = 0.0

    @property
    def is_on(self) -> bool:
        """Return whether a check goes on."""
        return self._ends is not None

    def begin(self, now: float) -> None:
        """Start from nothing, also in the middle of a check."""
        self._ends, self._found = now + LONGEST, None

    def end(self) -> None:
        """Forget everything."""
        self._ends = self._found = None

    def report(self, found: Found, now: float) -> None:
        """Take what the page found."""
        before = self._found
        if before is not None and before.microphone == "good" and found.microphone == "silent":
            found = Found("good", found.camera, found.level, found.width, found.height)
        self._found, self._heard = found, now

    def is_over(self, now: float) -> bool:
        """Tell whether a check has gone on for long enough."""
        return self._ends is not None and now >= self._ends

    def standing(self, now: float) -> MediaCheck:
        """Return what the screen is to show."""
        found = self._found
        if not self.is_on or found is None or now - self._heard > STALE:
            return MediaCheck()
        size = f"{found.width}×{found.height}" if found.width and found.height else ""
        level = round(found.level * STEPS) / STEPS
        return MediaCheck(True, found.microphone, level, found.camera, size)
