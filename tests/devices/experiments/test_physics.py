"""Each experiment, made with its simulated instrument, finds what physics says."""

import pytest

from devices.simulate import ROOM, TAU, WET, WET_TAU
from tests.devices.experiments.measured import by_events, gated, over_time, value


def test_a_cooling_cup_gives_its_time_constant_and_the_room() -> None:
    (found,) = over_time("cooling", "thermometer", 0.0, 900.0)
    assert value([found], "tau") == pytest.approx(TAU, rel=0.02)
    assert value([found], "T_end") == pytest.approx(ROOM, abs=0.5)
    assert found.curve.r2 == pytest.approx(1.0, abs=1e-4)


def test_pressure_times_volume_stays_the_same_and_pressure_is_one_over_volume() -> None:
    rows, (found,) = by_events("boyle", "gas-pressure", [(8.0 * n + 4, 20.0 - n) for n in range(11)])
    assert rows["pV"] == pytest.approx([101.3 * 20] * 11, rel=0.004)
    assert value([found], "k") == pytest.approx(101.3 * 20, rel=0.005)
    assert found.curve.numbers["a"] == pytest.approx(0.0, abs=1.0)
    assert found.curve.r2 == pytest.approx(1.0, abs=1e-3)


def test_a_titration_is_even_where_the_acidity_rises_most() -> None:
    rows, found = by_events("titration", "ph-meter", [(5 * volume / 2, volume / 2) for volume in range(68)])
    assert value(found, "V_eq") == pytest.approx(20.0, abs=0.15)
    assert found[0].curve.r2 is None
    assert (rows["pH"][0], rows["pH"][-1]) == pytest.approx((2.6, 12.0), abs=0.05)


@pytest.mark.parametrize("begin", [0.0, 4.5, 6.0, 8.2])
def test_a_ball_falls_with_the_acceleration_of_free_fall_whenever_it_is_begun(begin: float) -> None:
    rows, (found,) = gated("free-fall", "motion-sensor", begin, begin + 16.0)
    assert value([found], "g") == pytest.approx(9.81, rel=0.03)
    assert 6 <= len(rows["t"]) <= 12
    assert rows["v"] == sorted(rows["v"])


def test_a_ball_that_jumps_was_not_let_go() -> None:
    rows, _ = gated("free-fall", "motion-sensor", 1.3, 17.3)
    assert rows["d"][0] == pytest.approx(0.25, abs=0.03)


def test_a_pendulum_of_a_metre_swings_in_two_seconds() -> None:
    found = over_time("pendulum", "pendulum", 0.0, 59.0)
    assert value(found, "T") == pytest.approx(2.006, abs=0.005)
    assert value(found, "f") == pytest.approx(1 / 2.006, abs=0.002)
    assert value(found, "l") == pytest.approx(1.0, abs=0.005)


def test_voltage_over_current_is_the_resistance() -> None:
    (found,) = over_time("ohm", "electricity", 0.0, 60.0)
    assert value([found], "R") == pytest.approx(47.0, rel=0.002)
    assert found.curve.r2 == pytest.approx(1.0, abs=1e-4)


def test_force_over_extension_is_the_stiffness_of_the_spring() -> None:
    rows, found = by_events("hooke", "force-sensor", [(6.0 * n + 3, float(n)) for n in range(11)])
    assert value(found, "k") == pytest.approx(40.0, rel=0.01)
    assert rows["E"][10] == pytest.approx(40.0 * 0.1**2 / 2, rel=0.02)


def test_a_plant_at_a_window_gets_the_mean_of_the_light() -> None:
    found = over_time("light", "light-sensor", 0.0, 251.0)
    assert value(found, "E_m") == pytest.approx(5200.0, rel=0.05)
    assert value(found, "Q_m") == pytest.approx(value(found, "E_m") / 54)


def test_a_wet_thermometer_cools_to_its_own_temperature() -> None:
    found = over_time("evaporation", "wet-thermometer", 0.0, 300.0)
    assert value(found, "dT") == pytest.approx(ROOM - WET, rel=0.01)
    assert value(found, "T_end") == pytest.approx(WET, abs=0.1)
    assert value(found, "tau") == pytest.approx(WET_TAU, rel=0.02)


def test_a_heart_beats_faster_after_squats_and_slower_at_rest() -> None:
    found = over_time("heart-rate", "pulse-sensor", 0.0, 290.0)
    assert value(found, "h_rest") == pytest.approx(72.0, abs=1.5)
    assert value(found, "h_max") == pytest.approx(129.0, abs=3.0)
