"""`python -m tui SOCKET`: what `tirek tui` becomes. Its words are checked there."""

import argparse
import sys
from pathlib import Path

from tui.app import main


def run() -> int:
    """Open the screen of the daemon at a socket; return when it is closed."""
    parser = argparse.ArgumentParser(prog="tirek tui")
    parser.add_argument("socket", type=Path)
    parser.add_argument("--kiosk", action="store_true")
    parser.add_argument("--lang", choices=("kk", "ru", "en"))
    parser.add_argument("--ascii", action="store_true")
    asked = parser.parse_args()
    return main(asked.socket, asked.kiosk, asked.lang, asked.ascii)


if __name__ == "__main__":
    sys.exit(run())
