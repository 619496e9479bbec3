"""Packets in, files out."""

import asyncio
from pathlib import Path

import pytest

from edge.media.packet import Codec
from edge.media.recorder import Recorder
from edge.media.store import Store
from tests.media.lessons import arriving, lesson, packets, play, reports


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_lesson_becomes_a_whole_recording(tmp_path: Path, codec: Codec) -> None:
    store = Store(tmp_path, reserve=0)
    given = lesson(codec)
    recorder = Recorder(store.place, "lesson", given.tracks)
    play(recorder, arriving(packets(given), reports(given)))
    recorder.closed()
    await asyncio.wait_for(recorder.ended(), 10)

    (recording,) = store.list()
    print(recording)
    assert recording.state == "done"
    assert recording.whole
