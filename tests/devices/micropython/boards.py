"""Profiles for tests: what the emulated micro:bit has. Its thermometer and its light sensor hang for ever."""

from devices.drivers.micropython_board import Board, parse
from devices.far.micropython import FarMicroPython

SMALL = """
setup = "from microbit import *"
off = ["pin1.write_digital(0)"]
rate = 10

[[channel]]
name = "x"
quantity = "acceleration"
unit = "m/s2"
low = -20
high = 20
reads = "accelerometer.get_x()*.00981"

[[channel]]
name = "broken"
quantity = "voltage"
unit = "V"
low = 0
high = 3
reads = "1/0"

[[actuator]]
name = "lamp"
does = "lamp"
low = 0
high = 1
writes = "pin1.write_digital(int(v))"

[[program]]
name = "blink"
code = '''
from microbit import *
while True:
 pin1.write_digital(1)
 print("x:1.5")
 print("blinking")
 sleep(100)
'''

[[program]]
name = "faulty"
code = "print(1/0)"
"""
HANGING = """
rate = 10
setup = "import microbit"

[[channel]]
name = "temperature"
quantity = "temperature"
unit = "Cel"
low = -25
high = 75
reads = "microbit.temperature()"
"""


def small() -> Board:
    """Return a board with a sensor, a broken one, a lamp, and two programs."""
    return parse(SMALL, "small")


def hanging() -> Board:
    """Return a board whose sensor never answers."""
    return parse(HANGING, "hanging")


class Faulting(FarMicroPython):
    """A simulated board on which pieces of code end with a fault, and which knows what it ran."""

    def __init__(self, board: Board) -> None:
        self.faults: dict[str, list[str]] = {}  # by how the code begins: of the next ones
        self.ran: list[str] = []
        super().__init__(board)

    def _obey(self, code: str, now: float) -> str:
        self.ran.append(code)
        for begin, faults in self.faults.items():
            if code.startswith(begin) and faults:
                return faults.pop(0)
        if code.startswith("f.write") and not self._open:
            return "NameError: name 'f' is not defined"
        return super()._obey(code, now)
