"""Files that unfold into more than a computer has, or lie about themselves, are refused before they do."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.importers import archives, extents, oneroster, sheets
from sync.importers.complaints import Complaints, ImportRefused
from tests.sync.importers.files import FIRST, complaints, sample, workbook, zipped


def _sheet(body: str) -> dict[str, bytes]:
    return {"xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{body}</sheetData></worksheet>".encode()}


def _ods(body: str) -> dict[str, bytes]:
    return {"content.xml": f"<table:table>{body}</table:table>".encode()}


VALUE = '<table:table-cell office:value-type="string"{}><text:p>x</text:p></table:table-cell>'
EMPTY = '<table:table-cell table:number-columns-repeated="16383"/>'


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (_sheet('<row r="3"><c r="B3"><v>1</v></c></row>'), (3, 2)),
        (_sheet('<row r="1"><c r="XFD1" s="1"/></row>'), (0, 0)),
        (_sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), (1048576, 16384)),
        (_sheet("<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"), (2, 2)),
        (_sheet("<x:row r='9'><x:c s='1' r='AA9'><x:v>1</x:v></x:c></x:row>"), (9, 27)),
        (_ods(f"<table:table-row>{VALUE.format('')}{EMPTY}</table:table-row>"), (1, 1)),
        (_ods(f"<table:table-row>{EMPTY}{VALUE.format('')}</table:table-row>"), (1, 16384)),
        (
            _ods(f'<table:table-row table:number-rows-repeated="99999">{VALUE.format("")}</table:table-row>'),
            (99999, 1),
        ),
        (
            _ods(
                '<table:table-row table:number-rows-repeated="70000"><table:table-cell/></table:table-row>'
                "<table:table-row>"
                + VALUE.format(' table:number-columns-repeated="300"')
                + "</table:table-row>"
            ),
            (70001, 300),
        ),
    ],
)
def test_the_reach_of_a_sheet_is_seen_before_it_is_laid_out(
    members: dict[str, bytes], expected: tuple[int, int]
) -> None:
    assert extents.of_workbook(members) == expected


@pytest.mark.parametrize(
    "members",
    [
        _sheet('<row r="2"><c r="A2"><v>1</v></row>'),
        {"a.xml": b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'},
        {"a.xml": b'<sst uniqueCount="999999999999"/>'},
        _sheet('<row r="2"><c r="C3999999999999"><v>1</v></c></row>'),
        _sheet('<row r="2"><c r="A1" r="XFD1048576"><v>1</v></c></row>'),
        _sheet('<row r="2"><c r="-1"><v>1</v></c></row>'),
        _ods('<table:table-row table:number-rows-repeated="99999999999"/>'),
        _ods('<table:table-row table:number-rows-repeated="-1"/>'),
    ],
)
def test_a_cell_whose_place_is_uncertain_is_not_passed_on(members: dict[str, bytes]) -> None:
    with pytest.raises(extents.Unreadable):
        extents.of_workbook(members)


def test_a_workbook_that_asks_for_five_hundred_gigabytes_is_refused() -> None:
    far = [[None] * 3 for _ in range(3)]
    unpacked = archives.members(workbook([["a"], *far]), Complaints("r"))
    sheet = "xl/worksheets/sheet1.xml"
    unpacked[sheet] = unpacked[sheet].replace(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    with pytest.raises(ImportRefused) as refused:
        sheets.read("r.xlsx", zipped(unpacked))
    assert complaints(refused) == [
        "r.xlsx: more than 20001 rows or 256 columns: cells reach row 1048576, column 16384"
    ]


def test_a_bomb_is_refused_by_what_it_declares() -> None:
    bomb = zipped({f"xl/{number}.xml": bytes(33 << 20) for number in range(2)})
    with pytest.raises(ImportRefused) as refused:
        sheets.read("r.xlsx", bomb)
    assert complaints(refused) == ["r.xlsx: more than 64 MiB when unpacked"]


def test_a_bomb_that_declares_less_than_it_is_unfolds_no_further_than_declared() -> None:
    bomb = bytearray(zipped({"xl/workbook.xml": bytes(8 << 20)}))
    size = (8 << 20).to_bytes(4, "little")
    lies = bytes(bomb.replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(ImportRefused) as refused:
        sheets.read("r.xlsx", lies)
    assert complaints(refused)[0].startswith("r.xlsx: a broken ZIP file")


def test_a_zip_file_of_thousands_of_files_is_refused() -> None:
    with pytest.raises(ImportRefused) as refused:
        sheets.read("r.xlsx", zipped({f"{number}": b"" for number in range(archives.MAX_MEMBERS + 1)}))
    assert complaints(refused) == ["r.xlsx: more than 256 files in the ZIP file"]


def test_a_zip_file_with_a_password_is_refused() -> None:
    content = bytearray(zipped({"enrollments.csv": b"x", "users.csv": b"x", "classes.csv": b"x"}))
    for at in range(len(content) - 4):
        if content[at : at + 4] == b"PK\x01\x02":
            content[at + 8] |= 1  # the flag of an encrypted member
        if content[at : at + 4] == b"PK\x03\x04":
            content[at + 6] |= 1
    with pytest.raises(ImportRefused) as refused:
        oneroster.read("r.zip", bytes(content), FIRST)
    assert "broken ZIP file" in complaints(refused)[0]


def test_what_is_repacked_is_the_same_and_not_compressed() -> None:
    members = {"a": b"x" * 1000, "b/c": b""}
    with zipfile.ZipFile(BytesIO(archives.repacked(members))) as archive:
        assert {entry.filename: archive.read(entry) for entry in archive.infolist()} == members
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())


@given(st.sampled_from(["roster.xlsx", "oneroster-1.1.zip"]), st.data())
def test_a_damaged_file_is_read_or_refused_in_words(name: str, data: st.DataObject) -> None:
    content = bytearray(sample(name))
    at = data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4))
    for place in at:
        content[place] ^= data.draw(st.integers(1, 255))
    complained: list[str] = []
    try:
        if name.endswith("zip"):
            oneroster.read(name, bytes(content), FIRST)
        else:
            sheets.read(name, bytes(content))
    except ImportRefused as refused:
        complained = refused.complaints
    assert all(complaint.startswith(name) for complaint in complained)
