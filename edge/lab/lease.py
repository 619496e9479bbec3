"""Who moves what, and for how long: one screen a device, while it says that it is still there (core).

A screen that moves a device holds it, and says twice a second that it is alive. When it has said nothing for
LEASE seconds, or nothing of the device moves any more for as long, the lease is over.
"""

from collections.abc import Callable, Mapping

LEASE = 1.5  # seconds after the last word; with the pause between two looks, below two


class Held(Exception):
    """Another screen moves this device."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class Leases:
    """The devices that somebody moves now."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, float]] = {}  # device → holder, until when

    def take(self, device: str, holder: str, now: float) -> None:
        """Let a screen move a device from now on; raise Held."""
        before = self.holder(device)
        if before is not None and before != holder and self._held[device][1] > now:
            raise Held(before)
        self._held[device] = holder, now + LEASE

    def renew(self, holder: str, now: float, moves: Callable[[str], bool]) -> None:
        """A screen is still there: what it holds and what still moves goes on."""
        for device, (whose, until) in self._held.items():
            if whose == holder and until > now and moves(device):
                self._held[device] = holder, now + LEASE

    def release(self, device: str) -> None:
        """Nobody moves a device any more."""
        self._held.pop(device, None)

    def release_all(self) -> None:
        """Nobody moves anything any more."""
        self._held.clear()

    @property
    def is_empty(self) -> bool:
        """Whether nobody moves anything."""
        return not self._held

    def holder(self, device: str) -> str | None:
        """Return who moves a device; None for nobody."""
        return self._held[device][0] if device in self._held else None

    def take_over(self, now: float) -> list[str]:
        """Return the devices whose lease is over, and forget them."""
        over = [device for device, (_, until) in self._held.items() if until <= now]
        for device in over:
            del self._held[device]
        return over


PERIOD = 0.05  # seconds between two values for one actuator: twenty a second is what a kit takes

Order = tuple[str, str, float]  # device, actuator, value


class Orders:
    """Values on their way to actuators: of those that come too fast only the newest goes out."""

    def __init__(self) -> None:
        self._sent: dict[tuple[str, str], tuple[float, float]] = {}  # when, and which value
        self._waiting: dict[tuple[str, str], float] = {}

    def put(self, device: str, actuator: str, value: float, now: float) -> bool:
        """Take a value; tell whether it may go out at once."""
        sent = self._sent.get((device, actuator))
        if sent is not None and now - sent[0] < PERIOD:
            self._waiting[device, actuator] = value
            return False
        self._waiting.pop((device, actuator), None)
        self._sent[device, actuator] = now, value
        return True

    @property
    def is_waiting(self) -> bool:
        """Whether a value is still to go out."""
        return bool(self._waiting)

    def due(self, now: float) -> list[Order]:
        """Return the values that waited long enough."""
        due = [key for key in self._waiting if now - self._sent[key][0] >= PERIOD]
        orders = [(*key, self._waiting.pop(key)) for key in due]
        self._sent.update({(device, actuator): (now, value) for device, actuator, value in orders})
        return orders

    def drop(self, device: str, actuator: str) -> None:
        """A value could not be set: it never goes out."""
        self._sent.pop((device, actuator), None)
        self._waiting.pop((device, actuator), None)

    def forget(self, device: str) -> None:
        """A device was stopped: what waits for it never goes out, and nothing of it moves."""
        for actuator in self.driven(device):
            self.drop(device, actuator)

    def forget_all(self) -> None:
        """Everything was stopped."""
        self._sent.clear()
        self._waiting.clear()

    def devices(self) -> set[str]:
        """Return the devices that were driven and not stopped since."""
        return {device for device, _ in (*self._sent, *self._waiting)}

    def driven(self, device: str) -> Mapping[str, float]:
        """Return what the actuators of a device were set to last."""
        last = {actuator: value for (of, actuator), (_, value) in self._sent.items() if of == device}
        return last | {actuator: value for (of, actuator), value in self._waiting.items() if of == device}
