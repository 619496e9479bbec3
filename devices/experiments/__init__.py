"""The experiments: those of the product, a TOML file each beside this one, and those of a school."""

import re
from functools import cache
from pathlib import Path

from devices.errors import TemplateWrong
from devices.template import MAX_SIZE, Template, parse

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")  # of a file, without `.toml`
MOST_OWN = 200  # experiments of one school; what a list can hold

Templates = dict[str, Template]


@cache
def experiments() -> Templates:
    """Return the experiments of the product by name, in the order in which they are listed."""
    files = Path(__file__).parent.glob("*.toml")
    return _ordered({file.stem: parse(file.read_text(encoding="utf-8"), file.stem) for file in files})


def with_own(folder: Path) -> tuple[Templates, list[str]]:
    """Return all experiments, a school's own in a folder too, and what is wrong with files of these.

    A file with the name of one of ours takes its place.
    """
    own: Templates = {}
    wrong: list[str] = []
    for file in sorted(folder.glob("*.toml"))[:MOST_OWN]:
        try:
            own[file.stem] = _read(file)
        except TemplateWrong as exc:
            wrong.append(str(exc))
    return _ordered({**experiments(), **own}), wrong


def _read(file: Path) -> Template:
    if NAME.fullmatch(file.stem) is None:
        raise TemplateWrong(f"experiment {file.name!r}: a name is made of a-z, 0-9 and -")
    try:
        with file.open("rb") as opened:
            content = opened.read(4 * MAX_SIZE + 1)
        return parse(content.decode(), file.stem)
    except OSError as exc:
        raise TemplateWrong(f"experiment {file.stem}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise TemplateWrong(f"experiment {file.stem}: not UTF-8: {exc.reason}") from exc


def _ordered(found: Templates) -> Templates:
    return dict(sorted(found.items(), key=lambda each: (each[1].order, each[0])))
