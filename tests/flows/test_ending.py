"""A daemon may be ended at any moment, and its parent too: nothing of that is called an error."""

import signal

import pytest

from tests.flows.crew import START, Crew, Node, until
from tests.flows.tree import Tree

pytestmark = pytest.mark.asyncio(loop_scope="session")

# What of its state is there first: it runs, it has its journal, it has opened all its doors.
MOMENTS = ("journal", "journal/journal.db", "tirek.sock")
ENDED = {0, -signal.SIGTERM}  # the latter before it listens for signals


def _is_quiet(said: str) -> bool:
    return "level=error" not in said and "Traceback" not in said


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_daemon_that_is_ended_while_it_starts_calls_nothing_an_error(crew: Crew, moment: str) -> None:
    node = await crew.launch(Node(crew.folder / "room", crew.log("room")))
    await until((node.state / moment).exists, START)
    node.child.send_signal(signal.SIGTERM)
    assert await node.ended() in ENDED
    assert _is_quiet(node.said)
    again = await crew.start(Node(node.state, crew.log("room")))
    await again.stop()
    assert _is_quiet(again.said)


@pytest.mark.parametrize("parent", ["hub", "region"])
async def test_nodes_call_nothing_an_error_when_one_above_them_is_killed_and_ended(
    crew: Crew, parent: str
) -> None:
    tree = Tree(crew)
    tree.plant()
    for name in tree.names:
        await tree.start(name)
    await tree.exchanges(parent)
    await tree.again(parent)
    await tree.exchanges(parent)
    await tree.end(parent)  # in the middle of what its children bring
    await tree.start(parent)
    await tree.exchanges(parent)
    await tree.stop()
    assert [name for name, said in tree.said.items() if not _is_quiet(said)] == []
