"""Tells the hub how this node is: a fact when a light has changed for good, and one a day."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from edge import VERSION, upkeep
from edge.contract.notices import Health
from edge.errors import JournalFailed
from edge.journal import Journal
from edge.overview.running import installed
from sync import wellbeing
from sync.errors import JournalError
from sync.records import NodeHealth

LOOK = 30.0  # seconds between looks
DAY = 86_400_000  # milliseconds after which it is told again, changed or not
LEAST = 900_000  # milliseconds between two facts: 150 bytes each, so a light that flickers costs 15 kB a day
STEADY = 2  # looks for which a light must show the same
NOT_OURS = ("hub",)  # lights that the hub knows better: it was reached, or this could not be read there


class Before(Struct, frozen=True):
    """What was told last, and when by our clock (milliseconds)."""

    fact: NodeHealth | None = None
    at: int = 0


def fact_of(told: Health, version: str, release: tuple[str, bool], damaged: int) -> NodeHealth:
    """Return what a hub is told of a node."""
    lights = [each for each in told.lights if each.name not in NOT_OURS and each.state != "none"]
    return NodeHealth(
        version,
        *release,
        {each.name: each.state for each in lights},
        {each.name: each.said for each in lights if each.state != "good"},
        told.minutes_free,
        told.backup,
        damaged,
    )


def is_due(before: Before, fact: NodeHealth, now: int) -> bool:
    """Tell whether a fact is worth its bytes now."""
    if before.fact is None or not 0 <= now - before.at < DAY:
        return True
    return now - before.at >= LEAST and _worth(before.fact) != _worth(fact)


def _worth(fact: NodeHealth) -> tuple[object, ...]:
    """Return what must have changed: not how many minutes are left, nor that there was a backup again."""
    return fact.version, fact.release, fact.on_trial, fact.lights, fact.said, fact.damaged


class Wellbeing:
    """One part of the node: run it under `keep`. `health` returns what the screen is told, None before."""

    def __init__(
        self, journal: Journal, state: Path, health: Callable[[], Health | None], look: float = LOOK
    ) -> None:
        self._journal = journal
        self._state = state
        self._health = health
        self._look = look
        self._before: Before | None = None
        self._shown: tuple[tuple[object, ...], int] = ((), 0)

    async def run(self) -> None:
        """Tell what is new, again and again."""
        while True:
            told = self._health()
            try:
                if told is not None:
                    await asyncio.to_thread(self._tell, told)
            except JournalError as exc:
                raise JournalFailed(str(exc)) from exc
            await asyncio.sleep(self._look)

    # In threads

    def _tell(self, told: Health) -> None:
        if self._journal.parent is None:
            return
        release = installed()
        fact = fact_of(told, VERSION, (release.name, release.on_trial), len(upkeep.load(self._state).damaged))
        now, before = self._journal.ledger.now(), self._before or self._last()
        self._before = before
        if self._is_steady(fact) and is_due(before, fact, now):
            self._journal.ledger.note("log", self._journal.school, fact).result()
            self._before = Before(fact, now)

    def _is_steady(self, fact: NodeHealth) -> bool:
        shown, looks = self._shown
        self._shown = (_worth(fact), looks + 1 if shown == _worth(fact) else 1)
        return self._shown[1] >= STEADY

    def _last(self) -> Before:
        """Return what was told in an earlier run."""
        me = self._journal.identity.node
        found = self._journal.ledger.read(lambda db: wellbeing.newest(db, me)).get(me)
        return Before(found.fact, found.at) if found else Before()
