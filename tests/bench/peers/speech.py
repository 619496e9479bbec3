"""How a process of a measurement speaks: orders on standard input, answers on standard output, in JSON."""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine

import msgspec
from msgspec import Struct

from tests.bench.contract import Order


def run(work: Coroutine[None, None, None]) -> None:
    """Run a process of a measurement; a server that is not there or refuses is one line, not a traceback."""
    try:
        asyncio.run(work)
    except ConnectionError as exc:
        sys.exit(f"{sys.argv[0].rpartition('/')[2]}: {exc}")


def say(message: Struct) -> None:
    """Send one message."""
    sys.stdout.write(msgspec.json.encode(message).decode() + "\n")
    sys.stdout.flush()


async def orders() -> AsyncIterator[Order]:
    """Yield orders until standard input closes, which means: end."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield msgspec.json.decode(line, type=Order)
