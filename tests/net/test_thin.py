"""A lesson over a link that is too small for it, and over one that is not."""

from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from tests.net.namespaces import why_not
from tests.net.rooms import hub_and_room
from tests.net.trials import link_of, thin

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

SECONDS = 8.0


def pictures(files: list[Path]) -> Iterator[av.VideoFrame]:
    """Decode all pictures; a damaged one is an exception."""
    for file in files:
        with av.open(str(file)) as container:
            for stream in container.streams.video:
                stream.codec_context.options = {"err_detect": "explode"}
                yield from container.decode(stream)


def test_sound_lives_on_a_link_too_small_for_the_picture(tmp_path: Path) -> None:
    with hub_and_room(link_of(1_000_000), tmp_path) as scene:
        got = thin(1_000_000, SECONDS, scene)
        shown = sum(1 for _ in pictures(got.recordings))
    assert got.soon["audio"] >= 0.99 * got.due["audio"]
    assert got.offered <= 1.1
    assert got.again <= 0.2
    assert 0 < got.came["video"] < got.due["video"]
    assert shown >= got.came["video"]


def test_sound_lives_on_a_link_with_no_room_for_a_moving_picture(tmp_path: Path) -> None:
    with hub_and_room(link_of(300_000), tmp_path) as scene:
        got = thin(300_000, SECONDS, scene)
    assert got.soon["audio"] >= 0.98 * got.due["audio"]
    assert got.offered <= 1.1


def test_nothing_is_left_out_on_a_link_with_room_enough(tmp_path: Path) -> None:
    with hub_and_room(link_of(3_000_000), tmp_path) as scene:
        got = thin(3_000_000, SECONDS, scene)
    assert got.came == got.due
