"""A layer under Python's own `sqlite3` that tells a watched disk of every write, sync, creation and deletion.

SQLite reaches files through a table of C functions (a VFS) and, for an open file, through another one. We
register a copy of the table "unix", let it open the file, and give the file a copy of its table in which the
few functions that change something are ours. The rest (reads, locks, shared memory) stays C, at no cost.

A connection that a failed test forgot points to our tables until the process ends, when Python frees them:
so before that every file gets back the table it came with.
"""

import _sqlite3
import atexit
import ctypes
import sqlite3
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from functools import cache
from typing import ClassVar, Protocol

NAME = b"cut"  # for sqlite3.connect("file:PATH?vfs=cut", uri=True)
OK = 0
CREATE = 0x4  # SQLITE_OPEN_CREATE
JOURNALS = 0x800 | 0x4000 | 0x80000  # SQLITE_OPEN_ MAIN_JOURNAL, SUPER_JOURNAL, WAL

Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
Close = CFUNCTYPE(c_int, c_void_p)
Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class Vfs(Structure):
    """`sqlite3_vfs`, version 3."""

    _fields_: ClassVar = [
        ("version", c_int),
        ("file_size", c_int),
        ("longest_path", c_int),
        *((name, c_void_p) for name in ("next", "name", "own", "open", "delete", "access", "full_path")),
        *((f"rest{number}", c_void_p) for number in range(12)),
    ]


class Methods(Structure):
    """`sqlite3_io_methods`, version 3."""

    _fields_: ClassVar = [
        ("version", c_int),
        *((name, c_void_p) for name in ("close", "read", "write", "truncate", "sync")),
        *((f"rest{number}", c_void_p) for number in range(13)),
    ]


class WatchedFile(Protocol):
    """Hears what SQLite does to one file that it opened."""

    def write(self, offset: int, written: bytes) -> None: ...
    def truncate(self, size: int) -> None: ...
    def sync(self) -> None: ...


class WatchedDisk(Protocol):
    """Hears which files SQLite opens and deletes; None for a file that is none of its own."""

    def open(self, path: str, new_journal: bool) -> WatchedFile | None: ...
    def delete(self, path: str, for_good: bool) -> None: ...


class Shim:
    """The layer, once in a process. While it watches a disk, every `sqlite3.connect` goes through it."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._unix = library.sqlite3_vfs_find(b"unix")
        self._disks: list[WatchedDisk] = []
        self._open: dict[int, WatchedFile] = {}  # by the address of SQLite's own structure
        self._tables: dict[int, Methods] = {}  # ours by the address of the one that it replaces
        self._replaced: dict[int, int] = {}  # and that address by the address of ours
        self._kept: list[object] = []  # callbacks: C holds only their addresses
        self._vfs = Vfs.from_buffer_copy(self._unix.contents)
        self._vfs.name = self._keep(c_char_p(NAME))
        self._vfs.open = self._keep(Open(self._opened))
        self._vfs.delete = self._keep(Delete(self._deleted))
        self._base_open, self._base_delete = (
            Open(self._unix.contents.open),
            Delete(self._unix.contents.delete),
        )
        self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 0)
        atexit.register(self._retire)

    def watch(self, disk: WatchedDisk) -> None:
        """Tell the disk from now on."""
        self._disks.append(disk)
        self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1)

    def forget(self, disk: WatchedDisk) -> None:
        """Tell it nothing of files that are opened from now on."""
        self._disks.remove(disk)
        if not self._disks:
            self._library.sqlite3_vfs_register(self._unix, 1)

    def _retire(self) -> None:
        for file in self._open:
            methods = c_void_p.from_address(file)
            methods.value = self._replaced[methods.value or 0]
        self._vfs.open, self._vfs.delete = self._unix.contents.open, self._unix.contents.delete
        for kept in (self._vfs, self._kept):  # SQLite may still look at the table and its name
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))

    def _keep(self, pointed: object) -> int | None:
        self._kept.append(pointed)
        return ctypes.cast(pointed, c_void_p).value  # type: ignore[arg-type]  # a callback or a string

    def _opened(self, _vfs: int, path: int | None, file: int, flags: int, out: int | None) -> int:
        # The path goes on as the pointer that it was: SQLite hides the parameters of a URI behind its end.
        status: int = self._base_open(ctypes.addressof(self._unix.contents), path, file, flags, out)
        if status == OK and path is not None:
            name = ctypes.string_at(path).decode()
            new_journal = bool(flags & CREATE and flags & JOURNALS)
            watched = next((w for disk in self._disks if (w := disk.open(name, new_journal))), None)
            if watched is not None:
                self._open[file] = watched
                methods = c_void_p.from_address(file)
                methods.value = ctypes.addressof(self._table(methods.value or 0))
        return status

    def _deleted(self, _vfs: int, path: int, for_good: int) -> int:
        for disk in self._disks:
            disk.delete(ctypes.string_at(path).decode(), bool(for_good))
        status: int = self._base_delete(ctypes.addressof(self._unix.contents), path, 0)
        return status

    def _table(self, address: int) -> Methods:
        if address not in self._tables:
            base = Methods.from_address(address)
            self._tables[address] = table = Methods.from_buffer_copy(base)
            table.close = self._keep(self._closing(Close(base.close)))
            table.write = self._keep(self._writing(Write(base.write)))
            table.truncate = self._keep(self._truncating(Truncate(base.truncate)))
            table.sync = self._keep(Sync(self._synced))
            self._replaced[ctypes.addressof(table)] = address
        return self._tables[address]

    def _closing(self, base: "ctypes._FuncPointer") -> object:
        def close(file: int) -> int:
            del self._open[file]
            return base(file)  # type: ignore[no-any-return]  # ctypes: what it was declared to return

        return Close(close)

    def _writing(self, base: "ctypes._FuncPointer") -> object:
        def write(file: int, buffer: int, amount: int, offset: int) -> int:
            self._open[file].write(offset, ctypes.string_at(buffer, amount))
            return base(file, buffer, amount, offset)  # type: ignore[no-any-return]  # as above

        return Write(write)

    def _truncating(self, base: "ctypes._FuncPointer") -> object:
        def truncate(file: int, size: int) -> int:
            self._open[file].truncate(size)
            return base(file, size)  # type: ignore[no-any-return]  # as above

        return Truncate(truncate)

    def _synced(self, file: int, _flags: int) -> int:
        # The machine under the test keeps its power: a real fsync would only cost time.
        self._open[file].sync()
        return OK


@cache
def shim() -> Shim:
    """Return the layer under this process's `sqlite3`; raise LookupError where it cannot be put."""
    # A symbol asked of the extension is looked up in what it was linked with: the very SQLite that it calls.
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    try:
        library.sqlite3_vfs_find.restype = POINTER(Vfs)
        library.sqlite3_vfs_find.argtypes = [c_char_p]
        library.sqlite3_vfs_register.argtypes = [POINTER(Vfs), c_int]
        library.sqlite3_sourceid.restype = c_char_p
    except AttributeError as exc:
        raise LookupError(
            f"no power cut without a dynamically linked SQLite ({exc}): use Debian's python3"
        ) from exc
    _assert_same(library)
    return Shim(library)


def _assert_same(library: ctypes.CDLL) -> None:
    found = library.sqlite3_sourceid().decode()
    connection = sqlite3.connect(":memory:")
    used = connection.execute("SELECT sqlite_source_id()").fetchone()[0]
    connection.close()
    if found != used:
        raise LookupError(f"found SQLite {found!r}, but Python calls {used!r}")
