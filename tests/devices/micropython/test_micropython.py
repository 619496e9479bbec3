"""MicroPython against the simulated board: what it measures, moves, runs and keeps, and what goes wrong."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devices.driver import Heard, Sample, Status
from devices.drivers.micropython import UPLOADS, Answer, FileRefused, MicroPython
from devices.drivers.micropython_board import Board, parse
from devices.drivers.micropython_repl import AGAIN, MAX_LINE, PASTE
from devices.drivers.tables import ProfileWrong
from devices.errors import ActuatorUnknown, BeyondRange, LineLost, ProgramUnknown
from devices.far.micropython import FarMicroPython
from tests.devices.micropython.boards import SMALL, Faulting, small

PROFILES = sorted((Path(__file__).parents[3] / "devices/profiles/micropython").glob("*.toml"))
STEP = 0.05
STOP = b"\x03\x03\x02_q()\r"
UPLOAD = small().installed()
FULL = "MemoryError: memory allocation failed, allocating 512 bytes"


class Talk:
    """Driver and simulated board, with a clock of their own, on a wire that may lose bytes."""

    def __init__(self, board: Board | None = None) -> None:
        self.far = Faulting(board or small())
        self.loses: Callable[[int, int], bool] = lambda _number, _byte: False
        self.hears: Callable[[bytes], bytes] = lambda said: said
        self.sent = 0  # bytes, since the driver began
        driver = self.far.driver()
        assert isinstance(driver, MicroPython)
        self.driver = driver
        self.now = 100.0
        self.heard: Heard = []
        self.send(driver.stop() + driver.begin())

    def send(self, piece: bytes) -> None:
        kept = [byte for number, byte in enumerate(piece, self.sent) if not self.loses(number, byte)]
        self.sent += len(piece)
        self.far.take(bytes(kept), self.now)

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / STEP)):
            self.step()

    def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:
        """Let time pass until something holds."""
        for _ in range(round(seconds / STEP)):
            if holds():
                return
            self.step()
        raise AssertionError("never")

    def step(self) -> None:
        self.now += STEP
        self.heard += self.driver.feed(self.hears(self.far.speak(self.now)), self.now)
        self.send(self.driver.ask(self.now))

    def samples(self) -> list[Sample]:
        return [each for each in self.heard if isinstance(each, Sample)]

    def said(self) -> list[Status]:
        return [each for each in self.heard if isinstance(each, Status)]

    def measure(self, more: int = 3) -> None:
        """Let time pass until some more samples came."""
        wanted = len(self.samples()) + more
        self.until(lambda: len(self.samples()) >= wanted)


@pytest.fixture
def talk() -> Talk:
    talk = Talk()
    talk.measure()
    return talk


@pytest.mark.parametrize("file", PROFILES, ids=lambda file: str(file.stem))
def test_every_profile_measures_moves_and_runs_on_the_simulated_board(file: Path) -> None:
    talk = Talk(parse(file.read_text(), file.stem))
    driver = talk.driver
    talk.measure(20)
    assert {each.channel for each in talk.samples()} == {channel.name for channel in driver.channels}
    assert not [each for each in talk.samples() if each.flag]
    for actuator in driver.actuators:
        talk.send(driver.drive(actuator.name, actuator.high))
        talk.until(lambda: talk.far.moves)
        talk.send(driver.stop())
        talk.until(lambda: not talk.far.moves)
        talk.measure()
    for program in list(driver.programs):
        talk.send(driver.run(program))
        talk.until(lambda program=program: talk.far.program == program)  # type: ignore[misc]  # bound now
        talk.send(driver.stop())
        talk.measure()


def test_greeting_asks_for_the_banner_and_interrupts_nothing() -> None:
    driver, far = MicroPython(small()), FarMicroPython(small())
    far.speak(0.0)
    far.take(driver.greet(), 0.0)
    driver.feed(far.speak(0.0), 0.0)
    assert driver.greet() == b"\x02"
    assert driver.identity == "MicroPython v1.18 on 2022-01-17; micro:bit v2.1.2 with nRF52833"
    assert driver.ask(1.0) == b""


def test_stopping_is_the_same_at_any_time(talk: Talk) -> None:
    assert [MicroPython(small()).stop(), talk.driver.stop(), talk.driver.stop()] == [STOP] * 3


@pytest.mark.parametrize("steps", range(25))
def test_stopping_stops_wherever_the_conversation_is(steps: int) -> None:
    talk = Talk()
    talk.measure()
    talk.send(talk.driver.drive("lamp", 1))
    talk.send(talk.driver.run("blink"))
    for _ in range(steps):
        talk.step()
    talk.send(talk.driver.stop())
    talk.measure()
    assert not talk.far.moves
    assert talk.far.outputs == {}


def test_a_lamp_is_switched_and_measuring_goes_on(talk: Talk) -> None:
    talk.send(talk.driver.drive("lamp", 1))
    talk.until(lambda: talk.far.outputs == {"lamp": 1.0})
    talk.measure()


def test_what_waits_is_sent_as_soon_as_the_board_is_free(talk: Talk) -> None:
    talk.send(talk.driver.drive("lamp", 1))
    talk.driver.feed(talk.far.speak(talk.now), talk.now)
    assert talk.driver.ask(talk.now) == b"_w('lamp',1)\x04"


def test_of_values_that_wait_the_newest_wins(talk: Talk) -> None:
    for value in (1, 0, 0.25, 0.5):
        talk.send(talk.driver.drive("lamp", value))
    driven: list[float] = []
    for _ in range(40):
        talk.step()
        driven += [each for each in talk.far.outputs.values() if each not in driven]
    assert driven == [0.5]


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf])
def test_a_value_that_an_actuator_cannot_take_is_refused(talk: Talk, value: float) -> None:
    with pytest.raises(BeyondRange):
        talk.driver.drive("lamp", value)


def test_unknown_names_and_a_board_that_is_not_ready_are_refused(talk: Talk) -> None:
    with pytest.raises(ActuatorUnknown):
        talk.driver.drive("x", 1)
    with pytest.raises(ProgramUnknown):
        talk.driver.run("blink\nimport os")
    with pytest.raises(LineLost):
        MicroPython(small()).drive("lamp", 1)


def test_a_file_of_the_board_is_a_program_that_can_be_run(talk: Talk) -> None:
    talk.send(talk.driver.put_file("hello.py", b'print("hello")\n'))
    talk.send(talk.driver.list_files())
    talk.until(lambda: "hello.py" in talk.driver.programs)
    talk.send(talk.driver.run("hello.py"))
    talk.until(lambda: Status(running="", message="finished") in talk.said())
    assert Status(message="hello") in talk.said()


def test_a_program_that_is_stopped_says_so(talk: Talk) -> None:
    talk.send(talk.driver.run("blink"))
    talk.until(lambda: Status(running="blink", message="started") in talk.said())
    talk.send(talk.driver.stop())
    talk.measure()
    assert talk.said()[-1] == Status(running="", message="stopped")


def test_a_program_that_hears_no_interrupt_is_not_said_to_be_stopped(talk: Talk) -> None:
    talk.send(talk.driver.run("blink"))
    talk.until(lambda: Status(running="blink", message="started") in talk.said())
    talk.driver.stop()
    assert talk.driver.feed(b"driving on\r\n" * 20, talk.now) == []
    banner = b"MicroPython v1.18 on 2022-01-17; micro:bit v2.1.2 with nRF52833\r\n>>> "
    assert Status(running="", message="stopped") in talk.driver.feed(banner, talk.now)


def test_a_file_comes_back_as_it_was_written(talk: Talk) -> None:
    content = bytes(range(256)) * 3
    talk.send(talk.driver.put_file("all.bin", content))
    talk.send(talk.driver.get_file("all.bin"))
    talk.send(talk.driver.list_files())
    talk.until(lambda: len(talk.driver.answers) == 3)
    assert list(talk.driver.answers) == [
        Answer("put", "all.bin"),
        Answer("get", "all.bin", content=content),
        Answer("list", names=("all.bin",)),
    ]
    talk.measure()


def test_a_file_that_is_not_there_is_answered_with_the_fault(talk: Talk) -> None:
    talk.send(talk.driver.get_file("none.py"))
    talk.until(lambda: len(talk.driver.answers) == 1)
    assert talk.driver.answers[0] == Answer("get", "none.py", fault="OSError: file not found")


def test_a_file_that_is_stopped_is_answered(talk: Talk) -> None:
    talk.driver.put_file("long.bin", bytes(5000))
    talk.driver.stop()
    assert list(talk.driver.answers) == [Answer("put", "long.bin", fault="stopped")]


@pytest.mark.parametrize("name", ["", "../x", "a'b", "a\nb", "x" * 33, ".py"])
def test_a_name_that_is_no_files_name_is_refused(talk: Talk, name: str) -> None:
    with pytest.raises(FileRefused):
        talk.driver.put_file(name, b"")


def test_a_file_that_no_board_has_room_for_is_refused(talk: Talk) -> None:
    with pytest.raises(FileRefused):
        talk.driver.put_file("x", bytes(32_769))
    for _ in range(2):
        talk.driver.put_file("x", bytes(32_000))
    with pytest.raises(FileRefused, match="too much waits"):
        talk.driver.put_file("x", bytes(32_000))


def test_a_board_that_was_reset_gets_its_functions_again(talk: Talk) -> None:
    talk.far.reset()
    before = len(talk.samples())
    talk.go_on(0.2)
    talk.measure()
    assert len(talk.samples()) > before


def test_a_dead_board_is_given_up_tried_for_ever_and_found_again(talk: Talk) -> None:
    talk.far.hangs = True
    talk.send(talk.driver.list_files())
    talk.go_on(15.0)
    assert list(talk.driver.answers) == [Answer("list", fault="no-answer")]
    sent = sum(bool(talk.driver.ask(talk.now + step * STEP)) for step in range(round(60 / STEP)))
    assert 5 <= sent <= 60 / AGAIN + 1
    talk.now += 60
    talk.far.hangs = False
    talk.far.reset()
    talk.measure()


def test_a_board_without_raw_mode_gets_its_code_by_paste_mode() -> None:
    talk = Talk()
    talk.far.has_raw = False
    talk.measure()
    talk.send(talk.driver.drive("lamp", 1))
    talk.until(lambda: talk.far.outputs == {"lamp": 1.0})
    talk.send(talk.driver.run("faulty"))
    talk.measure()


def test_a_board_without_paste_mode_gets_its_code_by_raw_mode() -> None:
    talk = Talk()
    talk.loses = lambda _, byte: byte == PASTE[0]
    talk.measure()


def test_a_board_whose_echo_never_comes_whole_gets_its_code_by_raw_mode() -> None:
    talk = Talk()
    talk.hears = lambda said: said.replace(b"(", b"")
    talk.measure()


@given(st.integers(0, 500), st.integers(1, 57))
def test_whatever_is_lost_on_the_way_no_part_of_our_functions_is_run_and_it_measures(
    first: int, many: int
) -> None:
    talk = Talk()
    talk.loses = lambda number, _: first <= number - len(STOP) - 3 < first + many
    talk.until(lambda: talk.samples() != [], 150.0)  # where all of these are questions, three every 6 s
    assert {code for code in talk.far.ran if "def " in code} == {UPLOAD}


@example(262, 1)  # the ^D after the first piece of it
@given(st.integers(0, 1200), st.integers(1, 57))
def test_a_file_of_which_bytes_are_lost_on_the_way_is_not_said_to_be_written(first: int, many: int) -> None:
    talk, content = Talk(), bytes(range(256))
    talk.measure()
    begun = talk.sent
    talk.loses = lambda number, _: first <= number - begun < first + many
    talk.send(talk.driver.put_file("all.bin", content))
    talk.until(lambda: len(talk.driver.answers) == 1, 150.0)
    assert talk.driver.answers[0].fault != "" or talk.far.files == {"all.bin": content}


@pytest.mark.parametrize("fault", ["KeyboardInterrupt: ", "SyntaxError: invalid syntax"])
def test_an_upload_that_faults_once_is_sent_again(fault: str) -> None:
    talk = Talk()
    talk.far.faults = {UPLOAD: [fault]}
    talk.measure()
    assert talk.far.ran.count(UPLOAD) == 2
    assert [each.message for each in talk.said()] == ["ready"]


def test_interrupts_that_end_every_piece_of_code_for_a_while_are_outlived() -> None:
    talk = Talk()
    talk.far.faults = {"": ["KeyboardInterrupt: "] * 20}
    talk.measure()
    talk.far.faults = {"": ["KeyboardInterrupt: "] * 20}
    talk.send(talk.driver.stop())
    talk.measure()


def test_a_board_without_room_for_our_functions_says_so_once_and_is_tried_again_after_a_stop() -> None:
    talk = Talk()
    talk.far.faults = {UPLOAD: [FULL] * 2 * UPLOADS}
    talk.go_on(30.0)
    assert talk.far.ran.count(UPLOAD) == UPLOADS
    assert [each.message for each in talk.said()] == ["ready", FULL]
    talk.send(talk.driver.stop())
    talk.go_on(30.0)
    assert [each.message for each in talk.said()] == ["ready", FULL, FULL]
    talk.send(talk.driver.stop())
    talk.measure()


@given(st.binary(max_size=600))
def test_no_nonsense_is_ever_a_sample_or_a_name(noise: bytes) -> None:
    driver = MicroPython(small())
    driver.begin()
    assert not [each for each in driver.feed(noise, 0.0) if isinstance(each, Sample)]
    assert driver.identity == ""


def test_lines_that_are_no_reading_are_counted_and_the_others_read(talk: Talk) -> None:
    before = len(talk.samples())
    lines = [b"x:nan", b"x:", b"\xff\xfe", b"z" * (MAX_LINE + 1), b"y:1", b"x:2;y:3", b"x:1e2"]
    heard = [each for line in lines for each in talk.driver.feed(line + b"\r\n", 7.0)]
    assert heard == [Sample("x", 7.0, 2.0), Sample("x", 7.0, 100.0, "out-of-range")]
    assert talk.driver.refused == 6
    assert len(talk.samples()) == before


def test_a_line_without_an_end_takes_no_memory_and_the_next_one_is_read(talk: Talk) -> None:
    for _ in range(1000):
        talk.driver.feed(b"y" * MAX_LINE, 0.0)
    assert talk.driver.feed(b"\nx:1\r\n", 0.0) == [Sample("x", 0.0, 1.0)]
    assert talk.driver.refused == 1


@pytest.mark.parametrize("fault", ["silent", "unplugged", "garbage"])
def test_a_simulated_fault_gives_no_sample(talk: Talk, fault: str) -> None:
    talk.far.fault = fault  # type: ignore[assignment]  # the parameter is one of them
    before = len(talk.samples())
    talk.go_on(10.0)
    assert len(talk.samples()) == before


def test_a_simulated_sensor_out_of_range_is_flagged(talk: Talk) -> None:
    talk.far.fault = "out-of-range"
    talk.measure()
    assert talk.samples()[-1].flag == "out-of-range"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('name = "x"', 'name = "X"', "matching regex"),
        ('name = "broken"', 'name = "x"', "x twice"),
        ("rate = 10", "rate = 51", "rate"),
        ('reads = "1/0"', 'reads = "1\\n0"', "matching regex"),
        ('reads = "1/0"', 'eval = "1"', "unknown field `eval`"),
        ("rate = 10", "rate =", "Invalid value"),
    ],
)
def test_a_wrong_profile_is_refused_and_says_where(old: str, new: str, why: str) -> None:
    with pytest.raises(ProfileWrong, match="profile kit: ") as refusal:
        parse(SMALL.replace(old, new, 1), "kit")
    assert why in str(refusal.value)
