"""Meters and balances that are not there (core): they answer as the real ones are described to."""

from collections import deque
from collections.abc import Callable, Mapping

from devices.simulate import noise, rising

MAX_ORDER = 64  # bytes of a question
MAX_ANSWERS = 8  # that nobody fetched
LATENCY = 0.05  # seconds until one answers
SETTLES = 1.5  # seconds in which a load swings
POURS = 30.0  # seconds until somebody changes the load
RESISTOR = 47.0  # Ω, of what is measured


def loaded(age: float) -> float:
    """Return the mass on a balance: a beaker to which 25 g are added each half minute, up to 100 g."""
    return 25.0 * (int(age / POURS) % 5) + 0.02 * noise(7, int(age * 4))


def _is_still(age: float) -> bool:
    return age < POURS or age % POURS > SETTLES


def _ohaus(order: str, age: float) -> str:
    if order not in ("IP", "P", "SP"):
        return "ES\r\n"
    return f"{loaded(age):11.2f} g{'' if _is_still(age) else ' ?'}\r\n"


def _kern(order: str, age: float) -> str:
    if order not in ("w", "s"):
        return ""
    sign = "-" if loaded(age) < 0 else " "
    return f" {sign}{abs(loaded(age)):10.2f} {'g' if _is_still(age) else ' ':<3}\r\n"


def _kern_platform(order: str, age: float) -> str:
    still = "ST" if _is_still(age) else "US"
    return f"{still},GS {loaded(age) / 1000:.3f}KG\r\n" if order in ("w", "s") else ""


def _mettler(order: str, age: float) -> str:
    if order == "I4":
        return 'I4 A "TIREK00001"\r\n'
    return (
        f"S {'S' if _is_still(age) else 'D'} {loaded(age):10.3f} g\r\n" if order in ("SI", "S") else "ES\r\n"
    )


def _sartorius(order: str, age: float) -> str:
    if order == "\x1bx1_":
        return "BCE224-1S     \r\n"
    if order != "\x1bP":
        return ""
    sign = "-" if loaded(age) < 0 else "+"
    return f"{sign}{abs(loaded(age)):9.3f} {'g' if _is_still(age) else ' ':<3}\r\n"


def _scpi(order: str, age: float) -> str:
    if order == "*IDN?":
        return "TIREK,SIM34401,0001,1.0\n"
    volts = rising(age)
    shown = {
        "VOLT:DC": volts,
        "VOLT": volts,
        "CURR:DC": volts / RESISTOR,
        "CURR": volts / RESISTOR,
        "RES": RESISTOR,
    }
    asked = order.removeprefix("MEAS:").removesuffix("?")
    return f"{shown[asked]:+.8E}\n" if asked in shown else ""


class Dialect:
    """How one kind of meter speaks."""

    def __init__(self, answers: Callable[[str, float], str], is_bare: bool = False) -> None:
        self.answers = answers
        self.is_bare = is_bare  # each letter is an order: nothing ends one


DIALECTS: Mapping[str, Dialect] = {
    "ohaus": Dialect(_ohaus),
    "kern": Dialect(_kern, is_bare=True),
    "kern-platform": Dialect(_kern_platform, is_bare=True),
    "mettler-sics": Dialect(_mettler),
    "sartorius-sbi": Dialect(_sartorius),
    "scpi-voltmeter": Dialect(_scpi),
    "scpi-ammeter": Dialect(_scpi),
    "scpi-ohmmeter": Dialect(_scpi),
    "scpi-supply": Dialect(_scpi),
}


class FarMeter:
    """The far end of a line to one."""

    def __init__(self, name: str) -> None:
        self.is_silent = False
        self._dialect = DIALECTS[name]
        self._began: float | None = None
        self._order = ""
        self._answers = deque[tuple[float, bytes]](maxlen=MAX_ANSWERS)

    def take(self, piece: bytes, now: float) -> None:
        """Hear what is asked."""
        self._began = now if self._began is None else self._began
        for letter in piece.decode("ascii", "replace"):
            if letter not in "\r\n":
                self._order = (self._order + letter)[-MAX_ORDER:]
            if self._order and (self._dialect.is_bare or letter in "\r\n"):
                self._answer(now - self._began, now)

    def speak(self, now: float) -> bytes:
        """Return what it has answered."""
        said = b""
        while self._answers and self._answers[0][0] <= now:
            said += self._answers.popleft()[1]
        return said

    def _answer(self, age: float, now: float) -> None:
        answer, self._order = self._dialect.answers(self._order, age), ""
        if answer and not self.is_silent:
            self._answers.append((now + LATENCY, answer.encode()))
