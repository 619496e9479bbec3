"""Off is certain, and survives a restart."""

from pathlib import Path

import pytest

from edge.api import Unable
from edge.config import Classroom
from edge.dialogue.switches import FILE, Switches


async def test_what_was_turned_off_is_off_after_a_restart(tmp_path: Path) -> None:
    await Switches(tmp_path, Classroom()).turn(camera=False, microphone=None)
    again = Switches(tmp_path, Classroom())
    assert (again.camera, again.microphone) == (False, True)
    assert again.kinds == {"audio"}


async def test_a_switch_counts_before_anything_is_written(tmp_path: Path) -> None:
    switches = Switches(tmp_path / "missing", Classroom())  # where nothing can be written
    seen: list[bool] = []
    switches.watch(lambda: seen.append(switches.microphone))
    with pytest.raises(Unable, match="disk-full"):  # the teacher is told that a restart forgets it
        await switches.turn(camera=None, microphone=False)
    assert seen == [False]
    assert not switches.microphone


def test_the_configuration_forbids_what_nobody_at_the_screen_can_allow(tmp_path: Path) -> None:
    switches = Switches(tmp_path, Classroom(camera=False))
    assert (switches.camera, switches.chosen.camera) == (False, True)


def test_where_nobody_knows_what_was_chosen_both_are_off(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{half a f")
    assert Switches(tmp_path, Classroom()).kinds == frozenset()
