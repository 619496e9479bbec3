"""Files that a command writes where who typed it wants them: whole, on the disk, and hers.

That is often a stick, mounted for root and pulled out as soon as the command says where the file is.
"""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from edge.commands.place import give_to_who_types
from sync import durable


class Draft:
    """A file that gets its name when it is whole; `drop` it in any case. Everything here raises OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        descriptor, name = tempfile.mkstemp(dir=path.parent)  # readable by nobody else
        self.file: BinaryIO = os.fdopen(descriptor, "wb")
        self._draft = Path(name)
        try:
            give_to_who_types(descriptor)
        except OSError:
            self.drop()
            raise

    def keep(self) -> None:
        """Give it its name; once this has returned, a stick may be pulled out."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self._draft.replace(self._path)
        os.fsync(self.file.fileno())  # a name that FAT has just given leads to nothing before this
        durable.sync(self._path.parent)

    def drop(self) -> None:
        """Close it; one that was not kept is gone."""
        with suppress(OSError):  # the disk is full, as was said already
            self.file.close()
        with suppress(OSError):  # the stick was pulled out
            self._draft.unlink(missing_ok=True)
