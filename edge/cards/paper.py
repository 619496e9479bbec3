"""Pages as PDF (ISO 32000-1), and as SVG: filled outlines and nothing else, so no fonts (core)."""

import zlib
from collections.abc import Iterator, Sequence

from edge.cards.drawing import Shape, Step
from edge.cards.sheet import HIGH, WIDE, Page

POINTS = 72 / 2.54  # of PDF to a centimetre


def pdf(pages: Sequence[Page], title: str) -> bytes:
    """Return a document."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Title <" + (b"\xfe\xff" + title.encode("utf-16-be")).hex().encode() + b"> >>",
    ]
    for number, page in enumerate(pages):
        drawn = zlib.compress("\n".join(map(_area, page)).encode(), 9)
        box = f"[0 0 {WIDE * POINTS:.2f} {HIGH * POINTS:.2f}]"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Resources << >> "
            f"/Contents {5 + 2 * number} 0 R >>".encode()
        )
        head = f"<< /Length {len(drawn)} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + drawn + b"\nendstream")
    return _document(objects)


def _document(objects: Sequence[bytes]) -> bytes:
    written = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        written += b"%010d 00000 n \n" % place
    written += b"trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R >>\n" % (len(objects) + 1)
    written += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(written)


def _area(shape: Shape) -> str:
    return f"{shape.grey:g} g {' '.join(_drawn(shape.steps))} f"


def _drawn(steps: Sequence[Step]) -> Iterator[str]:
    at = (0.0, 0.0)
    for command, numbers in steps:
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command == "Q":  # PDF has cubic curves only
            (cx, cy), end = points
            first = (at[0] + (cx - at[0]) * 2 / 3, at[1] + (cy - at[1]) * 2 / 3)
            second = (end[0] + (cx - end[0]) * 2 / 3, end[1] + (cy - end[1]) * 2 / 3)
            yield f"{_point(first)} {_point(second)} {_point(end)} c"
        elif command == "Z":
            yield "h"
        else:
            yield f"{_point(points[0])} {'m' if command == 'M' else 'l'}"
        at = points[-1] if points else at


def _point(point: tuple[float, float]) -> str:
    x, y = point
    return f"{x * POINTS:.2f} {(HIGH - y) * POINTS:.2f}"


def svg(page: Page, title: str) -> bytes:
    """Return one page."""
    areas = "\n".join(f'<path fill="{_colour(each.grey)}" d="{_path(each.steps)}"/>' for each in page)
    escaped = title.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}cm" height="{HIGH}cm" '
        f'viewBox="0 0 {WIDE} {HIGH}">\n<title>{escaped}</title>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{areas}\n</svg>\n'
    ).encode()


def _colour(grey: float) -> str:
    return "#" + f"{round(grey * 255):02x}" * 3


def _path(steps: Sequence[Step]) -> str:
    return "".join(command + " ".join(f"{each:g}" for each in numbers) for command, numbers in steps)
