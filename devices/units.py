"""Units: UCUM codes in what is stored and sent, and how people write them, and one unit in another (core)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm

from msgspec import Struct

LANGUAGES = ("kk", "ru", "en")

# UCUM → Cyrillic, Latin. Kazakh and Russian write the units of the SI alike (GOST 8.417).
SHOWN: Mapping[str, tuple[str, str]] = {
    "Cel": ("°C", "°C"),
    "K": ("К", "K"),
    "Pa": ("Па", "Pa"),
    "kPa": ("кПа", "kPa"),
    "hPa": ("гПа", "hPa"),
    "V": ("В", "V"),
    "mV": ("мВ", "mV"),
    "A": ("А", "A"),
    "mA": ("мА", "mA"),
    "Ohm": ("Ом", "Ω"),
    "lx": ("лк", "lx"),
    "m": ("м", "m"),
    "cm": ("см", "cm"),
    "mm": ("мм", "mm"),
    "m/s": ("м/с", "m/s"),
    "m/s2": ("м/с²", "m/s²"),
    "N": ("Н", "N"),
    "kg": ("кг", "kg"),
    "g": ("г", "g"),
    "mL": ("мл", "mL"),
    "L": ("л", "L"),
    "s": ("с", "s"),
    "ms": ("мс", "ms"),
    "deg": ("°", "°"),
    "[pH]": ("pH", "pH"),
    "%": ("%", "%"),
    "[ppm]": ("ppm", "ppm"),
    "Hz": ("Гц", "Hz"),
    "dB": ("дБ", "dB"),
    "mS/cm": ("мСм/см", "mS/cm"),
    "1": ("", ""),
    "W": ("Вт", "W"),
    "mW": ("мВт", "mW"),
    "J": ("Дж", "J"),
    "[degF]": ("°F", "°F"),
    "[g]": ("g", "g"),
    "deg/s": ("°/с", "°/s"),
    "mg/kg": ("мг/кг", "mg/kg"),
    "mm[Hg]": ("мм рт. ст.", "mmHg"),
    "uS/cm": ("мкСм/см", "µS/cm"),
    "uT": ("мкТл", "µT"),
    "Cel/min": ("°C/мин", "°C/min"),
    "kPa.mL": ("кПа·мл", "kPa·mL"),
    "1/mL": ("1/мл", "1/mL"),
    "[pH]/mL": ("pH/мл", "pH/mL"),
    "N/m": ("Н/м", "N/m"),
    "umol/(m2.s)": ("мкмоль/(м²·с)", "µmol/(m²·s)"),
    "km": ("км", "km"),
    "km/h": ("км/ч", "km/h"),
    "cm/s": ("см/с", "cm/s"),
    "bar": ("бар", "bar"),
    "atm": ("атм", "atm"),
    "[psi]": ("psi", "psi"),
    "uA": ("мкА", "µA"),
    "kOhm": ("кОм", "kΩ"),
    "mN": ("мН", "mN"),
    "kN": ("кН", "kN"),
    "mg": ("мг", "mg"),
    "cm3": ("см³", "cm³"),
    "m3": ("м³", "m³"),
    "kW": ("кВт", "kW"),
    "kJ": ("кДж", "kJ"),
    "mT": ("мТл", "mT"),
    "kHz": ("кГц", "kHz"),
    "S/m": ("См/м", "S/m"),
    "klx": ("клк", "klx"),
    "min": ("мин", "min"),
    "h": ("ч", "h"),
}
BY_LANGUAGE: Mapping[str, Mapping[str, str]] = {
    "/min": {"kk": "соққы/мин", "ru": "уд/мин", "en": "/min"},  # heart beats
}


# What one unit of each is in the first of its row; exact, as the SI and UCUM define them.
SCALES: Sequence[Mapping[str, str]] = (
    {"m": "1", "km": "1000", "cm": "1/100", "mm": "1/1000"},
    {
        "Pa": "1",
        "hPa": "100",
        "kPa": "1000",
        "bar": "100000",
        "atm": "101325",
        "mm[Hg]": "133.322",
        "[psi]": "8896443230521/1290320000",
    },
    {"K": "1", "Cel": "1", "[degF]": "5/9"},
    {"V": "1", "mV": "1/1000"},
    {"A": "1", "mA": "1/1000", "uA": "1/1000000"},
    {"Ohm": "1", "kOhm": "1000"},
    {"s": "1", "ms": "1/1000", "min": "60", "h": "3600"},
    {"g": "1", "kg": "1000", "mg": "1/1000"},
    {"L": "1", "mL": "1/1000", "cm3": "1/1000", "m3": "1000"},
    {"m/s": "1", "km/h": "5/18", "cm/s": "1/100"},
    {"m/s2": "1", "[g]": "9.80665"},
    {"N": "1", "mN": "1/1000", "kN": "1000"},
    {"W": "1", "mW": "1/1000", "kW": "1000"},
    {"J": "1", "kJ": "1000"},
    {"Hz": "1", "kHz": "1000", "/min": "1/60"},
    {"mS/cm": "1", "uS/cm": "1/1000", "S/m": "10"},
    {"uT": "1", "mT": "1000"},
    {"lx": "1", "klx": "1000"},
    {"%": "1", "[ppm]": "1/10000"},  # never "1": that may be anything, steps of a converter too
)
ZEROS: Mapping[str, str] = {"Cel": "273.15", "[degF]": "45967/180"}  # where a scale begins, in kelvins


class Conversion(Struct, frozen=True):
    """How a value of one unit is said in another: by whole numbers, so that 57 cm are 0.57 m exactly."""

    times: int = 1
    plus: int = 0
    by: int = 1

    @property
    def factor(self) -> float:
        """Return what one unit is in the other: for differences, an accuracy or a resolution."""
        return self.times / self.by

    def true(self, value: float) -> float:
        """Return a value in the other unit."""
        return (value * self.times + self.plus) / self.by


def conversion(unit: str, wanted: str) -> Conversion | None:
    """Return how a unit is said in another; None where they measure different things, or are not known."""
    if unit == wanted:
        return Conversion()
    for row in SCALES:
        if unit in row and wanted in row:
            factor = Fraction(row[unit]) / Fraction(row[wanted])
            zeros = Fraction(ZEROS.get(unit, "0")) - Fraction(ZEROS.get(wanted, "0"))
            plus = zeros / Fraction(row[wanted])
            by = lcm(factor.denominator, plus.denominator)
            return Conversion(int(factor * by), int(plus * by), by)
    return None


def shown(unit: str) -> dict[str, str]:
    """Return a unit as people write it, by language; as it is where the table lacks it."""
    if unit in BY_LANGUAGE:
        return dict(BY_LANGUAGE[unit])
    cyrillic, latin = SHOWN.get(unit, (unit, unit))
    return {"kk": cyrillic, "ru": cyrillic, "en": latin}
