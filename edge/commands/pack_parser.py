"""The flags of `tirek pack`, and nothing heavy until it runs."""

import argparse
from pathlib import Path

from edge.commands.flags import Commands, of_node

DAYS = 7  # of lessons that go along: what a school missed since the last stick
MOST_DAYS = 366


def pack(parsed: argparse.Namespace) -> int:
    """Make a pack, or take one."""
    from edge.commands import packing

    return packing.take(parsed) if parsed.does == "take" else packing.make(parsed)


def add_pack_commands(commands: Commands) -> None:
    """Add them to the program's parser."""
    packing = commands.add_parser("pack", help="carry lessons, materials and registers on a stick")
    below = packing.add_subparsers(required=True, metavar="COMMAND", dest="does")
    making = _command(below, "make", "write a pack into a folder: for a school, or for the hub")
    making.add_argument(
        "--for", dest="school", default="", metavar="SCHOOL", help="for a school below this node"
    )
    making.add_argument(
        "--days",
        type=_days,
        default=DAYS,
        metavar="N",
        help=f"of recordings to take along; {DAYS} if not given",
    )
    making.add_argument("--no-materials", action="store_true", help="leave what the library has out")
    making.add_argument("--whole", action="store_true", help="all facts, also those that the hub has")
    _command(below, "take", "take every pack of a folder; the same one twice does no harm")


def _command(below: Commands, name: str, text: str) -> argparse.ArgumentParser:
    command = of_node(below, name, text, pack)
    command.add_argument("folder", metavar="DIR", type=Path, help="where packs are: a folder of a stick")
    return command


def _days(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 <= int(text[:6]) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 0 to {MOST_DAYS}")
    return int(text)
