"""A small reader of Prometheus's text format 0.0.4, as strict as its description is."""

import re

from msgspec import Struct

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (NaN|[+-]Inf|-?[0-9][0-9.eE+-]*)(?: -?\d+)?")
ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

Key = tuple[str, frozenset[tuple[str, str]]]


class Page(Struct):
    """What a monitor makes of a page."""

    types: dict[str, str]
    helps: dict[str, str]
    values: dict[Key, float]

    def value(self, name: str, **labels: str) -> float:
        """Return one value."""
        return self.values[name, frozenset(labels.items())]


def read(text: str) -> Page:
    """Read a page; fail where it is no page."""
    assert text.endswith("\n")
    page, family, done = Page({}, {}, {}), "", set[str]()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            done.add(family)
            family, _, told = line[7:].partition(" ")
            assert family not in done, f"{family} comes twice"
            page.helps[family] = _plain(told)
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == family
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped")
            page.types[name] = kind
        else:
            key, value = _sample(line)
            assert key[0] == family, f"{key[0]} stands below {family}"
            assert key not in page.values, f"{key} comes twice"
            page.values[key] = value
    return page


def _sample(line: str) -> tuple[Key, float]:
    found = SAMPLE.fullmatch(line)
    assert found is not None, line
    labels, text = [], found[2] or ""
    while text:
        label = LABEL.match(text)
        assert label is not None, line
        labels.append((label[1], _plain(label[2])))
        text = text[label.end() :]
    assert len(dict(labels)) == len(labels), line
    return (found[1], frozenset(labels)), float(found[3])


def _plain(text: str) -> str:
    return re.sub(r'\\[\\"n]', lambda found: ESCAPES[found[0]], text)
