"""A node without a hub follows the date of its computer forward, and notes that."""

import asyncio
import json
from pathlib import Path

from edge.journal import Journal
from edge.timekeeping import Timekeeper
from sync.clock import Moment
from sync.joining.identity import load_or_create
from sync.ledger import Ledger, computer
from sync.records import ScreenNote
from tests.flows.crew import until
from tests.flows.journals import facts

DAY = 86_400_000  # milliseconds
NEAR = 5_000  # milliseconds that a test may take


def _yesterday() -> Moment:
    now = computer()
    return Moment(now.boot, now.mono, now.wall - DAY)


async def test_a_date_that_was_set_right_is_followed_within_the_same_boot(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    early = Ledger(folder, load_or_create(folder).node, _yesterday)
    early.note("log", "", ScreenNote("before")).result()
    early.close()
    journal = Journal(tmp_path)
    behind = computer().wall - journal.ledger.now()

    running = asyncio.ensure_future(Timekeeper(journal).run())
    (seen,) = await until(lambda: facts(tmp_path, "clock-seen"))
    running.cancel()
    right = computer().wall - journal.ledger.now()
    journal.close()

    assert DAY - NEAR < behind < DAY + NEAR
    assert abs(right) < NEAR
    said = json.loads(seen.body)
    assert said["of"] == "wall"
    assert DAY - NEAR < said["offset"] < DAY + NEAR
