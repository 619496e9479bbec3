"""What a laboratory tells a screen."""

import math
from typing import Any

from edge.contract.answers import Curve, Experiment, Experiments, Made, PastRun, Want
from edge.contract.commands import ExportExperiment, ListExperiments, ReadCurve
from edge.contract.notices import Bound, Channel, Device, Devices, Reading, Run
from tests.tui.fake_daemon import FakeDaemon

BEGAN = 1_790_000_000_000  # milliseconds since 1970
CELSIUS = {"kk": "°C", "ru": "°C", "en": "°C"}
KILOPASCAL = {"kk": "кПа", "ru": "кПа", "en": "kPa"}
TEMPERATURE = Channel("t", "temperature", "Cel", -20, 110, 1, CELSIUS)
PRESSURE = Channel("p", "pressure", "kPa", 0, 400, 1, KILOPASCAL)
PATH = "/srv/tirek/exports/2026-11-26_10-00-00_cooling_1.csv"


def thermometer(**changes: Any) -> Device:
    fields: dict[str, Any] = {
        "id": "th",
        "label": "thermometer",
        "kind": "sensor",
        "channels": (TEMPERATURE,),
    }
    return Device(**{**fields, **changes})


def barometer(**changes: Any) -> Device:
    fields: dict[str, Any] = {"id": "ba", "label": "Барометр №3", "kind": "sensor", "channels": (PRESSURE,)}
    return Device(**{**fields, **changes})


def robot(number: int = 1, **changes: Any) -> Device:
    fields: dict[str, Any] = {
        "id": f"r{number}",
        "label": f"mBot {number}",
        "kind": "robot",
        "programs": ("line", "dance"),
        "battery": 0.8,
        "message": "ready",
    }
    return Device(**{**fields, **changes})


def reading(value: float | None, at: int = 0, **changes: Any) -> Reading:
    return Reading("th", "t", BEGAN + at, value, **changes)


def running(**changes: Any) -> Run:
    fields: dict[str, Any] = {
        "state": "running",
        "id": "run-1",
        "experiment": "cooling",
        "began": BEGAN,
        "seconds": 42.0,
        "samples": 168,
        "bound": (Bound("temperature", "th", "t", "Cel"),),
        "group": 2,
    }
    return Run(**{**fields, **changes})


EXPERIMENTS = (
    Experiment(
        "boyle",
        {"kk": "Бойль — Мариотт заңы", "ru": "Закон Бойля — Мариотта", "en": "Boyle's law"},
        ("pressure",),
        {"kk": "F5", "ru": "F5", "en": "F5"},
        wants=(Want("pressure", "kPa", KILOPASCAL, lacks=True),),
    ),
    Experiment(
        "cooling",
        {"kk": "Судың сууы", "ru": "Остывание воды", "en": "Cooling curve"},
        ("temperature",),
        {"kk": "Датчикті ыстық суға салыңыз.", "ru": "Опустите датчик в воду.", "en": "Put it into water."},
        ready=True,
        wants=(Want("temperature", "Cel", CELSIUS),),
    ),
)


def a_laboratory(daemon: FakeDaemon, *runs: PastRun) -> None:
    """Let a daemon have a thermometer, and answer what the lab asks."""

    async def listed(_: ListExperiments) -> Experiments:
        return Experiments(EXPERIMENTS, runs)

    async def curve(_: ReadCurve) -> Curve:
        times = tuple(step / 4 for step in range(168))
        return Curve(times, tuple(22 + 63 * math.exp(-t / 30) for t in times), (10.0, 20.0))

    async def exported(_: ExportExperiment) -> Made:
        return Made(PATH, 1234)

    daemon.answer(ListExperiments, listed)
    daemon.answer(ReadCurve, curve)
    daemon.answer(ExportExperiment, exported)
    daemon.tell(Devices((thermometer(),)))
    daemon.tell(reading(23.4))
