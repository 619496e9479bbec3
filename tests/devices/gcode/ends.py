"""Both ends of a line in a room without clocks."""

from devices.driver import Driver, Heard, Sample
from devices.far.grbl import FarGrbl
from devices.far.marlin import FarMarlin

TICK = 0.1


def lived(far: FarGrbl | FarMarlin, driver: Driver, ticks: int, first: float = 0.0) -> Heard:
    """Both ends for so many tenths of a second."""
    found: Heard = []
    for number in range(ticks):
        now = first + number * TICK
        found += driver.feed(far.speak(now), now)
        far.take(driver.ask(now), now)
    return found


def opened(far: FarGrbl | FarMarlin) -> Driver:
    """A driver that has heard it boot, and asked who it is."""
    driver = far.driver()
    driver.feed(far.speak(0.0), 0.0)
    far.take(driver.begin(), 0.0)
    lived(far, driver, 10, -1.0)
    return driver


def places(heard: Heard, axis: str) -> list[float]:
    """Where an axis was."""
    return [each.raw for each in heard if isinstance(each, Sample) and each.channel == axis]
