"""A machine with grbl to practise with: it answers as 1.1h does, and loses what is too much (core)."""

from devices.driver import Driver
from devices.drivers.gcode_grbl import Grbl
from devices.drivers.gcode_machine import Machine
from devices.far.motion import Coordinates, Planner, words_of
from devices.simulate import Fault

BUFFER = 127  # bytes that wait to be read as lines; what comes beyond is lost
LINE = 79  # bytes
PLANNED = 15  # moves
SEEK = 500.0  # millimetres a minute of a G0
WELCOME = "\r\nGrbl 1.1h ['$' for help]"
LOCKED = "[MSG:'$H'|'$X' to unlock]"
GARBAGE = b"\xfe\x00<Idle|MPos:0.0.0,~>\nALARM\ntemp,,C\n"
SETTINGS = (
    "$10=1",
    "$13=0",
    "$20=0",
    "$22=0",
    "$110=500.000",
    "$130=200.000",
    "$131=200.000",
    "$132=200.000",
)
KNOWN_G = {0, 1, 2, 3, 4, 17, 20, 21, 28, 53, 54, 80, 90, 91, 94}
KNOWN_M = {0, 2, 3, 4, 5, 8, 9, 30}
MACHINE = Machine({"x": (0, 200), "y": (0, 200), "z": (0, 40)}, 2000, 1000)
PROGRAMS = {
    "square": "G21 G90\nG0 X20 Y20\nG1 X60 F1200\nG1 Y60\nG1 X20\nG1 Y20\nM2\n",
    "zigzag": "G90\n" + "".join(f"G1 X{20 + 40 * (n % 2)} Y{10 + n} F1500\n" for n in range(40)),
}


class FarGrbl:
    """The machine."""

    programs = tuple(PROGRAMS)

    def __init__(self, seed: int = 1) -> None:
        self.fault: Fault = ""
        self.lost = 0  # bytes that found no room
        self.spins = False
        self.planner = Planner(PLANNED)
        self._coordinates = Coordinates()
        self._heard = b""  # bytes that are no lines yet, or wait
        self._is_locked = False
        self._jogs = False
        self._waits: float | None = None  # a dwell, until then
        self._syncs = 0.0  # seconds of the dwell that waits for all moves
        self._says = [WELCOME]
        self._reports = 0
        self._seed = seed

    @property
    def moves(self) -> bool:
        """Whether an axis moves or the spindle turns."""
        return self.planner.moves or self.spins

    def driver(self) -> Driver:
        """Return a driver for it."""
        return Grbl(MACHINE, PROGRAMS)

    def take(self, piece: bytes, now: float) -> None:
        """Obey."""
        if self.fault in ("silent", "unplugged"):
            return
        self._advance(now)
        for byte in piece:
            self._byte(byte)
        self._advance(now)

    def speak(self, now: float) -> bytes:
        """Return what it has said since it was last asked."""
        self._advance(now)
        said, self._says = self._says, []
        if self.fault == "garbage":
            return GARBAGE
        if self.fault in ("silent", "unplugged"):
            return b""
        return "".join(f"{line}\r\n" for line in said).encode()

    def _byte(self, byte: int) -> None:
        if byte == ord("?"):
            self._says.append(self._report())
        elif byte == ord("!"):
            self._hold()
        elif byte == ord("~"):
            self.planner.is_held = False
        elif byte == 0x18:
            self._reset()
        elif byte == 0x85:
            if self._jogs:
                self.planner.flush()
        elif byte < 0x80:
            self._keep(byte)

    def _keep(self, byte: int) -> None:
        if len(self._heard) >= BUFFER:
            self.lost += 1
            return
        self._heard += bytes((byte,))

    def _hold(self) -> None:
        if self._jogs:
            self.planner.flush()
        elif self.planner.moves:
            self.planner.is_held = True

    def _reset(self) -> None:
        moved = not self.planner.is_empty
        self.planner.flush()
        self._coordinates = Coordinates()
        self._heard, self._waits, self._syncs, self._jogs, self.spins = b"", None, 0.0, False, False
        self._is_locked = self._is_locked or moved
        self._says += (["ALARM:3"] if moved else []) + [WELCOME] + ([LOCKED] if self._is_locked else [])

    def _advance(self, now: float) -> None:
        self.planner.advance(now)
        if self.planner.is_empty:
            self._jogs = False
        while self._is_free(now) and b"\n" in self._heard:
            line, _, self._heard = self._heard.partition(b"\n")
            answer = self._obey(line.decode("ascii").strip(), now)
            if answer:
                self._says.append(answer)

    def _is_free(self, now: float) -> bool:
        """Whether the next line can be read: no dwell, and room for a move."""
        if self._syncs and self.planner.is_empty:
            self._waits, self._syncs = now + self._syncs, 0.0
        if self._waits is not None and now >= self._waits:
            self._waits = None
            self._says.append("ok")
        return self._waits is None and not self._syncs and not self.planner.is_full

    def _obey(self, line: str, now: float) -> str:
        if len(line) > LINE:
            return "error:11"
        if line.startswith("$J="):
            return self._jog(line[3:])
        if line.startswith("$"):
            return self._order(line)
        if self._is_locked and line:
            return "error:9"
        words = words_of(line)
        if words is None:
            return "error:2"
        return self._block(words)

    def _order(self, line: str) -> str:
        if line in ("$H", "$$", "$I") and not self.planner.is_empty:
            return "error:8"
        if line == "$X":
            self._says += ["[MSG:Caution: Unlocked]"] if self._is_locked else []
            self._is_locked = False
        elif line == "$I":
            self._says += ["[VER:1.1h.20190825:]", "[OPT:V,15,128]"]
        elif line == "$$":
            self._says += SETTINGS
        else:
            return "error:5" if line == "$H" else "error:3"
        return "ok"

    def _jog(self, line: str) -> str:
        words = words_of(line)
        if self._is_locked or (not self.planner.is_empty and not self._jogs):
            return "error:9" if self._is_locked else "error:8"
        target = None if words is None else Coordinates().target(words, self.planner.end)
        feed = dict(words or []).get("F", 0.0)
        if target is None or not feed:
            return "error:16"
        self._jogs = True
        self.planner.go(target, feed)
        return "ok"

    def _block(self, words: list[tuple[str, float]]) -> str:
        codes = {letter: {value for each, value in words if each == letter} for letter in "GM"}
        if codes["G"] - KNOWN_G or codes["M"] - KNOWN_M:
            return "error:20"
        if 4 in codes["G"]:
            self._syncs = max(dict(words).get("P", 0.0), 0.001)
            return ""
        self.spins = (self.spins or bool(codes["M"] & {3, 4})) and 5 not in codes["M"]
        target = self._coordinates.target(words, self.planner.end)
        if target is not None and self._coordinates.motion not in (None, 0) and not self._coordinates.feed:
            return "error:22"
        if target is not None:
            self.planner.go(target, self._coordinates.feed if self._coordinates.motion else SEEK)
        return "ok"

    def _report(self) -> str:
        state = (
            "Alarm"
            if self._is_locked
            else "Jog"
            if self._jogs
            else "Idle"
            if self.planner.is_empty
            else "Run"
        )
        state = "Hold:0" if self.planner.is_held else state
        far = 5000.0 if self.fault == "out-of-range" else 0.0
        place = ",".join(f"{value + far:.3f}" for value in self.planner.place)
        self._reports += 1
        offset = "|WCO:0.000,0.000,0.000" if self._reports % 10 == 1 else ""
        return f"<{state}|MPos:{place}|FS:{self._coordinates.feed:.0f},0{offset}>"
