"""Machines with Marlin to practise with: a printer, and a uArm (core)."""

from collections import deque
from collections.abc import Mapping
from typing import ClassVar

from devices.driver import Driver
from devices.drivers.gcode_machine import Machine
from devices.drivers.gcode_marlin import Marlin, Uarm
from devices.far.motion import Coordinates, Place, Planner, words_of
from devices.simulate import Fault

BUFFER = 128  # bytes that wait to be read
LINES = 4  # that it has read and not yet obeyed
PLANNED = 16  # moves
GARBAGE = b"\xfe\x00X:~ Y: Z:\nokay\ntemp,,C\n"
CAN = {17, 18, 84, 104, 106, 107, 140, 400, 410}


class FarMarlin:
    """A printer: it moves, and nothing heats it."""

    machine = Machine({"x": (0, 220), "y": (0, 220), "z": (0, 240)}, 3000, 1200)
    sources: ClassVar[Mapping[str, str]] = {
        "square": "G90\nG1 X20 Y20 F1800\nG1 X60\nG1 Y60\nG1 X20\nG1 Y20\n",
        "zigzag": "G90\n" + "".join(f"G1 X{20 + 40 * (n % 2)} Y{10 + n} F3000\n" for n in range(40)),
    }
    begins_at: Place = (0.0, 0.0, 0.0)
    boots: tuple[str, ...] = ("start", "Marlin 2.1.2", "echo: Last Updated: 2022-12-01", "echo:SD init fail")
    programs: tuple[str, ...] = ("square", "zigzag")

    def __init__(self, seed: int = 1, is_prompt: bool = True) -> None:
        self.fault: Fault = ""
        self.lost = 0  # bytes that found no room
        self.is_halted = False
        self.planner = Planner(PLANNED, self.begins_at)
        self._is_prompt = is_prompt  # with the emergency parser
        self._coordinates = Coordinates()
        self._heard = b""
        self._lines: deque[str] = deque()
        self._waits = False  # M400, or a dwell
        self._says = [*self.boots]
        self._seed = seed

    @property
    def moves(self) -> bool:
        """Whether an axis moves."""
        return self.planner.moves

    def driver(self) -> Driver:
        """Return a driver for it."""
        return Marlin(self.machine, self.sources)

    def take(self, piece: bytes, now: float) -> None:
        """Obey."""
        if self.fault in ("silent", "unplugged"):
            return
        self._advance(now)
        for byte in piece:
            if len(self._heard) < BUFFER:
                self._heard += bytes((byte,))
                if self._is_prompt and self._heard.endswith(b"M410\n"):
                    self.planner.flush()
            else:
                self.lost += 1
        self._advance(now)

    def speak(self, now: float) -> bytes:
        """Return what it has said since it was last asked."""
        self._advance(now)
        said, self._says = self._says, []
        if self.fault == "garbage":
            return GARBAGE
        return (
            b"" if self.fault in ("silent", "unplugged") else "".join(f"{line}\n" for line in said).encode()
        )

    def _advance(self, now: float) -> None:
        self.planner.advance(now)
        while not self.is_halted:
            if self._waits:
                if not self.planner.is_empty:
                    return
                self._waits = False
                self._says.append("ok")
            self._read()
            if not self._lines or (self.planner.is_full and words_of(self._lines[0])):
                return
            self._obey(self._lines.popleft())

    def _read(self) -> None:
        while b"\n" in self._heard and len(self._lines) < LINES:
            line, _, self._heard = self._heard.partition(b"\n")
            text = line.decode("ascii", "replace").partition(";")[0].strip()
            if text == "M410" and not self._is_prompt:
                self.planner.flush()
            if text:
                self._lines.append(text)

    def _obey(self, line: str) -> None:
        words = words_of(line)
        if words is None or not words:
            self._says += [f'echo:Unknown command: "{line}"', "ok"]
            return
        letter, code = words[0][0], int(words[0][1])
        if letter == "M" and code == 410:
            if not self._is_prompt:
                self.planner.flush()
            self._says.append("ok")
        elif letter == "M" and code == 112:
            self.planner.flush()
            self.is_halted = True
            self._says.append("Error:Printer halted. kill() called!")
        elif (letter, code) in (("M", 400), ("G", 4)):
            self._waits = True
        else:
            self._says += self._answer(letter, code, line, words)

    def _answer(self, letter: str, code: int, line: str, words: list[tuple[str, float]]) -> list[str]:
        if letter == "M" and code == 115:
            return self._name()
        if letter == "M" and code == 114:
            x, y, z = self._shown()
            a, b, c = self.planner.place
            steps = f"X:{a * 80:.0f} Y:{b * 80:.0f} Z:{c * 400:.0f}"
            return [f"X:{x:.2f} Y:{y:.2f} Z:{z:.2f} E:0.00 Count {steps}", "ok"]
        if letter == "M" and code in CAN:
            return ["ok"]
        if letter == "G" and code in (0, 1, 2, 3, 28, 90, 91):
            target = (0.0, 0.0, 0.0) if code == 28 else self._coordinates.target(words, self.planner.end)
            if target is not None:
                self.planner.go(target, self._coordinates.feed or self.machine.feed)
            return ["ok"]
        return [f'echo:Unknown command: "{line}"', "ok"]

    def _name(self) -> list[str]:
        first = (
            "FIRMWARE_NAME:Marlin 2.1.2 (Dec 1 2022 12:00:00) SOURCE_CODE_URL:github.com PROTOCOL_VERSION:1.0"
        )
        return [
            f"{first} MACHINE_TYPE:Practice Printer EXTRUDER_COUNT:1 UUID:cede2a2f-41a2-4748",
            f"Cap:EMERGENCY_PARSER:{self._is_prompt:d}",
            "ok",
        ]

    def _shown(self) -> Place:
        """Return where it goes to: what Marlin says is not where it is."""
        x, y, z = self.planner.end
        return (x + 5000.0, y, z) if self.fault == "out-of-range" else (x, y, z)


class FarUarm(FarMarlin):
    """A uArm Swift Pro, with its pump."""

    machine = Machine({"x": (120, 300), "y": (-200, 200), "z": (0, 150)}, 6000, 3000)
    sources: ClassVar[Mapping[str, str]] = {
        "lift": "G90\nG0 X200 Y0 Z20 F3000\nM2231 V1\nG0 Z120\nG0 Y80\nG0 Z20\nM2231 V0\nG0 Z120\n",
    }
    begins_at: Place = (200.0, 0.0, 150.0)
    boots: tuple[str, ...] = ("start", "echo:Marlin 1.1.0-RC8", "@5 V1")
    programs: tuple[str, ...] = ("lift",)

    def __init__(self, seed: int = 1) -> None:
        super().__init__(seed, is_prompt=False)
        self.pumps = False

    @property
    def moves(self) -> bool:
        """Whether an axis moves or the pump runs."""
        return self.planner.moves or self.pumps

    def driver(self) -> Driver:
        """Return a driver for it."""
        return Uarm(self.machine, self.sources)

    def _answer(self, letter: str, code: int, line: str, words: list[tuple[str, float]]) -> list[str]:
        if (letter, code) == ("P", 2201):
            return ["ok VSwiftPro"]
        if (letter, code) == ("P", 2220):
            x, y, z = self.planner.place if self.fault != "out-of-range" else self._shown()
            return [f"ok X{x:.2f} Y{y:.2f} Z{z:.2f}"]
        if (letter, code) == ("M", 2231):
            self.pumps = dict(words).get("V") == 1
            return ["ok"]
        if (letter, code) == ("M", 2232):
            return ["ok"]
        said = super()._answer(letter, code, line, words)
        return said if not said[0].startswith("echo:Unknown") else said[:1]  # its firmware says no ok to it
