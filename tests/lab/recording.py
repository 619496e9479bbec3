"""A laboratory in a process of its own: measures until somebody kills it.

It says `running ID`, then each fifth of a second how many microseconds of the run have been measured.
"""

import asyncio
import sys
from pathlib import Path

from edge.contract.commands import StartExperiment
from tests.lab.room import room

STEP = 0.02  # seconds between two lines


async def main(state: Path) -> None:
    """Measure a pendulum, twenty times a second."""
    async with room(state, "pendulum") as it:
        await it.measured("pendulum")
        await it.ask(StartExperiment("pendulum"))
        run = await it.run(lambda each: each.state == "running")
        began = it.bench.clock()
        print(f"running {run.id}", flush=True)
        while True:
            print(int(1e6 * (it.bench.clock() - began)), flush=True)
            await asyncio.sleep(STEP)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
