"""The demo's own manners: what it leaves behind, and what it leaves alone."""

import asyncio
import signal
import sys
from pathlib import Path

from tests.flows.crew import until

READY = 60.0  # seconds for two nodes to start on a busy computer
END = 40.0  # seconds for them to close their files


def _nodes(folder: Path) -> list[int]:
    """Return the processes that keep their state in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"run" in command and any(each.startswith(bytes(folder)) for each in command):
            found.append(int(process.name))
    return found


async def test_a_demo_that_is_killed_leaves_no_node_and_no_file_of_others_is_lost(tmp_path: Path) -> None:
    treasure = tmp_path / "treasure"
    treasure.write_text("mine")
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "edge", "demo", "--state", str(tmp_path), stdout=asyncio.subprocess.DEVNULL
    )
    await until(lambda: len(_nodes(tmp_path)) == 2 or None, READY, "two nodes")
    demo.send_signal(signal.SIGKILL)
    await demo.wait()
    await until(lambda: not _nodes(tmp_path) or None, END, "no node left")
    assert treasure.read_text() == "mine"
