"""Rooms without a network, and rooms that find their hub by themselves."""

from pathlib import Path

import pytest

from tests.net.link import Plan
from tests.net.namespaces import alone, why_not
from tests.net.rooms import Node, Publisher, Witness, hub_and_room, lesson, until
from tests.net.trials import is_shown

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

ROUND = 20


def test_a_room_without_any_network_shows_a_lesson_on_its_own_projector(tmp_path: Path) -> None:
    with alone() as room:
        node = Node(room, tmp_path, address="0.0.0.0")
        Publisher(room, lesson(ROUND), "http://127.0.0.1:8080", tmp_path, loop=True)
        watcher = Witness(node, tmp_path)
        watcher.until(is_shown, "picture and sound")


def test_a_room_without_a_configured_parent_finds_the_hub(tmp_path: Path) -> None:
    with hub_and_room(Plan(), tmp_path, found=True) as scene:
        scene.publish(lesson(ROUND), loop=True)
        until(lambda: scene.room.told("parent connected") == 1, "the classroom has found the hub")
        scene.hub.kill()
        scene.hub.start()
        scene.publish(lesson(ROUND), loop=True)
        until(lambda: scene.room.told("parent connected") == 2, "the classroom has found it again")
