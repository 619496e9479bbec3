"""How long it takes until a kit that is plugged in has its driver, in a room without clocks.

An Uno speaks 1.6 s after its port was opened, a Mega 2 s; StandardFirmata then blinks for two seconds and
hears nothing. Until then a device has the name that its USB says.
"""

from collections.abc import Callable, Sequence

import pytest

from devices.probing import Kind
from devices.registry import family, simulators
from tests.devices.plugged import Board, plugged

UNO, MEGA, CLONE = (0x2341, 0x0043), (0x2341, 0x0042), (0x1A86, 0x7523)
MICROBIT, PICO, SPIKE, UBLOX = (0x0D28, 0x0204), (0x2E8A, 0x0005), (0x0694, 0x0009), (0x1546, 0x01A7)
BOOTS, SLOW, BLINKS = 1.6, 2.0, 2.0  # seconds


class Prints:
    """A sketch that prints a reading every so often, and obeys each letter that it hears."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._began: float | None = None
        self._printed = 0

    def take(self, piece: bytes, now: float) -> None:
        """Obey: a board behind this one counts what it heard."""

    def speak(self, now: float) -> bytes:
        """Return what it has printed."""
        self._began = now if self._began is None else self._began
        due = int((now - self._began) / self._every) + 1
        said, self._printed = b"temperature:21.5\n" * (due - self._printed), due
        return said


def kit(name: str, baud: int, boots: float = 0.0, blinks: float = 0.0) -> Callable[[], Board]:
    return lambda: Board(simulators()[name](), baud, boots, blinks)


def sketch(baud: int, every: float) -> Callable[[], Board]:
    return lambda: Board(Prints(every), baud, BOOTS)


# What is plugged in, its USB, the driver that it gets, and within how many seconds.
FIRST_TIME = [
    (kit("firmata", 57_600, BOOTS, BLINKS), UNO, "firmata", 3.8),  # its own 3.6
    (kit("firmata", 57_600), UNO, "firmata", 2.2),
    (sketch(115_200, 0.1), UNO, "lines", 2.0),
    (sketch(9600, 0.1), UNO, "lines", 2.5),
    (sketch(9600, 0.25), UNO, "lines", 3.0),
    (sketch(57_600, 0.25), UNO, "lines", 3.0),
    (sketch(115_200, 1.0), UNO, "lines", 3.8),  # three lines, one a second
    (sketch(57_600, 1.0), UNO, "lines", 4.8),
    (sketch(9600, 1.0), UNO, "lines", 5.8),
    (kit("grbl", 115_200, BOOTS), UNO, "grbl", 1.8),
    (kit("marlin", 115_200, SLOW), MEGA, "marlin", 3.0),
    (kit("uarm", 115_200, SLOW), MEGA, "uarm", 2.5),
    (kit("microbit", 115_200), MICROBIT, "micropython", 0.5),
    (kit("pico", 115_200), PICO, "micropython", 0.5),
    (kit("spike", 115_200), SPIKE, "spike", 0.5),
    (kit("nmea", 9600), UBLOX, "nmea", 1.5),
    (kit("mbot", 115_200, BOOTS), CLONE, "mbot", 1.8),
    (sketch(9600, 0.25), CLONE, "lines", 3.0),
    (kit("grbl", 115_200, BOOTS), CLONE, "grbl", 1.8),
    (kit("marlin", 115_200, SLOW), CLONE, "marlin", 3.0),
    (kit("nmea", 9600), CLONE, "nmea", 2.5),
]
ALLOWED = [
    ("kern", 9600, "meters"),
    ("ohaus", 9600, "meters"),
    ("scpi-voltmeter", 9600, "meters"),
    ("modbus", 9600, "modbus"),
    ("firmata", 57_600, "firmata"),
]
REMEMBERED = [
    ("firmata", "firmata", 57_600, 2.2),
    ("mbot", "mbot", 115_200, 2.2),
    ("grbl", "grbl", 115_200, 2.2),
    ("kern", "meters", 9600, 0.5),
    ("scpi-voltmeter", "meters", 9600, 1.0),
    ("modbus", "modbus", 9600, 0.5),
]


@pytest.mark.parametrize(("board", "usb", "name", "seconds"), FIRST_TIME)
def test_a_kit_that_nobody_knows_yet_is_found_in_time(
    board: Callable[[], Board], usb: tuple[int, int], name: str, seconds: float
) -> None:
    found = plugged(board(), usb)
    assert found.name == name
    assert found.seconds <= seconds


@pytest.mark.parametrize(("far", "baud", "name"), ALLOWED)
def test_behind_an_adapter_of_anybody_it_is_found_once_a_person_allows_to_ask(
    far: str, baud: int, name: str
) -> None:
    board = kit(far, baud)()
    board.far.speak(0.0)
    assert plugged(board, CLONE).name == ""
    found = plugged(board, CLONE, allowed=True, is_up=True)
    assert (found.name, found.baud) == (name, baud)
    assert found.seconds <= 3.0


@pytest.mark.parametrize(("far", "name", "baud", "seconds"), REMEMBERED)
def test_a_kit_that_was_in_this_socket_before_is_known_again_sooner(
    far: str, name: str, baud: int, seconds: float
) -> None:
    board = kit(far, baud)()
    board.far.speak(0.0)  # what it says when it boots was missed
    found = plugged(board, CLONE, before=_before(name, far, baud))
    assert found.name == name
    assert found.seconds <= seconds


def _before(name: str, profile: str, baud: int) -> Sequence[Kind]:
    kinds = [kind for kind in family(name).kinds if baud in kind.bauds]
    kinds = [kind for kind in kinds if kind.profile == profile] or kinds
    return [Kind(each.name, each.make, each.usb, (baud,), each.profile, each.waits) for each in kinds[:1]]


@pytest.mark.parametrize("every", [0.1, 1.0, 100.0])
@pytest.mark.parametrize("baud", [9600, 57_600, 115_200])
def test_a_genuine_arduino_hears_nothing_but_firmatas_question_before_it_is_known(
    baud: int, every: float
) -> None:
    board = Board(Prints(every), baud, BOOTS)
    plugged(board, UNO)
    assert board.orders in (b"", b"\xf0\x79\xf7")


def test_a_clone_hears_nothing_at_all_before_it_is_known() -> None:
    for baud in (9600, 57_600, 115_200):
        board = Board(Prints(100.0), baud, BOOTS)
        assert plugged(board, CLONE).name == ""
        assert board.orders == b""
