"""What is fetched and served in bulk, and how it makes way: the parts, and what they know of the node."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from aiohttp import web

from edge.classroom.timetable import Timetable
from edge.config import Config
from edge.content.hub import HubDoor
from edge.content.polite import Budget, Ongoing
from edge.content.serving import Serving
from edge.content.steering import Steering
from edge.errors import JournalFailed
from edge.journal import Journal
from edge.media.estimate import Strain, worst
from edge.media.relay import Relay
from edge.media.studio import Studio
from edge.supervise import keep
from sync.budget import Policy
from sync.errors import JournalError

MEGA = 1_000_000
KILOBIT = 125  # bytes


class Traffic:
    """The budget of this node's link, what tells its hub of it, and what serves the nodes below."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        door: HubDoor,
        timetable: Timetable,
        lessons: tuple[Studio, Relay],
        running: Callable[[], tuple[str, str]],
    ) -> None:
        """`running` tells the lesson that was begun here and its stream."""
        self._timetable = timetable
        self._studio, relay = lessons
        self._running = running
        self.nearby: Callable[[], bool] = lambda: False  # another computer of the school has a lesson on
        self.budget = Budget(policy(config), Path(config.state), journal.time, self._ongoing, self._strain)
        self._steering = Steering(self.budget, door)
        self.serving = Serving(lambda: relay.sends)

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what is to be run."""
        return [
            keep(self.budget.run, "budget"),
            keep(self._steering.run, "steering"),
            keep(self.serving.run, "serving"),
        ]

    def watch(self, app: web.Application) -> web.Application:
        """Let what is served through a door be polite; return the door's application."""
        app.on_response_prepare.append(self.serving.prepared)
        return app

    def is_busy(self) -> bool:
        """Tell whether a lesson is on."""
        return any(self._running()) or any(each.live for each in tuple(self._studio.streams.values()))

    def _ongoing(self) -> Ongoing:
        """Return whether a lesson is on, and until when by the timetable; blocks, raises JournalFailed."""
        if not self.is_busy():
            return Ongoing(self.nearby())  # no receiver of ours feels that one: nothing is fetched beside it
        try:
            known = self._timetable.lessons().by_name.get(self._running()[0])
        except JournalError as exc:
            raise JournalFailed(str(exc)) from exc
        return Ongoing(True, known.until if known is not None else "")

    def _strain(self) -> Strain | None:
        """Return what the link does to the lessons that come from the hub: the worst of them."""
        return worst([each.strain() for each in self._studio.streams.values() if each.strain is not None])


def policy(config: Config) -> Policy:
    """Return what the configuration says of the link, in bytes."""
    table = config.budget
    quiet = (table.quiet[0], table.quiet[1]) if table.quiet else None
    return Policy(table.metered, quiet, table.daily_mb * MEGA, table.rate * KILOBIT)
