"""The teacher's screen at a real daemon: how soon it is there, how soon a key is on the disk."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from edge.classroom.choices import FILE, Chosen
from edge.journal import Journal
from sync.records import LessonPlanned, RosterChanged
from sync.tables import Entry
from tests.bench.child import Silent
from tests.bench.journal.nodes import pause
from tests.bench.place import Here
from tests.bench.servers import node
from tests.bench.table import Table, centiles
from tests.bench.terminal import Terminal, python
from tests.bench.usage import Usage

SCHOOL, CLASS, PUPILS = "bench", "7Б", 40
STARTS, LESSONS = 24, 100
PAINT_GOAL, TICK_GOAL = 800, 50  # milliseconds
PATIENCE, LOOK = 20.0, 0.02  # seconds for the daemon to come up
QUIET = 0.15  # seconds without a byte: the screen has written all it had to
DOWN, SPACE, ENTER, ESCAPE, F2 = b"\x1b[B", b" ", b"\r", b"\x1b", b"\x1bOQ"
HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self): yield Static("hello")
Hello().run()
"""


def run(quick: bool) -> Table:
    """Measure starts and registers."""
    starts, lessons = (6, 20) if quick else (STARTS, LESSONS)
    with TemporaryDirectory() as folder, _classroom(Path(folder), lessons) as (socket, daemon):
        ours = [_start(socket) for _ in range(starts)]
        plain = [_first(python("-c", HELLO), "hello") for _ in range(starts)]
        signed, moved, memory = _registers(socket, lessons)
        rows = [
            _row("start to Today", ours, f"≤ {PAINT_GOAL}"),
            _row("for comparison: start of a Textual program that says hello", plain, "–"),
            _row("Enter → on the disk → the word that it is", signed, f"p99 ≤ {TICK_GOAL}"),
            _row(f"Space → mark shown, register of {PUPILS}", moved, "–"),
            ("memory of the screen, MB", f"{memory:.0f}", "", "", "", "–"),
            ("memory of the daemon with it, MB", f"{Usage(daemon).memory():.0f}", "", "", "", "–"),
        ]
    return Table(
        "screen",
        "The teacher's screen",
        ("milliseconds", "median", "p95", "p99", "most", "to reach"),
        rows,
        (
            f"{starts} starts, {lessons} registers of {PUPILS} pupils, each signed by one key.",
            "From the key to the bytes that the terminal gets; the answer comes when the register is synced.",
        ),
    )


def _row(what: str, seconds: list[float], goal: str) -> tuple[str, ...]:
    return (what, *(f"{1000 * each:.0f}" for each in centiles(seconds)), goal)


@contextmanager
def _classroom(folder: Path, lessons: int) -> Iterator[tuple[Path, int]]:
    state = folder / "state"
    _furnish(state, lessons)
    with node(Here(), folder) as (_, pid):
        socket, deadline = state / "tirek.sock", time.monotonic() + PATIENCE
        while not socket.is_socket():
            if time.monotonic() > deadline:
                raise Silent("the daemon opened no socket")
            pause(LOOK)
        yield socket, pid


def _furnish(state: Path, lessons: int) -> None:
    """Write a day of so many lessons, a minute apart, for one class."""
    state.mkdir()
    (state / FILE).write_bytes(msgspec.json.encode(Chosen("en", welcomed=True)))
    journal = Journal(state)
    try:
        first = datetime.now().astimezone().replace(hour=8, minute=0)
        names = {f"p{n}": f"Pupil {n:02}" for n in range(1, PUPILS + 1)}
        sealed = journal.names.seal_all(names)
        pupils = [RosterChanged(key, CLASS, n, name) for n, (key, name) in enumerate(sealed.items(), 1)]
        plans = [_planned(first + timedelta(minutes=number)) for number in range(lessons)]
        entries = [Entry("roster", "", each) for each in pupils] + [
            Entry("timetable", "", each) for each in plans
        ]
        journal.ledger.append(entries).result()
    finally:
        journal.close()


def _planned(starts: datetime) -> LessonPlanned:
    return LessonPlanned(CLASS, f"{starts:%H:%M}", (f"{starts:%Y-%m-%d}",), "Physics", 1)


def _start(socket: Path) -> float:
    return _first(python("-m", "edge", "tui", "--socket", str(socket)), "Physics")


def _first(command: list[str], text: str) -> float:
    with Terminal(command) as terminal:
        return terminal.wrote(text) - terminal.began


def _registers(socket: Path, lessons: int) -> tuple[list[float], list[float], float]:
    """Sign the register of each lesson of the day; return seconds to tick and to mark, and the memory."""
    signed, moved = [], []
    with Terminal(python("-m", "edge", "tui", "--socket", str(socket))) as terminal:
        terminal.wrote("Physics")
        terminal.settle(QUIET)
        terminal.press(b"\x1b[H")
        for _ in range(lessons):
            terminal.settle(QUIET)
            terminal.press(F2)
            terminal.wrote("Pupil 01")
            terminal.settle(QUIET)
            moved.append(-terminal.press(SPACE) + terminal.wrote("late"))
            terminal.settle(QUIET)
            signed.append(-terminal.press(ENTER) + terminal.wrote("Saved"))
            terminal.settle(QUIET)
            terminal.press(ESCAPE)
            terminal.settle(QUIET)
            terminal.press(DOWN)
        return signed, moved, Usage(terminal.pid).memory()
