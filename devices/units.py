"""Units: UCUM codes in what is stored and sent, and how people write them (core)."""

from collections.abc import Mapping

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
}
BY_LANGUAGE: Mapping[str, Mapping[str, str]] = {
    "/min": {"kk": "соққы/мин", "ru": "уд/мин", "en": "/min"},  # heart beats
}


def shown(unit: str) -> dict[str, str]:
    """Return a unit as people write it, by language; as it is where the table lacks it."""
    if unit in BY_LANGUAGE:
        return dict(BY_LANGUAGE[unit])
    cyrillic, latin = SHOWN.get(unit, (unit, unit))
    return {"kk": cyrillic, "ru": cyrillic, "en": latin}
