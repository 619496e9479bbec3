"""What is to be fetched, in order, kept through any power cut. Blocks; for any thread."""

import threading
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sync import durable

MAX_WANTED = 200  # recordings: a month of lessons; their sum is far beyond any link
MOST_TRIES = 3  # times a recording that came damaged is fetched again
FILE = "wanted.json"


class TooMany(Exception):
    """No further recording can be wanted."""


class Want(Struct, frozen=True, omit_defaults=True):
    """A recording of the parent."""

    id: str
    tries: int = 0  # that ended with something damaged, or not at all
    failed: str = ""  # a word key, when it is tried no more: gone, damaged, refused


class Wanted:
    """The list of what is to be fetched."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._wants: dict[str, Want] = {}
        self._turn = threading.Lock()  # a person and the fetcher may change it at the same time

    def load(self) -> None:
        """Read what an earlier run wanted; a damaged list is an empty one."""
        with suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            found = msgspec.json.decode(self._path.read_bytes(), type=list[Want])
            self._wants = {each.id: each for each in found[:MAX_WANTED]}

    def all(self) -> list[Want]:
        """Return them in order."""
        return list(self._wants.values())

    def next(self) -> Want | None:
        """Return what is to be fetched now."""
        return next((each for each in self._wants.values() if not each.failed), None)

    def __contains__(self, ident: str) -> bool:
        want = self._wants.get(ident)
        return want is not None and not want.failed

    def add(self, ident: str) -> None:
        """Want it, anew if it failed; raises TooMany, OSError."""
        with self._turn:
            if ident in self:
                return
            others = self._without(ident)
            if len(others) >= MAX_WANTED:
                raise TooMany
            self._put({**others, ident: Want(ident)})

    def remove(self, ident: str) -> None:
        """Want it no more; raises OSError."""
        with self._turn:
            if ident in self._wants:
                self._put(self._without(ident))

    def failed(self, ident: str, reason: str) -> None:
        """It is tried no more; raises OSError."""
        with self._turn:
            if ident in self._wants:
                self._put({**self._wants, ident: replace(self._wants[ident], failed=reason)})

    def tried(self, ident: str, reason: str) -> None:
        """Count a try before it may fail, or kill us; after the last it stays failed. Raises OSError."""
        with self._turn:
            if ident in self._wants:
                tries = self._wants[ident].tries + 1
                counted = Want(ident, tries, reason if tries >= MOST_TRIES else "")
                self._put({**self._without(ident), ident: counted})  # the others first, next time

    def _without(self, ident: str) -> dict[str, Want]:
        return {id_: each for id_, each in self._wants.items() if id_ != ident}

    def _put(self, wants: dict[str, Want]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        durable.save(self._path, msgspec.json.encode(list(wants.values())))
        self._wants = wants
