"""Instruments that print lines: ptys, and one process that writes them, each line at its time.

What a full pty does not take is thrown away, as a board does that nobody listens to.
"""

import asyncio
import os
import select
import sys
import threading
import time
import tty
from contextlib import suppress

import msgspec

from tests.bench.contract import Ready
from tests.bench.devices.contract import RATE, SCALE, Ends, WriterPlan, Wrote
from tests.bench.peers.speech import orders, say

NAMES = ("distance", "speed")
LEAD = 0.01  # seconds before the first line


def line(number: int, quantities: int) -> bytes:
    """Return the line of this number; every quantity in it tells it."""
    return ";".join(f"{name}:{number / SCALE:.3f}" for name in NAMES[:quantities]).encode() + b"\r\n"


def opened(count: int) -> tuple[list[int], list[str]]:
    """Return the far ends of so many ptys, and where the near ones are."""
    ends, paths = [], []
    for _ in range(count):
        far, near = os.openpty()
        tty.setraw(near)
        os.set_blocking(far, False)
        ends.append(far)
        paths.append(os.ttyname(near))
        os.close(near)
    return ends, paths


def write(ends: list[int], lines: list[bytes], over: threading.Event) -> Wrote:
    """Print every line at its time, to all; who was late makes up for it."""
    stamps: list[tuple[int, float]] = []
    done = 0
    began = time.monotonic() + LEAD
    while done < len(lines) and not over.is_set():
        due = min(len(lines), int((time.monotonic() - began) * RATE))
        if due <= done:
            select.select([], [], [], max(0.0, began + (done + 1) / RATE - time.monotonic()))
            continue
        piece = b"".join(lines[done:due])
        for end in ends:
            with suppress(BlockingIOError):  # nobody reads it
                os.write(end, piece)
        done = due
        stamps.append((done, time.monotonic()))
    return Wrote(stamps)


async def main(plan: WriterPlan) -> None:
    """Print when told to."""
    ends, paths = opened(plan.devices)
    lines = [line(number, plan.quantities) for number in range(plan.seconds * RATE)]
    over, streaming = threading.Event(), None
    say(Ready())
    async for order in orders():
        if order.do == "ends":
            say(Ends(paths))
        elif order.do == "stream":  # until the end of this process
            streaming = threading.Thread(target=write, args=(ends, lines, over))
            streaming.start()
            say(Wrote([]))
        else:
            say(write(ends, lines[: int(order.seconds * RATE)], over))
    over.set()
    if streaming is not None:
        streaming.join()


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=WriterPlan)))
