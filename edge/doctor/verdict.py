"""What a check says (core)."""

from typing import Literal

from msgspec import Struct

State = Literal["good", "note", "todo"]


class Verdict(Struct, frozen=True):
    """One line of `tirek doctor`, and the commands that put right what it says."""

    name: str
    state: State
    said: str
    do: tuple[str, ...] = ()


def good(name: str, said: str) -> Verdict:
    """All is well."""
    return Verdict(name, "good", said)


def note(name: str, said: str, *do: str) -> Verdict:
    """Something to know: nothing is wrong, or it cannot be seen from here."""
    return Verdict(name, "note", said, do)


def todo(name: str, said: str, *do: str) -> Verdict:
    """Something to do."""
    return Verdict(name, "todo", said, do)
