"""The screen starts quickly and without what it does not need."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.house.source import ROOT

FIRST_PAINT = 0.8  # seconds of this computer's work until something can be read
DEADLINE = 40.0  # seconds, of a computer that does much else
HEAVY = ("cv2", "av", "aiortc", "aiohttp", "sqlite3", "cryptography", "numpy")
SAYS = "import sys; import tui.app; print([name for name in sys.argv[1:] if name in sys.modules])"
OPENS = (
    "import sys; from pathlib import Path; from tui.app import main; main(Path(sys.argv[1]), True, 'kk', 0)"
)
LATER = (
    "tui.screens.lesson",
    "tui.screens.library",
    "tui.screens.lab",
    "tui.screens.help",
    "tui.screens.welcome",
)


@pytest.mark.parametrize("names", [HEAVY, LATER])
def test_what_the_first_picture_does_not_need_is_not_imported(names: tuple[str, ...]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SAYS, *names], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"


def test_every_page_can_be_imported_without_what_plays_and_records() -> None:
    says = (
        "import sys; from tui.app import COVERS, PLACES, page_class\n"
        "for place in (*PLACES, *COVERS): page_class(place)\n"
        "print([name for name in sys.argv[1:] if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", says, *HEAVY], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"


def test_the_first_picture_stands_in_less_than_a_second(tmp_path: Path) -> None:
    assert min(_first_paint(tmp_path / "nobody.sock") for _ in range(3)) <= FIRST_PAINT


def _first_paint(socket: Path) -> float:
    """Start the screen in a terminal; return the seconds that it had worked when its heading came."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.environ.update(TERM="xterm-256color", COLUMNS="80", LINES="24", LANG="C.UTF-8")
        os.execv(sys.executable, [sys.executable, "-c", OPENS, str(socket)])
    seen, until = b"", time.monotonic() + DEADLINE
    try:
        while "Бүгін".encode() not in seen and time.monotonic() < until:
            if select.select([terminal], [], [], 0.05)[0]:
                seen += os.read(terminal, 65536)
        ticks = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(terminal)
