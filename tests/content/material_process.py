"""Fetches what is offered and ends: `python -m tests.content.material_process STATE URL ITEMS`."""

import asyncio
import sys
from pathlib import Path

import msgspec

from sync.catalogue import Item
from tests.content.hubs import until
from tests.content.schools import classroom


async def main(state: Path, url: str, items: list[Item]) -> None:
    """Fetch."""
    async with classroom(state, url, items) as made, made.fetching():
        await until(lambda: made.has_all)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], msgspec.json.decode(sys.argv[3], type=list[Item])))
