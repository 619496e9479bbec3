"""What the flags of all commands have in common."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

Commands = Any  # what argparse's add_subparsers returns has no public name
Command = Callable[[argparse.Namespace], int]


def of_node(commands: Commands, name: str, text: str, command: Command) -> argparse.ArgumentParser:
    """Add a command that works on the node of this computer, and return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text)
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--config", type=Path, metavar="FILE", help="of the node; /etc/tirek/tirek.toml")
    place.add_argument("--state", metavar="DIR", help="the state folder of a node that has no file")
    parser.set_defaults(command=command)
    return parser
