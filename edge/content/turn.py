"""Whose turn it is to use the link to the hub in bulk: one thing at a time comes, whoever fetches it."""

import asyncio
from collections.abc import Callable


def _always() -> bool:
    return True


class Turn:
    """`async with turn.taken` for a while; `is_out` tells whether what nobody asked for may come."""

    def __init__(self, is_out: Callable[[], bool] = _always) -> None:
        self.taken = asyncio.Lock()
        self.is_out = is_out
