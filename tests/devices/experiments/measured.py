"""Measures with a simulated instrument, in a time that is given."""

from collections.abc import Sequence

from devices.columns import Columns, Finding, Series, columns, findings
from devices.driver import Sample
from devices.experiments import experiments
from devices.gate import Watch
from devices.simulate import simulated

STEP = 0.05  # seconds between two looks at what it said
Curves = dict[str, list[tuple[float, float]]]


def samples(instrument: str, begin: float, end: float) -> list[Sample]:
    """Return what an instrument measures between two moments after it was plugged in."""
    far = simulated(instrument)
    driver = far.driver()
    steps = [STEP * number for number in range(round(end / STEP) + 1)]
    heard = [each for now in steps for each in driver.feed(far.speak(now + 1e-6), now)]
    return [each for each in heard if isinstance(each, Sample) and each.at >= begin]


def over_time(name: str, instrument: str, begin: float, end: float) -> list[Finding]:
    """Return what is found when everything is kept."""
    template = experiments()[name]
    kept = samples(instrument, begin, end)
    measured = [
        _series([each for each in kept if each.channel == want.quantity], begin) for want in template.wants
    ]
    if not any(each.times for each in measured):
        measured = [_series(kept, begin)]
    return findings(template, columns(template, measured, Series()))


def by_events(
    name: str, instrument: str, events: Sequence[tuple[float, float]]
) -> tuple[Columns, list[Finding]]:
    """Return rows and what is found when a value is entered at some moments."""
    template = experiments()[name]
    kept = samples(instrument, 0.0, max(at for at, _ in events) + 1.0)
    newest = [next(each.raw for each in reversed(kept) if each.at <= at) for at, _ in events]
    times = [at for at, _ in events]
    entered = Series(times, [value for _, value in events])
    found = columns(template, [Series(times, newest)], entered)
    return found, findings(template, found)


def gated(name: str, instrument: str, begin: float, end: float) -> tuple[Columns, list[Finding]]:
    """Return rows and what is found between the two conditions of an experiment."""
    template = experiments()[name]
    assert template.begins is not None
    assert template.ends is not None
    kept = iter(samples(instrument, begin, end))
    opening = Watch(template.begins)
    first = next(each for each in kept if opening.sees(each.at, each.raw))
    closing = Watch(template.ends, opening.rest)
    inside = [first]
    for each in kept:
        inside.append(each)
        if closing.sees(each.at, each.raw):
            break
    found = columns(template, [_series(inside, first.at)], Series())
    return found, findings(template, found)


def value(found: Sequence[Finding], name: str) -> float:
    """Return a result by its symbol."""
    return next(each.value for finding in found for each in finding.results if each.of.name == name)


def _series(kept: Sequence[Sample], begin: float) -> Series:
    return Series([each.at - begin for each in kept], [each.raw for each in kept])
