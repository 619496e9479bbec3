"""The flags of `tirek library`, and nothing heavy until it runs."""

import argparse
from pathlib import Path

from edge.commands.flags import Commands, of_node

WORDS = ("title", "subject", "grade", "topic", "lang")


def library(parsed: argparse.Namespace) -> int:
    """Publish to the schools below, take something back, or see who has what."""
    from edge.commands import publishing

    return publishing.COMMANDS[parsed.does](parsed)


def pinning(parsed: argparse.Namespace) -> int:
    """Keep an item on this disk whatever the rules say, or no more."""
    from edge.commands import pinning as pins

    return pins.pin(parsed) if parsed.does == "pin" else pins.unpin(parsed)


def add_library_commands(commands: Commands) -> None:
    """Add them to the program's parser."""
    publishing = commands.add_parser("library", help="what this hub offers to its schools")
    below = publishing.add_subparsers(required=True, metavar="COMMAND", dest="does")
    adding = of_node(below, "add", "offer files to every school below this node", library)
    adding.add_argument("files", metavar="FILE", nargs="+", type=Path, help="video, book, pages, anything")
    adding.add_argument("--title", default="", metavar="TEXT", help="what people read instead of the name")
    adding.add_argument("--subject", default="", metavar="TEXT", help="as in the timetable: Физика")
    adding.add_argument("--grade", default="", metavar="TEXT", help="for whom: 7")
    adding.add_argument("--topic", default="", metavar="TEXT", help="of the lesson it belongs to")
    adding.add_argument("--lang", default="", metavar="TAG", help="it is in: kk, ru, en")
    of_node(below, "list", "what is offered, also by those above and by hubs below", library)
    removing = of_node(below, "remove", "offer something no more", library)
    removing.add_argument("item", metavar="ITEM", help="its id, the beginning of it, or its whole name")
    looking = of_node(below, "status", "which school has what, and what it waits for", library)
    looking.add_argument("item", metavar="ITEM", nargs="?", default="", help="computer by computer")
    of_node(below, "rotate-key", "sign with a new key from now on", library)
    for name, text in (("pin", "keep an item on this disk, whatever the rules say"), ("unpin", "no more")):
        command = of_node(below, name, text, library)
        command.set_defaults(command=pinning)
        command.add_argument("item", metavar="ITEM", help="an id, the beginning of one, or a whole name")
