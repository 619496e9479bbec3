"""What belongs to a run of all that is measured."""

import pytest

from devices.driver import Sample
from devices.experiments import experiments
from devices.template import MAX_SECONDS
from edge.contract.notices import Bound, Channel, Device
from edge.lab.active import Active, Beginning, Missing, bind

T = Channel("t", "temperature", "Cel", 0, 100)
COOLING = experiments()["cooling"]
BOUND = (Bound("temperature", "d", "t", "Cel"),)


def active(seconds: int = 0) -> Active:
    return Active(Beginning("r", "cooling", 0, 1, "", BOUND, False), seconds, 100.0)


def sensor(name: str, channel: Channel = T, **more: object) -> Device:
    return Device(name, name, "sensor", channels=(channel,), **more)  # type: ignore[arg-type]  # the test names fields


def test_only_what_is_bound_and_measured_since_the_beginning_is_kept() -> None:
    run = active()
    given = [Sample("t", 99.9, 1.0), Sample("t", 100.5, 2.0), Sample("other", 100.6, 3.0)]
    assert run.rows("d", given) == [(500_000, 0, 2.0, 0)]
    assert run.rows("e", given) == []
    assert run.samples == 1


def test_two_samples_of_one_moment_are_both_kept() -> None:
    run = active()
    rows = run.rows("d", [Sample("t", 101.0, 1.0), Sample("t", 101.0, 2.0, "out-of-range")])
    assert rows == [(1_000_000, 0, 1.0, 0), (1_000_001, 0, 2.0, 1)]


def test_a_run_ends_by_itself_after_its_time_or_the_longest() -> None:
    assert [active(10).is_over(now) for now in (109.9, 110.0)] == [False, True]
    assert [active().is_over(100.0 + now) for now in (MAX_SECONDS - 1, MAX_SECONDS)] == [False, True]
    assert (active(10).reason, active().reason) == ("", "longest")


def test_a_real_instrument_is_taken_before_a_simulated_one() -> None:
    devices = [sensor("demo", simulated=True), sensor("real")]
    assert [each.device for each in bind(COOLING, devices)] == ["real"]
    assert [each.device for each in bind(COOLING, devices[:1])] == ["demo"]


def test_a_wrong_unit_or_an_unplugged_instrument_does_not_do() -> None:
    kelvin = Channel("t", "temperature", "K", 0, 400)
    for device in (sensor("d", kelvin), sensor("d", state="gone")):
        with pytest.raises(Missing, match="temperature in Cel"):
            bind(COOLING, [device])
