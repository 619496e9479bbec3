"""Experiments are files: strict, in three languages, and each can be made with the simulated instruments."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import TemplateWrong
from devices.experiments import experiments, with_own
from devices.simulate import SENSORS
from devices.template import MAX_SIZE, parse
from devices.units import LANGUAGES, SHOWN, shown

GOOD = """
mode = "time"
title = { kk = "а", ru = "б", en = "c" }
hint = { kk = "а", ru = "б", en = "c" }
[[channel]]
name = "T"
quantity = "temperature"
unit = "Cel"
[[derived]]
name = "K"
title = { kk = "а", ru = "б", en = "c" }
unit = "K"
formula = "T + 273.15"
[[view]]
y = "K"
[[fit]]
kind = "linear"
y = "K"
[[fit.result]]
name = "k"
title = { kk = "а", ru = "б", en = "c" }
unit = "K"
formula = "b"
"""
ENTRY = '[entry]\nname = "V"\nquantity = "volume"\nunit = "mL"\nfirst = 20\nstep = -1\n'


def test_ten_experiments_are_part_of_the_product_and_cooling_comes_first() -> None:
    assert len(experiments()) == 10
    assert next(iter(experiments())) == "cooling"
    assert {each.mode for each in experiments().values()} == {"time", "event", "gated"}


@pytest.mark.parametrize("name", experiments())
def test_a_simulated_instrument_measures_what_an_experiment_wants(name: str) -> None:
    channels = {
        (source.channel.quantity, source.channel.unit) for sources in SENSORS.values() for source in sources
    }
    assert {(want.quantity, want.unit) for want in experiments()[name].wants} <= channels


@pytest.mark.parametrize("name", experiments())
def test_every_experiment_finds_something_and_its_units_are_written_as_people_do(name: str) -> None:
    template = experiments()[name]
    units = [each.unit for each in template.derived]
    units += [result.unit for fit in template.fits for result in fit.results]
    assert template.fits
    assert [unit for unit in units if unit not in SHOWN and unit != "/min"] == []


def test_a_good_file_has_all_that_it_says() -> None:
    it = parse(GOOD, "free")
    assert (it.mode, it.views[0].x, it.views[0].y, it.fits[0].results[0].formula) == ("time", "t", "K", "b")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('mode = "time"', 'mode = "sometimes"', "mode"),
        ('mode = "time"', 'mode = "gated"', "begins"),
        ('mode = "time"', 'mode = "event"', "entry"),
        ('mode = "time"', 'mode = "time"\nseconds = 99999', "seconds"),
        ('mode = "time"', 'mode = "time"\ncount = -1', "count"),
        ('mode = "time"', 'mode = "time"\ncolour = "red"', "colour"),
        ('mode = "time"', 'mode = "time"\nbegins = { channel = "T", above = 1.0 }', "begins"),
        ('mode = "time"', 'mode = "time"\nends = { channel = "K", above = 1.0 }', "no channel: `K`"),
        ('mode = "time"', 'mode = "time"\nends = { channel = "T" }', "one of `above`"),
        ('mode = "time"', 'mode = "time"\nends = { channel = "T", above = 1.0, below = 2.0 }', "one of"),
        ('mode = "time"', 'mode = "time"\nends = { channel = "T", rises = -1.0 }', "more than nothing"),
        ('ru = "б", en = "c" }\nhint', 'en = "c" }\nhint', "title"),
        ("[[channel]]", "[[chanel]]", "chanel"),
        ('unit = "Cel"', 'unit = ""', "unit"),
        ('name = "T"', 'name = "t"', "two columns are called `t`"),
        ('name = "K"', 'name = "T"', "two columns are called `T`"),
        ('name = "T"', 'name = "T°"', "name"),
        ('quantity = "temperature"', 'quantity = "../../etc"', "quantity"),
        ("T + 273.15", "T.real", "derived `K`.*T.real"),
        ("T + 273.15", "K + 1", "derived `K`"),
        ("T + 273.15", "__import__('os')", "derived `K`"),
        ('y = "K"\n[[fit]]', 'y = "Q"\n[[fit]]', "no column is called `Q`"),
        ('kind = "linear"\ny = "K"', 'kind = "linear"\ny = "K"\nx = "Q"', "no column is called `Q`"),
        ('kind = "linear"', 'kind = "sine"', "kind"),
        ('formula = "b"', 'formula = "c"', "result `k`"),
        ("title = {", "title = ", "free"),
        ("\nmode", "mode = \x00\nmode", "free"),
    ],
)
def test_a_file_with_a_mistake_is_refused_and_the_place_is_named(old: str, new: str, where: str) -> None:
    assert old in GOOD
    with pytest.raises(TemplateWrong, match=f"experiment free:.*{where}|{where}"):
        parse(GOOD.replace(old, new, 1), "free")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("step = -1", "step = 0"),
        ("first = 20", "first = -1"),
        ("step = -1", "step = inf"),
        ("first = 20", "first = nan"),
        ("unit", "units"),
    ],
)
def test_an_entry_that_nobody_could_make_is_refused(old: str, new: str) -> None:
    events = GOOD.replace('mode = "time"', 'mode = "event"') + ENTRY
    assert parse(events, "free").entry is not None
    with pytest.raises(TemplateWrong):
        parse(GOOD.replace('mode = "time"', 'mode = "event"') + ENTRY.replace(old, new), "free")


@given(st.text(max_size=300))
def test_no_text_does_anything_but_be_refused(text: str) -> None:
    with pytest.raises(TemplateWrong):
        parse(text, "any")


def test_a_file_that_is_too_long_is_not_even_read() -> None:
    with pytest.raises(TemplateWrong, match="longer than"):
        parse(GOOD + "#" * MAX_SIZE, "long")


def test_units_are_shown_as_people_write_them() -> None:
    assert shown("kPa") == {"kk": "кПа", "ru": "кПа", "en": "kPa"}
    assert shown("furlong") == dict.fromkeys(LANGUAGES, "furlong")
    units = {source.channel.unit for sources in SENSORS.values() for source in sources}
    assert [unit for unit in units if unit not in ("%", "[pH]") and shown(unit)["en"] == ""] == []


# Those of a school ------------------------------------------------------------------------------------------


def test_a_school_adds_experiments_and_changes_ours(tmp_path: Path) -> None:
    (tmp_path / "soup.toml").write_text(f"order = 5\n{GOOD}")
    (tmp_path / "cooling.toml").write_text(GOOD)
    found, wrong = with_own(tmp_path)
    assert next(iter(found)) == "soup"
    assert (len(found), wrong) == (11, [])
    assert found["cooling"].title.en == "c"
    assert experiments()["cooling"].title.en == "Cooling curve"


def test_a_wrong_file_of_a_school_is_named_and_the_others_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("mode = 1")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "C d.toml").write_text(GOOD)
    (tmp_path / "e.toml").mkdir()
    (tmp_path / "f.txt").write_text("x")
    found, wrong = with_own(tmp_path)
    assert found == experiments()
    assert [each.split(":")[0] for each in wrong] == [
        "experiment 'C d.toml'",
        "experiment a",
        "experiment b",
        "experiment e",
    ]


def test_a_school_without_own_experiments_has_ours(tmp_path: Path) -> None:
    assert with_own(tmp_path / "none") == (experiments(), [])
