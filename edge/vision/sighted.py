"""What of a node looks and listens: a watchdog for lessons, a finder of slides, and a worker for each."""

from collections.abc import Callable, Coroutine
from typing import Any

from edge.media.record.store import Store
from edge.media.sight import Sight
from edge.media.studio import Studio
from edge.supervise import keep
from edge.vision.chapters import SlideFinder
from edge.vision.watchdog import Tell, Watchdog
from edge.vision.worker import Worker


class Sighted:
    """Parts of a node; `is_on` as the configuration says. Workers start when there is something to see."""

    def __init__(self, is_on: bool, is_busy: Callable[[], bool], store: Store, studio: Studio) -> None:
        self._is_on = is_on
        self._studio = studio
        self._quick, self._patient = Worker("low"), Worker("idle")
        self._finder = SlideFinder(store, self._patient, is_busy)
        self._watchdog: Watchdog | None = None

    def watch(self, pulled: Callable[[], list[str]], tell: Tell) -> None:
        """Watch what comes from the hub: `pulled` names it, `tell` tells the hub what it looks like."""
        self._watchdog = Watchdog(self._studio, self._quick, pulled, tell)

    def sight(self, stream: str) -> Sight:
        """Return what a stream looks like; nothing where nobody looks."""
        return self._watchdog.sight(stream) if self._watchdog else Sight()

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what is to be run."""
        if not self._is_on:
            return []
        watching = [] if self._watchdog is None else [keep(self._watchdog.run, "watchdog")]
        workers = [keep(each.run, "vision worker") for each in (self._quick, self._patient)]
        return [*workers, keep(self._finder.run, "slides"), *watching]
