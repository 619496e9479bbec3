"""An async iterator over a blocking `Source`: one thread reads ahead, frames leave in real time."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice

from msgspec.structs import replace

from edge.media.packet import Frame
from edge.media.publish.pace import Pace
from edge.media.publish.source import Source, SourceError

READ_AHEAD = 24  # frames read while the batch before is sent, 0.3 s: hides a slow disk, bounds the memory


async def feed(
    source: Source,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncGenerator[Frame]:
    """Yield paced frames, `arrival` set to the moment each was due; closes the source. Raises SourceError.

    Use with `contextlib.aclosing`, so that the thread has ended when the block is left.
    """
    pace = Pace(source.live)
    frames = source.frames()
    thread = ThreadPoolExecutor(1, "source")
    loop = asyncio.get_running_loop()
    batch = 1 if source.live else READ_AHEAD
    coming = loop.run_in_executor(thread, _next, frames, batch)
    try:
        while True:
            ready, broken = await coming
            if ready and broken is None:
                coming = loop.run_in_executor(thread, _next, frames, batch)
            for frame in ready:
                now = clock()
                moment = pace.moment(frame.timestamp, frame.kind, now)
                if moment > now:
                    await sleep(moment - now)
                yield replace(frame, arrival=moment)
            if broken is not None:
                raise broken
            if not ready:
                return
    finally:
        source.close()
        await asyncio.wait([coming])
        if not coming.cancelled():
            coming.exception()  # nobody waits for what was read ahead
        await loop.run_in_executor(thread, _finish, frames)
        thread.shutdown()


def _next(frames: Iterator[Frame], most: int) -> tuple[list[Frame], SourceError | None]:
    batch: list[Frame] = []
    try:
        batch.extend(islice(frames, most))
    except SourceError as exc:
        return batch, exc  # what came before it is still sent
    return batch, None


def _finish(frames: Iterator[Frame]) -> None:
    with suppress(SourceError):  # a source that was told to stop may say that it stopped
        for _ in frames:
            pass
