"""What stands in a room's journal of its experiments."""

from sync.records import ExperimentMade, Record, decode
from tests.lab.room import Room, until

QUERY = "SELECT body FROM event WHERE kind = 'experiment-made' ORDER BY at"


async def made(it: Room, count: int = 1) -> list[ExperimentMade]:
    """Return the facts of experiments once there are so many."""
    await until(lambda: len(_now(it)) >= count)
    return _now(it)


def _now(it: Room) -> list[ExperimentMade]:
    bodies = it.journal.ledger.read(lambda db: db.execute(QUERY).fetchall())
    facts: list[Record | None] = [decode("experiment-made", body) for (body,) in bodies]
    return [each for each in facts if isinstance(each, ExperimentMade)]
