"""Libraries beside ours that the page leads to: kiwix-serve on this computer, Kolibri on this network."""

from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from edge.config import Config
from edge.content.kiwix import Kiwix
from edge.content.kolibris import SERVICE, Kolibris, Place
from edge.content.stock import Stock
from edge.discovery import Discovery
from edge.supervise import keep


class Beside:
    """The parts, made once."""

    def __init__(self, config: Config, stock: Stock) -> None:
        self._config = config
        self._kolibris = Kolibris()
        self._kiwix = Kiwix(stock, Path(config.state), config.library.kiwix_port)

    def places(self) -> list[Place]:
        """Return what there is now."""
        return [*self._kiwix.places(), *self._kolibris.all()]

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what is to be run."""
        parts = [keep(self._kiwix.run, "kiwix")]
        if self._config.discover:
            found = Discovery(self._kolibris, lambda: None, service=SERVICE)
            parts.append(keep(found.run, "kolibri"))
        return parts
