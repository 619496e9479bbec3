"""Heals what is to be healed and ends: `python -m tests.content.healing_process STATE URL`."""

import asyncio
import sys
from pathlib import Path

from tests.content.hubs import LOOK, room
from tests.content.patients import Ward


async def main(state: Path, url: str) -> None:
    """Heal."""
    async with room(state, url) as made:
        sick = Ward(made)
        async with sick.open() as healing:
            while sick.drafts or not sick.recordings[0].source:
                healing.woken.set()
                await asyncio.sleep(LOOK)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
