"""Our own drivers, each as it is registered: how it is made for a profile, found and simulated."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from devices import profiles
from devices.driver import Driver
from devices.drivers import firmata_parts, gcode_machine, micropython_board, modbus_probes
from devices.drivers.firmata import Firmata
from devices.drivers.gcode_grbl import Grbl
from devices.drivers.gcode_machine import Machine, MachineWrong
from devices.drivers.gcode_marlin import Marlin, Uarm
from devices.drivers.lines import Lines
from devices.drivers.mbot import Mbot
from devices.drivers.mbot_parts import Wiring
from devices.drivers.meters import Kind as MeterKind
from devices.drivers.meters import Meter
from devices.drivers.micropython import MicroPython
from devices.drivers.modbus import Modbus
from devices.drivers.modbus_probes import LARGEST_SLAVE, Placed
from devices.drivers.nmea import Nmea
from devices.drivers.spike import Spike
from devices.drivers.tables import parsed
from devices.errors import ProfileWrong
from devices.far.firmata import FarFirmata
from devices.far.grbl import FarGrbl
from devices.far.marlin import FarMarlin, FarUarm
from devices.far.mbot import FarMbot
from devices.far.meters import DIALECTS, FarMeter
from devices.far.micropython import FarMicroPython
from devices.far.modbus import Bus
from devices.far.nmea import Receiver
from devices.far.sketch import Sketch
from devices.far.spike import FarSpike
from devices.probing import Kind
from devices.registry import Family, Far, Setting
from devices.simulate import NAMES, simulated

# Boards that Arduino itself makes: Firmata's question does no harm, whatever runs on them. That of a plotter
# or a printer is not asked before such a machine has said a word of its own (devices/probing.py).
ARDUINO = frozenset(
    (vendor, product)
    for vendor in (0x2341, 0x2A03)
    for product in (0x0001, 0x0010, 0x0042, 0x0043, 0x0058, 0x0069, 0x0243, 0x1002, 0x8036, 0x8037)
)
MICROBIT, PICO = (0x0D28, 0x0204), (0x2E8A, 0x0005)
PROGRAM = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
MAX_PROGRAMS = 16  # of a sketch: more than a menu has lines
BLINKS = 2.5  # seconds until StandardFirmata answers, which blinks its version first
UP = 0.3  # seconds until who is on already hears a question: opening the port starts nothing anew
SECOND = 1.2  # seconds until who speaks once a second has spoken
MAX_PROBES = 32  # on one bus: what RS-485 drives without a repeater

T = TypeVar("T")


def lines() -> Family:
    """Sketches that print lines; a robot's profile is the names of its programs, with commas between."""
    far: dict[str, Callable[[], Far]] = {name: partial(simulated, name) for name in NAMES}
    kind = Kind("lines", Lines, ARDUINO, tuple(Lines.bauds))
    return Family("lines", _lines, (kind,), far={"sketch": Sketch, **far})


def meters() -> Family:
    """Multimeters and balances."""
    known = {name: MeterKind(text, name) for name, text in profiles.texts("meters")}
    kinds = tuple(
        Kind("meters", partial(Meter, kind), bauds=kind.profile.bauds, profile=name, waits=UP)
        for name, kind in known.items()
    )
    far: dict[str, Callable[[], Far]] = {name: partial(FarMeter, name) for name in DIALECTS}
    return Family("meters", _meter, kinds, tuple(known), far)


def nmea() -> Family:
    """Satellite receivers."""
    kind = Kind("nmea", Nmea, Nmea.usb, tuple(Nmea.bauds), waits=SECOND)
    return Family("nmea", lambda _: Nmea(), (kind,), far={"nmea": Receiver})


def modbus() -> Family:
    """Probes on a bus; the profile says which are where: `ph@1,ec@2`."""
    names = tuple(profiles.names("modbus"))
    bauds = tuple(Modbus.bauds)
    far: dict[str, Callable[[], Far]] = {"modbus": lambda: Bus(_placed(Setting("ph@1,ec@2")))}
    kind = Kind("modbus", lambda: Modbus([]), bauds=bauds, waits=UP)
    return Family("modbus", lambda setting: Modbus(_placed(setting)), (kind,), names, far)


def firmata() -> Family:
    """Boards with StandardFirmata."""
    bauds = tuple(Firmata.bauds)
    kind = Kind("firmata", partial(_firmata, Setting()), ARDUINO, bauds, answers=BLINKS)
    far = _fars("firmata", "firmata-", firmata_parts.parse, FarFirmata, "sensors")
    return Family("firmata", _firmata, (kind,), tuple(profiles.names("firmata")), far)


def micropython() -> Family:
    """BBC micro:bit, Pico and others with MicroPython."""
    usb = {"microbit": frozenset({MICROBIT}), "pico": frozenset({PICO})}
    kinds = tuple(
        Kind("micropython", partial(_micropython, Setting(name)), which, profile=name, waits=UP, is_own=True)
        for name, which in usb.items()
    )
    far = _fars("micropython", "", micropython_board.parse, FarMicroPython)
    return Family("micropython", _micropython, kinds, tuple(profiles.names("micropython")), far)


def mbot() -> Family:
    """Makeblock mBot; its profile is its wiring."""
    kind = Kind("mbot", Mbot, bauds=tuple(Mbot.bauds))
    return Family("mbot", _mbot, (kind,), far={"mbot": FarMbot})


def spike() -> Family:
    """LEGO SPIKE Prime."""
    kind = Kind("spike", Spike, Spike.usb, tuple(Spike.bauds), waits=UP, is_own=True)
    return Family("spike", lambda setting: Spike(setting.programs), (kind,), far={"spike": FarSpike})


def grbl() -> Family:
    """Plotters and engravers with grbl."""
    return _machines("grbl", Grbl, "plotter", ARDUINO, {"grbl": FarGrbl})


def marlin() -> Family:
    """Printers with Marlin."""
    return _machines("marlin", Marlin, "printer", ARDUINO, {"marlin": FarMarlin})


def uarm() -> Family:
    """uArm Swift Pro."""
    return _machines("uarm", Uarm, "uarm-swift-pro", ARDUINO, {"uarm": FarUarm})


def _machines(
    name: str,
    driver: type[Grbl] | type[Marlin],
    usual: str,
    usb: frozenset[tuple[int, int]],
    far: Mapping[str, Callable[[], Far]],
) -> Family:
    def make(setting: Setting) -> Driver:
        programs = {each: text.decode("utf-8", "replace") for each, text in setting.programs.items()}
        return driver(_machine(setting, usual), programs)

    kind = Kind(name, partial(make, Setting()), usb, tuple(driver.bauds), is_order=True)
    return Family(name, make, (kind,), tuple(profiles.names("gcode")), far)


def _machine(setting: Setting, usual: str) -> Machine:
    try:
        return gcode_machine.parse(_text("gcode", setting, usual), setting.profile or usual)
    except MachineWrong as exc:
        raise ProfileWrong(str(exc)) from exc


def _fars(
    family: str, prefix: str, parse: Callable[[str, str], T], far: Callable[[T], Far], plain: str = ""
) -> dict[str, Callable[[], Far]]:
    """Return a simulator for each profile; the plain one is called by the family's name too."""
    found: dict[str, Callable[[], Far]] = {
        prefix + name: partial(far, parse(text, name)) for name, text in profiles.texts(family)
    }
    return {**found, family: found[prefix + plain]} if plain else found


def _text(family: str, setting: Setting, usual: str = "") -> str:
    """Return a profile's text: the school's own before ours; raise ProfileWrong."""
    if setting.text is not None:
        return setting.text
    name = setting.profile or usual
    if name not in profiles.names(family):
        known = ", ".join(profiles.names(family))
        raise ProfileWrong(
            f"no profile {name[:40]!r}; there are {known}", "unknown", profile=name[:40], known=known
        )
    return profiles.text(family, name)


def _lines(setting: Setting) -> Driver:
    programs = tuple(name for name in setting.profile.split(",") if name)
    if len(programs) > MAX_PROGRAMS or not all(map(PROGRAM.fullmatch, programs)):
        said = setting.profile[:80]
        raise ProfileWrong(f"{said!r} is no list of programs such as line,dance", "programs", profile=said)
    return Lines((), programs)


def _meter(setting: Setting) -> Driver:
    return Meter(MeterKind(_text("meters", setting), setting.profile))


def _firmata(setting: Setting) -> Driver:
    return Firmata(firmata_parts.parse(_text("firmata", setting, "sensors"), setting.profile or "sensors"))


def _micropython(setting: Setting) -> Driver:
    name = setting.profile or "microbit"
    return MicroPython(micropython_board.parse(_text("micropython", setting, name), name))


def _mbot(setting: Setting) -> Driver:
    return Mbot(parsed(setting.text, setting.profile, Wiring) if setting.text is not None else None)


def _placed(setting: Setting) -> list[Placed]:
    """Return the probes of `ph@1,ec@2`; a name alone is at the address that it comes with."""
    if setting.text is not None:
        probe = modbus_probes.parse(setting.text, setting.profile)
        return [Placed(probe.slave, probe)]
    words = [word.strip() for word in setting.profile.split(",") if word.strip()]
    placed = [_probe(word) for word in words]
    slaves = [each.slave for each in placed]
    if len(placed) > MAX_PROBES or len(set(slaves)) < len(slaves):
        wrong = f"{setting.profile[:80]!r}: one address for two probes, or more than {MAX_PROBES}"
        raise ProfileWrong(wrong, "addresses", most=MAX_PROBES)
    return placed


def _probe(word: str) -> Placed:
    name, _, address = word.partition("@")
    probe = modbus_probes.parse(_text("modbus", Setting(name)), name)
    slave = int(address) if address.isdecimal() else 0 if address else probe.slave
    if not 1 <= slave <= LARGEST_SLAVE:
        wrong = f"{word[:40]!r}: an address is a number from 1 to {LARGEST_SLAVE}"
        raise ProfileWrong(wrong, "address", probe=word[:40], most=LARGEST_SLAVE)
    return Placed(slave, probe)
