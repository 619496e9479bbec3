"""That a stop was sent is no proof: a robot stands when its board has said so, and not before."""

import pytest

from devices.driver import Driver
from devices.registry import Setting, family, simulators

TICK = 0.1  # seconds
# Simulator, driver, profile, and what starts a board anew that does not stop.
ROBOTS = [
    ("firmata-car", "firmata", "car", "dtr"),
    ("microbit", "micropython", "microbit", "break"),
    ("microbit-pins", "micropython", "microbit-pins", "break"),
    ("pico", "micropython", "pico", "none"),
    ("mbot", "mbot", "", "dtr"),
    ("spike", "spike", "", "none"),
    ("grbl", "grbl", "", "dtr"),
    ("marlin", "marlin", "", "dtr"),
    ("uarm", "uarm", "", "dtr"),
]


class Talk:
    """Both ends of a line in a room without clocks."""

    def __init__(self, far: str, driver: str, profile: str) -> None:
        self.far = simulators()[far]()
        self.driver: Driver = family(driver).make(Setting(profile))
        self.now = 0.0

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        while self.now < until:
            self.driver.feed(self.far.speak(self.now), self.now)
            self.far.take(self.driver.ask(self.now), self.now)
            self.now += TICK

    def stop(self) -> None:
        """Say the stop."""
        self.far.take(self.driver.stop(), self.now)


@pytest.mark.parametrize(("far", "driver", "profile", "resort"), ROBOTS)
def test_a_stop_is_proven_by_a_board_that_is_well_and_never_by_one_that_hangs(
    far: str, driver: str, profile: str, resort: str
) -> None:
    talk = Talk(far, driver, profile)
    talk.stop()
    talk.far.take(talk.driver.begin(), 0.0)
    talk.go_on(talk.driver.boots + talk.driver.obeys)
    assert not talk.driver.is_stopping
    talk.go_on(5.0)
    talk.stop()
    assert talk.driver.is_stopping
    talk.go_on(talk.driver.obeys)
    assert not talk.driver.is_stopping
    assert talk.driver.last_resort == resort

    talk.far.fault = "silent"
    talk.stop()
    talk.go_on(20.0)
    assert talk.driver.is_stopping


def test_what_moves_nothing_is_never_stopping() -> None:
    for name in ("meters", "modbus", "nmea", "lines"):
        driver = family(name).make(Setting("kern" if name == "meters" else "ph" if name == "modbus" else ""))
        assert driver.stop() == b""
        assert not driver.is_stopping
