"""Reads the configuration again while the node runs: a bad file changes nothing, and the manager is told why.

What people change in the middle of a day counts at once: who may watch, publish and export. The rest counts
from the next start on: no lesson is interrupted for it.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from edge import config
from edge.config import Config
from edge.errors import ConfigWrong
from edge.unit import Unit

LIVE = ("tokens", "room", "allow_anyone")

log = logging.getLogger(__name__)


class Reloading:
    """What SIGHUP does. `apply` is called with a configuration that is good; what is `lasting` stays told."""

    def __init__(
        self,
        manager: Unit,
        source: Path | None,
        current: Config,
        apply: Callable[[Config], None],
        lasting: str = "",
    ) -> None:
        self._manager = manager
        self._lasting = lasting
        self._source = source
        self._current = current
        self._apply = apply

    def reload(self) -> None:
        """Read the file again, and tell the manager what came of it."""
        self._manager.reloading()
        status = self._read()
        log.info("reloaded result=%r", status)
        self._manager.status(f"{self._lasting}; {status}" if self._lasting else status)
        self._manager.ready()

    def _read(self) -> str:
        if self._source is None:
            return "there is no configuration file to read again"
        try:
            new = config.load(self._source)
        except ConfigWrong as exc:
            return f"the configuration from before goes on: {exc}"
        self._apply(new)
        later = [field.encode_name for field in structs.fields(Config) if self._waits(field.name, new)]
        return f"from the next start on: {', '.join(later)}" if later else "the configuration is in use"

    def _waits(self, name: str, new: Config) -> bool:
        return name not in LIVE and getattr(new, name) != getattr(self._current, name)
