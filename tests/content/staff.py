"""Hub staff at their computer: `tirek library` as it is typed, and what a school believes of it."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from sync.catalogue import Catalogue, Item, Said
from tests.flows.journals import facts

MP4 = b"\0\0\0\x18ftypmp42" + Random(1).randbytes(5000)
PDF = b"%PDF-1.7\n" + Random(2).randbytes(5000)

Typing = Callable[..., tuple[int, str, str]]


def written(folder: Path, name: str, content: bytes) -> str:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(content)
    return str(path)


def offered(state: Path) -> list[Item]:
    """Return what a school below believes, that has these facts and nothing else."""
    heard = Catalogue()
    for fact in facts(state, "content-offered", "content-withdrawn", "key-replaced"):
        heard.hear(Said(fact.node, fact.kind, fact.body))
    return heard.shelf().items()
