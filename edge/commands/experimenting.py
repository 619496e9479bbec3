"""`tirek experiment …`: experiments are listed, made and written as files, by the daemon of this computer."""

import argparse
import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from edge.client import Client, DaemonAway, Refused
from edge.commands.asking import asked, sentence, socket_of
from edge.commands.outside import Draft
from edge.commands.place import CommandRefused
from edge.commands.screen import print_table, printable
from edge.contract.answers import Analysis, Experiment, Experiments, Made, Number, PastRun
from edge.contract.commands import (
    ExportExperiment,
    ListExperiments,
    MarkMoment,
    ReadAnalysis,
    StartExperiment,
    StopExperiment,
)
from edge.contract.notices import Run

LONGEST_LINE = 4096  # bytes of what is typed at once
MOST_LINES = 100  # that wait to be sent: who types is slower than a socket

EXPERIMENTS = ("EXPERIMENT", "MODE", "MEASURES", "READY", "TITLE")
RUNS = ("RUN", "EXPERIMENT", "BEGAN", "SECONDS", "SAMPLES", "MARKS", "GROUP", "")


def list_experiments(parsed: argparse.Namespace) -> int:
    """Print what can be measured, what was, and which files are wrong."""
    listed = asked(_listed(socket_of(parsed)))
    print_table(EXPERIMENTS, [_offered(each, parsed.lang) for each in listed.experiments])
    if listed.runs:
        print()
        print_table(RUNS, [_made(each) for each in listed.runs])
    for wrong in listed.wrong:
        print(printable(wrong), file=sys.stderr)
    return 0


def run(parsed: argparse.Namespace) -> int:
    """Make an experiment, show how far it is, and what was found."""
    order = StartExperiment(parsed.name, parsed.group, parsed.device, parsed.seconds)
    done, found = asked(_run(socket_of(parsed), order))
    reason = f" ({done.reason})" if done.reason else ""
    print(f"{done.id}: {done.state}{reason}, {done.seconds:g} s, {done.samples} samples, {done.marks} marks")
    for finding in found.findings:
        fits = "" if finding.r2 is None else f"  R² {finding.r2:.4f}"
        for number in finding.numbers:
            print(f"{_number(number, parsed.lang)}{fits}")
    return 0 if done.state == "done" else 1


def export(parsed: argparse.Namespace) -> int:
    """Write a run as a file, and print where it is."""
    made = asked(_export(socket_of(parsed), parsed.run, parsed.lang))
    path = Path(made.path)
    if parsed.out is not None:
        _copy(path, parsed.out)
        path = parsed.out
    print(path)
    return 0


async def _listed(socket: Path) -> Experiments:
    async with Client(socket) as client:
        return await client.ask(ListExperiments(), Experiments)


async def _run(socket: Path, order: StartExperiment) -> tuple[Run, Analysis]:
    async with Client(socket) as client:
        before = {each.id for each in (await client.ask(ListExperiments(), Experiments)).runs}
        await client.do(order)
        done = await _watched(client, before)
        try:
            return done, await client.ask(ReadAnalysis(done.id), Analysis)
        except Refused:  # the disk was in trouble; the run itself was told
            return done, Analysis("", "")


async def _watched(client: Client, before: set[str]) -> Run:
    """Return the run that was begun, once it is over."""
    try:
        async with asyncio.TaskGroup() as tasks:
            with _typed() as (ends, lines):
                asides = [tasks.create_task(_end(client, ends)), tasks.create_task(_mark(client, lines))]
                done = await _followed(client, before)
            for each in asides:
                each.cancel()
            return done
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


async def _followed(client: Client, before: set[str]) -> Run:
    async for notice in client.notices():
        if isinstance(notice, Run) and notice.id and notice.id not in before:
            _show(notice)
            if notice.state != "running":
                return notice
    raise DaemonAway("it told no more")


async def _end(client: Client, ends: asyncio.Event) -> None:
    await ends.wait()
    with suppress(Refused):  # it has ended by itself
        await client.do(StopExperiment())


async def _mark(client: Client, lines: asyncio.Queue[str]) -> None:
    """Mark a moment for each line that is typed, with the value that stands in it."""
    while True:
        text = (await lines.get()).strip()
        try:
            await client.do(MarkMoment(float(text.replace(",", ".")) if text else None))
        except ValueError:
            print(f"not a number: {printable(text)!r}", file=sys.stderr)
        except Refused as exc:
            print(sentence(exc), file=sys.stderr)


@contextmanager
def _typed() -> Iterator[tuple[asyncio.Event, asyncio.Queue[str]]]:
    """Yield what is set by Ctrl-C, and the lines that are typed meanwhile."""
    loop, ends, typing = asyncio.get_running_loop(), asyncio.Event(), sys.stdin.fileno()
    lines: asyncio.Queue[str] = asyncio.Queue(MOST_LINES)

    def read() -> None:
        text = os.read(typing, LONGEST_LINE).decode("utf-8", "replace")
        if not text:
            loop.remove_reader(typing)
        for line in text.splitlines():
            with suppress(asyncio.QueueFull):
                lines.put_nowait(line)

    loop.add_signal_handler(signal.SIGINT, ends.set)
    with suppress(OSError):  # a file, or nothing: nobody types
        loop.add_reader(typing, read)
    try:
        yield ends, lines
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_reader(typing)


async def _export(socket: Path, run: str, lang: str) -> Made:
    async with Client(socket) as client:
        if run == "last":
            runs = (await client.ask(ListExperiments(), Experiments)).runs
            if not runs:
                raise CommandRefused("no experiment was made here yet")
            run = runs[0].id
        return await client.ask(ExportExperiment(run, lang), Made)  # type: ignore[arg-type]  # one of three


def _show(run: Run) -> None:
    if not sys.stderr.isatty():
        return
    what = "waiting" if run.waits else f"{run.seconds:7.1f} s  {run.samples} samples  {run.marks} marks"
    end = "" if run.state == "running" else "\n"
    print(f"\r{what}", end=end, file=sys.stderr, flush=True)


def _copy(made: Path, to: Path) -> None:
    try:
        with made.open("rb") as source:
            draft = Draft(to)
            try:
                shutil.copyfileobj(source, draft.file)
                draft.keep()
            finally:
                draft.drop()
    except OSError as exc:
        raise CommandRefused(f"{to} cannot be written: {exc.strerror}; the table is {made}") from exc


def _offered(it: Experiment, lang: str) -> tuple[str, ...]:
    ready = "yes" if it.ready else "no"
    return it.id, it.mode, ", ".join(it.quantities), ready, it.title.get(lang, it.id)


def _made(it: PastRun) -> tuple[str, ...]:
    began = datetime.fromtimestamp(it.began / 1000, UTC).astimezone()
    counts = (f"{it.seconds:g}", str(it.samples), str(it.marks), str(it.group))
    return it.id, it.experiment, f"{began:%Y-%m-%d %H:%M:%S}", *counts, "simulated" if it.simulated else ""


def _number(it: Number, lang: str) -> str:
    unit = it.shown.get(lang, it.unit)
    return f"{it.title.get(lang, it.name)}: {it.name} = {it.value:.{it.decimals}f} {unit}".rstrip()
