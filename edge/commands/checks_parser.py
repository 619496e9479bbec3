"""The flags of `tirek checks` and `tirek report`, and nothing heavy until they run."""

import argparse
from pathlib import Path

from edge.commands.flags import Commands, of_node


def checks(parsed: argparse.Namespace) -> int:
    """Publish a set of prepared quick checks, or list those that are here."""
    from edge.commands import checking

    return checking.COMMANDS[parsed.does](parsed)


def gap(parsed: argparse.Namespace) -> int:
    """Compare hub schools and small schools by their quick checks."""
    from edge.commands import reporting

    return reporting.gap(parsed)


def add_checks_commands(commands: Commands) -> None:
    """Add them to the program's parser."""
    prepared = commands.add_parser("checks", help="prepared quick checks")
    below = prepared.add_subparsers(required=True, metavar="COMMAND", dest="does")
    bringing = of_node(below, "import", "publish the questions in a file to every school below", checks)
    bringing.add_argument("file", metavar="FILE", type=Path, help="TOML, or a table (CSV, XLSX, ODS)")
    bringing.add_argument("--dry-run", action="store_true", help="only say what is in it, and what is wrong")
    bringing.add_argument(
        "--title", default="", metavar="TEXT", help="of the set; the file's name if not given"
    )
    bringing.add_argument("--subject", default="", metavar="TEXT", help="as in the timetable: Физика")
    bringing.add_argument("--grade", default="", metavar="TEXT", help="for whom: 7")
    bringing.add_argument("--topic", default="", metavar="TEXT", help="of the lesson it belongs to")
    bringing.add_argument("--lang", default="", metavar="TAG", help="it is in: kk, ru, en")
    listing = of_node(below, "list", "the sets on this computer, by language and subject", checks)
    listing.add_argument("--subject", default="", metavar="TEXT", help="only of this subject")
    listing.add_argument("--lang", default="", metavar="TAG", help="only in this language")
    _add_report(commands)


def _add_report(commands: Commands) -> None:
    reports = commands.add_parser("report", help="what the journal says over time")
    below = reports.add_subparsers(required=True, metavar="COMMAND", dest="does")
    looking = of_node(below, "gap", "hub schools beside small schools, by quick checks, week by week", gap)
    looking.add_argument("--from", dest="first", default="", metavar="DAY")
    looking.add_argument("--to", dest="last", default="", metavar="DAY")
    looking.add_argument("--subject", default="", metavar="TEXT", help="only of this subject")
    looking.add_argument("--format", choices=("text", "csv", "json"), default="text")
    looking.add_argument("--out", type=Path, metavar="FILE", help="standard output if not given")
    looking.add_argument("--lang", choices=("kk", "ru", "en"), help="of words and headings")
