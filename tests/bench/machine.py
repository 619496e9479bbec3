"""The line that says where and with what something was measured."""

import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


def machine() -> str:
    """CPU, cores, memory, kernel and versions, with the time."""
    parts = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"{os.cpu_count()}× {_after(Path('/proc/cpuinfo'), 'model name')}",
        f"{int(_after(Path('/proc/meminfo'), 'MemTotal').split()[0]) / 2**20:.0f} GB",
        f"Linux {platform.release()}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in ("aiortc", "av", "uvloop")),
        *_janus(),
        f"load {os.getloadavg()[0]:.1f} before",
    ]
    return " · ".join(parts)


def _after(file: Path, key: str) -> str:
    for line in file.read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "?"


def _janus() -> list[str]:
    if not shutil.which("janus"):
        return []
    said = subprocess.run(["janus", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\(([\d.]+)\)", said)
    return [f"Janus {found[1] if found else '?'}"]
