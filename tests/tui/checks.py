"""How a test comes to stand before a quick check, and what was ordered there."""

from textual.pilot import Pilot

from edge.contract.commands import Command, ReadRegister
from edge.contract.talkback import QuickCheck
from tests.tui.fake_daemon import FakeDaemon
from tests.tui.lessons import a_lesson
from tests.tui.screens import app_of, at, sees, until
from tui.app import TirekApp


async def in_a_lesson(pilot: Pilot[int], daemon: FakeDaemon) -> TirekApp:
    """Open the page of a lesson that runs."""
    app = app_of(pilot)
    daemon.tell(a_lesson())
    await until(pilot, lambda: app.world.lesson.state == "live")
    app.go("lesson")
    await until(pilot, lambda: at(app) == "lesson")
    await sees(pilot, "F11")
    return app


async def asked(pilot: Pilot[int], daemon: FakeDaemon, check: QuickCheck) -> TirekApp:
    """Stand before a check."""
    app = await in_a_lesson(pilot, daemon)
    daemon.tell(check)
    if check.stage != "asked" or check.local:
        await until(pilot, lambda: app.world.quick == check)
        app.go("quick")
    await until(pilot, lambda: at(app) == "quick")
    await sees(pilot, check.text, *check.choices)
    return app


def orders(daemon: FakeDaemon) -> list[Command]:
    """Return what was ordered; who is here is asked whenever a check comes."""
    return [each for each in daemon.orders if not isinstance(each, ReadRegister)]
