"""What fills this node's library, and what makes room in it: the wiring that edge/node.py has no room for."""

from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from edge.classroom.ties import Tied
from edge.config import Config
from edge.content.asked import Asked
from edge.content.doors import Around
from edge.content.housekeeping import Housekeeping, Stores
from edge.content.hub import HubDoor
from edge.content.keeping import Rules
from edge.content.materials import Link, Materials, Ways
from edge.content.neighbours import LISTEN, Neighbours
from edge.content.offers import Offers
from edge.content.pins import Pins
from edge.content.plan import Words
from edge.content.planning import Planning
from edge.content.siblings import SERVICE, Choice, Siblings, Stall
from edge.content.telling import Telling
from edge.content.uses import Uses
from edge.content.warehouse import Warehouse
from edge.discovery import Discovery
from edge.journal import Journal
from edge.supervise import keep


class Node(Struct, frozen=True):
    """What the library needs to know of the node that it is in."""

    config: Config
    journal: Journal
    offers: Offers
    door: HubDoor
    lessons: Callable[[], Iterable[Tied]]  # of this school; blocks
    in_use: Callable[[str], bool]  # a recording is being shown, or is of a lesson that runs
    stall: Callable[[], Stall | None]  # what others of this school are told


class Stocking:
    """The parts, made once."""

    def __init__(self, node: Node, stores: Stores, link: Link) -> None:
        config, journal, shelf = node.config, node.journal, node.offers.shelf
        state, wall, me = Path(config.state), journal.ledger.now, journal.identity.node
        rules = Rules(config.library.quota_mb << 20, config.library.keep_days)
        self._config, self._stall = config, node.stall
        self.asked, self.pins, self.uses = Asked(state), Pins(state), Uses(state, wall)
        self.asked.load()
        self._store = stores.materials
        self.siblings = Siblings(me)
        self._shares = config.library.share and config.discover
        listen = LISTEN if self._shares else 0.0
        self.neighbours = Neighbours(self.siblings, Choice(me), config.name, listen)
        ways = Ways(node.door, self.neighbours)
        plan = Planning(stores.materials, shelf, self._words, node.lessons, rules, wall)
        self.materials = Materials(stores.materials, plan, ways, link, wall)
        self.warehouse = Warehouse(stores.materials, shelf, self.asked, self.materials, self.pins, self.uses)
        self.housekeeping = Housekeeping(stores, shelf, rules, self.pins, self.uses, node.in_use)
        self._telling = Telling(journal, node.offers, stores.materials, lambda: self.materials.waits)
        materials = self.materials
        self.around = Around(lambda: materials.upstream, lambda: materials.asks, link.busy, self.uses.used)

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what is to be run."""
        parts = [keep(self.housekeeping.run, "housekeeping"), keep(self._telling.run, "telling")]
        if self._config.library.fetch:
            parts.append(keep(self.materials.run, "materials", self.materials.woken))
        if self._shares:
            found = Discovery(self.siblings, self._told, service=SERVICE)
            parts.append(keep(found.run, "siblings"))
        return parts

    def _told(self) -> Stall | None:
        stall = self._stall()
        self.siblings.school = stall.school if stall is not None else ""
        return stall if stall is not None and self._is_reachable(stall) else None

    def _is_reachable(self, stall: Stall) -> bool:
        """Tell whether others of this school may come in at the people's door."""
        config = self._config
        return bool(stall.hosts) and (config.library_open or config.room or config.allow_anyone)

    def _words(self) -> Words:
        """Return what people said of single materials; what is here is asked for no more."""
        for ident in [each for each in self.asked.first if self._store.is_whole(each)]:
            self.asked.came(ident)
        return Words([*self.asked.first, *sorted(self.pins.all())], self.asked.left)
