"""What a school has wired to the pins of a board: a profile, and the parts that it may name (core).

A part is a row: which quantity it shows in which unit, and how a voltage becomes a value. Parts that measure
in ways StandardFirmata cannot follow are named too, so that a profile with one is refused with the reason.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from devices.driver import Actuator, Channel
from devices.drivers.tables import ProfileWrong, parsed

MAX_ROWS = 16  # sensors, and as many actuators: the pins of an Uno
MAX_RATE = 100  # samples a second; above it StandardFirmata loses some
MAX_CHANNEL = 15  # what an analog message can name
MAX_PIN = 127  # what seven bits can name
EDGE = 0.0005  # of the reference: half a step of ten bits; a thermistor torn off shows this, and not infinity
REFERENCE = 5.0  # volts, of most boards
KELVIN = 273.15

Params = Mapping[str, float]
Convert = Callable[[float, float, Params], float]  # part of the reference from 0 to 1, reference in volts
Drives = Literal["switch", "pwm", "servo", "motor"]


class Part(Struct, frozen=True):
    """One kind of sensor."""

    quantity: str
    unit: str
    low: float
    high: float
    decimals: int
    convert: Convert
    params: Params = {}  # what a profile may set, and what it is otherwise
    is_digital: bool = False
    accuracy: float | None = None  # ±, of its maker's data sheet; None where that depends on the wiring


def _volts(ratio: float, reference: float, _: Params) -> float:
    return ratio * reference


def _linear(ratio: float, reference: float, params: Params) -> float:
    return (ratio * reference - params["offset"]) * params["slope"]


def _ratiometric(ratio: float, _: float, params: Params) -> float:
    return (ratio - params["offset"]) * params["slope"]


def _divided(ratio: float, reference: float, params: Params) -> float:
    return ratio * reference * (params["upper"] + params["lower"]) / params["lower"]


def _through(ratio: float, reference: float, params: Params) -> float:
    return 1000.0 * ratio * reference / params["ohm"]


def _thermistor(ratio: float, _: float, params: Params) -> float:
    """The beta equation; the thermistor is between the pin and ground unless `above`."""
    part = min(max(ratio, EDGE), 1.0 - EDGE)
    part = 1.0 - part if params["above"] else part
    ohm = params["fixed"] * part / (1.0 - part)
    return 1.0 / (1.0 / (25.0 + KELVIN) + math.log(ohm / params["ohm"]) / params["beta"]) - KELVIN


def _share(ratio: float, _: float, params: Params) -> float:
    return 100.0 * (1.0 - ratio if params["inverse"] else ratio)


def _switch(ratio: float, _: float, params: Params) -> float:
    return 1.0 - ratio if params["inverse"] else ratio


# Slopes and offsets are the makers' typical values; a school sets its own, or calibrates.
PARTS: Mapping[str, Part] = {
    "voltage": Part("voltage", "V", 0, 5, 3, _volts),
    "divider": Part("voltage", "V", 0, 25, 2, _divided, {"upper": 30_000.0, "lower": 7_500.0}),
    "shunt": Part("current", "mA", 0, 500, 2, _through, {"ohm": 10.0}),
    "acs712-5a": Part(
        *("current", "mA", -5000, 5000, 0, _linear, {"offset": 2.5, "slope": 1000 / 0.185}), accuracy=75.0
    ),
    "lm35": Part("temperature", "Cel", 2, 150, 1, _linear, {"offset": 0.0, "slope": 100.0}, accuracy=1.0),
    "tmp36": Part("temperature", "Cel", -40, 125, 1, _linear, {"offset": 0.5, "slope": 100.0}, accuracy=2.0),
    "thermistor": Part(
        *("temperature", "Cel", -40, 125, 1, _thermistor),
        {"ohm": 10_000.0, "beta": 3950.0, "fixed": 10_000.0, "above": 0.0},
    ),
    "ldr": Part("brightness", "%", 0, 100, 0, _share, {"inverse": 0.0}),
    "temt6000": Part("illuminance", "lx", 0, 1000, 0, _linear, {"offset": 0.0, "slope": 200.0}),
    "mpx4250": Part(
        *("pressure", "kPa", 20, 250, 1, _ratiometric, {"offset": -0.04, "slope": 250.0}), accuracy=3.5
    ),
    "ph": Part("acidity", "[pH]", 0, 14, 2, _linear, {"offset": 0.0, "slope": 3.5}),
    "potentiometer": Part("angle", "deg", -150, 150, 1, _ratiometric, {"offset": 0.5, "slope": 270.0}),
    "contact": Part("contact", "1", 0, 1, 0, _switch, {"inverse": 0.0, "pullup": 0.0}, True),
}
IMPOSSIBLE: Mapping[str, str] = {
    "hc-sr04": "an echo is timed in microseconds",
    "dht11": "its bits are timed in microseconds",
    "dht22": "its bits are timed in microseconds",
    "ds18b20": "it speaks 1-Wire",
    "hx711": "its bits are clocked by the sketch",
}

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}\Z")]
Pin = Annotated[int, Meta(ge=0, le=MAX_PIN)]


class Sensor(Struct, frozen=True, forbid_unknown_fields=True):
    """One sensor: a part on a pin, `A0` for an analog one, a number for a digital one."""

    name: Name
    part: str
    pin: str | Pin
    low: float | None = None
    high: float | None = None
    with_: dict[str, float] = field(name="with", default_factory=dict)

    @property
    def number(self) -> int:
        """Return the analog channel or the digital pin."""
        return int(self.pin[1:]) if isinstance(self.pin, str) else self.pin

    @property
    def kind(self) -> Part:
        """Return what it is."""
        return PARTS[self.part]

    def value(self, ratio: float, reference: float) -> float:
        """Return what this part of the reference voltage means."""
        return self.kind.convert(ratio, reference, self.params)

    @property
    def params(self) -> Params:
        """Return the part's numbers, the profile's own before the typical ones."""
        return {**self.kind.params, **self.with_}

    def channel(self, rate: float) -> Channel:
        """Return it as a driver's row."""
        kind = self.kind
        low = kind.low if self.low is None else self.low
        high = kind.high if self.high is None else self.high
        most = MAX_RATE if not kind.is_digital else None
        step = self._step() if not kind.is_digital else 1.0
        numbers = (kind.decimals, rate, kind.accuracy, step, most)
        return Channel(self.name, kind.quantity, kind.unit, low, high, *numbers)

    def _step(self) -> float:
        """Return what one step of a converter of ten bits is, in the middle of what it shows."""
        step = self.value(0.5 + EDGE, REFERENCE) - self.value(0.5 - EDGE, REFERENCE)
        return float(f"{abs(step):.2g}")


class Moved(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is switched or moved; a motor's two pins are those of its bridge."""

    name: Name
    part: Drives
    pin: Pin
    does: Name = "lamp"
    back: Pin | None = None  # a motor's other pin

    def actuator(self) -> Actuator:
        """Return it as a driver's row."""
        low, high, unit = RANGES[self.part]
        return Actuator(self.name, self.does, low, high, unit)

    @property
    def pins(self) -> tuple[int, ...]:
        """Return every pin that it takes."""
        return (self.pin,) if self.back is None else (self.pin, self.back)


RANGES: Mapping[str, tuple[float, float, str]] = {
    "switch": (0, 1, "1"),
    "pwm": (0, 100, "%"),
    "servo": (0, 180, "deg"),
    "motor": (-100, 100, "%"),
}


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything on the pins of one board."""

    sensors: Annotated[tuple[Sensor, ...], Meta(max_length=MAX_ROWS)] = field(name="sensor", default=())
    moved: Annotated[tuple[Moved, ...], Meta(max_length=MAX_ROWS)] = field(name="actuator", default=())
    rate: Annotated[float, Meta(ge=0.1, le=MAX_RATE)] = 10.0
    reference: Annotated[float, Meta(ge=1.0, le=5.5)] = 5.0  # volts; 3.3 on a board of 3.3 volts


def parse(text: str, name: str) -> Profile:
    """Return the profile of a file's text; raise ProfileWrong, which says where."""
    profile = parsed(text, name, Profile)
    for complaint in _complaints(profile):
        raise ProfileWrong(f"profile {name}: {complaint}")
    return profile


def _complaints(profile: Profile) -> list[str]:
    names = [*(each.name for each in profile.sensors), *(each.name for each in profile.moved)]
    pins = [str(sensor.pin) for sensor in profile.sensors]
    pins += [str(pin) for moved in profile.moved for pin in moved.pins]
    said = [each for sensor in profile.sensors for each in _of_sensor(sensor)]
    said += [each for moved in profile.moved for each in _of_moved(moved)]
    said += [f"{name} twice" for name in names if names.count(name) > 1]
    return said + [f"pin {pin} twice" for pin in pins if pins.count(pin) > 1]


def _of_sensor(sensor: Sensor) -> list[str]:
    if sensor.part in IMPOSSIBLE:
        why = IMPOSSIBLE[sensor.part]
        return [
            f"{sensor.name}: no {sensor.part} with StandardFirmata ({why}); use a sketch that prints lines"
        ]
    if sensor.part not in PARTS:
        return [f"{sensor.name}: no part {sensor.part!r}; there are {', '.join(PARTS)}"]
    said = [
        f"{sensor.name}: {sensor.part} has no {key!r}"
        for key in sensor.with_
        if key not in sensor.kind.params
    ]
    if sensor.kind.is_digital == isinstance(sensor.pin, str):
        said.append(f"{sensor.name}: {sensor.part} cannot be on pin {sensor.pin}")
    elif isinstance(sensor.pin, str) and not re.fullmatch(r"A([0-9]|1[0-5])", sensor.pin):
        said.append(f"{sensor.name}: no pin {sensor.pin!r}; analog ones are A0 to A{MAX_CHANNEL}")
    if any(sensor.params.get(key) == 0 for key in ("ohm", "lower", "fixed", "beta")):
        said.append(f"{sensor.name}: a resistance of 0")
    return said


def _of_moved(moved: Moved) -> list[str]:
    if (moved.part == "motor") == (moved.back is None):
        return [f"{moved.name}: a motor has `back`, its other pin, and nothing else has one"]
    return []
