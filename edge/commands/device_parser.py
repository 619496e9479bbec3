"""The commands of devices: their flags, and nothing heavy until one of them runs."""

import argparse
from pathlib import Path

from edge.commands.flags import Commands, of_node


def add_device_commands(commands: Commands) -> None:
    """Add `tirek device …` to the program's parser."""
    parser = commands.add_parser("device", help="sensors and robots that are plugged in")
    below = parser.add_subparsers(required=True, metavar="COMMAND", dest="does")
    of_node(below, "list", "what is plugged in, by the daemon of this computer", device)
    _add_probe(below)
    reading = of_node(below, "read", "print what a device measures, as it comes", device)
    reading.add_argument("device", metavar="DEVICE", help="its id, as `device list` shows it")
    reading.add_argument("--seconds", type=float, metavar="N", help="end then; at Ctrl-C when not given")
    _add_describe(below)
    _add_calibrate(below)
    _add_stop(below)
    of_node(below, "allow", "let robots move again after a stop of everything", device)
    _add_simulate(below)


def device(parsed: argparse.Namespace) -> int:
    """Do one of them."""
    from edge.commands import devices

    doing = {
        "list": devices.list_devices,
        "probe": devices.probe,
        "read": devices.read,
        "describe": devices.describe,
        "stop": devices.stop,
        "allow": devices.allow,
        "simulate": devices.simulate,
    }
    return doing[parsed.does](parsed)


def _add_probe(below: Commands) -> None:
    probing = below.add_parser("probe", help="the serial ports on USB, or who is at one of them")
    probing.add_argument("port", nargs="?", metavar="PORT", help="for example /dev/ttyUSB0")
    probing.add_argument("--ask", action="store_true", help="it may be written to: it is no printer or modem")
    probing.set_defaults(command=device)


def _add_describe(below: Commands) -> None:
    describing = of_node(below, "describe", "say what a device is, for good", device)
    describing.add_argument("device", metavar="DEVICE")
    describing.add_argument("--label", metavar="TEXT", help="what the school calls it")
    describing.add_argument("--driver", metavar="NAME", help='whose it is; "" to search for it again')
    describing.add_argument("--profile", metavar="NAME", help="which of the driver's instruments it is")
    asked = describing.add_mutually_exclusive_group()
    asked.add_argument("--allow", action="store_true", help="it may be asked who it is")
    asked.add_argument("--forbid", action="store_true", help="it may not")


def calibrate(parsed: argparse.Namespace) -> int:
    """Correct a channel."""
    from edge.commands import calibrating

    return calibrating.calibrate(parsed)


def _add_calibrate(below: Commands) -> None:
    calibrating = of_node(
        below, "calibrate", "say what a channel shows and what is true, from now on", device
    )
    calibrating.add_argument("device", metavar="DEVICE")
    calibrating.add_argument("channel", metavar="CHANNEL", help="as `device list` shows it")
    how = calibrating.add_mutually_exclusive_group(required=True)
    how.add_argument("--points", nargs="+", type=_point, metavar="RAW=TRUE", help="one is an offset")
    how.add_argument("--terms", nargs="+", type=float, metavar="NUMBER", help="of 1, raw, raw squared, …")
    how.add_argument("--none", action="store_true", help="correct it no more")
    calibrating.add_argument("--by", default="", metavar="NAME", help="who calibrates; the user if not given")
    calibrating.set_defaults(command=calibrate)


def _point(text: str) -> tuple[float, float]:
    raw, _, true = text.partition("=")
    try:
        return float(raw), float(true)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not RAW=TRUE, such as 4.1=4.0") from None


def _add_stop(below: Commands) -> None:
    stopping = of_node(below, "stop", "stop what moves, with and without a daemon", device)
    stopping.add_argument("device", nargs="?", metavar="DEVICE")
    stopping.add_argument("--all", action="store_true", help="whatever moves")
    stopping.add_argument("--after-crash", action="store_true", help="ask no daemon; for systemd")


def _add_simulate(below: Commands) -> None:
    simulating = below.add_parser("simulate", help="play an instrument on a pseudo terminal until Ctrl-C")
    simulating.add_argument("name", metavar="NAME", help="for example thermometer, firmata or mbot")
    simulating.add_argument("--link", type=Path, metavar="PATH", help="a path that leads to it")
    simulating.set_defaults(command=device)
