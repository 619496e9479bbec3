"""What is to be fetched, in order, kept through any power cut. Blocks; for any thread."""

import threading
from collections.abc import Iterable
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
    auto: bool = False  # nobody asked for it: it waits until school is out


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

    def next(self, is_out: bool = True) -> Want | None:
        """Return what is to be fetched now: what somebody asked for first."""
        left = [each for each in self._wants.values() if not each.failed and (is_out or not each.auto)]
        return next((each for each in left if not each.auto), left[0] if left else None)

    def __contains__(self, ident: str) -> bool:
        want = self._wants.get(ident)
        return want is not None and not want.failed

    def add(self, ident: str) -> None:
        """Want it, anew if it failed; raises TooMany, OSError."""
        with self._turn:
            known = self._wants.get(ident)
            if known is not None and not known.failed and not known.auto:
                return
            others = self._without(ident)
            if len(others) >= MAX_WANTED:
                raise TooMany
            self._put({**others, ident: Want(ident)})

    def add_missed(self, idents: Iterable[str]) -> None:
        """Want these although nobody asked, as many as there is room for; raises OSError."""
        with self._turn:
            found = {ident: Want(ident, auto=True) for ident in idents if ident not in self._wants}
            kept = dict(list({**self._wants, **found}.items())[:MAX_WANTED])
            if kept.keys() != self._wants.keys():
                self._put(kept)

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
                failed = reason if tries >= MOST_TRIES else ""
                counted = replace(self._wants[ident], tries=tries, failed=failed)
                self._put({**self._without(ident), ident: counted})  # the others first, next time

    def _without(self, ident: str) -> dict[str, Want]:
        return {id_: each for id_, each in self._wants.items() if id_ != ident}

    def _put(self, wants: dict[str, Want]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        durable.save(self._path, msgspec.json.encode(list(wants.values())))
        self._wants = wants
