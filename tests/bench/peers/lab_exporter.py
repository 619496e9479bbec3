"""Exports runs of a laboratory's file: as the daemon does, or each sample as a line, by csv alone."""

import asyncio
import csv
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from edge.lab.files import Exporter
from edge.lab.store import Store
from tests.bench.contract import Ready
from tests.bench.devices.contract import Exported, ExportPlan
from tests.bench.journal.nodes import peak
from tests.bench.peers.speech import orders, say


def table(folder: Path, run: str) -> Path:
    """Write the table that a teacher gets."""
    store = Store(folder / "lab")
    kept = store.find(run)
    assert kept is not None, f"no run {run}"
    return Exporter(folder / "exports", store).write(kept, "kk")


def plain(folder: Path, run: str) -> Path:
    """Write every sample as it is kept, by the standard library."""
    path = folder / f"{run}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        for rows in Store(folder / "lab").rows(run):
            writer.writerows(rows)
    return path


WAYS: dict[str, Callable[[Path, str], Path]] = {"table": table, "plain": plain}


async def main(plan: ExportPlan) -> None:
    """Export what is asked for: a way and a run."""
    say(Ready())
    async for order in orders():
        way, _, run = order.do.partition(" ")
        began = time.perf_counter()
        path = WAYS[way](Path(plan.folder), run)
        seconds = time.perf_counter() - began
        with path.open("rb") as file:
            lines = sum(1 for _ in file)
        say(Exported(seconds, path.stat().st_size, lines, peak(os.getpid())))


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=ExportPlan)))
