"""What can be measured here, and what was (core)."""

from collections.abc import Mapping, Sequence

from devices.template import Entry as Entered
from devices.template import Template
from devices.units import shown
from edge.contract.answers import Entry, Experiment, Experiments, PastRun, Want
from edge.contract.notices import Device, Run
from edge.lab.active import lacking
from edge.lab.store import Kept
from edge.lab.wording import titled


def listed(
    templates: Mapping[str, Template],
    own: frozenset[str],
    wrong: Sequence[str],
    devices: Sequence[Device],
    kept: Sequence[Kept],
) -> Experiments:
    """Return the experiments, and the runs newest first."""
    found = (_experiment(name, each, devices, name in own) for name, each in templates.items())
    return Experiments(tuple(found), tuple(_run(each) for each in kept), tuple(wrong))


def told(kept: Kept) -> Run:
    """Return a run that is over as a screen is told."""
    return Run(
        "done" if kept.state == "done" else "stopped", kept.id, kept.experiment, kept.began, kept.seconds,
        kept.samples, kept.marks, kept.group, kept.bound, kept.reason, kept.simulated,
        lesson=kept.scene.lesson, recording=kept.scene.recording, second=kept.scene.second, lost=kept.lost,
    )  # fmt: skip


def _experiment(name: str, template: Template, devices: Sequence[Device], own: bool) -> Experiment:
    quantities = tuple(want.quantity for want in template.wants)
    lacks = lacking(template, devices)
    return Experiment(
        name,
        titled(template.title),
        quantities,
        titled(template.hint),
        template.seconds,
        not any(lacks),
        template.mode,
        _entry(template.entry) if template.entry else None,
        own,
        tuple(
            Want(each.quantity, each.unit, shown(each.unit), missing)
            for each, missing in zip(template.wants, lacks, strict=True)
        ),
    )


def _entry(it: Entered) -> Entry:
    return Entry(it.quantity, it.unit, it.step, it.low, it.high, it.decimals, shown(it.unit))


def _run(kept: Kept) -> PastRun:
    return PastRun(
        kept.id,
        kept.experiment,
        kept.began,
        kept.seconds,
        kept.samples,
        kept.marks,
        kept.group,
        kept.simulated,
        titled(kept.template.title),
    )
