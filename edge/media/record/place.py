"""Where recordings are written, and what is left to the rest of the node."""

from errno import ENOSPC
from os import strerror
from pathlib import Path

from msgspec import Struct

from edge.media.record.durable import Disk

RESERVE = 256 << 20  # bytes left to the rest of the node: its journal must go on when recordings cannot


class Place(Struct, frozen=True):
    """Where recordings are written."""

    folder: Path
    disk: Disk
    reserve: int = RESERVE

    def prepare(self) -> None:
        """Make the folder, durably, if it is not there; raises OSError."""
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.disk.sync_folder(self.folder.parent)

    def check(self, wanted: int) -> None:
        """Raise OSError unless so many bytes fit and the reserve is still left."""
        if self.disk.room(self.folder) < wanted + self.reserve:
            raise OSError(ENOSPC, strerror(ENOSPC), str(self.folder))

    def sync(self, draft: Path) -> None:
        """Return when a file that somebody else wrote will outlive a power cut; raises OSError."""
        file = self.disk.reopen(draft)
        try:
            file.sync()
        finally:
            file.close()
