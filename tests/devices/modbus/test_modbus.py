"""A bus of probes: read in turn, the dead left alone, refusals named by channel."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from devices import profiles
from devices.driver import Heard, Sample
from devices.drivers.modbus import FIRST_PAUSE, KNOCK, LATE, LONGEST_PAUSE, PATIENCE, Modbus
from devices.drivers.modbus_frames import Asked, signed
from devices.drivers.modbus_probes import Placed, Probe, Row, blocks, parse
from devices.drivers.tables import ProfileWrong
from devices.far.modbus import ILLEGAL_ADDRESS, Bus

NAMES = profiles.names("modbus")
STEP = 0.005  # seconds


def known(name: str) -> Probe:
    return parse(profiles.text("modbus", name), name)


def simple(slave: int, rate: float = 1.0) -> Placed:
    return Placed(slave, Probe("Probe", (Row("r", "reading", "1", 0, 65_535, 0, rate=rate),)))


def run(driver: Modbus, far: Bus, seconds: float, begin: float = 1000.0, step: float = STEP) -> Heard:
    heard = Heard()
    for number in range(int(seconds / step)):
        now = begin + number * step
        piece = driver.ask(now)
        if piece:
            far.take(piece, now)
        heard += driver.feed(far.speak(now), now)
    return heard


def counted(heard: Heard, slave: int) -> int:
    return sum(isinstance(each, Sample) and each.channel.endswith(f"-{slave}") for each in heard)


@pytest.mark.parametrize("name", NAMES)
def test_every_probe_is_read_at_its_rate_within_its_range(name: str) -> None:
    probe = known(name)
    placed = [Placed(probe.slave, probe)]
    driver, far = Modbus(placed), Bus(placed)
    heard = [each for each in run(driver, far, 20.0) if isinstance(each, Sample)]
    for row in probe.rows:
        values = [each for each in heard if each.channel == f"{row.name}-{probe.slave}"]
        assert abs(len(values) - 20.0 * row.rate) <= 1
        assert {each.flag for each in values} == {""}
    assert (driver.refused, driver.troubles, driver.identity) == (0, {}, f"{probe.title} {probe.slave}")


def test_registers_side_by_side_are_read_at_once() -> None:
    assert [block.asked for block in blocks(Placed(1, known("soil")))] == [Asked(1, 3, 0, 4)]
    assert len(blocks(Placed(1, known("soil-jxct")))) == 4


@pytest.mark.parametrize(
    ("row", "registers", "value"),
    [
        (Row("r", "temperature", "Cel", 0, 1, 0, holds="i16", scale=0.1), (0xFFF6,), -1.0),
        (Row("r", "temperature", "Cel", 0, 1, 0, scale=0.1), (215,), 21.5),
        (Row("r", "voltage", "V", 0, 1, 0, holds="f32"), (0x4048, 0xF5C3), pytest.approx(3.14, rel=1e-6)),
        (Row("r", "voltage", "V", 0, 1, 0, holds="u32", low_first=True), (0x86A0, 0x0001), 100_000.0),
        (Row("r", "voltage", "V", 0, 1, 0, holds="i32", shift=5.0), (0xFFFF, 0xFFFF), 4.0),
        (Row("r", "voltage", "V", 0, 1, 0, holds="f32"), (0x7FC0, 0x0000), None),
        (Row("r", "temperature", "Cel", 0, 1, 0, none=0x8000), (0x8000,), None),
    ],
)
def test_what_registers_hold_is_what_the_table_says(
    row: Row, registers: tuple[int, ...], value: float | None
) -> None:
    assert row.value(registers) == value
    if value is not None and row.none is None:
        assert row.registers(row.value(registers) or 0.0) == registers


def test_nothing_is_asked_while_an_answer_is_waited_for() -> None:
    driver = Modbus([simple(1)])
    assert driver.ask(0.0) == Asked(1, 3, 0, 1).frame
    assert [driver.ask(now / 100) for now in range(1, 29)] == [b""] * 28


def test_a_slave_that_passes_over_a_frame_is_asked_once_more() -> None:
    placed = [simple(1), simple(2)]
    driver, far = Modbus(placed), Bus(placed)
    far.strict, far.dead = {1}, {2}
    heard = run(driver, far, 60.0)
    assert counted(heard, 1) >= 59
    assert driver.troubles == {"r-2": "no-answer"}


@pytest.mark.parametrize("rate", [1.0, 2.0, 20.0])
def test_one_dead_slave_of_four_takes_less_than_a_tenth_from_the_others(rate: float) -> None:
    placed = [simple(slave, rate) for slave in (1, 2, 3, 4)]
    all_alive = run(Modbus(placed), Bus(placed), 120.0)
    driver, far = Modbus(placed), Bus(placed)
    far.dead, far.strict = {2}, {1, 3, 4}
    heard = run(driver, far, 120.0)
    assert all(counted(heard, slave) >= 0.9 * counted(all_alive, slave) for slave in (1, 3, 4))
    assert counted(heard, 2) == 0
    assert driver.requests[2] <= 2 + 120.0 / FIRST_PAUSE


def test_four_probes_keep_their_rate_when_asked_ten_times_a_second_only() -> None:
    placed = [simple(slave) for slave in (1, 2, 3, 4)]
    driver, far = Modbus(placed), Bus(placed)
    far.dead = {2}
    heard = run(driver, far, 120.0, step=0.1)
    assert all(counted(heard, slave) >= 0.9 * 120 for slave in (1, 3, 4))


def test_a_dead_slave_is_left_alone_for_longer_each_time_and_read_again_when_it_lives() -> None:
    placed = [simple(1), simple(2)]
    driver, far = Modbus(placed), Bus(placed)
    far.dead = {2}
    run(driver, far, 300.0)
    assert 7 <= far.asked[2] <= 10
    far.dead = set()
    heard = run(driver, far, LONGEST_PAUSE + 5.0, begin=1300.0)
    assert counted(heard, 2) >= 4
    assert driver.troubles == {}


def test_a_refused_register_is_named_and_the_others_of_its_probe_are_read() -> None:
    placed = [Placed(1, known("soil")), Placed(2, known("air"))]
    driver, far = Modbus(placed), Bus(placed)
    far.unplugged = {(1, 2)}
    heard = run(driver, far, 20.0)
    assert driver.troubles == {"conductivity-1": "illegal-address"}
    seen = {each.channel for each in heard if isinstance(each, Sample)}
    assert seen == {"moisture-1", "temperature-1", "ph-1", "temperature-2", "humidity-2"}
    far.unplugged = set()
    run(driver, far, 20.0, begin=1020.0)
    assert driver.troubles == {}


def test_a_function_that_a_slave_lacks_is_named_on_every_channel() -> None:
    air = known("air")
    driver, far = Modbus([Placed(1, structs.replace(air, function=3))]), Bus([Placed(1, air)])
    assert run(driver, far, 5.0) == []
    assert driver.troubles == dict.fromkeys(("temperature-1", "humidity-1"), "illegal-function")


def test_a_socket_without_a_sensor_is_named_and_gives_no_value() -> None:
    driver = Modbus([Placed(1, known("thermometers"))])
    driver.ask(0.0)
    heard = driver.feed(signed(bytes((1, 3, 8, 0, 215, 0x80, 0, 0xFF, 0xF6, 0x80, 0))), 0.1)
    assert [(each.channel, each.raw) for each in heard if isinstance(each, Sample)] == [
        ("temperature-1-1", 21.5),
        ("temperature-3-1", -1.0),
    ]
    assert driver.troubles == dict.fromkeys(("temperature-2-1", "temperature-4-1"), "no-number")


def test_a_cut_answer_is_counted_and_asked_for_again() -> None:
    driver = Modbus([simple(1)])
    driver.ask(0.0)
    assert driver.feed(bytes((1, 3, 2, 0)), 0.1) == []
    assert driver.ask(PATIENCE) == b""
    assert driver.refused == 1
    assert driver.ask(PATIENCE + LATE) == Asked(1, 3, 0, 1).frame
    assert driver.feed(signed(bytes((1, 3, 2, 0, 9))), 1.0) == [Sample("r-1", 1.0, 9.0)]


def test_what_nobody_asked_for_is_counted_once_and_forgotten() -> None:
    driver = Modbus([simple(1)])
    for _ in range(1000):
        assert driver.feed(signed(bytes((1, 3, 2, 0, 9))), 0.0) == []
    assert driver.refused == 1
    assert driver.identity == ""


def test_it_is_known_by_an_answer_and_by_nothing_else() -> None:
    driver = Modbus([simple(3)])
    assert driver.greet() == Asked(3, 3, 0, 1).frame
    driver.feed(b"temperature:21.5\n" * 20, 0.0)
    assert driver.identity == ""
    driver.feed(signed(bytes((3, 3, 2, 0, 9))), 0.1)
    assert driver.identity == "Probe 3"
    assert driver.begin() == b""
    assert driver.ask(5.0) == Asked(3, 3, 0, 1).frame


def test_a_bus_that_nobody_described_is_knocked_at_and_asked_nothing_else() -> None:
    driver = Modbus([])
    assert driver.greet() == KNOCK.frame
    assert driver.ask(0.0) == b""
    assert [driver.ask(second) for second in range(1, 60)] == [b""] * 59
    driver.greet()
    assert driver.feed(signed(bytes((1, 3, 2, 0, 9))), 60.0) == []
    assert driver.identity == "Modbus slave 1"


def test_stopping_is_nothing_at_any_time_and_no_register_is_ever_written() -> None:
    placed = [Placed(slave, known(name)) for slave, name in enumerate(NAMES, 1)]
    driver, far = Modbus(placed), Bus(placed)
    assert driver.stop() == b""
    frames = [driver.greet()]
    for number in range(4000):
        now = number * STEP
        frames.append(driver.ask(now))
        far.take(frames[-1], now)
        driver.feed(far.speak(now), now)
        assert driver.stop() == b""
    assert {frame[1] for frame in frames if frame} == {3, 4}


SAID = b"\x01\x03noise" + signed(bytes((1, 3, 2, 1, 44))) + b"after"


@given(st.lists(st.integers(0, len(SAID)), max_size=20))
def test_bytes_in_any_pieces_give_the_same(cuts: list[int]) -> None:
    def outcome(pieces: list[bytes]) -> tuple[object, ...]:
        driver = Modbus([simple(1)])
        driver.ask(6.9)
        return [each for piece in pieces for each in driver.feed(piece, 7.0)], driver.refused

    places = [0, *sorted(cuts), len(SAID)]
    assert outcome([SAID[begin:end] for begin, end in pairwise(places)]) == outcome([SAID])
    assert outcome([bytes((byte,)) for byte in SAID]) == outcome([SAID])
    assert outcome([SAID]) == ([Sample("r-1", 7.0, 300.0)], 2)


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_noise_on_the_line_is_never_a_value(pieces: list[bytes]) -> None:
    placed = [simple(1, 5.0)]
    driver, far = Modbus(placed), Bus(placed)
    far.dead = {1}
    heard = Heard()
    for number, piece in enumerate(pieces):
        driver.ask(number / 10)
        heard += driver.feed(piece, number / 10)
    assert heard == []


def test_the_far_end_refuses_what_it_does_not_hold() -> None:
    far = Bus([Placed(1, known("air"))])
    far.take(Asked(1, 4, 7, 1).frame, 0.0)
    assert far.speak(1.0) == signed(bytes((1, 0x84, ILLEGAL_ADDRESS)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = 1", "Expected `str`"),
        (profiles.text("modbus", "air").replace("scale", "scael"), "unknown field `scael`"),
        (profiles.text("modbus", "air").replace("register = 1", "register = 70000"), "<= 65535"),
        (profiles.text("modbus", "air").replace('"humidity"', '"temperature"'), "two channels have one name"),
        (profiles.text("modbus", "air").replace("function = 4", "function = 6"), "Invalid enum value 6"),
    ],
)
def test_a_wrong_profile_is_refused_with_the_place(text: str, says: str) -> None:
    with pytest.raises(ProfileWrong, match="profile mine: ") as refused:
        parse(text, "mine")
    assert says in str(refused.value)
