"""All checks in the order in which they are printed (core)."""

from edge.doctor import appliance, around, keeping
from edge.doctor.facts import Facts
from edge.doctor.verdict import Verdict


def examine(facts: Facts) -> list[Verdict]:
    """Return what every check says."""
    return [check(facts) for check in (*appliance.CHECKS, *keeping.CHECKS, *around.CHECKS)]


def is_well(verdicts: list[Verdict]) -> bool:
    """Tell whether there is nothing to do."""
    return all(each.state != "todo" for each in verdicts)
