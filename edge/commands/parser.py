"""The commands of the journal: their flags, and nothing heavy until one of them runs."""

import argparse
from datetime import date
from pathlib import Path

from edge.commands.appliance_parser import add_appliance_commands
from edge.commands.card_parser import add_card_commands
from edge.commands.checks_parser import add_checks_commands
from edge.commands.device_parser import add_device_commands
from edge.commands.experiment_parser import add_experiment_commands
from edge.commands.flags import Commands, of_node
from edge.commands.library_parser import add_library_commands
from edge.commands.pack_parser import add_pack_commands

# As in sync/records.py, whose import would take longer than `tirek --help` may.
CODES = ("present", "late", "ill", "excused", "unexcused")
MODELS = ("streaming", "online-teaching", "hub-and-magnet", "digital-solutions")


def add_commands(commands: Commands) -> None:
    """Add all of them to the program's parser."""
    _add_joining(commands)
    _add_rosters(commands)
    _add_timetables(commands)
    _add_registers(commands)
    _add_exports(commands)
    add_card_commands(commands)
    add_checks_commands(commands)
    add_device_commands(commands)
    add_experiment_commands(commands)
    add_library_commands(commands)
    add_pack_commands(commands)
    add_appliance_commands(commands)


def invite(parsed: argparse.Namespace) -> int:
    """Print a code that lets one computer of a school in."""
    from edge.commands import joining

    return joining.invite(parsed)


def enroll(parsed: argparse.Namespace) -> int:
    """Join this computer to a hub."""
    from edge.commands import joining

    return joining.enroll(parsed)


def nodes(parsed: argparse.Namespace) -> int:
    """List the nodes below this one, or let one in no more."""
    from edge.commands import joining

    return joining.revoke(parsed) if parsed.does == "revoke" else joining.nodes(parsed)


def roster(parsed: argparse.Namespace) -> int:
    """Import or show a school's roster."""
    from edge.commands import importing

    return importing.import_roster(parsed) if parsed.does == "import" else importing.show_roster(parsed)


def timetable(parsed: argparse.Namespace) -> int:
    """Import a school's timetable."""
    from edge.commands import importing

    return importing.import_timetable(parsed)


def register(parsed: argparse.Namespace) -> int:
    """Take a register, or show what became of one."""
    from edge.commands import registers

    return registers.take(parsed) if parsed.does == "take" else registers.show(parsed)


def today(parsed: argparse.Namespace) -> int:
    """List the lessons of a day."""
    from edge.commands import registers

    return registers.today(parsed)


def export(parsed: argparse.Namespace) -> int:
    """Write a table of the journal."""
    from edge.commands import exporting

    return exporting.export_table(parsed)


def snapshot(parsed: argparse.Namespace) -> int:
    """Write all tables of the journal into a new SQLite file."""
    from edge.commands import exporting

    return exporting.snapshot(parsed)


def forget(parsed: argparse.Namespace) -> int:
    """Destroy the name of a pupil."""
    from edge.commands import forgetting

    return forgetting.forget(parsed)


def _add_joining(commands: Commands) -> None:
    inviting = of_node(commands, "invite", "print a code that lets one computer of a school in", invite)
    inviting.add_argument("school", metavar="SCHOOL", help="its id: 1 to 32 of a-z, 0-9 and -")
    inviting.add_argument("--hub", action="store_true", help="it may have nodes of its own below it")
    joining = of_node(commands, "enroll", "join this computer to a hub, for good", enroll)
    joining.add_argument("address", metavar="HUB-ADDRESS", help="HOST or HOST:PORT; port 8443 if not given")
    joining.add_argument("code", metavar="CODE", help="what `tirek invite` printed at the hub")
    joining.add_argument("--again", action="store_true", help="leave the hub it is joined to")
    listing = commands.add_parser("nodes", help="who is below this node, and who is behind")
    below = listing.add_subparsers(required=True, metavar="COMMAND", dest="does")
    every = of_node(below, "list", "every node below this one: who is behind, and how it is", nodes)
    every.add_argument("--json", action="store_true", help="for scripts")
    revoking = of_node(below, "revoke", "let a node in no more", nodes)
    revoking.add_argument("node", metavar="NODE", help="16 hexadecimal digits, as `nodes list` shows")
    revoking.add_argument("--reason", type=_text, default="", metavar="TEXT", help="why, for the journal")


def _add_rosters(commands: Commands) -> None:
    rosters = commands.add_parser("roster", help="the pupils of a school")
    below = rosters.add_subparsers(required=True, metavar="COMMAND", dest="does")
    importing = of_node(below, "import", "make a roster what a file says", roster)
    _add_import(importing)
    importing.add_argument("--org", default="", metavar="ID", help="the school's id in a file of several")
    showing = of_node(below, "show", "print the pupils of a school", roster)
    showing.add_argument("--school", default="", metavar="ID", help="whose; this node's own if not given")
    showing.add_argument("--class", dest="class_", default="", metavar="CLASS", help="only this class")
    forgetting = of_node(commands, "forget", "destroy the name of a pupil for good", forget)
    forgetting.add_argument("pupil", metavar="PUPIL", help="the pseudonym, as `roster show` prints it")


def _add_timetables(commands: Commands) -> None:
    timetables = commands.add_parser("timetable", help="the lessons of a school")
    below = timetables.add_subparsers(required=True, metavar="COMMAND", dest="does")
    importing = of_node(below, "import", "make a timetable what a file says", timetable)
    _add_import(importing)
    importing.add_argument("--from", dest="first", type=_day, metavar="DAY", help="today if not given")
    importing.add_argument("--to", dest="last", type=_day, metavar="DAY", help="a school year if not given")
    importing.add_argument("--hub", default="", metavar="ID", help="who teaches, where the file does not say")
    importing.add_argument("--model", choices=MODELS, default="streaming", help="how, likewise")
    importing.add_argument("--zone", default="Asia/Aqtobe", help="time zone of the school")
    looking = of_node(commands, "today", "the lessons of a day, and which have a register", today)
    looking.add_argument("--day", type=_day, metavar="DAY")
    _add_language(looking)


def _add_registers(commands: Commands) -> None:
    registers = commands.add_parser("register", help="who was there")
    below = registers.add_subparsers(required=True, metavar="COMMAND", dest="does")
    taking = of_node(below, "take", "write a register; all are present but who is named", register)
    showing = of_node(below, "show", "print every register of a lesson", register)
    for parser in (taking, showing):
        parser.add_argument("class_", type=_name, metavar="CLASS")
        parser.add_argument(
            "--at", required=True, type=_clock, metavar="HH:MM", help="when the lesson begins"
        )
        parser.add_argument("--day", type=_day, metavar="DAY", help="today if not given")
        parser.add_argument("--school", default="", metavar="ID", help="at a hub: of a school below it")
        _add_language(parser)
    taking.add_argument(
        *("--marks", "--mark"),
        nargs="+",
        type=_mark,
        default=[],
        metavar="NUMBER=CODE",
        help="for example 3=ill",
    )
    taking.add_argument("--by", type=_text, default="", metavar="NAME", help="who takes it")
    taking.add_argument(
        "--reason", type=_text, default="", metavar="TEXT", help="why a signed register is changed"
    )
    taking.add_argument("--draft", action="store_true", help="not signed yet")


def _add_exports(commands: Commands) -> None:
    exporting = of_node(commands, "export", "write a table of the journal", export)
    exporting.add_argument("what", choices=("attendance", "lessons", "checks", "talk", "log", "conflicts"))
    exporting.add_argument("--after", default="", metavar="CURSOR", help="only what came since")
    exporting.add_argument("--school", default="", metavar="ID", help="only this school")
    exporting.add_argument("--from", dest="first", default="", metavar="DAY")
    exporting.add_argument("--to", dest="last", default="", metavar="DAY")
    exporting.add_argument("--format", choices=("csv", "jsonl", "xlsx"), default="csv")
    exporting.add_argument("--out", type=Path, metavar="FILE", help="standard output if not given")
    exporting.add_argument("--names", action="store_true", help="with the names of pupils; stay at this PC")
    exporting.add_argument("--pupils", action="store_true", help="checks with each pupil's, by number")
    _add_language(exporting)
    copying = of_node(commands, "snapshot", "write all tables into a new SQLite file", snapshot)
    copying.add_argument("file", type=Path, metavar="FILE")


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--dry-run", action="store_true", help="only say line by line what would change")
    parser.add_argument("--school", default="", metavar="ID", help="whose; this node's own if not given")


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", choices=("kk", "ru", "en"), help="of words and headings")


def _text(text: str) -> str:
    plain = " ".join(text.split())
    if not plain.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is no text of one line")
    return plain


def _name(text: str) -> str:
    if not (plain := _text(text)):
        raise argparse.ArgumentTypeError("a class has a name such as 7Б")
    return plain


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-11-26") from None


def _clock(text: str) -> str:
    hours, _, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 08:30")
    return f"{int(hours):02}:{int(minutes):02}"


def _mark(text: str) -> tuple[int, str]:
    number, _, code = text.partition("=")
    if not (number.isdecimal() and 0 < int(number) < 1000 and code in CODES):
        raise argparse.ArgumentTypeError(f"{text!r} is not NUMBER=CODE with one of {', '.join(CODES)}")
    return int(number), code
