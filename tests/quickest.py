"""How long something takes where a machine has pauses of its own: not several in a row."""

from collections.abc import Awaitable, Callable

TRIES = 5


async def quickest(most: float, once: Callable[[], Awaitable[float]]) -> float:
    """Return the first of a few times that is short enough, else the shortest."""
    times: list[float] = []
    while len(times) < TRIES and (not times or times[-1] >= most):
        times.append(await once())
    return min(times)
