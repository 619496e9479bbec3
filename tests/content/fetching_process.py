"""Fetches one recording and ends: `python -m tests.content.fetching_process STATE URL ID`."""

import asyncio
import sys
from pathlib import Path

from tests.content.hubs import room, until


async def main(state: Path, url: str, ident: str) -> None:
    """Fetch."""
    async with room(state, url) as made, made.fetching(ident) as fetcher:
        await until(lambda: fetcher.arrived)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
