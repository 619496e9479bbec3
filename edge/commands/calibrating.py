"""`tirek device calibrate`: what a channel shows, and what is true."""

import argparse
from pathlib import Path

from edge.client import Client
from edge.commands.asking import asked, socket_of
from edge.commands.place import CommandRefused, who
from edge.contract.commands import Calibrate


def calibrate(parsed: argparse.Namespace) -> int:
    """Correct a channel from now on, or no more."""
    points, terms = tuple(parsed.points or ()), tuple(parsed.terms or ())
    if parsed.none == bool(points or terms):
        raise CommandRefused("say --points RAW=TRUE …, --terms A B …, or --none")
    command = Calibrate(parsed.device, parsed.channel, parsed.by or who(), points, terms)
    asked(_order(socket_of(parsed), command))
    print(
        f"{parsed.device} {parsed.channel}: "
        + ("calibrated" if points or terms else "not corrected any more")
    )
    return 0


async def _order(socket: Path, command: Calibrate) -> None:
    async with Client(socket) as client:
        await client.do(command)
