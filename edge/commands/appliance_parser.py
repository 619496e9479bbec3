"""The commands of an installed computer: their flags, and nothing heavy until one of them runs."""

import argparse
from pathlib import Path

from edge.commands.flags import Commands, of_node


def add_appliance_commands(commands: Commands) -> None:
    """Add them to the program's parser."""
    upgrading = commands.add_parser("upgrade", help="install a release from a stick, on trial")
    upgrading.add_argument("bundle", metavar="BUNDLE", type=Path, help="the folder of the bundle")
    upgrading.add_argument("--older", action="store_true", help="also one that was made before what runs")
    upgrading.set_defaults(command=upgrade)
    rolling = commands.add_parser("rollback", help="go back to the release that ran before")
    rolling.set_defaults(command=rollback)
    for each in (upgrading, rolling):
        each.add_argument("--now", action="store_true", help="also in the middle of a lesson")
    maintaining = commands.add_parser("maintain", help="look at what is kept and back it up; works any time")
    place = maintaining.add_mutually_exclusive_group()
    place.add_argument("--config", type=Path, metavar="FILE", help="of the node; /etc/tirek/tirek.toml")
    place.add_argument("--state", metavar="DIR", help="the state folder of a node that has no file")
    maintaining.set_defaults(command=maintain)
    examining = of_node(commands, "doctor", "look whether all is well here, and say what to do", doctor)
    examining.add_argument("--json", action="store_true", help="for scripts")
    telling = of_node(commands, "status", "how this node is, in a few lines", status)
    telling.add_argument("--json", action="store_true", help="for scripts")
    packing = of_node(commands, "support-bundle", "write one file for who helps, without names", support)
    packing.add_argument(
        "--out", type=Path, metavar="DIR", help="where to; the folder one is in if not given"
    )


def doctor(parsed: argparse.Namespace) -> int:
    """Look whether all is well on this computer."""
    from edge.commands import examining

    return examining.doctor(parsed)


def status(parsed: argparse.Namespace) -> int:
    """Print how this node is."""
    from edge.commands import status as telling

    return telling.status(parsed)


def support(parsed: argparse.Namespace) -> int:
    """Write one file for who helps."""
    from edge.commands import supporting

    return supporting.support_bundle(parsed)


def maintain(parsed: argparse.Namespace) -> int:
    """Do what is done every night."""
    from edge.commands import maintaining

    return maintaining.maintain(parsed)


def upgrade(parsed: argparse.Namespace) -> int:
    """Install a release from a stick."""
    from edge.commands import upgrading

    return upgrading.upgrade(parsed)


def rollback(parsed: argparse.Namespace) -> int:
    """Go back to the release before."""
    from edge.commands import upgrading

    return upgrading.rollback(parsed)
