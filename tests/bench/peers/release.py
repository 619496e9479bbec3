"""A peer that is a Python package: its locked release, in a virtual environment that nothing else shares."""

import subprocess
import sys
from pathlib import Path

from tests.bench.child import REPOSITORY, Silent

LOCKS = Path(__file__).parent
PLACE = REPOSITORY / ".venv" / "peers"  # git ignores it, `make clean` removes it
LONGEST = 900  # seconds to download and unpack: Kolibri's 104 MB take 100 at 8 Mbit/s


def version(name: str) -> str:
    """Return the version that is locked."""
    return (LOCKS / f"{name}.lock").read_text().split()[0].partition("==")[2]


def installed(name: str) -> Path:
    """Return the folder of a package's programs, after it was installed if need be; raise Silent."""
    release = f"{name} {version(name)}"
    programs = PLACE / release.replace(" ", "-") / "bin"
    if not (programs / name).exists():  # written last: a broken installation has none
        print(f"installing {release} to measure it", file=sys.stderr, flush=True)
        try:
            _install(name, programs)
        except (OSError, subprocess.SubprocessError) as exc:
            raise Silent(f"{release} cannot be installed here: {_reason(exc)}") from exc
    return programs


def _install(name: str, programs: Path) -> None:
    pip = (str(programs / "python"), "-m", "pip", "--disable-pip-version-check", "-q", "install")
    lock = str(LOCKS / f"{name}.lock")
    for words in (
        (sys.executable, "-m", "venv", "--clear", str(programs.parent)),
        (*pip, "--require-hashes", "--no-deps", "-r", lock),
    ):
        subprocess.run(words, check=True, capture_output=True, text=True, timeout=LONGEST)


def _reason(exc: OSError | subprocess.SubprocessError) -> str:
    said = str(exc.stderr).strip() if isinstance(exc, subprocess.CalledProcessError) else ""
    lines = (said or str(exc)).splitlines()
    return [*lines[-1:], *(line for line in lines if line.startswith("ERROR"))][-1]
