"""What is kept running for a hub's teacher and for a class that hears her."""

from collections.abc import Coroutine
from typing import Any

from edge.dialogue.curves_here import CurvesHere
from edge.dialogue.curves_seen import CurvesSeen
from edge.dialogue.ear import Ear
from edge.dialogue.floors import Floors
from edge.supervise import keep


class Lectern:
    """The parts of a node beside the way of sound and picture."""

    def __init__(self, floors: Floors, ear: Ear, curves: CurvesSeen, here: CurvesHere) -> None:
        self._floors = floors
        self._ear = ear
        self._curves = curves
        self._here = here

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what is to be kept running."""
        return [
            keep(self._floors.run, "floors"),
            keep(self._ear.run, "ear"),
            keep(self._curves.run, "curves"),
            keep(self._here.run, "curves here"),
        ]
