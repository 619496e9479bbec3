"""How long robots may go on moving: while somebody looks, and a moment longer (core)."""

LEASE = 1.5  # seconds after the last look; with the pause between two looks at who looks, below two


class Lease:
    """Renewed by each look."""

    def __init__(self) -> None:
        self._until = 0.0

    def renew(self, now: float) -> None:
        """Somebody looks."""
        self._until = now + LEASE

    def is_over(self, now: float) -> bool:
        """Tell whether nobody has looked for too long."""
        return now >= self._until
