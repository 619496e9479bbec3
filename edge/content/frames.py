"""Asks the parent what a recording is made of, and for frames of it; what comes is bounded beforehand."""

from collections.abc import AsyncIterator, Sequence

import aiohttp
from yarl import URL

from edge.content.download import Changed, Odd, check_status
from edge.content.hub import HubAway
from edge.content.trickle import Paid, arriving, plain_headers
from edge.media.pull import Parent
from edge.media.record import sheet as sheets
from edge.media.record.pieces import Piece, encode, joined
from edge.media.record.recording import Recording
from edge.media.record.sheet import BadSheet, Sheet

KIND = "application/octet-stream"


async def read_sheet(parent: Parent, recording: Recording, paid: Paid) -> bytes:
    """Return a recording's sheet as it travels; raises HubAway, Gone, Changed, Odd."""
    url = parent.url.join(URL(f"/recordings/{recording.id}/frames"))
    try:
        async with parent.http.get(url, headers=plain_headers(parent), allow_redirects=False) as response:
            check_status(response)
            wire = bytearray()
            async for portion in arriving(response, paid):
                wire += portion
                if len(wire) > sheets.MAX_WIRE:
                    raise Odd(f"{url}: a sheet of more than {sheets.MAX_WIRE} bytes")
    except (aiohttp.ClientError, TimeoutError, OSError) as exc:
        raise HubAway(f"{url}: {exc or type(exc).__name__}") from exc
    return bytes(wire)


def believed(wire: bytes, recording: Recording) -> Sheet:
    """Return the sheet of just this recording; raises Changed, Odd. Takes a second: for a thread."""
    try:
        sheet = sheets.decode(wire)
    except BadSheet as exc:
        raise Odd(f"{recording.id}: {exc}") from exc
    if (sheet.digest, sheet.size) != (recording.digest, recording.bytes):
        raise Changed(f"{recording.id}: another file than the list says")
    if sheet.form.index.header.stream != recording.stream:
        raise Odd(f"{recording.id}: frames of {sheet.form.index.header.stream!r}")
    return sheet


async def read_pieces(
    parent: Parent, recording: Recording, pieces: Sequence[Piece], paid: Paid
) -> AsyncIterator[bytes]:
    """Yield the bytes of each piece; raises HubAway, Gone, Changed, Odd, and whatever `paid` raises."""
    url = parent.url.join(URL(f"/recordings/{recording.id}/frames"))
    headers = {**plain_headers(parent), "If-Match": f'"{recording.digest}"', "Content-Type": KIND}
    wanted, asked = sum(each.size for each in pieces), encode(joined(pieces))
    held, left = bytearray(), list(reversed(pieces))
    try:
        async with parent.http.post(url, data=asked, headers=headers, allow_redirects=False) as response:
            check_status(response)
            if response.content_length != wanted:
                raise Odd(f"{url}: {response.content_length} bytes, not the {wanted} that were asked for")
            async for portion in arriving(response, paid):
                held += portion
                while left and len(held) >= left[-1].size:
                    size = left.pop().size
                    yield bytes(held[:size])
                    del held[:size]
    except (aiohttp.ClientError, TimeoutError, OSError) as exc:
        raise HubAway(f"{url}: {exc or type(exc).__name__}") from exc
    if left:
        raise HubAway(f"{url}: cut short")
