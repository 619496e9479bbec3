"""What a page may use of the screen that it is part of; tui/app.py is the screen."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from textual.app import App

from edge.contract.answers import Answer
from edge.contract.commands import Command
from tui.feed import Tie
from tui.skin import Skin
from tui.theme import DARK, Inks
from tui.words import Words, words_of
from tui.world import World

T = TypeVar("T", bound=Answer)


class Host(App[int], inherit_bindings=False):
    """The words, signs and colours of now, what is true, and the ways from page to page."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, skin: Skin, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.skin = skin
        self.words: Words = words_of("kk")
        self.inks = Inks(DARK)
        self.world = World()
        self.tie = Tie()
        self.me = _terminal()  # what other screens of this daemon call this one
        self.drafts: dict[str, dict[int, str]] = {}  # marks that are on no disk yet, by lesson
        self._now = now

    @property
    def time(self) -> datetime:
        """Return local time as the daemon has it."""
        day = self.world.day
        return self._now() + timedelta(milliseconds=day.ahead if day else 0)

    async def ask(self, command: Command, kind: type[T]) -> T:
        """Return the daemon's answer; raise Unanswered."""
        raise NotImplementedError

    def go(self, place: str, *arguments: str) -> None:
        """Open a page by its name; one that is open already comes to the front."""
        raise NotImplementedError

    def back(self) -> None:
        """Leave the page in front; Today stays."""
        raise NotImplementedError

    def cover(self) -> None:
        """Lay over the page in front what hinders it, or take that away."""
        raise NotImplementedError

    def invite(self) -> None:
        """Open the quick check that waits for this class, unless a question is open."""
        raise NotImplementedError

    def opened(self) -> None:
        """Note that a page opened, so that an Enter that bounces is not meant for it."""
        raise NotImplementedError

    def action_turn_off(self) -> None:
        """Let the class be neither seen nor heard."""
        raise NotImplementedError

    async def replay(self, page: Any) -> None:
        """Take the keys that a page has kept."""
        raise NotImplementedError

    def tell(self, sentence: str, severity: str = "good") -> None:
        """Say something that passes by itself."""
        raise NotImplementedError


def _terminal() -> str:
    """Return the terminal's name and the number of this program: two screens never have the same."""
    name = "screen"
    with suppress(OSError, ValueError):
        name = os.ttyname(sys.__stdin__.fileno()).removeprefix("/dev/") if sys.__stdin__ else name
    return f"{name} ({os.getpid()})"
