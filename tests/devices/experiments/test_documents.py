"""What the page about experiments shows is true."""

import json
import re

from devices.calibration import Calibration
from devices.fits import NAMES
from devices.template import parse
from tests.house.source import ROOT

PAGE = (ROOT / "docs/experiments.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_of_the_page_is_an_experiment() -> None:
    soup = parse(blocks("toml")[0], "soup")
    assert (soup.mode, soup.seconds, soup.fits[0].kind) == ("time", 600, "exponential")


def test_the_pieces_for_events_and_gates_belong_into_a_file() -> None:
    whole, entry, gate = blocks("toml")
    whole = (
        whole.replace("[ends]", "[unused]").split("[unused]")[0]
        + whole.split("below = 30.0")[1].split("\n", 1)[1]
    )
    assert parse(whole.replace('mode = "time"', 'mode = "event"') + entry, "soup").entry is not None
    gated = gate.replace('"d"', '"T"')
    assert parse(whole.replace('mode = "time"', 'mode = "gated"') + gated, "soup").begins is not None


def test_every_kind_of_fit_is_on_the_page_with_its_numbers() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (.+) \|$", PAGE, re.MULTILINE))
    assert {kind: tuple(re.findall(r"`(\w+)`", rows[kind])) for kind in NAMES} == {
        kind: tuple(names) for kind, names in NAMES.items()
    }


def test_the_calibration_of_the_page_is_one() -> None:
    (kept,) = json.loads(blocks("json")[0])
    points = tuple((raw, true) for raw, true in kept["calibration"].pop("points"))
    Calibration(**kept["calibration"], points=points).check()


def test_the_table_of_the_page_is_what_is_written() -> None:
    written = (ROOT / "tests/samples/lab/boyle-en.csv").read_text("utf-8-sig").splitlines()
    shown = PAGE.split("```\nExperiment;")[1].split("```")[0].splitlines()[1:]
    assert [line for line in shown if line not in written] == []
