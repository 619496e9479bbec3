"""How the nodes below are, by what each said of itself last."""

import sqlite3

from msgspec import Struct

from sync.clock import ms_of
from sync.records import NodeHealth, Unreadable, decode

# A node says how it is at least every day, so the newest fact is near the end of its stream.
NEWEST = """SELECT event.hlc, event.body FROM event WHERE event.stream = ? AND event.kind = 'node-health'
  ORDER BY event.seq DESC LIMIT 1"""
STREAMS = "SELECT id, node FROM stream WHERE class = 'log' AND head > 0 AND ?1 IN ('', node)"


class Told(Struct, frozen=True):
    """What a node said of itself, and when by its own clock (milliseconds)."""

    at: int
    fact: NodeHealth


def newest(db: sqlite3.Connection, only: str = "") -> dict[str, Told]:
    """Return what every node, or only this one, said last; who never said anything is not among them."""
    told: dict[str, Told] = {}
    for stream, node in db.execute(STREAMS, (only,)).fetchall():
        for hlc, body in db.execute(NEWEST, (stream,)):
            found = _read(hlc, body)
            if found is not None and (node not in told or told[node].at < found.at):
                told[node] = found
    return told


def _read(hlc: int, body: str) -> Told | None:
    try:
        fact = decode("node-health", body)
    except Unreadable:  # a node that lies is listed for review elsewhere
        return None
    return Told(ms_of(hlc), fact) if isinstance(fact, NodeHealth) else None
