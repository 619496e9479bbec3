"""The commands of experiments: their flags, and nothing heavy until one of them runs."""

import argparse
from pathlib import Path

from edge.commands.flags import Commands, of_node

LANGUAGES = ("kk", "ru", "en")


def add_experiment_commands(commands: Commands) -> None:
    """Add `tirek experiment …` to the program's parser."""
    parser = commands.add_parser("experiment", help="what can be measured, and what was")
    below = parser.add_subparsers(required=True, metavar="COMMAND", dest="does")
    _placed(below, "list", "the experiments, what they need, and the last runs")
    running = _placed(below, "run", "make an experiment; Ctrl-C ends it, and it is kept")
    running.add_argument("name", metavar="NAME", help="as `experiment list` shows it")
    running.add_argument("--seconds", type=_seconds, default=0.0, metavar="N", help="end then, if not before")
    running.add_argument("--group", type=int, default=1, metavar="N", help="of pupils")
    running.add_argument("--device", default="", metavar="DEVICE", help="that is taken first")
    exporting = _placed(below, "export", "write a run as a table that Excel opens")
    exporting.add_argument("run", metavar="RUN", help="as `experiment list` shows it, or `last`")
    exporting.add_argument("--out", type=Path, metavar="FILE", help="beside the other tables if not given")


def experiment(parsed: argparse.Namespace) -> int:
    """Do one of them."""
    from edge.commands import experimenting

    doing = {
        "list": experimenting.list_experiments,
        "run": experimenting.run,
        "export": experimenting.export,
    }
    return doing[parsed.does](parsed)


def _placed(below: Commands, name: str, text: str) -> argparse.ArgumentParser:
    parser = of_node(below, name, text, experiment)
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="of titles and tables")
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds") from None
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds
