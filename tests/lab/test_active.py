"""What belongs to a run of all that is measured."""

import math

import pytest

from devices.calibration import Calibration
from devices.driver import Sample
from devices.experiments import experiments
from devices.template import MAX_SECONDS
from edge.contract.notices import Bound, Channel, Device
from edge.lab import active as limits
from edge.lab.active import LONGEST_WAIT, MICRO, Active, Anchor, Missing, NotNow, bind, lacking
from edge.lab.correcting import corrected
from tests.lab.runs import WALL, active, sample, template

T = Channel("t", "temperature", "Cel", 0, 100)
COOLING = experiments()["cooling"]


def sensor(name: str, *channels: Channel, **more: object) -> Device:
    return Device(name, name, "sensor", channels=channels or (T,), **more)  # type: ignore[arg-type]  # named by the test


def rows(run: Active, channel: int = 0) -> list[tuple[int, float]]:
    piece = run.collected().pieces.get(channel)
    return list(zip(piece.ats, piece.values, strict=True)) if piece else []


# Binding ----------------------------------------------------------------------------------------------------


def test_a_real_instrument_is_taken_before_a_simulated_one() -> None:
    devices = [sensor("demo", simulated=True), sensor("real")]
    assert [each.device for each in bind(COOLING, devices)] == ["real"]
    assert [each.device for each in bind(COOLING, devices[:1])] == ["demo"]


def test_the_instrument_that_is_named_is_taken_first() -> None:
    devices = [sensor("one"), sensor("other"), sensor("demo", simulated=True)]
    assert [bind(COOLING, devices, name)[0].device for name in ("", "other", "demo")] == [
        "one",
        "other",
        "demo",
    ]


def test_two_temperatures_are_measured_with_two_channels() -> None:
    two = bind(template(2), [sensor("one"), sensor("other")])
    assert [each.device for each in two] == ["one", "other"]
    with pytest.raises(Missing):
        bind(template(2), [sensor("one")])


def test_a_wrong_unit_or_an_unplugged_instrument_does_not_do() -> None:
    volts = Channel("t", "temperature", "V", 0, 5)
    pressure = Channel("p", "pressure", "kPa", 0, 400)
    for device in (sensor("d", volts), sensor("d", state="gone"), sensor("d", state="forbidden")):
        with pytest.raises(Missing, match="needs temperature in Cel, found"):
            bind(COOLING, [device])
        assert lacking(COOLING, [device]) == (True,)
    with pytest.raises(Missing, match=r"needs temperature in Cel, found pressure \[kPa\]"):
        bind(COOLING, [sensor("d", pressure)])
    with pytest.raises(Missing, match=r"found temperature \[V\]"):
        bind(COOLING, [sensor("d", volts)])


def test_a_unit_that_can_be_converted_is_taken_and_values_stay_as_they_come() -> None:
    kelvin = Channel("t", "temperature", "K", 0, 400, 2, accuracy=0.5, resolution=0.01)
    fahrenheit = Channel("t", "temperature", "[degF]", 0, 400, 1, accuracy=0.9)
    (taken,) = bind(COOLING, [sensor("d", kelvin)])
    assert (taken.unit, taken.own, taken.decimals, taken.accuracy, taken.resolution) == (
        *("Cel", "K", 2, 0.5, 0.01),
    )
    assert lacking(COOLING, [sensor("d", kelvin)]) == (False,)
    true = corrected(taken, None)
    assert true is not None
    assert true(300.0) == pytest.approx(26.85)
    (taken,) = bind(COOLING, [sensor("d", fahrenheit)])
    assert taken.decimals == 2
    assert taken.accuracy == pytest.approx(0.5)
    calibrated = corrected(taken, Calibration("c1", "2026-11-26", "x", points=((210.0, 212.0),)))
    assert calibrated is not None
    assert calibrated(210.0) == pytest.approx(100.0)


# By time ----------------------------------------------------------------------------------------------------


def test_only_what_is_bound_and_measured_since_the_beginning_is_kept() -> None:
    run = active("cooling", "temperature")
    given = [sample("temperature", 99.9, 1.0), sample("temperature", 100.5, 2.0), sample("other", 100.6, 3.0)]
    run.take("d", given)
    run.take("e", given)
    assert run.samples == 1
    assert rows(run) == [(500_000, 2.0)]
    assert run.collected().is_empty


def test_two_samples_of_one_moment_are_both_kept() -> None:
    run = active("cooling", "temperature")
    run.take("d", [sample("temperature", 101.0, 1.0), sample("temperature", 101.0, 2.0, beyond=True)])
    piece = run.collected().pieces[0]
    assert (piece.ats, piece.values, piece.beyond) == ([1_000_000, 1_000_001], [1.0, 2.0], [0, 1])


def test_a_run_ends_by_itself_after_its_time_or_the_longest() -> None:
    asked = active("cooling", "temperature", seconds=10)
    nonsense = active("cooling", "temperature", seconds=-5)
    pendulum = active("pendulum", "temperature")
    longest = active("cooling", "temperature")
    assert not nonsense.is_over(100.0)
    assert [asked.is_over(now) for now in (109.9, 110.0)] == [False, True]
    assert [pendulum.is_over(now) for now in (159.9, 160.0)] == [False, True]
    assert [longest.is_over(100.0 + now) for now in (MAX_SECONDS - 1, MAX_SECONDS)] == [False, True]
    assert [each.reason(100.0 + MAX_SECONDS) for each in (asked, longest)] == ["", "longest"]


def test_a_run_ends_by_itself_after_a_number_of_samples_and_keeps_no_more() -> None:
    run = active(template(2, "count = 3"), "temperature", "pressure")
    for step in range(9):
        assert run.is_over(101.0) == (step >= 3)
        run.take("d", [sample("temperature", 100.1 + step, step)])
    assert len(rows(run)) == 3


def test_a_run_ends_by_itself_when_a_channel_crosses_a_threshold() -> None:
    run = active(template(1, 'ends = { channel = "T0", below = 30.0 }'), "temperature")
    run.take("d", [sample("temperature", 100.0 + step, 33.0 - step) for step in range(9)])
    assert run.is_over(101.0)
    assert [value for _, value in rows(run)] == [33.0, 32.0, 31.0, 30.0, 29.0]


def test_what_the_disk_is_too_slow_for_is_counted_and_memory_is_bounded() -> None:
    run = active("cooling", "temperature")
    run.take("d", [sample("temperature", 101.0, 1.0)] * (limits.MAX_WAITING + 5))
    assert (run.lost, run.samples) == (5, limits.MAX_WAITING)
    assert len(rows(run)) == limits.MAX_WAITING
    run.take("d", [sample("temperature", 102.0, 1.0)])
    assert run.lost == 5


# By events --------------------------------------------------------------------------------------------------


def shows(value: float, at: float = 100.5) -> list[Sample | None]:
    return [sample("pressure", at, value)]


def test_an_event_keeps_what_was_shown_and_what_was_entered() -> None:
    run = active("boyle", "pressure")
    assert run.notice(100.0).offered == 20.0
    run.take("d", [sample("pressure", 100.5, 101.0), sample("pressure", 101.0, 101.3)])
    run.mark(102.0, 20.0, shows(101.3))
    run.mark(104.0, 19.0, shows(106.6))
    batch = run.collected()
    assert (batch.pieces[0].ats, batch.pieces[0].values) == ([2_000_000, 4_000_000], [101.3, 106.6])
    assert batch.marks == [(2_000_000, 20.0), (4_000_000, 19.0)]
    assert (run.samples, run.marks, run.notice(104.0).offered) == (2, 2, 18.0)


def test_a_value_that_a_slow_sensor_showed_before_it_began_counts_for_an_event() -> None:
    run = active("boyle", "pressure")
    run.mark(101.0, 20.0, shows(101.3, at=80.0))
    assert rows(run) == [(1_000_000, 101.3)]


def test_what_is_offered_stays_between_the_bounds() -> None:
    run = active("boyle", "pressure")
    run.mark(101.0, 1.0, shows(101.0))
    assert run.notice(101.0).offered == 1.0


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "value-needed"),
        (-1.0, "value-beyond"),
        (math.nan, "value-beyond"),
        (math.inf, "value-beyond"),
    ],
)
def test_an_event_that_means_nothing_is_refused(value: float | None, reason: str) -> None:
    run = active("boyle", "pressure")
    with pytest.raises(NotNow) as refused:
        run.mark(101.0, value, shows(101.0))
    assert refused.value.reason == reason
    assert run.collected().is_empty
    assert run.marks == 0


def test_an_event_of_a_sensor_that_shows_nothing_names_the_quantity() -> None:
    with pytest.raises(NotNow) as refused:
        active("boyle", "pressure").mark(101.0, 20.0, [None])
    assert (refused.value.reason, refused.value.quantity) == ("no-value", "pressure")


def test_two_events_of_one_moment_are_two_rows() -> None:
    run = active("boyle", "pressure")
    run.mark(101.0, 20.0, shows(101.0))
    run.mark(101.0, 19.0, shows(101.0))
    assert [mark.at for mark in run.collected().marks] == [1_000_000, 1_000_001]


def test_a_row_that_was_taken_back_is_offered_again() -> None:
    run = active("boyle", "pressure")
    run.mark(101.0, 20.0, shows(101.0))
    run.mark(102.0, 91.0, shows(101.0))
    run.take_back()
    batch = run.collected()
    assert (batch.marks, batch.withdrawn) == ([(1_000_000, 20.0), (2_000_000, 91.0)], [(2_000_000, 91.0)])
    assert (run.marks, run.notice(102.0).offered) == (1, 91.0)
    run.take_back()
    assert not run.collected().is_empty
    with pytest.raises(NotNow, match="nothing-marked"):
        run.take_back()


def test_a_run_of_events_ends_by_itself_after_so_many() -> None:
    run = active(template(1, "count = 2", entry=True), "pressure")
    for volume in (20.0, 19.0):
        assert not run.is_over(101.0)
        run.mark(101.0, volume, shows(101.0))
    assert run.is_over(101.0)


# Between two conditions -------------------------------------------------------------------------------------

HELD = [sample("distance", 100.0 + step / 20, 0.2) for step in range(20)]
FALLS = [sample("distance", 101.0 + step / 20, 0.2 + 4.905 * (step / 20) ** 2) for step in range(10)]


def test_a_gated_run_waits_and_its_time_begins_when_the_ball_is_let_go() -> None:
    run = active("free-fall", "distance")
    run.take("d", HELD)
    assert (run.waits, run.notice(101.0).waits, run.seconds(101.0), run.samples) == (True, True, 0.0, 0)
    run.take("d", FALLS)
    assert not run.waits
    assert run.is_over(101.5)
    assert run.began == WALL + 1100
    kept = rows(run)
    assert [at for at, _ in kept] == pytest.approx([step * 50_000 for step in range(8)], abs=1)
    assert [d for _, d in kept] == pytest.approx([0.2 + 4.905 * (0.1 + step / 20) ** 2 for step in range(8)])


def test_a_value_out_of_range_begins_nothing() -> None:
    run = active("free-fall", "distance")
    run.take("d", [*HELD, sample("distance", 101.0, 9.9, beyond=True)])
    assert run.waits


def test_a_moment_before_it_began_cannot_be_marked() -> None:
    with pytest.raises(NotNow) as refused:
        active("free-fall", "distance").mark(101.0)
    assert refused.value.reason == "waits"


def test_a_run_that_never_begins_is_given_up() -> None:
    run = active("free-fall", "distance")
    assert not run.is_over(100.0 + LONGEST_WAIT - 1)
    assert run.is_over(100.0 + LONGEST_WAIT)
    assert run.reason(100.0 + LONGEST_WAIT) == "never-began"


# The clock on the wall --------------------------------------------------------------------------------------


def test_the_time_of_day_is_noted_at_the_beginning_and_whenever_the_clock_was_set() -> None:
    run = active("cooling", "temperature")
    for now in range(100, 160):
        run.look_at(now + 0.5, WALL + 1000 * (now - 100) + 500 + (3_600_000 if now >= 130 else 0))
    assert run.collected().anchors == [Anchor(0, WALL), Anchor(int(30.5 * MICRO), WALL + 3_630_500)]


def test_a_clock_that_is_steered_slowly_is_noted_now_and_then() -> None:
    run = active("cooling", "temperature")
    for now in range(1000):
        run.look_at(100.0 + now, WALL + 1000 * now + now)
    assert len(run.collected().anchors) == 2


def test_the_clock_of_a_gated_run_is_noted_when_it_begins() -> None:
    run = active("free-fall", "distance")
    run.look_at(100.5, WALL + 500)
    assert run.collected().is_empty
    run.take("d", [*HELD, *FALLS])
    run.look_at(101.5, WALL + 1500)
    assert run.collected().anchors == [Anchor(0, WALL + 1100)]


def test_a_device_that_nothing_is_bound_to_costs_nothing() -> None:
    run = Active(active("cooling", "temperature").beginning, 100.0)
    run.take("other", [Sample("temperature", 101.0, 1.0)])
    assert run.samples == 0
    assert run.notice(101.0).bound == (Bound("temperature", "d", "temperature", "Cel"),)
