"""Runs written as files where a person finds them (shell)."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from edge.lab import export
from edge.lab.active import MICRO
from edge.lab.analyst import Analyst, Then
from edge.lab.failures import StoreFailed, reason_of
from edge.lab.store import Kept, Store
from edge.words import load

WORDS = Path(__file__).parent / "words"
MOST_COMPUTED = 200_000  # samples of a channel for which derived columns are written: five hours at 10 Hz


class Exporter:
    """Writes tables below one folder."""

    def __init__(self, folder: Path, store: Store, then: Then = lambda _: None) -> None:
        self._folder = folder
        self._store = store
        self._then = then
        self._analyst = Analyst(store, then)

    def write(self, run: Kept, lang: str) -> Path:
        """Return the file of a run, whole; raise StoreFailed."""
        began = _local(run.began)
        path = self._folder / f"{began:%Y-%m-%d_%H-%M-%S}_{run.experiment}_{run.group}.csv"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write(run, lang, path)
        except OSError as exc:
            raise StoreFailed(reason_of(exc), f"{path}: {exc}") from exc
        return path

    def _write(self, run: Kept, lang: str, path: Path) -> None:
        words = {key: said for key, said in load(lang, WORDS).items() if isinstance(said, str)}
        derived = run.template.derived
        is_long = any(self._store.counted(run.id, n)[0] > MOST_COMPUTED for n in range(len(run.bound)))
        computed = self._computed(run) if derived and not is_long else {}
        about = self._about(run, lang, is_long)
        rows, marks = self._store.rows(run.id), self._store.marks(run.id)
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as draft:
            try:
                draft.writelines(export.table(about, rows, marks, computed, (words, lang)))
                draft.flush()
                os.fchmod(draft.fileno(), 0o644)  # for whoever copies it onto a stick
                os.fsync(draft.fileno())
                Path(draft.name).replace(path)
            except BaseException:
                Path(draft.name).unlink(missing_ok=True)
                raise

    def _computed(self, run: Kept) -> Mapping[int, Sequence[float]]:
        found = self._analyst.columns(run, MOST_COMPUTED)
        names = [each.name for each in run.template.derived]
        moments = (round(at * MICRO) for at in found["t"])
        return dict(zip(moments, zip(*(found[name] for name in names), strict=True), strict=True))

    def _about(self, run: Kept, lang: str, is_long: bool) -> export.About:
        anchors = self._store.anchors(run.id)[1:]
        derived = () if is_long else run.template.derived
        return export.About(
            title=str(getattr(run.template.title, lang)),
            began=_local(run.began),
            seconds=run.seconds,
            group=run.group,
            lesson=run.scene.lesson,
            bound=run.bound,
            simulated=run.simulated,
            calibrations=tuple(self._then(each.calibration) for each in run.bound),
            entry=run.template.entry,
            derived=derived,
            clock=tuple((each.at / MICRO, _local(each.wall)) for each in anchors),
            place=(run.scene.recording, run.scene.second),
            withdrawn=self._withdrawn(run),
            lost=run.lost,
            is_long=bool(is_long and run.template.derived),
        )

    def _withdrawn(self, run: Kept) -> frozenset[int]:
        """Return the rows that do not count; a mark that was taken back leaves a sample as it was."""
        if run.template.entry is None:
            return frozenset()
        return frozenset(mark.at for mark in self._store.marks(run.id, withdrawn=True))


def _local(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone()
