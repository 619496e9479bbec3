"""ZIP files from outside: opened only if what they declare is small, and read no further than that.

`repacked` hands a foreign reader the same members uncompressed, so that it never inflates anything itself: a
header that lies about a size leads `zipfile` to an error, and a library that believes none to 20 GB.
"""

import zipfile
import zlib
from io import BytesIO

from sync.importers.complaints import Complaints

MAX_MEMBERS = 256  # an XLSX has about ten and one a sheet, OneRoster at most twenty
MAX_UNPACKED = 64 << 20  # bytes: 20,000 rows of XLSX are about 20 MiB of XML

BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError),  # RuntimeError: encrypted
    *(NotImplementedError, ValueError, IndexError, OverflowError),  # what mended headers make zipfile say
)


def is_zip(content: bytes) -> bool:
    """Whether this begins as a ZIP file does."""
    return content[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def names(content: bytes) -> list[str]:
    """Return the names of the members, none of a file that is no ZIP file."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return archive.namelist()
    except BROKEN:
        return []


def members(content: bytes, complaints: Complaints) -> dict[str, bytes]:
    """Return every member's bytes by its name; raise ImportRefused."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > MAX_MEMBERS:
                raise complaints.refused(0, f"more than {MAX_MEMBERS} files in the ZIP file")
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
                raise complaints.refused(0, f"more than {MAX_UNPACKED >> 20} MiB when unpacked")
            return {entry.filename: archive.read(entry) for entry in entries}
    except BROKEN as exc:
        raise complaints.refused(0, "a broken ZIP file", str(exc)) from exc


def repacked(unpacked: dict[str, bytes]) -> bytes:
    """Return a ZIP file of these members that needs no inflating."""
    stored = BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
        for name, content in unpacked.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return stored.getvalue()
