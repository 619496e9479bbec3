"""What is told in words of the floor below: titles of experiments, and why a profile is refused (core)."""

from msgspec import structs

from devices.errors import ProfileWrong
from devices.template import Worded
from edge.contract.notices import Blanks


def titled(words: Worded) -> dict[str, str]:
    """Return the same by language."""
    return structs.asdict(words)


def blamed(fault: ProfileWrong) -> tuple[str, Blanks]:
    """Return the word key and the blanks of what is wrong with a profile."""
    if fault.why == "other":
        return "profile-wrong", {"reason": str(fault)}
    return f"profile-{fault.why}", dict(fault.blanks)
