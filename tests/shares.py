"""`python -m tests.shares`: the whole suite as three runs side by side, for most of it waits.

What listens to multicast or measures a network stays in one run, so that no test hears another one's nodes.
"""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile

BESIDE = (
    ("browsers", "checks", "classroom", "dialogue", "lab", "media", "overview", "pages", "sync"),
    ("appliance", "cards", "crash", "devices", "doctor", "house", "packs", "tui", "vision"),
)
PYTEST = (sys.executable, "-m", "pytest", "-ra")
HERE = Path(__file__).parent


def shares() -> list[list[str]]:
    """Return what each run is given: together every test there is."""
    names = sorted(path.name for path in HERE.iterdir() if path.is_dir() or path.name.startswith("test_"))
    there = [name for name in names if not name.startswith(("__", "."))]
    first = [name for name in there if not any(name in share for share in BESIDE)]
    return [[str(HERE / name) for name in share] for share in (first, *BESIDE)]


def main() -> int:
    """Run them; what the others say comes when the first has ended."""
    first, *others = shares()
    with ExitStack() as stack:
        said = [stack.enter_context(TemporaryFile("w+")) for _ in others]
        runs = [
            stack.enter_context(subprocess.Popen(_line(share), stdout=file, stderr=subprocess.STDOUT))
            for share, file in zip(others, said, strict=True)
        ]
        status = subprocess.run([*PYTEST, *first], check=False).returncode
        for run, file in zip(runs, said, strict=True):
            status = run.wait() or status
            file.seek(0)
            print(file.read(), end="", flush=True)
    return status


def _line(share: list[str]) -> tuple[str, ...]:
    return (*PYTEST, "-p", "no:cacheprovider", *share)


if __name__ == "__main__":
    sys.exit(main())
