"""`python -m edge.release BUNDLE`: what install.sh asks the release that runs, or else the new one."""

import sys
from pathlib import Path

from edge.errors import TirekError
from edge.release import bundle

PINNED = Path("/etc/tirek/bundle.pub")


def main(folder: Path, pinned: Path = PINNED) -> int:
    """Check a bundle against the key of this computer, or against its own at a first installation."""
    first = not pinned.exists()
    try:
        key = (folder / bundle.KEY if first else pinned).read_text().strip()
        bundle.verify(folder, key)
    except (TirekError, OSError) as exc:
        print(exc, file=sys.stderr)
        return 1
    if first:
        print(f"tirek: later bundles must be signed with the key {key[:16]}…")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
