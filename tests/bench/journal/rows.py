"""The same registers as most web systems send them: a row a mark, with UUIDs, JSON, gzip, one POST."""

import gzip
from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from uuid import UUID

import msgspec

from tests.bench.journal.school import Taken

HEADERS = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
NAME = "per-mark rows, JSON, gzip"


def posted(taken: Iterable[Taken]) -> bytes:
    """Return the body of the POST."""
    return gzip.compress(msgspec.json.encode(_rows(taken)))


def _rows(taken: Iterable[Taken]) -> list[dict[str, str]]:
    random = Random(1)
    named: dict[str, str] = {}

    def id_of(*words: object) -> str:
        return named.setdefault(repr(words), _uuid(random))

    return [
        {
            "id": _uuid(random),
            "student_id": id_of(each.register.lesson.split()[0], number),
            "lesson_id": id_of(each.register.lesson),
            "teacher_id": id_of(each.register.by),
            "status": code,
            "created_at": datetime.fromtimestamp(each.ms / 1000, UTC).isoformat(timespec="milliseconds"),
        }
        for each in taken
        for number, code in each.register.marks.items()
    ]


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))
