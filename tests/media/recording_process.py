"""Records a lesson as fast as it can: `python -m tests.media.recording_process LESSON STATE`.

Prints how many seconds went to the disk so far, a line a tick, and `finishing` when the lesson is over.
"""

import asyncio
import sys
from pathlib import Path

import msgspec

from edge.media.record.recorder import Recorder
from edge.media.record.store import Store
from tests.media.lessons import STEP, Lesson, arriving, packets, play, reports


async def main(given: Lesson, state: Path) -> None:
    """Record and finish."""
    store = Store(state, reserve=0)
    recorder = Recorder(store.place, "lesson", given.tracks)
    await play(recorder, arriving(packets(given), reports(given)), lambda seconds: print(seconds, flush=True))
    recorder.closed()
    while True:
        if store.list()[0].state != "recording":
            break
        await asyncio.sleep(STEP)
    print("finishing", flush=True)
    await recorder.ended()


if __name__ == "__main__":
    lesson = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Lesson)
    asyncio.run(main(lesson, Path(sys.argv[2])))
