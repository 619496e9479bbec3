"""A unit of systemd (core)."""

from msgspec import Struct


class Unit(Struct, frozen=True):
    """What the service manager knows of a unit."""

    name: str
    load: str = ""  # loaded, not-found, masked
    active: str = ""  # active, inactive, failed, activating, …
    sub: str = ""
    result: str = ""  # success, exit-code, watchdog, oom-kill, …
    restarts: int = 0
    status: str = ""  # the line that the daemon told
    enabled: str = ""
    needs_reload: bool = False

    @property
    def is_installed(self) -> bool:
        """Whether there is a unit file."""
        return self.load == "loaded"
