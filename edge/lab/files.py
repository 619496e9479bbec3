"""Runs written as files where a person finds them (shell)."""

import errno
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from devices.experiments import experiments
from edge.lab import export
from edge.lab.store import Kept, Store, StoreFailed
from edge.words import load

WORDS = Path(__file__).parent / "words"
FULL = (errno.ENOSPC, errno.EDQUOT)


class Exporter:
    """Writes tables below one folder."""

    def __init__(self, folder: Path, store: Store) -> None:
        self._folder = folder
        self._store = store

    def write(self, run: Kept, lang: str) -> Path:
        """Return the file of a run, whole; raise StoreFailed."""
        began = datetime.fromtimestamp(run.began / 1000, UTC).astimezone()
        path = self._folder / f"{began:%Y-%m-%d_%H-%M-%S}_{run.experiment}_{run.group}.csv"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write(run, _about(run, began, lang), lang, path)
        except OSError as exc:
            raise StoreFailed("disk-full" if exc.errno in FULL else "disk-error", f"{path}: {exc}") from exc
        return path

    def _write(self, run: Kept, about: export.About, lang: str, path: Path) -> None:
        words = {key: said for key, said in load(lang, WORDS).items() if isinstance(said, str)}
        lines = export.table(about, self._store.rows(run.id), self._store.marks(run.id), words, lang)
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as draft:
            try:
                draft.writelines(lines)
                draft.flush()
                os.fchmod(draft.fileno(), 0o644)  # for whoever copies it onto a stick
                os.fsync(draft.fileno())
                Path(draft.name).replace(path)
            except BaseException:
                Path(draft.name).unlink(missing_ok=True)
                raise


def _about(run: Kept, began: datetime, lang: str) -> export.About:
    template = experiments().get(run.experiment)
    title = str(getattr(template.title, lang)) if template else run.experiment
    return export.About(title, began, run.seconds, run.group, run.lesson, run.bound, run.simulated)
