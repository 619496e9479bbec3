"""What a teacher's sketch calls things, and which quantity and unit that is (core).

A title may say its unit: `probe[V]`, `air (°C)`. Without one the table below knows the usual; a title that it
lacks is a reading without a unit. Teachers write in Kazakh, Russian and English.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from devices.driver import Channel

WIDE = 1e9  # of what nobody knows the range
MAX_TITLE = 48  # letters: what a table on the screen shows, and a unit


class Known(NamedTuple):
    """A quantity that is known by its titles."""

    titles: str
    quantity: str
    unit: str
    low: float
    high: float
    decimals: int


LONE = frozenset({"t", "h"})  # time or temperature, height or humidity: only a unit tells
KNOWN = (
    Known("temperature temp t tc dht ds18b20 температура темп жылу", "temperature", "Cel", -55, 150, 1),
    Known("humidity hum rh h влажность ылғалдылық ылғал", "humidity", "%", 0, 100, 1),
    Known("moisture soil почва топырақ", "moisture", "%", 0, 100, 1),
    Known("pressure press p давление қысым", "pressure", "kPa", 0, 1000, 2),
    Known("light lux illuminance ldr свет освещённость освещенность жарық", "illuminance", "lx", 0, 2e5, 0),
    Known("voltage volt volts v u u1 напряжение кернеу", "voltage", "V", -60, 60, 3),
    Known("current i сила_тока ток", "current", "mA", -5000, 5000, 1),
    Known("amps", "current", "A", -5, 5, 3),
    Known("resistance ohm r сопротивление кедергі", "resistance", "Ohm", 0, 1e9, 1),
    Known("power watt мощность қуат", "power", "W", -1e4, 1e4, 2),
    Known("distance dist range d расстояние қашықтық", "distance", "cm", 0, 1000, 1),
    Known("angle угол бұрыш", "angle", "deg", -360, 360, 1),
    Known("direction heading course направление бағыт", "direction", "deg", 0, 360, 0),
    Known("force f сила күш", "force", "N", -1000, 1000, 2),
    Known("mass weight m масса вес салмақ", "mass", "g", -1000, 1e5, 2),
    Known("ph acidity кислотность қышқылдық", "acidity", "[pH]", 0, 14, 2),
    Known("ec conductivity электропроводность өткізгіштік", "conductivity", "mS/cm", 0, 200, 3),
    Known("co2 carbon_dioxide углекислый_газ", "carbon-dioxide", "[ppm]", 0, 40000, 0),
    Known("sound noise db звук шум дыбыс", "sound-level", "dB", 0, 140, 1),
    Known("pulse bpm hr heart heart_rate пульс", "heart-rate", "/min", 30, 250, 0),
    Known("speed velocity wind скорость жылдамдық жел ветер", "speed", "m/s", -100, 100, 2),
    Known("acceleration acc ax ay az ускорение үдеу", "acceleration", "m/s2", -200, 200, 2),
    Known("gx gy gz gyro rotation вращение", "rotation", "deg/s", -2000, 2000, 1),
    Known("mx my mz magnetic field магнитное_поле", "magnetic-field", "uT", -5000, 5000, 1),
    Known("frequency freq hz частота жиілік", "frequency", "Hz", 0, 1e6, 1),
    Known("volume vol объём объем көлем", "volume", "mL", 0, 1e5, 1),
    Known("time seconds sec время уақыт", "time", "s", 0, WIDE, 3),
    Known("millis ms", "time", "ms", 0, WIDE, 0),
    Known("signal adc analog a raw сигнал", "signal", "1", 0, 65535, 0),
)
BY_TITLE: Mapping[str, Known] = {title: row for row in KNOWN for title in row.titles.split()}
UNITS: Mapping[str, str] = {
    spelt: code
    for code, spellings in {
        "Cel": "cel c °c °с *c ºc degc celsius ℃ oc",
        "[degF]": "f °f degf fahrenheit [degf]",
        "K": "k к kelvin",
        "%": "% rh %rh percent",
        "Pa": "pa па",
        "hPa": "hpa mbar гпа",
        "kPa": "kpa кпа",
        "mm[Hg]": "mmhg mm[hg] мм_рт_ст",
        "V": "v volt volts в",
        "mV": "mv мв",
        "A": "a amp amps а",
        "mA": "ma ма",
        "Ohm": "ohm ohms ω om ом",
        "W": "w watt вт",
        "lx": "lx lux лк",
        "bar": "bar бар",
        "kOhm": "kohm kω ком",
        "uA": "ua µa μa мка",
        "km/h": "km/h kmh км/ч",
        "m": "m м",
        "cm": "cm см",
        "mm": "mm мм",
        "m/s": "m/s м/с",
        "m/s2": "m/s2 m/s² м/с2 м/с²",
        "N": "n н",
        "g": "g г",
        "kg": "kg кг",
        "mL": "ml мл",
        "L": "l л",
        "s": "s sec с",
        "ms": "ms мс",
        "deg": "° deg град",
        "deg/s": "deg/s °/s",
        "[pH]": "ph [ph]",
        "[ppm]": "ppm [ppm]",
        "Hz": "hz гц",
        "dB": "db дб",
        "/min": "/min bpm",
        "mS/cm": "ms/cm мсм/см",
        "uS/cm": "us/cm µs/cm μs/cm мксм/см",
        "uT": "ut µt μt мктл",
        "1": "1 raw",
    }.items()
    for spelt in spellings.split()
}
OF_UNIT: Mapping[str, str] = {
    "[degF]": "temperature", "K": "temperature", "Pa": "pressure", "hPa": "pressure", "mm[Hg]": "pressure",
    "mV": "voltage", "A": "current", "m": "distance", "mm": "distance", "kg": "mass", "L": "volume",
    "bar": "pressure", "kOhm": "resistance", "uA": "current", "km/h": "speed",
    "ms": "time", "uS/cm": "conductivity", "%": "humidity",
    **{row.unit: row.quantity for row in KNOWN if row.unit != "%"},
}  # fmt: skip
TITLE = re.compile(r"(?P<name>[^\W\d_][\w .°%/²³-]*?)\s*(?:[\[(](?P<unit>[^\s()]{1,12}?)[\])])?")
CYRILLIC_C = "\u0441"  # looks like the Latin one; elsewhere it is a second
NO_TITLES = frozenset({"nan", "inf", "ovf", "null", "none", "error", "fail", "failed", "ok", "true", "false"})


def channel_of(title: str, said: str = "") -> Channel | None:
    """Return the channel of a title, and of the unit said after its value; None if it is no title."""
    found = TITLE.fullmatch(title) if len(title) <= MAX_TITLE else None
    if found is None or found["name"].lower() in NO_TITLES or not title.isprintable():
        return None
    name = "-".join(found["name"].lower().replace("_", " ").split())
    spelt = found["unit"] or said
    unit = unit_of(spelt)
    row = _row(name, unit)
    if row is None:
        return Channel(name, OF_UNIT.get(unit, "reading"), unit or "1", -WIDE, WIDE, 2)
    if spelt.lower() == CYRILLIC_C and row.unit == "Cel":
        unit = row.unit
    if unit == "g" and row.quantity == "acceleration":
        unit = "[g]"  # of free fall, and no grams
    if unit in ("", row.unit):
        return Channel(name, row.quantity, row.unit, row.low, row.high, row.decimals)
    quantity = row.quantity if OF_UNIT.get(unit, row.quantity) == row.quantity else OF_UNIT[unit]
    return Channel(name, quantity, unit, -WIDE, WIDE, 2)


def _row(name: str, unit: str) -> Known | None:
    """Return what is usual for a name; one letter alone says nothing."""
    known = (each for each in _alike(name) if each in BY_TITLE and (unit or each not in LONE))
    return next((BY_TITLE[each] for each in known), None)


def is_telling(title: str) -> bool:
    """Tell whether a title is one of the table, or says its unit: such a line is surely a header."""
    found = TITLE.fullmatch(title) if len(title) <= MAX_TITLE else None
    if found is None:
        return False
    return found["unit"] is not None or _row(found["name"].lower(), "") is not None


def unit_of(spelt: str) -> str:
    """Return the UCUM code of a unit as people spell it, as it is if nobody knows it."""
    return UNITS.get(spelt.lower(), spelt)


def _alike(name: str) -> Iterator[str]:
    """Yield what a title may be found by: `air-temp-2` is a temp."""
    words = name.replace(" ", "-").replace("_", "-").split("-")
    yield "_".join(words)
    for word in words:
        yield word
        yield word.rstrip("0123456789")
