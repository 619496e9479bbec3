"""The command `tirek`. Heavy imports wait inside the commands, so that `tirek --help` answers at once."""

import argparse
import os
import socket
import sys
from pathlib import Path
from typing import Any

from edge.commands.parser import add_commands
from edge.errors import TirekError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parsed = parser().parse_args((sys.argv[1:] if arguments is None else arguments) or ["tui"])
    try:
        status: int = parsed.command(parsed)
    except TirekError as exc:
        print(exc, file=sys.stderr)
        return 1
    return status


def parser() -> argparse.ArgumentParser:
    """Return the command line: every command and every flag."""
    tirek = argparse.ArgumentParser(
        prog="tirek", description="Lessons live and recorded, from hub to classroom."
    )
    commands = tirek.add_subparsers(required=True, metavar="COMMAND")
    _add_tui(commands.add_parser("tui", help="open the teacher's screen; what `tirek` alone does"))
    _add_run(commands.add_parser("run", help="be a node until a signal comes"))
    _add_check(commands.add_parser("check", help="read a configuration and say whether it is good"))
    _add_publish(commands.add_parser("publish", help="publish a file, a camera or a test picture over WHIP"))
    _add_recordings(commands.add_parser("recordings", help="list or verify recordings"))
    _add_demo(commands.add_parser("demo", help="show a hub and a classroom on this computer"))
    _add_token(commands.add_parser("token", help="make a token for a person or a script"))
    add_commands(commands)
    commands.add_parser("version", help="print the version").set_defaults(command=version)
    return tirek


def run(parsed: argparse.Namespace) -> int:
    """Be a node until a signal comes."""
    from edge import config, logs

    settings = (
        config.load(parsed.config) if parsed.config else config.from_table(_trial(parsed), "command line")
    )
    logs.start()
    from edge import daemon  # after the configuration is known to be good: this import takes a second

    return daemon.run(settings, parsed.config)


def check(parsed: argparse.Namespace) -> int:
    """Read a configuration and say whether it is good."""
    from edge import config

    config.load(parsed.file)
    print(f"{parsed.file}: good")
    return 0


def publish(parsed: argparse.Namespace) -> int:
    """Publish a file, a camera or the test picture over WHIP."""
    from edge import logs
    from edge.media.publish import client as publishing

    logs.start()
    return publishing.main(parsed.source, parsed.to, parsed.token, parsed.loop)


def list_recordings(parsed: argparse.Namespace) -> int:
    """Print the recordings below a state folder."""
    from edge import recordings

    return recordings.list_command(parsed.state)


def verify_recording(parsed: argparse.Namespace) -> int:
    """Compare a recording with its index, frame by frame."""
    from edge import recordings

    return recordings.verify_command(parsed.file)


def demo(parsed: argparse.Namespace) -> int:
    """Show a hub and a classroom on this computer."""
    from edge import demo as showing

    return showing.main(parsed.seconds, parsed.state)


def token(parsed: argparse.Namespace) -> int:
    """Print a fresh token, once, and the lines that let it in."""
    from edge import tokens

    secret, kept = tokens.fresh(parsed.name, parsed.may)
    print(f"The token of {parsed.name}, shown only now: {secret}\n\nFor the configuration of the node:\n")
    print(tokens.table(kept))
    return 0


def tui(parsed: argparse.Namespace) -> int:
    """Become the teacher's screen."""
    from edge.commands import teaching

    return teaching.open_screen(parsed)


def version(parsed: argparse.Namespace) -> int:
    """Print the version."""
    from edge import VERSION

    print(f"tirek {VERSION}")
    return 0


def _trial(parsed: argparse.Namespace) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": parsed.name or socket.gethostname(),
        "state": os.path.abspath(parsed.state),
        "school": parsed.school,
    }
    if parsed.listen:
        table["listen"] = parsed.listen
    if parsed.listen_nodes:
        table["listen_nodes"] = parsed.listen_nodes
    if parsed.parent:
        table["parent"] = parsed.parent
    if parsed.simulate:
        table["simulate"] = parsed.simulate
    flags = {"announce": parsed.announce, "room": parsed.room, "allow_anyone": parsed.allow_anyone}
    flags["usb"] = not parsed.no_usb
    return table | flags | {"discover": not parsed.no_discovery}


def _add_tui(parser: argparse.ArgumentParser) -> None:
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--socket", type=Path, metavar="FILE", help="where the daemon of this computer listens"
    )
    place.add_argument("--config", type=Path, metavar="FILE", help="of the node; /etc/tirek/tirek.toml")
    place.add_argument("--state", metavar="DIR", help="the state folder of a node that has no file")
    parser.add_argument("--kiosk", action="store_true", help="no key closes it")
    parser.add_argument("--lang", choices=("kk", "ru", "en"), help="instead of what was chosen")
    parser.add_argument("--ascii", action="store_true", help="for a terminal without Unicode")
    parser.set_defaults(command=tui)


def _add_run(parser: argparse.ArgumentParser) -> None:
    settings = parser.add_mutually_exclusive_group(required=True)
    settings.add_argument(
        "--config", type=Path, metavar="FILE", help="a TOML file; the flags below do not apply"
    )
    settings.add_argument("--state", metavar="DIR", help="a trial without a file; what is kept goes into DIR")
    parser.add_argument("--listen", action="append", metavar="ADDR:PORT", help="may be given more than once")
    parser.add_argument("--parent", metavar="URL", help="the node to pull lessons from")
    parser.add_argument(
        "--listen-nodes", action="append", metavar="ADDR:PORT", help="where enrolled nodes reach this one"
    )
    parser.add_argument("--school", default="", metavar="ID", help="the id of this node's school")
    parser.add_argument(
        "--simulate", action="append", metavar="NAME", help="a simulated instrument; more than once if wanted"
    )
    parser.add_argument("--name", help="what people call this node")
    parser.add_argument(
        "--announce", action="store_true", help="let classrooms on this network find this node"
    )
    parser.add_argument(
        "--no-discovery", action="store_true", help="neither look for hubs nor listen for them"
    )
    parser.add_argument("--no-usb", action="store_true", help="leave the serial ports of this computer alone")
    parser.add_argument("--room", action="store_true", help="let everybody on this network watch")
    parser.add_argument("--allow-anyone", action="store_true", help="no tokens at all, for a trial")
    parser.set_defaults(command=run)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.set_defaults(command=check)


def _add_publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="a file, /dev/videoN or the word test")
    parser.add_argument("--to", required=True, metavar="URL", help="the WHIP address, http://HUB/whip/STREAM")
    parser.add_argument("--token", help="a token that may publish")
    parser.add_argument("--loop", action="store_true", help="begin a file again when it ends")
    parser.set_defaults(command=publish)


def _add_recordings(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="list the recordings below a state folder")
    listing.add_argument("--state", type=Path, required=True, metavar="DIR")
    listing.set_defaults(command=list_recordings)
    verifying = commands.add_parser("verify", help="compare a recording with its index, frame by frame")
    verifying.add_argument("file", type=Path, metavar="FILE")
    verifying.set_defaults(command=verify_recording)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds", type=float, metavar="N", help="end by itself; until Ctrl-C when not given"
    )
    parser.add_argument("--state", type=Path, default=Path("demo-state"), metavar="DIR")
    parser.set_defaults(command=demo)


def _add_token(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="who holds it")
    parser.add_argument("--may", type=_verbs, default=["watch"], metavar="watch,publish,export")
    parser.set_defaults(command=token)


def _verbs(text: str) -> list[str]:
    verbs = list(dict.fromkeys(text.split(",")))
    if not set(verbs) <= {"watch", "publish", "export"}:
        raise argparse.ArgumentTypeError(f"{text!r} is not made of watch, publish and export")
    return verbs


if __name__ == "__main__":
    sys.exit(main())
