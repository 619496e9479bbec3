"""Experiments are files: strict, in three languages, and each can be made with the simulated instruments."""

import pytest

from devices.errors import TemplateWrong
from devices.experiments import experiments
from devices.simulate import SENSORS
from devices.template import parse
from devices.units import LANGUAGES, shown

GOOD = """
mode = "time"
[title]
kk = "а"
ru = "б"
en = "c"
[hint]
kk = "а"
ru = "б"
en = "c"
[[channel]]
quantity = "temperature"
unit = "Cel"
"""


def test_ten_experiments_are_part_of_the_product_and_cooling_comes_first() -> None:
    assert len(experiments()) == 10
    assert next(iter(experiments())) == "cooling"


@pytest.mark.parametrize("name", experiments())
def test_a_simulated_instrument_measures_what_an_experiment_wants(name: str) -> None:
    channels = {
        (source.channel.quantity, source.channel.unit) for sources in SENSORS.values() for source in sources
    }
    assert {(want.quantity, want.unit) for want in experiments()[name].wants} <= channels


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('mode = "time"', 'mode = "gated"', "mode"),
        ('ru = "б"\nen = "c"\n[hint]', 'en = "c"\n[hint]', "title"),
        ("[[channel]]", "[[chanel]]", "chanel"),
        ('unit = "Cel"', 'unit = ""', "unit"),
        ('mode = "time"', 'mode = "time"\nseconds = 99999', "seconds"),
        ("[title]", "[title", "free"),
    ],
)
def test_a_file_with_a_mistake_is_refused_and_the_place_is_named(old: str, new: str, where: str) -> None:
    with pytest.raises(TemplateWrong, match=f"free.*{where}|{where}"):
        parse(GOOD.replace(old, new, 1), "free")


def test_units_are_shown_as_people_write_them() -> None:
    assert shown("kPa") == {"kk": "кПа", "ru": "кПа", "en": "kPa"}
    assert shown("furlong") == dict.fromkeys(LANGUAGES, "furlong")
    units = {source.channel.unit for sources in SENSORS.values() for source in sources}
    assert [unit for unit in units if unit not in ("%", "[pH]") and shown(unit)["en"] == ""] == []
