"""Packages of pages: what is sound is read member by member, all else is refused before a byte is read."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from stat import S_IFLNK
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.content import zipped
from edge.content.zipped import Absent, Member, Unsafe, Zipped

Made = Callable[[zipfile.ZipFile], object]
PAGE = "<h1>Сабақ</h1>"
ENTRY_SIGN = b"PK\x01\x02"
SIZE_AT, LOCAL_SIZE_AT = 24, 22  # of what a member unpacks to, in the list and before the member


def packed(make: Made) -> bytes:
    """Return a ZIP file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of two members with one name
        make(archive)
    return made.getvalue()


def pages(archive: zipfile.ZipFile) -> None:
    """Put a small package in."""
    archive.writestr("tema/", "")
    archive.writestr("tema/index.html", PAGE)
    archive.writestr("tema/Суреттер/1.PNG", b"png")
    archive.writestr("tema/a.html", "<p>")
    archive.writestr("readme.odd", b"?")


def opened(content: bytes, folder: Path) -> Zipped:
    """Open a package."""
    path = folder / "package.zip"
    path.write_bytes(content)
    return Zipped(path)


def read(package: Zipped, name: str) -> bytes:
    """Return a member's bytes."""
    return b"".join(package.read(package.find(name)))


def a_link(archive: zipfile.ZipFile) -> None:
    """Put a symbolic link in."""
    entry = zipfile.ZipInfo("tema/passwd")
    entry.external_attr = (S_IFLNK | 0o777) << 16
    archive.writestr(entry, "/etc/passwd")


def two(archive: zipfile.ZipFile) -> None:
    """Put two members in."""
    for name in ("a.html", "b.html"):
        archive.writestr(name, PAGE)


def twice(archive: zipfile.ZipFile) -> None:
    """Put two members of one name in."""
    archive.writestr("a.html", "1")
    archive.writestr("a.html", "2")


def many(archive: zipfile.ZipFile) -> None:
    """Put too many members in."""
    for number in range(zipped.MAX_MEMBERS + 1):
        archive.writestr(f"{number}", b"")


def bomb(archive: zipfile.ZipFile) -> None:
    """Put zeros in, a thousand times what is in the file."""
    archive.writestr("index.html", bytes(zipped.SMALL + 1))


def named(name: str) -> Made:
    """Put a member of this name in."""

    def make(archive: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo("x")
        entry.filename = name
        archive.writestr(entry, b"")

    return make


def encrypted(content: bytes) -> bytes:
    """Say that the first member is encrypted."""
    at = content.index(ENTRY_SIGN)
    return content[: at + 8] + b"\x01\x00" + content[at + 10 :]


def shared() -> bytes:
    """Return a package two members of which are in the same bytes."""
    content = packed(two)
    first = content.index(ENTRY_SIGN)
    second = content.index(ENTRY_SIGN, first + 1)
    return content[: second + 42] + struct.pack("<L", 0) + content[second + 46 :]


def large_zip64() -> bytes:
    """Return a package whose true number of members stands in a ZIP64 record."""
    content = packed(pages)
    at = content.rindex(b"PK\x05\x06")
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    return content[:at] + locator + content[at:]


UNSAFE = {
    "no name": packed(named("")),
    "a path upwards": packed(named("tema/../../etc/passwd")),
    "an absolute path": packed(named("/etc/passwd")),
    "a drive": packed(named("c:/windows/a")),
    "a backslash": packed(named("..\\a.html")),
    "a control character": packed(named("a\nb.html")),
    "a long name": packed(named("a" * 300)),
    "a link": packed(a_link),
    "two of one name": packed(twice),
    "too many": packed(many),
    "a bomb": packed(bomb),
    "encrypted": encrypted(packed(pages)),
    "members in the same bytes": shared(),
    "ZIP64": large_zip64(),
    "no ZIP file": b"%PDF-1.4" * 20,
    "nothing": b"",
    "cut short": packed(pages)[:-30],
}


def test_a_package_begins_with_its_page_and_each_member_has_a_type_from_a_closed_list(tmp_path: Path) -> None:
    package = opened(packed(pages), tmp_path)
    assert package.first == "tema/index.html"
    assert read(package, package.first) == PAGE.encode()
    assert package.find("tema/Суреттер/1.PNG") == Member("tema/Суреттер/1.PNG", 3, "image/png")
    assert package.find("readme.odd").media_type == "application/octet-stream"
    for name in ("tema", "tema/", "../package.zip", "", "INDEX.HTML"):
        with pytest.raises(Absent):
            package.find(name)
    package.close()


@pytest.mark.parametrize("what", UNSAFE)
def test_a_package_that_is_not_sound_is_refused_whole(what: str, tmp_path: Path) -> None:
    with pytest.raises(Unsafe):
        opened(UNSAFE[what], tmp_path)


def test_a_package_without_a_page_begins_with_nothing(tmp_path: Path) -> None:
    package = opened(packed(lambda archive: archive.writestr("a.txt", "a")), tmp_path)
    with pytest.raises(Absent):
        _ = package.first
    package.close()


def test_no_more_is_read_of_a_member_than_its_header_says(tmp_path: Path) -> None:
    content = bytearray(packed(lambda archive: archive.writestr("a.html", PAGE * 50)))
    at = content.index(ENTRY_SIGN)
    content[at + SIZE_AT : at + SIZE_AT + 4] = struct.pack("<L", 5)
    content[LOCAL_SIZE_AT : LOCAL_SIZE_AT + 4] = struct.pack("<L", 5)
    package = opened(bytes(content), tmp_path)
    with pytest.raises(Unsafe, match=r"a\.html"):
        read(package, "a.html")
    package.close()


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_package_with_a_byte_changed_is_read_or_refused_and_nothing_else(at: int, byte: int) -> None:
    content = bytearray(packed(pages))
    content[at % len(content)] = byte
    with TemporaryDirectory() as folder:
        try:
            package = opened(bytes(content), Path(folder))
        except Unsafe:
            return
        try:
            assert sum(map(len, package.read(package.find(package.first)))) <= 100
        except (Unsafe, Absent):
            pass
        finally:
            package.close()
