"""Real nodes: a recording of the hub comes to the classroom during a lesson, and the lesson does not notice.

Takes a minute and a half: only with POLITE_NODES=1 (`make soak`); the short tests are in test_polite.py.
"""

import asyncio
import os
from pathlib import Path

import pytest

from edge.client import Client
from edge.contract.answers import Found
from edge.contract.commands import Fetch, SearchLibrary
from tests.net.link import Answer, Plan
from tests.net.namespaces import why_not
from tests.net.rooms import Node, hub_and_room, lesson, until
from tests.net.wire import Quality

pytestmark = [
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
    pytest.mark.skipif("POLITE_NODES" not in os.environ, reason="takes 90 s: set POLITE_NODES=1"),
]

SECONDS = 12  # of the recording that is fetched: 2.4 MB
LINK = Quality(delay=0.03, rate=3_000_000, queue=0.4)
LONG = 120.0  # seconds for 2.4 MB of what a lesson leaves


async def wants_what_the_hub_has(room: Node) -> bool:
    """Ask for a recording that only the hub has; false while none is known."""
    async with Client(room.state / "tirek.sock") as client:
        found = await client.ask(SearchLibrary(), Found)
        there = [item.id for item in found.items if item.state == "hub"]
        for item in there:
            await client.do(Fetch(item))
    return bool(there)


def lost(counts: Answer) -> int:
    """How many RTP packets the link lost towards the classroom."""
    return sum(flow.lost for flow in counts.forth.flows.values())


def test_a_recording_comes_during_a_lesson_and_costs_it_no_packet(tmp_path: Path) -> None:
    with hub_and_room(Plan(LINK, LINK), tmp_path) as scene:
        scene.room.stop()
        scene.publish(lesson(SECONDS)).wait(SECONDS)
        scene.hub.stop()  # ends the recording at once
        scene.hub.start()
        scene.room.start()
        scene.publish(lesson(60), loop=True)
        scene.watch(scene.room).until(lambda seen: len(seen) > 0, "the lesson in the classroom")
        before = lost(scene.link.counts())
        until(lambda: asyncio.run(wants_what_the_hub_has(scene.room)), "the hub's list in the classroom")
        until(lambda: scene.room.told("recording fetched") == 1, "the recording beside the lesson", LONG)
        assert scene.room.told("parent left") == 0
        assert lost(scene.link.counts()) == before
