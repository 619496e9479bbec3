"""A hub that serves its recordings until it is told to end: `python -m tests.bench.repair_hub STATE`."""

import asyncio
import signal
import sys
from pathlib import Path

from tests.content.hubs import archive_app, serving


async def main(state: Path) -> None:
    """Serve."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with serving(archive_app(state)) as port:
        print(port, flush=True)
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
