"""The text format of Prometheus, written by us and read by its description."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.overview.exposition import Family, alone, counter, gauge, written
from tests.overview.prometheus import read

TEXTS = st.text(max_size=30)
# A page is text of lines: what splits one elsewhere than at \n is not in question here.
PLAIN = TEXTS.map(lambda text: "".join(text.replace("\r", "").splitlines()) + ("\n" if len(text) % 2 else ""))
NUMBERS = st.floats() | st.integers(-(1 << 60), 1 << 60).map(float)


@given(PLAIN, st.dictionaries(st.sampled_from(["stream", "class", "kind"]), PLAIN), NUMBERS)
def test_whatever_is_written_is_read_back(text: str, labels: dict[str, str], value: float) -> None:
    page = read(written([gauge("room_bytes", text, [(labels, value)])]))
    assert page.types == {"tirek_room_bytes": "gauge"}
    assert page.helps == {"tirek_room_bytes": text}
    found = page.value("tirek_room_bytes", **labels)
    assert found == value or (math.isnan(found) and math.isnan(value))


def test_a_quantity_that_is_not_known_is_left_out() -> None:
    assert written([gauge("room_bytes", "Room.", alone(None))]) == ""


@pytest.mark.parametrize(
    "family",
    [
        counter("packets", "A counter without its ending.", alone(1)),
        gauge("packets_total", "A gauge with it.", alone(1)),
        gauge("Room", "A name.", alone(1)),
        gauge("room", "A label.", [({"__name__": "x"}, 1)]),
    ],
)
def test_a_name_that_no_monitor_takes_is_refused(family: Family) -> None:
    with pytest.raises(ValueError, match="no name of"):
        written([family])
