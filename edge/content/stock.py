"""What hubs have published, as the library asks for it: the store and its fetcher stand behind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from edge.content.holdings import Wish
from edge.content.published import Material


class Stock(Protocol):
    """Materials by their id, a hash."""

    @property
    def version(self) -> int:
        """Return a number that is another one when the materials are not the same any more."""

    def materials(self) -> list[Material]:
        """Return what is published, here or not. May read the disk: call it in a thread."""

    def wishes(self) -> Mapping[str, Wish]:
        """Return what is to become of those that are not here."""

    def path_of(self, ident: str) -> Path | None:
        """Return the file of one that is here whole. May read the disk."""

    async def want(self, ident: str) -> None:
        """Fetch it; raises TooMany, OSError."""

    async def leave(self, ident: str) -> None:
        """Leave it where it is; raises OSError."""

    async def pin(self, ident: str, on: bool) -> None:
        """Keep it on this disk, or let the rules decide again; raises OSError."""

    async def remove(self, ident: str) -> None:
        """Delete it from this disk; raises OSError."""


class Nothing:
    """The stock of a node that knows of no materials."""

    version = 0

    def materials(self) -> list[Material]:
        """Return nothing."""
        return []

    def wishes(self) -> Mapping[str, Wish]:
        """Return nothing."""
        return {}

    def path_of(self, ident: str) -> Path | None:
        """Return nothing."""
        return None

    async def want(self, ident: str) -> None:
        """Do nothing: nobody can ask for what there is not."""

    async def leave(self, ident: str) -> None:
        """Do nothing."""

    async def pin(self, ident: str, on: bool) -> None:
        """Do nothing."""

    async def remove(self, ident: str) -> None:
        """Do nothing."""
