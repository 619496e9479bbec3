"""Which of these drivers is at a port: each far end is found by its own driver, whoever else listens."""

from collections.abc import Callable
from typing import Protocol

import pytest

from devices import profiles
from devices.driver import Driver
from devices.drivers.lines import Lines
from devices.drivers.meters import Kind as MeterKind
from devices.drivers.meters import Meter
from devices.drivers.modbus import Modbus
from devices.drivers.modbus_probes import Placed, Probe, Row
from devices.drivers.nmea import Nmea
from devices.far.meters import FarMeter
from devices.far.modbus import Bus
from devices.far.nmea import Receiver
from devices.far.sketch import Form, Sketch
from devices.probing import Found, Kind, Nobody, Write
from devices.probing import Probe as Search

BUS = [Placed(1, Probe("Probe", (Row("r", "reading", "1", 0, 9, 0),)))]
FORMS: tuple[Form, ...] = ("pairs", "json", "rows", "unnamed", "plotter")


class Far(Protocol):
    def take(self, piece: bytes, now: float) -> None: ...
    def speak(self, now: float) -> bytes: ...


def maker(kind: MeterKind) -> Callable[[], Driver]:
    return lambda: Meter(kind)


METERS = [MeterKind(text, name) for name, text in profiles.texts("meters")]
KINDS = [
    Kind("lines", Lines, bauds=(9600,)),
    Kind("nmea", Nmea, bauds=(9600,)),
    *(Kind(each.name, maker(each), bauds=(9600,)) for each in METERS),
    Kind("modbus", lambda: Modbus([]), bauds=(9600,)),
]
FARS: list[tuple[str, Callable[[], Far]]] = [
    ("nmea", Receiver),
    ("modbus", lambda: Bus(BUS)),
    ("kern", lambda: FarMeter("kern")),
    ("kern-platform", lambda: FarMeter("kern-platform")),
    ("mettler-sics", lambda: FarMeter("mettler-sics")),
    ("ohaus", lambda: FarMeter("ohaus")),
    ("sartorius-sbi", lambda: FarMeter("sartorius-sbi")),
    ("scpi-ammeter", lambda: FarMeter("scpi-ammeter")),  # the first of those that speak SCPI
]


def found(far: Far, asks: bool = True) -> Found | Nobody:
    search, now = Search(KINDS, asks, 0.0), 0.0
    while True:
        step = search.step(now)
        if isinstance(step, Write):
            far.take(step.piece, now)
        if isinstance(step, Found | Nobody):
            return step
        match = search.feed(far.speak(now), now)
        if match is not None:
            return match
        now += 0.02


@pytest.mark.parametrize(("name", "make"), FARS)
def test_each_instrument_is_found_by_its_own_driver(name: str, make: Callable[[], Far]) -> None:
    result = found(make())
    assert isinstance(result, Found)
    assert result.kind.name == name


@pytest.mark.parametrize("form", FORMS)
def test_a_sketch_is_found_without_a_word(form: Form) -> None:
    result = found(Sketch(form), asks=False)
    assert isinstance(result, Found)
    assert (result.kind.name, result.identity) == ("lines", "Room 12")


@pytest.mark.parametrize("name", ["ohaus", "scpi-voltmeter"])
def test_what_does_not_speak_first_is_nobody_until_somebody_allows_a_question(name: str) -> None:
    assert found(FarMeter(name), asks=False) == Nobody((9600,), False)
