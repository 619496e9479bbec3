"""Bytes that were lost: what was half said before and after the hole is never one reading."""

from collections.abc import Callable

import pytest

from devices.driver import Channel, Driver, Sample
from devices.drivers.lines import Lines
from devices.drivers.mbot import Mbot
from devices.drivers.nmea import Nmea, closed
from devices.drivers.spike import Spike
from devices.drivers.spike_frames import packed
from devices.drivers.spike_messages import DEVICES
from devices.registry import Setting, family

TEMPERATURE = Channel("temperature", "temperature", "Cel", -1e9, 1e9)
RMC = "GPRMC,120000,A,4{}00.000,N,07500.000,E,1.0,2.0,010126,,"


def _meter() -> Driver:
    return family("meters").make(Setting("scpi-voltmeter"))


def _plotter() -> Driver:
    return family("grbl").make(Setting())


def _spike(angle: int) -> bytes:
    body = bytes([0x01, 0, 0]) + b"".join(each.to_bytes(2, "little", signed=True) for each in (angle,) * 9)
    return packed(bytes([DEVICES]) + len(body).to_bytes(2, "little") + body)


def _mbot(value: int) -> bytes:
    return b"\xff\x55\x03\x01" + bytes([value]) + b"\r\n"


SAYS: dict[str, tuple[Callable[[], Driver], Callable[[int], bytes]]] = {
    "lines": (lambda: Lines((TEMPERATURE,)), lambda n: b"temperature:%d%d%d\n" % (n, n, n)),
    "meters": (_meter, lambda n: b"%d%d%d\n" % (n, n, n)),
    "nmea": (Nmea, lambda n: closed(RMC.format(n))),
    "grbl": (_plotter, lambda n: b"<Idle|MPos:%d%d.000,%d.000,0.000|FS:0,0>\r\n" % (n, n, n)),
    "mbot": (Mbot, _mbot),
    "spike": (Spike, _spike),
}


@pytest.mark.parametrize("name", SAYS)
def test_the_two_ends_of_a_hole_are_never_taken_for_one_reading(name: str) -> None:
    make, says = SAYS[name]
    one, other = says(1), says(7)
    allowed = {*_values(make(), one), *_values(make(), other)}
    assert allowed, f"{name} says nothing"
    for before in range(1, len(one)):
        for after in range(1, len(other)):
            driver = _asked(make())
            driver.feed(one[:before], 1.0)
            refused = driver.refused
            driver.missed()
            heard = {each.raw for each in driver.feed(other[after:] + other, 1.0) if isinstance(each, Sample)}
            assert heard <= allowed
            assert driver.refused > refused


def _values(driver: Driver, said: bytes) -> set[float]:
    return {each.raw for each in _asked(driver).feed(said, 1.0) if isinstance(each, Sample)}


def _asked(driver: Driver) -> Driver:
    driver.begin()
    driver.ask(1.0)
    return driver
