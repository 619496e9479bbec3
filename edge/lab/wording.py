"""Words of an experiment's file, as they are told (core)."""

from msgspec import structs

from devices.template import Worded


def titled(words: Worded) -> dict[str, str]:
    """Return the same by language."""
    return structs.asdict(words)
