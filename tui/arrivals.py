"""What comes by itself in a lesson, told once on whatever page is in front (core)."""

from datetime import datetime

from edge.contract.talkback import Answered, Capture, QuickCheck
from tui.world import World

NEWS = 60.0  # seconds: an answer that is older was read, on this screen or before it was opened


class Arrivals:
    """What this screen has told, and to which quick check it has invited."""

    def __init__(self) -> None:
        self._invited = ""  # the check
        self._told: set[tuple[str, int]] = set()  # answers
        self._capture: Capture | None = None
        self._behind = ""  # the check of her own behind which the hub's waits

    def news(self, world: World, now: datetime) -> list[str]:
        """Return the word keys of what a teacher should know at once."""
        answers = self._answers(world.answered, now.timestamp())
        return [*self._floor(world.capture), *answers, *self._waiting(world.quick)]

    def invites(self, world: World) -> bool:
        """Tell whether a check waits for this class that its screen was not opened for yet."""
        check = world.quick
        return check.stage == "asked" and not check.local and check.check != self._invited

    def invited(self, world: World) -> None:
        """Take down that the check stands before the teacher, who may leave it and find it again."""
        self._invited = world.quick.check

    def _floor(self, capture: Capture | None) -> list[str]:
        before, self._capture = self._capture, capture
        if capture is None or before is None:
            return []
        came = {
            "class-floor-came": capture.mine and not before.mine,
            "class-floor-went": before.mine and not capture.mine,
            "class-muted": capture.muted and not before.muted,
        }
        return [word for word, is_so in came.items() if is_so]

    def _waiting(self, quick: QuickCheck) -> list[str]:
        before, self._behind = self._behind, quick.check if quick.behind else ""
        return ["quick-behind"] if self._behind not in ("", before) else []

    def _answers(self, answered: Answered, now: float) -> list[str]:
        current = {(each.question, each.at) for each in answered.answers if now - each.at / 1000 < NEWS}
        fresh, self._told = current - self._told, self._told | current
        return ["answers-came"] if fresh else []
