"""A link goes down in a lesson: afterwards the classroom has the hub's file, to the last byte."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.net.link import Plan
from tests.net.namespaces import why_not
from tests.net.rooms import Node, hub_and_room, lesson, pause, until
from tests.net.trials import DELAY, is_shown
from tests.net.wire import Quality

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

SECONDS = 16
CUT = 3.5  # seconds: a receiver gives a packet up after two
BAD = Quality(delay=DELAY, loss=0.02)


def test_after_a_lesson_over_a_bad_link_the_classrooms_recording_heals_by_itself(tmp_path: Path) -> None:
    with hub_and_room(Plan(BAD, BAD), tmp_path) as scene:
        watcher = scene.watch(scene.room)  # before: its start takes as long as the publisher's
        publisher = scene.publish(lesson(SECONDS))
        watcher.until(is_shown, "picture and sound in the classroom")
        scene.link.cut()
        pause(CUT)
        scene.link.mend()
        publisher.wait(SECONDS)
        scene.room.stop()  # or both would wait for the publisher to come back
        scene.hub.stop()
        assert sums(scene.room) != sums(scene.hub)
        scene.hub.start()
        scene.room.start()
        until(lambda: sums(scene.room) == sums(scene.hub), "the same file on both nodes")
        until(lambda: bool(scene.room.told("recording healed")), "it says so")
        (healed,) = scene.room.recordings()
    assert (healed.whole, healed.missing, healed.unhealed) == (True, 0.0, "")
    assert healed.healed > CUT / 2


def sums(node: Node) -> list[str]:
    """Return the SHA-256 of every recording of a node."""
    folder = node.state / "recordings"
    return [sha256(each.path(folder).read_bytes()).hexdigest() for each in node.recordings()]
