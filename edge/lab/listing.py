"""What can be measured here, and what was (core)."""

from collections.abc import Mapping, Sequence

from msgspec import structs

from devices.template import Template
from edge.contract.answers import Experiment, Experiments, PastRun
from edge.contract.notices import Device, Run
from edge.lab.active import Missing, bind
from edge.lab.store import Kept


def listed(templates: Mapping[str, Template], devices: Sequence[Device], kept: Sequence[Kept]) -> Experiments:
    """Return the experiments, and the runs newest first."""
    found = tuple(_experiment(name, each, _can(each, devices)) for name, each in templates.items())
    return Experiments(found, tuple(_run(each) for each in kept))


def told(kept: Kept) -> Run:
    """Return a run that is over as a screen is told."""
    return Run(
        "done" if kept.state == "done" else "stopped", kept.id, kept.experiment, kept.began, kept.seconds,
        kept.samples, kept.marks, kept.group, kept.bound, kept.reason, kept.simulated,
    )  # fmt: skip


def _can(template: Template, devices: Sequence[Device]) -> bool:
    try:
        bind(template, devices)
    except Missing:
        return False
    return True


def _experiment(name: str, template: Template, ready: bool) -> Experiment:
    quantities = tuple(want.quantity for want in template.wants)
    title, hint = structs.asdict(template.title), structs.asdict(template.hint)
    return Experiment(name, title, quantities, hint, template.seconds, ready)


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
    )
