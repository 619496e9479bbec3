"""Tables as text: whatever Excel, LibreOffice or a journal saves as CSV, as rows with their line numbers.

The delimiter is the commonest of `;` TAB `,` in the header, outside quotes. The encoding is what a byte order
mark says, else UTF-8, else cp1251, the only one that is guessed: it has no ә ғ қ ң ө ұ ү һ, Excel writes `?`
for them, and who reads a name says so.
"""

import codecs
import csv
import re
from collections.abc import Iterator
from io import StringIO

from sync.importers.complaints import Complaints

DELIMITERS = ";\t,"  # in this order where two are equally common
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # what Excel reads as an order to itself
QUOTED = re.compile(r'"[^"]*"')
CYRILLIC = re.compile(r"[Ѐ-ӿ]")


def rows(content: bytes, complaints: Complaints) -> Iterator[tuple[int, list[str]]]:
    """Yield each row and the line where it begins; raise ImportRefused."""
    text = decoded(content, complaints)
    order = SEPARATOR_LINE.match(text)
    skipped = order[0].count("\n") if order else 0
    text = text[order.end() :] if order else text
    reader = csv.reader(
        StringIO(text, newline=""), delimiter=order[1] if order else delimiter(text), strict=True
    )
    begins = 1 + skipped
    try:
        for row in reader:
            yield begins, row
            begins = reader.line_num + 1 + skipped
    except csv.Error as exc:
        raise complaints.refused(begins, "quotes that do not match", str(exc)) from exc


def delimiter(text: str) -> str:
    """Return what stands between the cells of the first line that is not empty."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    bare = QUOTED.sub("", header)
    return max(DELIMITERS, key=bare.count)


def decoded(content: bytes, complaints: Complaints) -> str:
    """Return the text of a file; raise ImportRefused naming the line that is none."""
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), "")
    try:
        text = content.decode(encoding) if encoding else _guessed(content)
    except UnicodeDecodeError as exc:
        line = 1 + exc.object.count(b"\n", 0, exc.start)
        read_as = "cp1251" if exc.encoding == "charmap" else exc.encoding
        wrong = f"not {read_as}, save the table as CSV UTF-8"
        raise complaints.refused(line, wrong, f"byte {exc.object[exc.start]:02X}") from exc
    if control := CONTROL.search(text):
        raise complaints.refused(1 + text.count("\n", 0, control.start()), "not a table", control[0])
    return text


def _guessed(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as exc:
        # A file of UTF-8 with one broken letter is not cp1251, in which hardly two bytes in a row are UTF-8.
        likely = content.decode("utf-8", "replace")
        if len(CYRILLIC.findall(likely)) > likely.count("\ufffd"):
            raise exc
        return content.decode("cp1251")
