"""What a process and its children use, read from /proc."""

import os
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


class Usage:
    """CPU time and memory of one process tree since start()."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._cpu = self._begin = 0.0
        self.start()

    def start(self) -> None:
        """Begin a window."""
        self._cpu, self._begin = self._seconds(), time.monotonic()

    def cpu(self) -> float:
        """CPU seconds per second since start()."""
        return (self._seconds() - self._cpu) / (time.monotonic() - self._begin)

    def memory(self) -> float:
        """Resident memory now, in MB."""
        return sum(_resident(pid) for pid in _tree(self._pid)) / 1024

    def _seconds(self) -> float:
        return sum(_ticks(pid) for pid in _tree(self._pid)) / TICK


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _tree(int(child))
    return found


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _resident(pid: int) -> int:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0])
