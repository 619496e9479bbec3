"""`python -m tests.halves`: the whole suite as two runs side by side, for most of it waits.

What listens to multicast, drives browsers or measures a network stays in one run, so that no test hears
another one's nodes; what needs nobody else is in the other.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

ALONE = (
    *("appliance", "classroom", "crash", "devices", "doctor", "house", "lab", "media", "overview", "packs"),
    *("sync", "tui", "vision"),
)
PYTEST = (sys.executable, "-m", "pytest", "-ra")
HERE = Path(__file__).parent


def halves() -> tuple[list[str], list[str]]:
    """Return what each run is given: together every test there is."""
    names = sorted(path.name for path in HERE.iterdir() if path.is_dir() or path.name.startswith("test_"))
    paths = {name: str(HERE / name) for name in names if not name.startswith(("__", "."))}
    others = [path for name, path in paths.items() if name not in ALONE]
    return others, [path for name, path in paths.items() if name in ALONE]


def main() -> int:
    """Run both; what the second one says comes when it has ended."""
    first, second = halves()
    with TemporaryFile("w+") as said:
        line = [*PYTEST, "-p", "no:cacheprovider", *second]
        with subprocess.Popen(line, stdout=said, stderr=subprocess.STDOUT) as beside:
            status = subprocess.run([*PYTEST, *first], check=False).returncode
        said.seek(0)
        print(said.read(), end="")
    return status or beside.returncode


if __name__ == "__main__":
    sys.exit(main())
